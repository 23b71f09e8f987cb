/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/disk/cow.c vmm/disk/cow_file.c vmm/disk/cow_open.c vmm/disk/image.c vmm/file_io.c
/* cow_test.c - a disk's changes in a file of their own: what is read and written, what a later run finds of it, also
 * after a kill -9 and after a crash of the host, and files that are no such ones. */
#include "vmm/disk/cow.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vmm/disk/image.h"

#define SECTORS 40000u /* the maps have two pages */
#define BYTES (SECTORS * COW_SECTOR)
#define WINDOW 8192u /* where the disk begins in its file */

static struct disk_image image;
static struct cow_base base;
static int changes;
static uint8_t *model, *buffer;
static char why[400];

static void setup(void)
{
    srand(7);
    model = malloc(BYTES);
    buffer = malloc(BYTES);
    for (unsigned i = 0; i < BYTES; i++)
        model[i] = (uint8_t)(i / COW_SECTOR * 31 + i);
    image = (struct disk_image){.fd = memfd_create("base", 0), .offset = WINDOW};
    ck_assert_int_eq(pwrite(image.fd, model, BYTES, WINDOW), BYTES);
    base = (struct cow_base){.size_bytes = BYTES, .start_hash = cow_hash(model, COW_START_BYTES)};
    changes = memfd_create("changes", 0);
}

static void teardown(void)
{
    free(model);
    free(buffer);
    close(changes);
    close(image.fd);
}

static int load(void)
{
    int fd = dup(changes), error = cow_load(fd, &base, &image.cow, why, sizeof(why));

    if (error != 0)
        close(fd);
    return error;
}

static void unload(void)
{
    cow_destroy(image.cow);
    image.cow = NULL;
}

static void read_disk(uint8_t *bytes)
{
    for (size_t done = 0; done < BYTES;) {
        ssize_t n = disk_image_read(&image, bytes + done, BYTES - done, done);

        ck_assert_int_gt(n, 0);
        done += (size_t)n;
    }
}

static void expect_model(void)
{
    read_disk(buffer);
    ck_assert_mem_eq(buffer, model, BYTES);
}

static void write_random(void)
{
    unsigned first = (unsigned)rand() % SECTORS, count = 1 + (unsigned)rand() % (rand() % 8 == 0 ? 500 : 20);

    count = count < SECTORS - first ? count : SECTORS - first;
    for (unsigned i = 0; i < count * COW_SECTOR; i++)
        model[first * COW_SECTOR + i] = (uint8_t)rand();
    ck_assert_int_eq(
        disk_image_write(&image, model + first * COW_SECTOR, count * COW_SECTOR, (uint64_t)first * COW_SECTOR, 0),
        count * COW_SECTOR);
}

/* Another boot of the host, which has all that was handed to it. */
static void reboot_host(void)
{
    ck_assert_int_eq(pwrite(changes, "another boot....", COW_BOOT_BYTES, COW_BOOT_AT), COW_BOOT_BYTES);
}

START_TEST(reads_what_was_written)
{
    uint8_t *before = malloc(BYTES);
    struct stat st;

    memcpy(before, model, BYTES);
    ck_assert_int_eq(load(), 0);
    ck_assert_int_eq(fstat(changes, &st), 0);
    ck_assert_int_lt(st.st_blocks, 64); /* sparse */
    expect_model();
    for (unsigned i = 0; i < 200; i++) {
        write_random();
        if (i % 40 == 0)
            expect_model();
    }
    expect_model();
    unload();
    ck_assert_int_eq(load(), 0);
    expect_model();
    unload();
    ck_assert_int_eq(pread(image.fd, buffer, BYTES, WINDOW), BYTES);
    ck_assert_mem_eq(buffer, before, BYTES);
    free(before);
}
END_TEST

START_TEST(vanishes)
{
    ck_assert_int_eq(cow_temporary(BYTES, &image.cow), 0);
    for (unsigned i = 0; i < 50; i++)
        write_random();
    expect_model();
    ck_assert_int_eq(disk_image_sync(&image), 0);
    unload();
}
END_TEST

START_TEST(has_a_limit)
{
    ck_assert_int_eq(cow_temporary(BYTES, &image.cow), 0);
    image.cow->left = 4;
    image.cow->page_sectors = 1;
    ck_assert_int_eq(disk_image_write(&image, model, 3 * COW_SECTOR, COW_SECTOR, 0), 3 * COW_SECTOR);
    ck_assert_int_eq(disk_image_write(&image, model, 4 * COW_SECTOR, COW_SECTOR, 0), 4 * COW_SECTOR);
    ck_assert_int_eq(disk_image_write(&image, model, 4 * COW_SECTOR, COW_SECTOR, 0), 4 * COW_SECTOR);
    ck_assert_int_eq(disk_image_write(&image, model, COW_SECTOR, 5 * COW_SECTOR, 0), -ENOSPC);
    ck_assert_int_eq(disk_image_write(&image, model, 5 * COW_SECTOR, COW_SECTOR, 0), -ENOSPC);
    unload();
}
END_TEST

/* A page of memory is taken by its first sector: what is scattered takes more of them. */
START_TEST(has_a_limit_in_pages)
{
    unsigned page = (unsigned)sysconf(_SC_PAGESIZE);
    struct stat st;

    ck_assert_int_eq(cow_temporary(BYTES, &image.cow), 0);
    close(image.cow->fd);
    image.cow->fd = memfd_create("changes", 0);
    image.cow->left = 20;
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(disk_image_write(&image, model, COW_SECTOR, (uint64_t)i * page + COW_SECTOR, 0), COW_SECTOR);
    ck_assert_int_eq(disk_image_write(&image, model, COW_SECTOR, 20ull * page, 0), -ENOSPC);
    ck_assert_int_eq(disk_image_write(&image, model, page, 19ull * page, 0), page); /* which is there already */
    ck_assert_int_eq(fstat(image.cow->fd, &st), 0);
    ck_assert_int_le(st.st_blocks * 512, 20ll * page);
    unload();
}
END_TEST

/* The map can't be written, and a moment later it can (the host's disk was full): what is told then is kept. */
START_TEST(a_map_that_has_no_room)
{
    ck_assert_int_eq(load(), 0);
    int fd = image.cow->fd;

    image.cow->fd = open("/proc/self/exe", O_RDONLY);
    ck_assert_int_ge(image.cow->fd, 0);
    ck_assert_int_lt(cow_mark(image.cow, 9, 2), 0);
    close(image.cow->fd);
    image.cow->fd = fd;
    expect_model();
    memset(model + (size_t)9 * COW_SECTOR, 0x3c, (size_t)2 * COW_SECTOR);
    ck_assert_int_eq(disk_image_write(&image, model + 9 * COW_SECTOR, 2 * COW_SECTOR, 9 * COW_SECTOR, 0),
                     2 * COW_SECTOR);
    unload();
    ck_assert_int_eq(load(), 0);
    expect_model();
    unload();
}
END_TEST

/* More of the map than is written in one go. */
START_TEST(all_at_once)
{
    bool changed;

    ck_assert_int_eq(load(), 0);
    memset(model + COW_SECTOR, 0x6d, BYTES - 2 * COW_SECTOR);
    ck_assert_int_eq(disk_image_write(&image, model + COW_SECTOR, BYTES - 2 * COW_SECTOR, COW_SECTOR, 0),
                     BYTES - 2 * COW_SECTOR);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(cow_run(image.cow, 1, SECTORS - 1, &changed), SECTORS - 2);
        ck_assert(changed);
        expect_model();
        unload();
        ck_assert_int_eq(load(), 0);
    }
    unload();
}
END_TEST

/* A flush makes all before it stable. What came later is one or the other, here the other, as the host lost its map. */
START_TEST(after_a_crash_of_the_host)
{
    uint8_t *flushed = malloc(BYTES);

    ck_assert_int_eq(load(), 0);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 20; i++)
            write_random();
        ck_assert_int_eq(disk_image_sync(&image), 0);
        memcpy(flushed, model, BYTES);
        uint64_t first = 0; /* one that isn't changed yet */
        for (bool changed = true; changed; first++)
            cow_run(image.cow, first, 1, &changed);
        first--;
        memset(buffer, 0x5a, COW_SECTOR);
        ck_assert_int_eq(disk_image_write(&image, buffer, COW_SECTOR, first * COW_SECTOR, 0), COW_SECTOR);
        unload();
        reboot_host();
        memcpy(model, flushed, BYTES);
        ck_assert_int_eq(load(), 0);
        expect_model();
        unload();
        ck_assert_int_eq(load(), 0); /* and so it stays in this boot */
        expect_model();
    }
    unload();
    free(flushed);
}
END_TEST

/* A driver that knows no flush: a write is stable when it is done. */
START_TEST(writes_through)
{
    ck_assert_int_eq(load(), 0);
    memset(model + 512, 0x77, 1024);
    ck_assert_int_eq(disk_image_write(&image, model + 512, 1024, 512, RWF_DSYNC), 1024);
    unload();
    reboot_host();
    ck_assert_int_eq(load(), 0);
    expect_model();
    unload();
}
END_TEST

/* ---- kill -9 ---- */

#define KILL_SECTORS 2048u
#define KILLS 60u

struct progress { /* shared */
    volatile uint32_t begun[KILL_SECTORS], told[KILL_SECTORS], flushed[KILL_SECTORS];
};

/* Each write of a sector has a higher number than the one before. */
static _Noreturn void write_for_ever(struct progress *progress, unsigned seed)
{
    uint32_t sector[COW_SECTOR / 4];

    srand(seed);
    if (load() != 0)
        _exit(1);
    for (unsigned n = 1;; n++) {
        unsigned at = (unsigned)rand() % KILL_SECTORS;

        progress->begun[at]++;
        for (unsigned i = 0; i < COW_SECTOR / 4; i++)
            sector[i] = progress->begun[at];
        if (disk_image_write(&image, sector, sizeof(sector), (uint64_t)at * COW_SECTOR, 0) != sizeof(sector))
            _exit(1);
        progress->told[at] = progress->begun[at];
        if (n % 100 == 0 && disk_image_sync(&image) == 0)
            memcpy((void *)(uintptr_t)progress->flushed, (void *)(uintptr_t)progress->told, sizeof(progress->flushed));
    }
}

static void check_after_kill(const struct progress *progress, bool crash)
{
    const uint32_t *least = (const uint32_t *)(uintptr_t)(crash ? progress->flushed : progress->told);
    uint32_t sector[COW_SECTOR / 4];

    for (unsigned at = 0; at < KILL_SECTORS; at++) { /* an assertion takes longer than all of it */
        bool whole = true;

        if (disk_image_read(&image, sector, sizeof(sector), (uint64_t)at * COW_SECTOR) != sizeof(sector))
            ck_abort_msg("sector %u can't be read", at);
        if (least[at] == 0 && memcmp(sector, model + (size_t)at * COW_SECTOR, COW_SECTOR) == 0)
            continue;
        for (unsigned i = 1; i < COW_SECTOR / 4; i++)
            whole = whole && sector[i] == sector[0];
        if (!whole || sector[0] < least[at] || sector[0] > progress->begun[at])
            ck_abort_msg("sector %u has %u%s, not %u to %u", at, sector[0], whole ? "" : " and others", least[at],
                         progress->begun[at]);
    }
}

START_TEST(killed_at_any_point)
{
    struct progress *progress =
        mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (unsigned i = 0; i < KILLS; i++) {
        struct timespec pause = {.tv_nsec = (long)(i * i % 61) * 100000};
        bool crash = i % 5 == 4;
        pid_t pid = fork();
        int status;

        if (pid == 0)
            write_for_ever(progress, i);
        nanosleep(&pause, NULL);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(WTERMSIG(status), SIGKILL);
        if (crash)
            reboot_host();
        ck_assert_int_eq(load(), 0);
        check_after_kill(progress, crash);
        unload();
        if (crash) { /* begins anew, as what was lost is no longer known */
            memset((void *)(uintptr_t)progress, 0, sizeof(*progress));
            ck_assert_int_eq(ftruncate(changes, 0), 0);
        }
    }
    munmap(progress, sizeof(*progress));
}
END_TEST

/* ---- files that are something else ---- */

static void refused(int error, const char *part)
{
    ck_assert_int_eq(load(), error);
    ck_assert_msg(strstr(why, part) != NULL, "\"%s\" isn't in \"%s\"", part, why);
}

START_TEST(another_base)
{
    ck_assert_int_eq(load(), 0);
    unload();
    base.size_bytes -= COW_SECTOR;
    refused(-ESTALE, "is of another disk, one of 20480000 bytes and not 20479488");
    base.size_bytes += COW_SECTOR;
    base.start_hash++;
    refused(-ESTALE, "its start isn't the same");
    base.start_hash--;
    ck_assert_int_eq(load(), 0);
    unload();
}
END_TEST

START_TEST(its_making_was_broken_off)
{
    struct cow_layout at;

    ck_assert_int_eq(cow_layout(BYTES, &at), 0);
    ck_assert_int_eq(ftruncate(changes, (off_t)at.file_bytes), 0);
    ck_assert_int_eq(load(), 0);
    unload();
    ck_assert_int_eq(ftruncate(changes, 0), 0);
    ck_assert_int_eq(ftruncate(changes, (off_t)at.file_bytes - 512), 0); /* of some other kind */
    refused(-EINVAL, "is no file of changes");
}
END_TEST

START_TEST(damaged_files)
{
    static const struct {
        off_t at;
        const char *why;
    } bytes[] = {{0, "is no file of changes"},
                 {8, "version"},
                 {12, "damaged"},
                 {16, "damaged"},
                 {23, "damaged"},
                 {24, "damaged"},
                 {32, "damaged"},
                 {40, "damaged"},
                 {47, "damaged"},
                 {7, "no file of changes"}};
    struct stat st;

    ck_assert_int_eq(load(), 0);
    unload();
    for (unsigned i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        uint8_t good, bad;

        ck_assert_int_eq(pread(changes, &good, 1, bytes[i].at), 1);
        bad = good ^ 0x41;
        ck_assert_int_eq(pwrite(changes, &bad, 1, bytes[i].at), 1);
        refused(-EINVAL, bytes[i].why);
        ck_assert_int_eq(pwrite(changes, &good, 1, bytes[i].at), 1);
    }
    ck_assert_int_eq(fstat(changes, &st), 0);
    ck_assert_int_eq(ftruncate(changes, st.st_size - 1), 0);
    refused(-EINVAL, "was cut off");
    ck_assert_int_eq(ftruncate(changes, 100), 0);
    refused(-EINVAL, "was cut off");
    ck_assert_int_eq(ftruncate(changes, 7), 0);
    refused(-EINVAL, "no file of changes");
}
END_TEST

/* A header with a good checksum can have any numbers. */
START_TEST(sizes_of_all_kinds)
{
    static const uint64_t sizes[] = {0, 1, 511, 513, UINT64_C(1) << 54, UINT64_MAX, UINT64_MAX - 511};
    uint8_t header[COW_PAGE];

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct cow_base other = {.size_bytes = sizes[i]};

        cow_header_make(&other, header);
        ck_assert_int_eq(cow_header_check(header, sizes[i], &other, why, sizeof(why)), -EINVAL);
    }
}
END_TEST

/* Any map is a map. */
START_TEST(a_map_of_nothing_but_ones)
{
    uint8_t ones[COW_PAGE];
    bool changed;

    ck_assert_int_eq(load(), 0);
    memset(ones, 0xff, sizeof(ones));
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(pwrite(changes, ones, sizeof(ones), (off_t)(image.cow->at.now + i * COW_PAGE)), COW_PAGE);
        ck_assert_int_eq(pwrite(changes, ones, sizeof(ones), (off_t)(image.cow->at.stable + i * COW_PAGE)), COW_PAGE);
    }
    unload();
    ck_assert_int_eq(load(), 0);
    ck_assert_uint_eq(cow_run(image.cow, 0, SECTORS, &changed), SECTORS);
    ck_assert(changed);
    memset(model, 0, BYTES); /* holes */
    expect_model();
    write_random();
    ck_assert_int_eq(disk_image_sync(&image), 0);
    expect_model();
    unload();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cow");
    TCase *tc = tcase_create("cow");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, reads_what_was_written);
    tcase_add_test(tc, vanishes);
    tcase_add_test(tc, has_a_limit);
    tcase_add_test(tc, has_a_limit_in_pages);
    tcase_add_test(tc, a_map_that_has_no_room);
    tcase_add_test(tc, all_at_once);
    tcase_add_test(tc, after_a_crash_of_the_host);
    tcase_add_test(tc, writes_through);
    tcase_add_test(tc, killed_at_any_point);
    tcase_add_test(tc, another_base);
    tcase_add_test(tc, its_making_was_broken_off);
    tcase_add_test(tc, damaged_files);
    tcase_add_test(tc, sizes_of_all_kinds);
    tcase_add_test(tc, a_map_of_nothing_but_ones);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
