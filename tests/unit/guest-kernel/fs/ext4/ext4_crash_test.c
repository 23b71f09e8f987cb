/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_crash_test.c - the power goes at many points of random work (ext4_work.h), with a part of what wasn't flushed
 * lost. The next mount replays the journal. Then the names are as they were after some operation since the last sync,
 * what was synced and not changed since is there, nothing is in a file that never was, e2fsck finds nothing, and the
 * file system can be worked with.
 *
 * CRASH_SEEDS=N: so many pieces of work with each layout rather than one, from CRASH_FIRST on; CRASH_CUTS=N: so many
 * cuts of each. LONG=1: more of both. CRASH_LAYOUT=N: that one alone.
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
// sources: tests/unit/guest-kernel/ext4_folder.c tests/unit/guest-kernel/disk.c
// sources: tests/unit/guest-kernel/fs/ext4/ext4_work.c tests/unit/guest-kernel/fs/ext4/ext4_work_check.c
// sources: tests/unit/guest-kernel/fs/ext4/ext4_power.c
#include "ext4_power.h"
#include "ext4_setup.h"
#include "ext4_work.h"
#include "tests/unit/long.h"

#define STEPS 160

enum note { CHANGING, CHANGED, SYNCED };

struct synced { /* what a file held then */
    struct work_file file;
};

static const char *const layouts[] = {
    "-t ext4 -b 1024 -J size=1",
    "-t ext4 -b 4096 -J size=4",
    "-t ext3 -b 1024 -J size=1",
    "-t ext4 -b 1024 -J size=1 -O inline_data,metadata_csum_seed",
    "-t ext4 -b 2048 -J size=2 -O ^metadata_csum,uninit_bg,^flex_bg",
    "-t ext4 -b 1024 -J size=1 -O orphan_file,^64bit",
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

static struct power power;
static struct work work;
static struct {
    unsigned cuts, exact; /* files compared byte by byte */
} sum;
static char where[200]; /* which cut it is, for messages */

/* ---- the record ---- */

static void on_changing(void *arg, int file)
{
    power_note(arg, CHANGING, file, NULL);
}

static void on_changed(void *arg)
{
    struct work_state *state = malloc(sizeof(*state));

    *state = work.now;
    power_note(arg, CHANGED, 0, state);
}

static void on_synced(void *arg, int file)
{
    for (int i = file == WORK_ALL ? 0 : file; i < (file == WORK_ALL ? work.file_count : file + 1); i++) {
        if (work.files[i].links == 0)
            continue;
        struct synced *synced = malloc(sizeof(*synced));
        synced->file = work.files[i];
        power_note(arg, SYNCED, i, synced);
    }
    if (file == WORK_ALL)
        power_note(arg, SYNCED, WORK_ALL, NULL);
}

static void mount_root(void)
{
    int error = vfs_mount_root(power_device(&power));

    ck_assert_msg(error == 0, "%s: mount: error %d, %s", where, error, stub_last_error);
}

static void unmount_root(void)
{
    credits_were_enough();
    ck_assert_msg(vfs_unmount_all() == 0, "%s: unmount: %s", where, stub_last_error);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static void check_image(void)
{
    disk.bytes = power.bytes;
    disk.size = power.size;
    int status = ext4_image_shell(
        &disk, "e2fsck -fn $IMAGE >log 2>&1 || { cp $IMAGE ${CRASH_KEEP:-/dev/null}; cat log; false; }");
    power.bytes = disk.bytes;
    ck_assert_msg(status == 0, "%s: e2fsck finds faults", where);
}

static void record(uint32_t seed)
{
    mount_root();
    work = (struct work){.arg = &power,
                         .changing = on_changing,
                         .changed = on_changed,
                         .synced = on_synced,
                         .no_ranges = (mounted()->super.feature_incompat & EXT4_INCOMPAT_EXTENTS) == 0};
    work_start(&work, seed);
    ck_assert_int_eq(vfs_sync_all(), 0);
    power_record(&power);
    on_changed(&power);
    on_synced(&power, WORK_ALL);
    for (unsigned i = 0; i < STEPS; i++)
        work_step(&work);
    work_close(&work);
    ck_assert_int_eq(vfs_sync_all(), 0);
    on_synced(&power, WORK_ALL);
    const char *fault = work_check(&work);
    ck_assert_msg(fault == NULL, "%s: before the crash: %s", where, fault);
    unmount_root();
    check_image();
}

/* ---- after a cut ---- */

/* Names that changed before this event are safe: a sync brought them, or an fsync of a file that was changed after
 * that. */
static unsigned safe_before(unsigned end)
{
    unsigned safe = 0, changed[WORK_FILES] = {0};

    for (unsigned at = 0; at < end; at++) {
        const struct power_event *event = &power.events[at];
        if (event->kind != POWER_NOTE || event->note == CHANGED)
            continue;
        if (event->note == CHANGING)
            changed[event->which] = at;
        else if (event->which == WORK_ALL)
            safe = at;
        else if (changed[event->which] > safe)
            safe = changed[event->which];
    }
    return safe;
}

/* The names as they are: one of those since the last sync, the operation included that was under way. */
static const struct work_state *state_find(unsigned end)
{
    uint64_t found = work_found();
    unsigned at = end, safe = safe_before(end);

    ck_assert_msg(found != 0, "%s: names can't be read: %s", where, stub_last_error);
    while (at < power.count && (power.events[at].kind != POWER_NOTE || power.events[at].note != CHANGED))
        at++;
    for (at = at < power.count ? at + 1 : at; at-- != 0;) {
        const struct power_event *event = &power.events[at];
        if (event->kind != POWER_NOTE || event->note != CHANGED)
            continue;
        if (work_sum(event->more) == found)
            return event->more;
        if (at < safe)
            break;
    }
    ck_abort_msg("%s: the names are as after no operation since the last sync", where);
}

/* What the file held when it was synced; NULL: it was changed since, or never was. */
static const struct work_file *synced_find(unsigned end, int file)
{
    for (unsigned at = end; at-- != 0;) {
        const struct power_event *event = &power.events[at];
        if (event->kind != POWER_NOTE || event->note == CHANGED || event->which != file)
            continue;
        return event->note == SYNCED ? &((const struct synced *)event->more)->file : NULL;
    }
    return NULL;
}

static void check_files(const struct work_state *state, unsigned end)
{
    char path[1200];

    for (int i = 0; i < WORK_NAMES; i++) {
        if (state->names[i].type != WORK_FILE)
            continue;
        int file = state->names[i].file;
        const struct work_file *synced = synced_find(end, file);
        work_path(state, i, path, sizeof(path));
        const char *fault = work_differs(path, file, synced, synced != NULL);
        ck_assert_msg(fault == NULL, "%s: %s file %d: %s", where, synced != NULL ? "synced" : "changed", file, fault);
        sum.exact += synced != NULL;
    }
}

/* It can be worked with, and what is synced then lasts. */
static void use_again(void)
{
    char bytes[3000], again[3000];
    struct file *file;

    memset(bytes, 'l', sizeof(bytes));
    ck_assert_msg(open_path("/scene/later", O_RDWR | O_CREAT, &file) == 0, "%s: no new file: %s", where,
                  stub_last_error);
    ck_assert_int_eq(put_bytes(file, 0, bytes, sizeof(bytes)), sizeof(bytes));
    file_put(file);
    unmount_root();
    check_image();
    mount_root();
    ck_assert_int_eq(get_file("/scene/later", again, sizeof(again)), sizeof(again));
    ck_assert_mem_eq(bytes, again, sizeof(bytes));
}

static void cut(unsigned end, enum power_cut how, uint32_t *seed)
{
    static const char *const names[] = {"in order", "torn", "lost"};
    size_t used = strlen(where);
    uint32_t as_it_was = *seed;

    snprintf(where + used, sizeof(where) - used, ", cut before request %u of %u, %s, seed %u", end, power.count,
             names[how], as_it_was);
    power_cut(&power, end, how, seed);
    *stub_last_error = 0;
    mount_root();
    check_files(state_find(end), end);
    if (sum.cuts++ % 4 == 0)
        use_again();
    unmount_root();
    check_image();
    where[used] = 0;
}

static void one_work(const char *layout, uint32_t seed, unsigned cuts)
{
    uint32_t chance = seed * 77;

    snprintf(where, sizeof(where), "%s, work %u", layout, seed);
    free(disk.bytes);
    ext4_image_make(&disk, "12M", layout, "");
    power_init(&power, disk.bytes, disk.size);
    record(seed);
    for (unsigned i = 0; i < cuts; i++) {
        chance = chance * 1664525u + 1013904223u;
        unsigned end = 1 + (unsigned)(((uint64_t)chance * (power.count - 1)) >> 32);
        cut(end, i % 3 == 0 ? POWER_IN_ORDER : i % 3 == 1 ? POWER_TORN : POWER_LOST, &chance);
    }
    work_free(&work);
    power_free(&power);
}

START_TEST(cuts)
{
    unsigned seeds = long_number("CRASH_SEEDS", 1, 8), first = long_number("CRASH_FIRST", 1, 1);

    if (getenv("CRASH_LAYOUT") != NULL && atoi(getenv("CRASH_LAYOUT")) != _i)
        return;
    stub_quiet = getenv("CRASH_VERBOSE") == NULL;
    for (unsigned i = 0; i < seeds; i++)
        one_work(layouts[_i], first + i, long_number("CRASH_CUTS", 25, 120));
    fprintf(stderr, "%s: %u cuts, %u synced files were right\n", layouts[_i], sum.cuts, sum.exact);
    ck_assert_uint_gt(sum.exact, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4 after a crash");
    TCase *tcase = tcase_create("crash");

    tcase_add_unchecked_fixture(tcase, ext4_folder_make, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 3600);
    tcase_add_loop_test(tcase, cuts, 0, LAYOUTS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
