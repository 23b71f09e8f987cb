/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_data_test.c - data of files on ext2 and ext4: written, cut, punched, allocated and stored at random, against a
 * model of their bytes; full disks; and what e2fsck says of it.
 */
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
#include "ext4_setup.h"
#include "fs/ext4/ext4_change.h"
#include "vfs/volume.h"
#include "tests/unit/long.h"

#define FILES 4u
#define MOST 400000u
#define STEPS 1200u

static const char *const paths[FILES] = {"/size-0", "/size-100", "/size-4095", "/size-12289"};

static struct model {
    struct file *file;
    uint64_t size;
    uint8_t bytes[MOST];
} model[FILES];

static uint8_t buffer[MOST];
static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

/* ---- the file system ---- */

static void sync_all(void)
{
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert(list_is_empty(&mounted()->dying));
}

static void check_image(void)
{
    int status = ext4_image_shell(&disk, "e2fsck -fn $IMAGE >log 2>&1 || { cat log; false; }");

    ck_assert_msg(status == 0, "e2fsck: %d", status);
}

static void files_open(void)
{
    mount();
    ck_assert(!mounted()->fs.read_only);
    for (unsigned n = 0; n < FILES; n++)
        ck_assert_int_eq(open_path(paths[n], O_RDWR, &model[n].file), 0);
}

static void files_close(void)
{
    for (unsigned n = 0; n < FILES; n++)
        file_put(model[n].file);
    sync_all();
    ck_assert_uint_eq(mounted()->promised, 0);
    credits_were_enough();
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static void begin(const char *size, const char *options)
{
    ext4_image_make(&disk, size, options, "");
    files_open();
    for (unsigned n = 0; n < FILES; n++) {
        memset(model[n].bytes, 0, MOST);
        model[n].size = model[n].file->inode->size;
        ck_assert_int_eq(get_bytes(model[n].file, 0, model[n].bytes, MOST), (int64_t)model[n].size);
    }
}

static void compare(const struct model *it)
{
    ck_assert_uint_eq(it->file->inode->size, it->size);
    ck_assert_int_eq(get_bytes(it->file, 0, buffer, MOST), (int64_t)it->size);
    if (memcmp(buffer, it->bytes, it->size) == 0)
        return;
    uint64_t at = 0;
    while (buffer[at] == it->bytes[at])
        at++;
    ck_abort_msg("byte %llu of %llu: %02x instead of %02x", (unsigned long long)at, (unsigned long long)it->size,
                 buffer[at], it->bytes[at]);
}

static void compare_all(void)
{
    for (unsigned n = 0; n < FILES; n++)
        compare(&model[n]);
}

/* What isn't zero is data. */
static void compare_seek(const struct model *it)
{
    uint64_t pos = 0;

    while (pos < it->size) {
        int64_t data = file_seek(it->file, (int64_t)pos, SEEK_DATA);
        uint64_t stop = data < 0 ? it->size : (uint64_t)data;
        ck_assert(data >= 0 || data == -ENXIO);
        while (pos < stop && it->bytes[pos] == 0)
            pos++;
        ck_assert_msg(pos >= stop, "byte %llu is data, in what is a hole", (unsigned long long)pos);
        if (data < 0)
            break;
        int64_t hole = file_seek(it->file, data, SEEK_HOLE);
        ck_assert_int_gt(hole, data);
        pos = (uint64_t)hole;
    }
}

/* ---- what is done to files ---- */

static void grow_model(struct model *it, uint64_t end)
{
    if (end > it->size)
        it->size = end;
}

/* -ENOSPC is no failure; what was written is. */
static void do_write(struct model *it, uint64_t pos, size_t size)
{
    for (size_t at = 0; at < size; at++)
        buffer[at] = (uint8_t)(1 + draw(255));
    int64_t done = put_bytes(it->file, pos, buffer, size);
    ck_assert_msg(done > 0 || done == -ENOSPC || done == -ENOMEM, "write: %d", (int)done);
    if (done <= 0)
        return;
    memcpy(it->bytes + pos, buffer, (size_t)done);
    grow_model(it, pos + (uint64_t)done);
}

static void do_truncate(struct model *it, uint64_t size)
{
    int error = vfs_truncate(it->file->inode, size);

    ck_assert_msg(error == 0 || error == -ENOMEM, "truncate: %d", error);
    if (error != 0 && size > it->size)
        return;
    if (size < it->size)
        memset(it->bytes + size, 0, it->size - size);
    it->size = size;
}

/* Through a mapping: also behind the end of the file, which nobody is to see ever. */
static void do_map(struct model *it, uint64_t pos, size_t size)
{
    struct inode *inode = it->file->inode;
    struct page *page;
    int error = inode->object.ops->page(&inode->object, pos >> PAGE_SHIFT, true, &page);

    if (pos >> PAGE_SHIFT >= (it->size + PAGE_MASK) >> PAGE_SHIFT) {
        ck_assert_int_eq(error, -ENXIO);
        return;
    }
    ck_assert_msg(error == 0 || error == -ENOSPC || error == -ENOMEM, "fault: %d", error);
    if (error != 0)
        return;
    if (size > PAGE_SIZE - (pos & PAGE_MASK))
        size = PAGE_SIZE - (pos & PAGE_MASK);
    memset((char *)page_data(page) + (pos & PAGE_MASK), 0xee, size);
    page_put(page);
    for (size_t at = 0; at < size && pos + at < it->size; at++)
        it->bytes[pos + at] = 0xee;
}

static bool has_extents(const struct model *it)
{
    return ext4_inode_of(it->file->inode)->flags & EXT4_EXTENTS_FL;
}

static void model_collapse(struct model *it, uint64_t pos, uint64_t size)
{
    memmove(it->bytes + pos, it->bytes + pos + size, it->size - pos - size);
    memset(it->bytes + it->size - size, 0, size);
    it->size -= size;
}

static void model_insert(struct model *it, uint64_t pos, uint64_t size)
{
    memmove(it->bytes + pos + size, it->bytes + pos, it->size - pos);
    memset(it->bytes + pos, 0, size);
    it->size += size;
}

static int allocate(const struct model *it, uint32_t mode, uint64_t pos, uint64_t size)
{
    int error = file_allocate(it->file, mode, (int64_t)pos, (int64_t)size);

    if (!has_extents(it) && !(mode & FALLOC_FL_PUNCH_HOLE)) {
        ck_assert_int_eq(error, -EOPNOTSUPP);
        return error;
    }
    ck_assert_msg(error == 0 || error == -ENOSPC || error == -ENOMEM, "fallocate %x: %d", mode, error);
    return error;
}

static void do_allocate(struct model *it, uint64_t pos, uint64_t size)
{
    uint64_t end = pos + size, old = it->size;

    switch (draw(4)) {
    case 0:
        (void)allocate(it, FALLOC_FL_KEEP_SIZE, pos, size);
        return;
    case 1:
        (void)allocate(it, 0, pos, size);
        it->size = it->file->inode->size; /* as far as it came */
        ck_assert(it->size == old || (it->size > old && it->size <= end));
        return;
    case 2:
        if (allocate(it, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos, size) == 0 && pos < it->size)
            memset(it->bytes + pos, 0, (end < it->size ? end : it->size) - pos);
        return;
    default:
        if (allocate(it, FALLOC_FL_ZERO_RANGE, pos, size) == -EOPNOTSUPP)
            return;
        if (pos < it->size)
            memset(it->bytes + pos, 0, (end < it->size ? end : it->size) - pos);
        it->size = it->file->inode->size;
        ck_assert(it->size == old || (it->size > old && it->size <= end));
    }
}

static void do_shift(struct model *it, uint64_t pos, uint64_t size)
{
    uint32_t unit = mounted()->block_size;
    bool collapses = draw(2) == 0;

    pos -= pos % unit;
    size = (size + unit) / unit * unit;
    if (collapses && pos + size < it->size) {
        if (allocate(it, FALLOC_FL_COLLAPSE_RANGE, pos, size) == 0)
            model_collapse(it, pos, size);
    } else if (!collapses && pos < it->size && it->size + size <= MOST) {
        if (allocate(it, FALLOC_FL_INSERT_RANGE, pos, size) == 0)
            model_insert(it, pos, size);
    }
}

static void remount(void)
{
    files_close();
    check_image();
    files_open();
    compare_all();
}

/* Clean pages go: what is read then comes from the disk. */
static void forget_clean(struct model *it)
{
    uint64_t index = 0;
    struct page *page;

    for (; (page = pagecache_next(it->file->inode, &index, UINT64_MAX)) != NULL; index++)
        if (pagecache_is_idle(page))
            pageindex_clear(it->file->inode, index);
}

static bool shifts; /* whether parts are taken out or put in */

static void step(void)
{
    struct model *it = &model[draw(FILES)];
    uint64_t pos = draw(4) == 0 ? it->size : draw(MOST - 50000);
    uint32_t size = 1 + draw(draw(4) == 0 ? 40000 : 5000);

    if (draw(3) == 0) /* at a limit */
        pos -= pos % 1024;
    if (pos > MOST - 50000)
        pos = MOST - 50000;
    switch (draw(12)) {
    case 0:
        do_truncate(it, draw(2) == 0 ? pos : it->size - (it->size < size ? it->size : size));
        break;
    case 1:
    case 2:
        do_allocate(it, pos, size);
        break;
    case 3:
        do_map(it, pos, size);
        break;
    case 4:
        ck_assert_int_eq(pagecache_write_back(it->file->inode), 0);
        break;
    case 5:
        ck_assert_int_eq(inode_write_back(it->file->inode), 0);
        forget_clean(it);
        break;
    case 6:
        compare(it);
        compare_seek(it);
        break;
    case 7:
        if (shifts)
            do_shift(it, pos, size);
        break;
    default:
        do_write(it, pos, size);
    }
}

static void work(const char *size, const char *options, uint32_t with)
{
    seed = with;
    begin(size, options);
    for (unsigned n = 0; n < STEPS; n++) {
        step();
        if (n % 300 == 299)
            remount();
    }
    compare_all();
    files_close();
    check_image();
}

static const struct {
    const char *options;
    bool shifts;
} layouts[] = {
    {"-t ext4 -b 4096 -O ^has_journal", true},
    {"-t ext4 -b 1024 -J size=1", true},
    {"-t ext2 -b 4096", false},
    {"-t ext3 -b 1024 -J size=1", false},
    {"-t ext4 -b 2048 -I 128 -O ^has_journal,^metadata_csum", true},
    {"-t ext4 -b 1024 -O ^64bit,^flex_bg,inline_data -g 1024 -J size=1", true},
};
#define LAYOUTS ((int)(sizeof(layouts) / sizeof(layouts[0])))

START_TEST(random_work)
{
    int layout = _i % LAYOUTS, again = _i / LAYOUTS;

    shifts = layouts[layout].shifts;
    work("16M", layouts[layout].options, 1 + 7919 * (uint32_t)(3 * layout + again));
}
END_TEST

/* ---- a full disk ---- */

#define PIECE 30000u
#define PIECES 1000u

static struct file *filler;
static unsigned filled; /* pieces of it */

static void piece_make(unsigned n)
{
    for (unsigned at = 0; at < PIECE; at++)
        buffer[at] = (uint8_t)(1 + (n * 31 + at) % 255);
}

/* Until there is no room. What didn't fit whole is cut off again. */
static void fill(void)
{
    int64_t done;

    do {
        piece_make(filled);
        done = put_bytes(filler, (uint64_t)filled * PIECE, buffer, PIECE);
        ck_assert(done == -ENOSPC || done > 0);
        filled += done == PIECE;
    } while (done == PIECE && filled < PIECES);
    ck_assert_uint_lt(filled, PIECES);
}

static void filler_check(void)
{
    static uint8_t got[PIECE];

    for (unsigned n = 0; n < filled; n++) {
        piece_make(n);
        ck_assert_int_eq(get_bytes(filler, (uint64_t)n * PIECE, got, PIECE), PIECE);
        ck_assert_mem_eq(got, buffer, PIECE);
    }
}

static void filler_open(void)
{
    ck_assert_int_eq(open_path("/size-65535", O_RDWR, &filler), 0);
}

/* Whatever write(2) took is stored, though there is no room left. */
START_TEST(full_disk)
{
    seed = 77 + (uint32_t)_i;
    shifts = false;
    begin("10M", layouts[_i % LAYOUTS].options);
    filler_open();
    ck_assert_int_eq(vfs_truncate(filler->inode, 0), 0);
    for (unsigned round = 0; round < 6; round++) {
        fill();
        for (unsigned n = 0; n < 60; n++)
            step();
        filler_check();
        filled -= filled < 3 ? filled : 3;
        ck_assert_int_eq(vfs_truncate(filler->inode, (uint64_t)filled * PIECE), 0);
        file_put(filler);
        remount();
        filler_open();
        filler_check();
    }
    file_put(filler);
    files_close();
    check_image();
}
END_TEST

/* ---- allocations that fail ---- */

/* After an error part of it may be done: bytes are as they were, or zeros. */
static void learn(struct model *it)
{
    ck_assert_uint_eq(it->file->inode->size, it->size);
    ck_assert_int_eq(get_bytes(it->file, 0, buffer, MOST), (int64_t)it->size);
    if (memcmp(buffer, it->bytes, it->size) == 0)
        return;
    for (uint64_t at = 0; at < it->size; at++)
        if (buffer[at] != it->bytes[at] && buffer[at] != 0)
            ck_abort_msg("byte %llu: %02x instead of %02x", (unsigned long long)at, buffer[at], it->bytes[at]);
    memcpy(it->bytes, buffer, it->size);
}

static void failing_step(struct model *it, uint64_t pos, uint32_t size)
{
    static const uint32_t modes[] = {0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                     FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE};
    uint32_t what = draw(8);

    stub_fail_at = 1 + draw(30);
    if (what < 3)
        do_write(it, pos, size);
    else if (what < 4)
        do_truncate(it, pos);
    else if (what < 5)
        do_map(it, pos, size);
    else if (what < 7)
        (void)inode_write_back(it->file->inode); /* tried again later */
    else
        (void)allocate(it, modes[draw(4)], pos, size);
    stub_fail_at = 0;
    it->size = it->file->inode->size;
    learn(it);
}

START_TEST(no_memory)
{
    seed = 1234 + (uint32_t)_i;
    begin("16M", layouts[_i % LAYOUTS].options);
    for (unsigned n = 0; n < 1500; n++) {
        failing_step(&model[draw(FILES)], draw(MOST - 50000), 1 + draw(9000));
        ck_assert(!mounted()->is_dead);
        if (n % 300 == 299)
            remount();
    }
    files_close();
    check_image();
}
END_TEST

/* The disk takes no data, and from some point on there is no memory either: the file has no place for them then, where
 * others' old bytes would be read. */
START_TEST(data_fail)
{
    static const uint8_t page[4096] = "data";
    bool failed = true;

    begin("16M", layouts[_i % LAYOUTS].options);
    struct model *it = &model[3];
    it->size = MOST;
    ck_assert_int_eq(vfs_truncate(it->file->inode, it->size), 0);
    do_write(it, 0, 100000);
    sync_all();
    for (uint32_t n = 1; failed; n++) {
        uint32_t pos = 100000 + n % 64 * 4096;
        struct ext4_run run;
        ck_assert_int_eq(put_bytes(it->file, pos, page, sizeof(page)), sizeof(page));
        memcpy(it->bytes + pos, page, sizeof(page));
        stub_fail_at = n;
        stub_fail_on = true;
        disk.fail_after = 1;
        ck_assert_int_ne(inode_write_back(it->file->inode), 0);
        failed = stub_fail_at == 1;
        stub_fail_at = disk.fail_after = 0;
        stub_fail_on = false;
        ck_assert(!mounted()->is_dead);
        bool entered = volume_enter(&mounted()->fs);
        ck_assert_int_eq(ext4_map_find(ext4_inode_of(it->file->inode), pos / mounted()->block_size + 1, 1, &run), 0);
        volume_leave(&mounted()->fs, entered);
        ck_assert_msg(run.disk == 0, "%u: it has a place, without data", n);
        ck_assert_int_eq(vfs_sync_all(), 0);
        compare(it);
    }
    remount();
    compare_all();
    files_close();
    check_image();
}
END_TEST

/* ---- what mappings write while parts of the file move ---- */

#define PAGES 600u

static struct file *moving;
static uint32_t stored_in; /* the page that a mapping writes to when others run */

static void store_by_mapping(void)
{
    struct page *page;

    stub_in_loop = NULL;
    ck_assert_int_eq(moving->inode->object.ops->page(&moving->inode->object, stored_in, true, &page), 0);
    memset((char *)page_data(page) + 100, 0xee, 50);
    page_put(page);
}

/* The bytes that were stored are in the page that the file has there afterwards. */
static void check_stored(uint32_t index)
{
    ck_assert_int_eq(get_bytes(moving, (uint64_t)index * PAGE_SIZE, buffer, PAGE_SIZE), PAGE_SIZE);
    for (unsigned at = 0; at < PAGE_SIZE; at++)
        ck_assert_uint_eq(buffer[at], at >= 100 && at < 150 ? 0xee : (uint8_t)(stored_in + 1));
}

START_TEST(stores_move_along)
{
    static const uint32_t modes[] = {FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE};

    begin("16M", "-t ext4 -b 4096");
    ck_assert_int_eq(open_path("/moving", O_RDWR | O_CREAT, &moving), 0);
    for (uint32_t n = 0; n < PAGES; n++) {
        memset(buffer, (int)(uint8_t)(n + 1), PAGE_SIZE);
        ck_assert_int_eq(put_bytes(moving, (uint64_t)n * PAGE_SIZE, buffer, PAGE_SIZE), PAGE_SIZE);
    }
    sync_all();
    stored_in = PAGES - 10;
    stub_in_loop = store_by_mapping; /* in the middle of forgetting pages */
    ck_assert_int_eq(moving->inode->ops->allocate(moving->inode, modes[_i], 8 * PAGE_SIZE, 4 * PAGE_SIZE), 0);
    ck_assert(stub_in_loop == NULL);
    check_stored(_i == 0 ? stored_in - 4 : stored_in + 4);
    file_put(moving);
    remount();
    ck_assert_int_eq(open_path("/moving", O_RDWR, &moving), 0);
    check_stored(_i == 0 ? stored_in - 4 : stored_in + 4);
    file_put(moving);
    files_close();
    check_image();
}
END_TEST

/* ---- */

static Suite *suite(void)
{
    Suite *s = suite_create("ext4, data");
    TCase *c = tcase_create("core");

    tcase_set_timeout(c, 300);
    tcase_add_checked_fixture(c, NULL, teardown);
    tcase_add_loop_test(c, random_work, 0, is_long() ? 3 * LAYOUTS : LAYOUTS);
    tcase_add_loop_test(c, full_disk, 0, is_long() ? 2 * LAYOUTS : LAYOUTS);
    tcase_add_loop_test(c, stores_move_along, 0, 2);
    tcase_add_loop_test(c, data_fail, 0, LAYOUTS);
    tcase_add_loop_test(c, no_memory, 0, is_long() ? 2 * LAYOUTS : LAYOUTS);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    ext4_folder_make();
    ext4_folder_fill(20);
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    ext4_folder_remove();
    return failed != 0;
}
