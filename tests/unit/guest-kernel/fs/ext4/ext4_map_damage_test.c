/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_map_damage_test.c - maps that somebody spoilt are not changed, or changed without harm: bytes of them by chance,
 * and what is known to be wrong. */
// sources: guest-kernel/vfs/pagewait.c guest-kernel/lib/crc*.c
// sources: guest-kernel/fs/ext4/*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/pageindex.c
// sources: guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c guest-kernel/vfs/path_print.c
// sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c guest-kernel/vfs/readdir.c
// sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c guest-kernel/vfs/sparse.c
// sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/ext4_registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: tests/unit/guest-kernel/ext4_folder.c tests/unit/guest-kernel/ext4_compare.c
// sources: tests/unit/guest-kernel/disk.c
#include "ext4_map_model.h"

/* Trees of some depth, in places that are known. */
static void fill(void)
{
    for (unsigned i = 0; i < MODEL_FILES; i++)
        for (uint32_t n = 0; n < 400u * (i + 1); n++)
            SURE(model_create(&files[i], 2 * n, 1, 0) == 0);
}

static void use(struct mapped *file)
{
    uint32_t block = any(model_blocks), count = 1 + any(40);

    if (count > model_blocks - block)
        count = model_blocks - block;
    switch (any(6)) {
    case 0:
        (void)ext4_map_remove(file->ei, block, any(10) == 0 ? UINT32_MAX : block + count);
        break;
    case 1:
        (void)ext4_map_shift(file->ei, block, count, any(2));
        break;
    case 2:
        (void)model_written(file, block, count);
        break;
    default:
        (void)model_create(file, block, count, has_extents() && any(3) == 0 ? EXT4_MAP_UNWRITTEN : 0);
    }
}

/* Where trees are on the disk: the bytes of blocks that begin as nodes do, or any used one where there are none. */
static uint8_t *victim(void)
{
    for (;;) {
        uint64_t block = any((uint32_t)(disk.size / 1024));
        uint8_t *at = disk.bytes + block * 1024;
        if (at[0] == 0x0a && at[1] == 0xf3)
            return at;
        if (any(100000) == 0)
            return disk.bytes + (uint64_t)any((uint32_t)(disk.size / 1024)) * 1024;
    }
}

static const char *const layouts[] = {
    "-t ext4 -b 1024 -N 64 -O ^metadata_csum,^has_journal",
    "-t ext2 -b 1024 -N 64",
};

#define ROUNDS 40u

START_TEST(bytes_by_chance)
{
    static uint8_t *good;
    size_t size;

    seed = 17;
    model_start("16M", layouts[_i], 4000);
    fill();
    model_finish();
    size = disk.size;
    good = malloc(size);
    memcpy(good, disk.bytes, size);
    stub_quiet = true;
    for (unsigned round = 0; round < ROUNDS; round++) {
        memcpy(disk.bytes, good, size);
        for (unsigned n = 0; n < 3; n++)
            victim()[any(any(2) == 0 ? 12 : 200)] = (uint8_t)(any(3) == 0 ? 0xff : any(256));
        model_mount();
        e4->goes_on = true;
        for (unsigned n = 0; n < 200; n++)
            use(&files[any(MODEL_FILES)]);
        model_unmount();
    }
    *stub_last_error = 0;
    stub_quiet = false;
    free(good);
}
END_TEST

/* ---- what is known to be wrong ---- */

struct node {
    struct ext4_extent_header header;
    struct ext4_extent entries[84];
};

/* The node of file f1 that has `block`, in the image: all of its entries are extents of one block. */
static struct node *leaf_of(uint32_t block)
{
    for (size_t at = 0; at < disk.size; at += 1024) {
        struct node *node = (struct node *)(void *)(disk.bytes + at);
        if (node->header.magic != EXT4_EXTENT_MAGIC || node->header.depth != 0)
            continue;
        for (unsigned n = 0; n < node->header.entries && n < 84; n++)
            if (node->entries[n].block == block && node->entries[n].start_lo == files[1].model[block])
                return node;
    }
    return NULL;
}

static void overlap(struct node *node)
{
    node->entries[4].length = 3;
}

static void no_length(struct node *node)
{
    node->entries[4].length = 0;
}

static void out_of_order(struct node *node)
{
    node->entries[4].block = node->entries[6].block;
}

static void beyond_the_disk(struct node *node)
{
    node->entries[4].start_hi = 1;
}

static void into_the_next_node(struct node *node)
{
    node->entries[node->header.entries - 1].length = 100;
}

static void too_many(struct node *node)
{
    node->header.entries = 85;
}

static void too_deep(struct node *node)
{
    node->header.depth = 3;
}

static void no_magic(struct node *node)
{
    node->header.magic = 0;
}

static void begins_elsewhere(struct node *node)
{
    node->entries[0].block++;
}

/* The first one has a length that is allowed, so that all else is right. */
static void fixed_blocks(struct node *node)
{
    node->entries[4].start_lo = 2; /* descriptors */
}

static void others_blocks(struct node *node)
{
    node->entries[4].start_lo = 16000; /* free */
}

static void (*const spoilings[])(struct node *) = {
    overlap,  no_length, out_of_order, beyond_the_disk,  into_the_next_node, too_many,
    too_deep, no_magic,  fixed_blocks, begins_elsewhere, others_blocks,
};
#define SPOILINGS (int)(sizeof(spoilings) / sizeof(spoilings[0]))

START_TEST(known)
{
    struct mapped *file = &files[1];
    bool is_about_blocks = spoilings[_i] == fixed_blocks || spoilings[_i] == others_blocks;

    model_start("16M", layouts[0], 4000);
    fill();
    model_finish();
    struct node *node = leaf_of(400);
    ck_assert_ptr_nonnull(node);
    spoilings[_i](node);
    uint32_t first = node->entries[0].block;
    stub_quiet = true;
    model_mount();
    e4->goes_on = true;
    int error = ext4_map_remove(file->ei, first + 7, first + 12);
    ck_assert_int_eq(error, -EUCLEAN);
    if (!is_about_blocks) {
        ck_assert_int_eq(model_create(file, first + 21, 1, 0), -EUCLEAN);
        ck_assert_int_eq(model_written(file, first + 20, 1), -EUCLEAN);
        ck_assert_int_eq(ext4_map_shift(file->ei, first + 20, 1, true), -EUCLEAN);
    }
    ck_assert_int_eq(ext4_map_remove(file->ei, 0, UINT32_MAX), -EUCLEAN);
    ck_assert(!e4->is_dead);
    *stub_last_error = 0;
    stub_quiet = false;
    model_unmount();
}
END_TEST

/* A node that is the file system's own isn't changed, though it looks like one. */
static uint64_t last_table(void)
{
    struct ext4_desc *desc = (struct ext4_desc *)(void *)(disk.bytes + 2048);

    return desc->inode_table_lo + 7; /* 64 inodes: none that is used is there */
}

START_TEST(fixed_node)
{
    struct mapped *file = &files[1];
    uint8_t before[1024];

    model_start("16M", layouts[0], 4000);
    fill();
    model_finish();
    struct node *node = leaf_of(400);
    uint32_t first = node->entries[0].block, at = (uint32_t)((uint8_t *)node - disk.bytes) / 1024;
    for (size_t block = 0; block < disk.size; block += 1024) { /* who leads there leads to a copy in an inode table */
        struct node *above = (struct node *)(void *)(disk.bytes + block);
        for (unsigned n = 0; above->header.magic == EXT4_EXTENT_MAGIC && above->header.depth == 1 && n < 84; n++) {
            struct ext4_extent_index *index = (struct ext4_extent_index *)(void *)&above->entries[n];
            if (index->leaf_lo == at)
                index->leaf_lo = (uint32_t)last_table();
        }
    }
    memcpy(before, node, sizeof(before));
    memcpy(disk.bytes + last_table() * 1024, before, sizeof(before));
    stub_quiet = true;
    model_mount();
    e4->goes_on = true;
    ck_assert_int_eq(model_create(file, first + 21, 1, 0), -EUCLEAN);
    ck_assert_int_eq(ext4_map_remove(file->ei, first + 7, first + 12), -EUCLEAN);
    *stub_last_error = 0;
    stub_quiet = false;
    model_unmount();
    ck_assert_mem_eq(disk.bytes + last_table() * 1024, before, sizeof(before));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_map_damage");
    TCase *tcase = tcase_create("damage");

    tcase_add_unchecked_fixture(tcase, model_folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, bytes_by_chance, 0, (int)(sizeof(layouts) / sizeof(layouts[0])));
    tcase_add_loop_test(tcase, known, 0, SPOILINGS);
    tcase_add_test(tcase, fixed_node);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
