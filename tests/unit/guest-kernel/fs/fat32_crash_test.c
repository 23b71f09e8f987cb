/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_crash_test.c - a workload's writes are recorded, and replayed up to every point at which the guest could have
 * been killed: in order, with the last write torn at a sector, and with a part of what wasn't flushed lost. Two more
 * runs follow on each such disk. What was synced before the crash has to be there, what the later runs sync has to
 * last, and the volume has to be consistent.
 *
 * CRASH_SEEDS=N: so many workloads rather than a few.
 */
// sources: guest-kernel/vfs/pagewait.c
// sources: guest-kernel/fs/fat32*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c
// guest-kernel/vfs/pagecache.c sources: guest-kernel/vfs/pageindex.c guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c
// guest-kernel/vfs/path_print.c sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c
// guest-kernel/vfs/readdir.c sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c
// guest-kernel/vfs/sparse.c sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/fat_image.c tests/unit/guest-kernel/image.c
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fat_image.h"
#include "../files.h"
#include "../stubs.h"
#include "abi/errno.h"
#include "vfs/blk.h"
#include "vfs/pagecache.h"

#define SIZE_MAX_FILE 9000u
#define DIRS 4
#define NAMES 4
#define FILES (DIRS * NAMES)
#define STEPS 70
#define EVENTS 6000
#define SUBSETS 2
#define MOVING 3 /* the directory that is renamed at times */

static const char *const dirs[DIRS] = {"", "/first directory", "/SECOND", NULL};
static const char *const moving_places[2] = {"/moving", "/first directory/the moving one"};
static const char *const names[NAMES] = {"A.TXT", "a long name, really.text", "lower.txt", "B"};

struct content {
    bool exists;
    unsigned size;
    unsigned char bytes[SIZE_MAX_FILE];
};

enum kind { WRITE, FLUSH, CHANGE, REMOVE, RENAME, MARK };

struct event {
    enum kind kind;
    uint64_t sector;
    unsigned count;       /* WRITE: sectors */
    uint8_t *bytes;       /* of them */
    int file, to;         /* what an operation is about */
    struct content *mark; /* MARK: all that is safe from here on */
};

static struct event events[EVENTS];
static unsigned event_count;
static struct content files[FILES];
static struct stub_disk disk;
static int moving_at;
static uint32_t seed;
static uint32_t workload;
static bool recording;
static struct {
    unsigned crashes, lost, broken_later, inconsistent;
} sum;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* ---- recording ---- */

static struct event *event_add(enum kind kind)
{
    ck_assert_uint_lt(event_count, EVENTS);
    events[event_count] = (struct event){.kind = kind};
    return &events[event_count++];
}

static int record_transfer(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                           unsigned count)
{
    uint8_t *at = disk.bytes + sector * SECTOR_SIZE;
    uint64_t size = 0;

    (void)dev;
    for (unsigned i = 0; i < count; i++) {
        if (write)
            memcpy(at + size, phys_to_virt(segments[i].addr), segments[i].size);
        else
            memcpy(phys_to_virt(segments[i].addr), at + size, segments[i].size);
        size += segments[i].size;
    }
    if (write && recording) {
        struct event *event = event_add(WRITE);
        event->sector = sector;
        event->count = (unsigned)(size / SECTOR_SIZE);
        event->bytes = malloc(size);
        memcpy(event->bytes, at, size);
    }
    return 0;
}

static int record_flush(struct blk_device *dev)
{
    (void)dev;
    if (recording)
        event_add(FLUSH);
    return 0;
}

static struct blk_device *device(void)
{
    static const struct blk_ops ops = {.transfer = record_transfer, .flush = record_flush};
    static struct blk_device dev;

    dev = (struct blk_device){.name = "vda", .sectors = disk.size / SECTOR_SIZE, .ops = &ops};
    return &dev;
}

static void operation(enum kind kind, int file, int to)
{
    struct event *event = event_add(kind);

    event->file = file;
    event->to = to;
}

static void mark(void)
{
    struct event *event = event_add(MARK);

    event->mark = malloc(sizeof(files));
    memcpy(event->mark, files, sizeof(files));
}

/* ---- the workload ---- */

static const char *path_at(int i, int moved)
{
    static char paths[2][96];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    const char *dir = i / NAMES == MOVING ? moving_places[moved] : dirs[i / NAMES];

    snprintf(path, 96, "%s/%s", dir, names[i % NAMES]);
    return path;
}

static const char *path_of(int i)
{
    return path_at(i, moving_at);
}

static void do_sync(int i)
{
    struct file *file;

    if (i < 0 || open_path(path_of(i), O_RDWR, &file) != 0) {
        ck_assert_int_eq(vfs_sync_all(), 0);
    } else {
        ck_assert_int_eq(file_sync(file, false), 0);
        file_put(file);
    }
    mark();
}

static void do_write(int i)
{
    struct content *content = &files[i];
    static unsigned char bytes[SIZE_MAX_FILE];
    unsigned size = 1 + pick(3000), pos = content->exists ? pick(content->size + 1) : 0;
    struct file *file;

    if (pick(2) != 0)
        pos = content->exists ? content->size : 0;
    if (pos + size > SIZE_MAX_FILE)
        return;
    for (unsigned k = 0; k < size; k++)
        bytes[k] = (unsigned char)(seed + k * 31 + k / 251);
    operation(CHANGE, i, 0);
    ck_assert_int_eq(open_path(path_of(i), O_RDWR | O_CREAT, &file), 0);
    ck_assert_int_eq(put_bytes(file, pos, bytes, size), size);
    file_put(file);
    if (!content->exists)
        content->size = 0;
    content->exists = true;
    memcpy(content->bytes + pos, bytes, size);
    if (pos + size > content->size)
        content->size = pos + size;
}

static void do_truncate(int i)
{
    unsigned size = pick(SIZE_MAX_FILE);

    if (!files[i].exists)
        return;
    operation(CHANGE, i, 0);
    ck_assert_int_eq(truncate_path(path_of(i), size), 0);
    if (size > files[i].size)
        memset(files[i].bytes + files[i].size, 0, size - files[i].size);
    files[i].size = size;
}

static void do_unlink(int i)
{
    if (!files[i].exists)
        return;
    operation(REMOVE, i, 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), path_of(i), false), 0);
    files[i].exists = false;
}

static void do_rename(int from, int to)
{
    if (!files[from].exists || from == to)
        return;
    operation(RENAME, from, to);
    ck_assert_int_eq(vfs_rename(vfs_root(), path_of(from), vfs_root(), path_of(to), false), 0);
    files[to] = files[from];
    files[from].exists = false;
}

static void do_directory(void)
{
    static const char *const path[2] = {"/SECOND/a new directory", "/first directory/SUB"};
    const char *one = path[pick(2)];

    if (pick(3) == 0) {
        ck_assert_int_eq(vfs_rename(vfs_root(), moving_places[moving_at], vfs_root(), moving_places[!moving_at], false),
                         0);
        moving_at = moving_at == 0;
    } else if (vfs_mkdir(vfs_root(), one, 0755) != 0) {
        vfs_unlink(vfs_root(), one, true);
    }
}

static void step(void)
{
    int i = (int)pick(FILES);

    switch (pick(14)) {
    case 0 ... 3:
        do_write(i);
        break;
    case 4:
        do_truncate(i);
        break;
    case 5:
        do_unlink(i);
        break;
    case 6 ... 7:
        do_rename(i, (int)pick(FILES));
        break;
    case 8: /* how a program replaces a file */
        do_write(NAMES + 3);
        do_sync(NAMES + 3);
        do_rename(NAMES + 3, 0);
        break;
    case 9:
        do_directory();
        break;
    case 10 ... 11:
        do_sync(i);
        break;
    case 12:
        if (pick(4) == 0)
            do_sync(-1);
        break;
    default:
        vfs_shrink(16, true);
    }
}

static void record(void)
{
    event_count = 0;
    memset(files, 0, sizeof(files));
    moving_at = 0;
    image_make(&disk, 1024, pick(2) != 0 ? 1 : 4, "");
    ck_assert_int_eq(vfs_mount_root(device()), 0);
    for (int i = 1; i < DIRS; i++)
        ck_assert_int_eq(vfs_mkdir(vfs_root(), dirs[i] ? dirs[i] : moving_places[0], 0755), 0);
    for (int i = 0; i < FILES; i += 2)
        do_write(i);
    ck_assert_int_eq(vfs_sync_all(), 0);
    event_count = 0;
    recording = true;
    mark();
}

/* ---- after a crash ---- */

static bool holds(int i, int moved, const struct content *want)
{
    static unsigned char bytes[SIZE_MAX_FILE];

    return get_file(path_at(i, moved), bytes, sizeof(bytes)) == (int64_t)want->size &&
           memcmp(bytes, want->bytes, want->size) == 0;
}

static bool is_at(int i, const struct content *want)
{
    return holds(i, 0, want) || (i / NAMES == MOVING && holds(i, 1, want));
}

static bool is_there(int i)
{
    return size_of(path_at(i, 0)) >= 0 || (i / NAMES == MOVING && size_of(path_at(i, 1)) >= 0);
}

/* Whether the file that was at `i` at the mark is safe, after the operations up to `end`. */
static bool is_safe(int i, unsigned from, unsigned end)
{
    const struct content *want = &events[from].mark[i];
    bool at[FILES] = {false}, found = false, changed = false;
    bool replaced = false; /* something else was renamed to its name */

    if (!want->exists)
        return true;
    at[i] = true;
    for (unsigned k = from + 1; k < end; k++) {
        const struct event *event = &events[k];
        if (event->kind == CHANGE && at[event->file])
            changed = true;
        else if (event->kind == REMOVE && at[event->file])
            return true;
        else if (event->kind == RENAME && at[event->to])
            replaced = true;
        else if (event->kind == RENAME && at[event->file])
            at[event->to] = true;
    }
    for (int k = 0; k < FILES; k++)
        found |= at[k] && (changed || replaced ? is_there(k) : is_at(k, want));
    return found;
}

static unsigned last_mark(unsigned end)
{
    while (end-- > 0 && events[end].kind != MARK)
        ;
    return end;
}

static void explain(const char *what, int file, unsigned end, const char *more)
{
    if (getenv("CRASH_VERBOSE") != NULL)
        fprintf(stderr, "workload %u, crash before event %u: %s: %s %s\n", workload, end, what,
                file < 0 ? "" : path_at(file, 0), more);
}

static void explain_operations(unsigned from, unsigned end)
{
    static const char *const what[] = {"write", "flush", "change", "remove", "rename", "mark"};

    for (unsigned k = from; k < end && getenv("CRASH_VERBOSE") != NULL; k++)
        fprintf(stderr, "    %s %s %s sector %u+%u\n", what[events[k].kind], path_at(events[k].file, 0),
                path_at(events[k].to, 0), (unsigned)events[k].sector, events[k].count);
}

static bool all_are_safe(unsigned end)
{
    unsigned from = last_mark(end), lost = 0;

    for (int i = 0; i < FILES; i++) {
        if (is_safe(i, from, end))
            continue;
        explain("lost", i, end, "");
        explain_operations(from, end);
        lost++;
    }
    sum.lost += lost;
    return lost == 0;
}

static void later_put(const char *name, unsigned salt)
{
    unsigned char bytes[6000];
    struct file *file;

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(salt + i * 7 + i / 300);
    if (open_path(name, O_RDWR | O_CREAT | O_TRUNC, &file) != 0 || put_bytes(file, 0, bytes, sizeof(bytes)) < 0 ||
        file_sync(file, false) != 0)
        explain("cannot write", -1, salt, name);
    else
        file_put(file);
}

static bool later_is_there(const char *name, unsigned salt)
{
    unsigned char bytes[6001];

    if (get_file(name, bytes, sizeof(bytes)) != 6000)
        return false;
    for (unsigned i = 0; i < 6000; i++)
        if (bytes[i] != (unsigned char)(salt + i * 7 + i / 300))
            return false;
    return true;
}

static void later_end(unsigned end)
{
    const char *fault;

    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    fault = fat_image_fault(disk.bytes, disk.size);
    if (fault != NULL) {
        explain("inconsistent", -1, end, fault);
        sum.inconsistent++;
    }
}

/* Two more runs: new files, which are synced, and files that go. */
static void runs_after(unsigned end, bool keep_rest)
{
    static struct content kept[FILES];
    bool fine = true;

    later_put("/later one", 3);
    later_put("/SECOND/LATER.TWO", 4);
    for (int i = 0; i < FILES; i++) {
        const char *path = path_at(i, size_of(path_at(i, 1)) >= 0);
        int64_t size = get_file(path, kept[i].bytes, SIZE_MAX_FILE);
        kept[i].exists = size >= 0;
        kept[i].size = (unsigned)size;
        if (!keep_rest && i % 2 != 0 && size >= 0) {
            vfs_unlink(vfs_root(), path, false);
            kept[i].exists = false;
        }
    }
    later_end(end);
    ck_assert_int_eq(vfs_mount_root(device()), 0);
    fine = later_is_there("/later one", 3) && later_is_there("/SECOND/LATER.TWO", 4);
    later_put("/later three", 5);
    for (int i = 0; i < FILES; i++)
        fine &= !kept[i].exists || is_at(i, &kept[i]);
    fine &= later_is_there("/later one", 3) && later_is_there("/later three", 5);
    if (!fine) {
        explain("a later run's data is broken", -1, end, "");
        sum.broken_later++;
    }
    later_end(end);
}

static void crash(const uint8_t *image, unsigned end)
{
    memcpy(disk.bytes, image, disk.size);
    sum.crashes++;
    if (vfs_mount_root(device()) != 0) {
        explain("not mounted", -1, end, "");
        sum.lost++;
        return;
    }
    all_are_safe(end);
    runs_after(end, end % 3 == 0);
}

static void replay(uint8_t *image, const struct event *event, unsigned sectors)
{
    if (event->kind == WRITE)
        memcpy(image + event->sector * SECTOR_SIZE, event->bytes, (size_t)sectors * SECTOR_SIZE);
}

/* A part of what was written since the flush at `from` got to the disk. */
static void crash_subset(const uint8_t *flushed, uint8_t *scratch, unsigned from, unsigned end)
{
    memcpy(scratch, flushed, disk.size);
    for (unsigned i = from; i <= end; i++) {
        unsigned part = pick(4);
        if (part > 1 && events[i].kind == WRITE)
            replay(scratch, &events[i], part == 3 ? 1 + pick(events[i].count) : events[i].count);
    }
    crash(scratch, end);
}

static void replay_all(void)
{
    uint8_t *image = malloc(disk.size), *flushed = malloc(disk.size), *scratch = malloc(disk.size);
    unsigned since = 0;

    memcpy(image, disk.bytes, disk.size);
    memcpy(flushed, disk.bytes, disk.size);
    for (unsigned i = 0; i < event_count; i++) {
        const struct event *event = &events[i];
        if (event->kind == FLUSH) {
            memcpy(flushed, image, disk.size);
            since = i;
        }
        if (event->kind != WRITE)
            continue;
        if (event->count > 1) {
            memcpy(scratch, image, disk.size);
            replay(scratch, event, 1 + pick(event->count - 1));
            crash(scratch, i);
        }
        for (unsigned k = 0; k < SUBSETS; k++)
            crash_subset(flushed, scratch, since, i);
        replay(image, event, event->count);
        crash(image, i + 1);
    }
    free(image);
    free(flushed);
    free(scratch);
}

static void events_free(void)
{
    for (unsigned i = 0; i < event_count; i++) {
        free(events[i].bytes);
        free(events[i].mark);
    }
}

static void one_workload(uint32_t number)
{
    uint8_t *start;

    seed = workload = number;
    record();
    start = malloc(disk.size);
    memcpy(start, disk.bytes, disk.size);
    for (unsigned i = 0; i < STEPS; i++)
        step();
    do_sync(-1);
    recording = false;
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_ptr_null(fat_image_fault(disk.bytes, disk.size));
    memcpy(disk.bytes, start, disk.size);
    replay_all();
    ck_assert_int_eq(image_check(&disk), 0); /* the last one, to fsck.fat's taste as well */
    events_free();
    free(start);
    free(disk.bytes);
}

START_TEST(every_point)
{
    const char *text = getenv("CRASH_SEEDS"), *first = getenv("CRASH_FIRST");
    int seeds = text != NULL ? atoi(text) : 3, from = first != NULL ? atoi(first) : 1;

    stub_quiet = getenv("CRASH_VERBOSE") == NULL;
    for (int i = 0; i < seeds; i++)
        one_workload((uint32_t)(from + i));
    fprintf(stderr, "%u crashes: %u synced files lost, %u times a later run's data broken, %u times inconsistent\n",
            sum.crashes, sum.lost, sum.broken_later, sum.inconsistent);
    ck_assert_uint_eq(sum.lost + sum.broken_later + sum.inconsistent, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32 after a crash");
    TCase *tc = tcase_create("crash");

    tcase_set_timeout(tc, 3600);
    tcase_add_test(tc, every_point);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
