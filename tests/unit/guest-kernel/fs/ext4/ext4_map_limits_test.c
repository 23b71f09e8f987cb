/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_map_limits_test.c - maps of files that are in very many pieces, without room, and without memory. */
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
#include "tests/unit/long.h"

static unsigned depth_of(const struct mapped *file)
{
    return ((const struct ext4_extent_header *)(const void *)file->ei->block)->depth;
}

static void check_empty(const struct mapped *file)
{
    ck_assert_uint_eq(file->ei->sectors, 0);
    if (has_extents())
        ck_assert_uint_eq(depth_of(file), 0);
    for (unsigned n = 0; !has_extents() && n < EXT4_POINTERS; n++)
        ck_assert_uint_eq(file->ei->block[n], 0);
}

static void mount_again(void)
{
    model_unmount();
    fsck(model_options);
    model_mount();
}

/* ---- every other block ---- */

static const char *const layouts[] = {
    "-t ext4 -b 1024 -N 64",
    "-t ext4 -b 1024 -N 64 -O ^metadata_csum",
    "-t ext2 -b 1024 -N 64",
    "-t ext4 -b 4096 -N 64",
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

enum order { UP, DOWN, MIXED };

static uint32_t nth(enum order order, uint32_t n, uint32_t count)
{
    switch (order) {
    case UP:
        return n;
    case DOWN:
        return count - 1 - n;
    default:
        return (uint32_t)((uint64_t)n * 7919 % count); /* a prime, which isn't in count */
    }
}

static void fill_every_other(struct mapped *file, enum order order)
{
    for (uint32_t n = 0; n < model_blocks / 2; n++)
        ck_assert_int_eq(model_create(file, 2 * nth(order, n, model_blocks / 2), 1, 0), 0);
    model_check(file, true);
}

START_TEST(every_other_block)
{
    struct mapped *file = &files[0];

    for (enum order order = UP; order <= MIXED; order++) {
        if (_i != 0 && order != (enum order)(_i - 1) && !is_long())
            continue;
        model_start("32M", layouts[_i], strstr(layouts[_i], "4096") != NULL ? 6000 : 20000);
        fill_every_other(file, order);
        unsigned depth = has_extents() ? depth_of(file) : 0;
        if (e4->block_size == 1024 && has_extents())
            ck_assert_uint_eq(depth, order == DOWN ? 3u : 2u);
        mount_again();
        model_check(file, false);
        if (order == UP) { /* what is between: extents where that is possible */
            for (uint32_t n = 0; n < model_blocks / 2; n++)
                SURE(model_create(file, 2 * nth(MIXED, n, model_blocks / 2) + 1, 1, 0) == 0);
            model_check(file, true);
        }
        ck_assert_int_eq(model_remove(file, 5, model_blocks - 7), 0);
        model_check(file, true);
        mount_again();
        model_check(file, false);
        ck_assert_int_eq(model_remove(file, 0, UINT32_MAX), 0);
        check_empty(file);
        model_finish();
        teardown();
    }
}
END_TEST

/* What a program wrote to a file in the folder. */
static void check_file(const char *name, const char *expected)
{
    static char found[20000];
    char path[500];

    snprintf(path, sizeof(path), "%s/../%s", ext4_folder_tree(), name);
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    size_t length = fread(found, 1, sizeof(found) - 1, file);
    fclose(file);
    found[length] = 0;
    ck_assert_str_eq(found, expected);
}

/* debugfs finds what is there, too: it takes what it read from the extents. */
START_TEST(read_by_debugfs)
{
    static char expected[20000];
    struct mapped *file = &files[1];
    size_t length = 0;

    seed = 5;
    model_start("32M", layouts[_i], 3000);
    for (uint32_t n = 0; n < 2000; n++)
        ck_assert_int_eq(model_create(file, nth(MIXED, n, 2000), 1, 0), 0);
    model_finish();
    for (uint32_t block = 0; block < 2000; block += 11)
        length += (size_t)snprintf(expected + length, sizeof(expected) - length, "%llu\n",
                                   (unsigned long long)file->model[block]);
    ck_assert_int_eq(ext4_image_shell(&disk, "for i in $(seq 0 11 1999); do echo bmap f1 $i; done >commands; "
                                             "debugfs -f commands $IMAGE 2>log | grep -v bmap >found"),
                     0);
    check_file("found", expected);
    ck_assert_int_eq(ext4_image_shell(&disk, "debugfs -R 'stat f1' $IMAGE 2>log | grep -q Blockcount"), 0);
    if (_i == 0)
        ck_assert_int_eq(ext4_image_shell(&disk, "debugfs -R 'dump_extents f1' $IMAGE 2>log | grep -q 'Level Entries'"),
                         0);
}
END_TEST

/* ---- long ones ---- */

/* As many blocks as there are in a row, from `first` on, in pieces of up to `most`. */
static void create_all(struct mapped *file, uint32_t first, uint32_t end, uint32_t most, unsigned flags)
{
    while (first < end) {
        ck_assert_int_eq(model_create(file, first, end - first < most ? end - first : most, flags), 0);
        while (first < end && file->model[first] != 0)
            first++;
    }
}

static unsigned longest_of(struct mapped *file)
{
    unsigned longest = 0;

    for (uint32_t block = 0; block < model_blocks;) {
        struct ext4_run run;
        file->ei->last.count = 0;
        ck_assert_int_eq(ext4_map_find(file->ei, block, model_blocks, &run), 0);
        if (run.room != 0 && run.count > longest)
            longest = run.count;
        block += run.count;
    }
    return longest;
}

/* An extent has up to 32768 blocks, or 32767 that weren't written to. */
START_TEST(long_extents)
{
    static const uint32_t pieces[] = {70000, 4096, 4095, 32768, 20000};
    struct mapped *file = &files[0];

    for (size_t i = 0; i < (is_long() ? sizeof(pieces) / sizeof(pieces[0]) : 2); i++) {
        model_start("80M", "-t ext4 -b 1024 -N 64 -O sparse_super2,^has_journal,^resize_inode -E num_backup_sb=0",
                    66000);
        create_all(file, 0, 66000, pieces[i], 0);
        ck_assert_uint_le(longest_of(file), 32768);
        if (pieces[i] == 4096)
            ck_assert_uint_eq(longest_of(file), 32768);
        model_check_all();
        ck_assert_int_eq(model_remove(file, 0, UINT32_MAX), 0);
        check_empty(file);
        create_all(file, 0, 66000, pieces[i], EXT4_MAP_UNWRITTEN);
        ck_assert_uint_le(longest_of(file), 32767);
        model_check_all();
        for (uint32_t block = 0; block < 66000; block += 4096) /* each part goes to the extent before it */
            ck_assert_int_eq(model_written(file, block, block + 4096 <= 66000 ? 4096 : 66000 - block), 0);
        ck_assert_uint_le(longest_of(file), 32768);
        model_check_all();
        model_finish();
        teardown();
    }
}
END_TEST

/* ---- no room ---- */

struct state { /* of what a change that fails must leave as it was */
    uint32_t block[EXT4_POINTERS];
    uint64_t sectors, free, promised;
};

static struct state state_of(const struct mapped *file)
{
    struct state state = {.sectors = file->ei->sectors, .free = ext4_free_blocks_count(e4), .promised = e4->promised};

    memcpy(state.block, file->ei->block, sizeof(state.block));
    return state;
}

static void check_state(const struct mapped *file, const struct state *before)
{
    struct state now = state_of(file);

    ck_assert_mem_eq(now.block, before->block, sizeof(now.block));
    ck_assert_uint_eq(now.sectors, before->sectors);
    ck_assert_uint_eq(now.free, before->free);
    ck_assert_uint_eq(now.promised, before->promised);
}

/* Until `left` blocks are free. */
static void fill_up(struct mapped *file, uint64_t left)
{
    while (ext4_free_blocks_count(e4) > left) {
        uint64_t more = ext4_free_blocks_count(e4) - left;
        uint32_t from = 0;
        while (file->model[from] != 0)
            from++;
        ck_assert_int_eq(model_create(file, from, more < 2000 ? (uint32_t)more : 2000, EXT4_MAP_META), 0);
    }
}

/* Blocks far from each other, one by one: sooner or later there is one for the data and none for a node. */
static void use_up(struct mapped *file, unsigned flags, uint32_t first, uint32_t by)
{
    for (uint32_t block = first;; block += by) {
        struct state before = state_of(file);
        if (flags & EXT4_MAP_PROMISED)
            e4->promised = before.promised = before.free;
        int error = model_create(file, block, 1, flags);
        if (error != 0) {
            ck_assert_int_eq(error, -ENOSPC);
            check_state(file, &before);
            break;
        }
    }
    e4->promised = 0;
}

START_TEST(no_room)
{
    for (unsigned left = 1; left < 6; left += is_long() ? 1 : 2) {
        for (unsigned before = is_long() ? 0 : 4; before < 5; before += 4) {
            for (unsigned how = 0; how < 3; how++) {
                if (_i != 0 && how != (unsigned)_i % 3 && !is_long())
                    continue;
                model_start("4M", layouts[_i], 16000);
                unsigned flags = EXT4_MAP_META | (how == 1 ? EXT4_MAP_PROMISED : 0) |
                                 (how == 2 && has_extents() ? EXT4_MAP_UNWRITTEN : 0);
                for (unsigned n = 0; n < before; n++)
                    ck_assert_int_eq(model_create(&files[0], 2 * n, 1, 0), 0);
                fill_up(&files[1], left);
                use_up(&files[0], flags, 300, 700);
                model_check_all();
                ck_assert_int_eq(model_remove(&files[0], 0, UINT32_MAX), 0);
                check_empty(&files[0]);
                model_finish();
                teardown();
            }
        }
    }
}
END_TEST

/* A hole in an extent needs an entry more, and there is no room for a node. */
START_TEST(no_room_for_a_hole)
{
    struct mapped *file = &files[0];

    model_start("8M", layouts[0], 16000);
    for (uint32_t n = 0; n < 4; n++) {
        ck_assert_int_eq(model_create(file, 50 * n, 40, n == 2 ? EXT4_MAP_UNWRITTEN : 0), 0);
        ck_assert_int_eq(model_create(&files[2], n, 1, 0), 0);
    }
    fill_up(&files[1], 0);
    struct state before = state_of(file);
    ck_assert_int_eq(model_remove(file, 10, 11), -ENOSPC);
    check_state(file, &before);
    ck_assert_int_eq(model_written(file, 110, 5), -ENOSPC);
    check_state(file, &before);
    ck_assert_int_eq(ext4_map_shift(file->ei, 60, 5, true), -ENOSPC);
    check_state(file, &before);
    model_check_all();
    ck_assert_int_eq(model_remove(file, 0, 5), 0);   /* these need none: the head, */
    ck_assert_int_eq(model_remove(file, 88, 90), 0); /* the tail, */
    model_check_all();
    ck_assert_int_eq(ext4_commit_all(e4), 0);
    ck_assert_int_eq(model_remove(file, 10, 11), 0); /* and now there is room */
    model_check_all();
    model_finish();
}
END_TEST

/* ---- no memory ---- */

/* What each of these does is right, or nothing happened. */
static int try_one(struct mapped *file, unsigned which)
{
    switch (which) {
    case 0:
        return model_create(file, 2001, 1, 0);
    case 1:
        return model_create(file, 1, 1, EXT4_MAP_META);
    case 2:
        return model_written(file, 1000, 5);
    case 3:
        return model_create(file, 15000, 30, 0);
    case 4:
        return model_shift(file, 500, 3, true);
    default:
        return model_remove(file, 1500, 1501);
    }
}
#define TRIES 6u

START_TEST(no_memory)
{
    struct mapped *file = &files[0];
    model_start("32M", layouts[_i], 16000);
    for (uint32_t n = 0; n < 3000; n++)
        SURE(model_create(file, 2 * n, 1, has_extents() && n == 500 ? EXT4_MAP_UNWRITTEN : 0) == 0);
    for (unsigned which = 0; which < TRIES; which++) {
        int error = -ENOMEM;
        if (which == 4 && !has_extents())
            continue;
        for (uint64_t at = 1; error != 0; at++) {
            ck_assert_int_eq(ext4_buffers_write(e4), 0);
            ext4_buffers_shrink(&e4->buffers);
            struct state before = state_of(file);
            stub_fail_at = at;
            error = try_one(file, which);
            bool failed = stub_fail_at == 0;
            stub_fail_at = 0;
            ck_assert_msg(error == 0 || error == -ENOMEM, "%u: error %d", which, error);
            if (error != 0 && which != 4)
                check_state(file, &before);
            if (which != 4 || error == 0)
                model_check(file, false);
            ck_assert(failed || error == 0);
            if (which == 4 && error != 0) /* it stopped somewhere */
                break;
        }
    }
    *stub_last_error = 0;
    model_finish();
}
END_TEST

/* What was taken is given back even when there is no memory left at all. */
START_TEST(no_memory_left)
{
    struct mapped *file = &files[0];

    model_start("32M", layouts[_i], 16000);
    for (uint32_t n = 0; n < 3000; n++)
        SURE(model_create(file, 2 * n, 1, 0) == 0);
    for (unsigned which = 0; which < 4; which++) {
        int error = which == 2 ? 0 : -ENOMEM;
        for (uint64_t at = 1; error != 0; at++) {
            ck_assert_int_eq(ext4_commit_all(e4), 0);
            ext4_buffers_shrink(&e4->buffers);
            struct state before = state_of(file);
            stub_fail_on = true;
            stub_fail_at = at;
            error = try_one(file, which);
            stub_fail_on = false;
            stub_fail_at = 0;
            ck_assert_msg(error == 0 || error == -ENOMEM, "%u: error %d", which, error);
            if (error != 0)
                check_state(file, &before);
            ck_assert_str_eq(stub_last_error, "");
            model_check(file, false);
        }
    }
    model_finish();
}
END_TEST

/* A block that can't be freed isn't forgotten: it may have what is nowhere else. */
START_TEST(not_freed)
{
    struct ext4_handle handle;
    struct ext4_buffer *buffer;
    uint32_t count = 1;
    uint64_t block, at = 1;
    int error = -ENOMEM;

    model_start("8M", layouts[_i], 16000);
    ck_assert_int_eq(ext4_begin(e4, &handle, 10), 0);
    ck_assert_int_eq(ext4_blocks_alloc(&handle, 0, EXT4_BLOCKS_META, &count, &block), 0);
    ck_assert_int_eq(ext4_change_new(&handle, block, NULL, 0, &buffer), 0);
    ext4_end(&handle);
    for (; error != 0; at++) {
        uint64_t free = ext4_free_blocks_count(e4);
        ck_assert_int_eq(ext4_begin(e4, &handle, 10), 0);
        stub_fail_at = at;
        error = ext4_blocks_free(&handle, block, 1, EXT4_BLOCKS_META);
        stub_fail_at = 0;
        ck_assert(error == 0 || error == -ENOMEM);
        ck_assert_uint_eq(ext4_free_blocks_count(e4), free + (error == 0));
        ck_assert_int_eq(buffer->is_useless, error == 0);
        ext4_end(&handle);
    }
    ck_assert(at > 3 || e4->journal == NULL);
    ext4_buffer_put(&e4->buffers, buffer);
    model_finish();
}
END_TEST

/* Blocks in a row take the memory of one run until the commit, whichever way they are freed. */
START_TEST(freed_in_a_row)
{
    struct mapped *file = &files[0];
    unsigned runs = 0;

    model_start("8M", layouts[0], 16000);
    ck_assert_ptr_nonnull(e4->journal);
    ck_assert_int_eq(model_create(file, 0, 200, 0), 0);
    for (uint32_t n = 200; n > 100; n--)
        ck_assert_int_eq(model_remove(file, n - 1, UINT32_MAX), 0);
    for (uint32_t n = 0; n < 50; n++)
        ck_assert_int_eq(model_remove(file, n, n + 1), 0);
    for (const struct list *at = e4->alloc->freed.next; at != &e4->alloc->freed; at = at->next)
        runs++;
    ck_assert_uint_eq(runs, 2);
    model_check(file, false);
    model_finish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_map_limits");
    TCase *tcase = tcase_create("limits");

    tcase_add_unchecked_fixture(tcase, model_folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 600);
    tcase_add_loop_test(tcase, every_other_block, 0, LAYOUTS);
    tcase_add_loop_test(tcase, read_by_debugfs, 0, LAYOUTS);
    tcase_add_loop_test(tcase, no_room, 0, LAYOUTS);
    tcase_add_test(tcase, long_extents);
    tcase_add_test(tcase, no_room_for_a_hole);
    tcase_add_loop_test(tcase, no_memory, 0, LAYOUTS);
    tcase_add_loop_test(tcase, no_memory_left, 0, LAYOUTS);
    tcase_add_loop_test(tcase, not_freed, 0, LAYOUTS);
    tcase_add_test(tcase, freed_in_a_row);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
