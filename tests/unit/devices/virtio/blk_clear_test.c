/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/blk*.c devices/virtio/iov.c vmm/file_process.c vmm/disk/*.c vmm/file_io.c vmm/log.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* blk_clear_test.c - discards and zeroes that aren't sent, as a driver sees them, by each engine; and hostile ones. */
#include <asm/unistd.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/unit/devices/virtio/driver.h"
#include "vmm/disk/cow.h"

#define F_FLUSH (UINT64_C(1) << 9)
#define F_DISCARD (UINT64_C(1) << 13)
#define F_WRITE_ZEROES (UINT64_C(1) << 14)
#define F_ALL (F_FLUSH | F_DISCARD | F_WRITE_ZEROES)
#define DISK_BYTES (64u << 20)
#define SECTORS (DISK_BYTES / 512u)
#define WINDOW 4096u
#define HEADER DATA_GPA
#define SEGMENT (DATA_GPA + 0x800u)
#define STATUS (DATA_GPA + 0xf00u)
#define BUFFER (DATA_GPA + 0x1000u)

enum { IN = 0, OUT = 1, FLUSH = 4, DISCARD = 11, WRITE_ZEROES = 13 };
enum { OK = 0, IOERR = 1, UNSUPP = 2, NONE = 0xff };
enum { UNMAP = 1 };

struct segment {
    uint64_t sector;
    uint32_t sectors, flags;
};

static struct driver d;
static struct ring ring;
static int disk_fd, changes_fd, doorbell_fd, refusal;
static struct cow *cow;
static int64_t tick_ns;

/* The disk's clock: each look at it is `tick_ns` later, none of which is work. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
    static int64_t now_ns;
    int64_t ns = clock == CLOCK_MONOTONIC ? (now_ns += tick_ns) : 0;

    *ts = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    return 0;
}

/* A host that can't, if it is to. */
int fallocate(int fd, int mode, off_t offset, off_t size)
{
    if (refusal == 0)
        return (int)syscall(__NR_fallocate, fd, mode, offset, size);
    errno = refusal;
    return -1;
}

static int take_doorbell(void *vm, uint64_t gpa, uint32_t value, int fd)
{
    (void)vm, (void)gpa, (void)value;
    doorbell_fd = fd;
    return 0;
}

/* The whole disk, and what is before it and behind it in its file, is 'b'. */
static void fill_disk(void)
{
    static uint8_t bytes[1u << 20];

    memset(bytes, 'b', sizeof(bytes));
    disk_fd = memfd_create("disk", 0);
    for (unsigned i = 0; i < DISK_BYTES / sizeof(bytes); i++)
        ck_assert_int_eq(write(disk_fd, bytes, sizeof(bytes)), sizeof(bytes));
    ck_assert_int_eq(write(disk_fd, bytes, 2 * WINDOW), 2 * WINDOW);
}

struct way {
    bool has_cow;
    enum virtio_blk_host host;
    bool slow; /* so io_uring, if the host has it */
};

static const struct way ways[] = {
    {false, VIRTIO_BLK_HOST_OWN, false}, {false, VIRTIO_BLK_HOST_OWN, true}, {false, VIRTIO_BLK_HOST_OTHER, false},
    {true, VIRTIO_BLK_HOST_OWN, false},  {true, VIRTIO_BLK_HOST_OWN, true},  {true, VIRTIO_BLK_HOST_OTHER, false},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static uint8_t request(uint32_t type, uint64_t sector, const void *data, uint32_t size)
{
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header = {type, 0, sector};
    gpa_t table = RING_GPA(0), at = type == IN || type == OUT ? BUFFER : SEGMENT;
    uint8_t status = 0xff;

    mem_write(&d.mem, HEADER, &header, sizeof(header));
    mem_write(&d.mem, STATUS, &status, 1);
    if (data != NULL)
        mem_write(&d.mem, at, data, size);
    put_desc(&d, table, 0, HEADER, 16, DESC_NEXT, size != 0 ? 1 : 2);
    put_desc(&d, table, 1, at, size, DESC_NEXT | (type == IN ? DESC_WRITE : 0), 2);
    put_desc(&d, table, 2, STATUS, 1, DESC_WRITE, 0);
    ring_offer(&d, &ring, 0);
    if (doorbell_fd >= 0)
        eventfd_write(doorbell_fd, 1);
    else
        ring_kick(&d, &ring);
    ck_assert_int_ge(ring_wait(&d, &ring, NULL), 1);
    mem_read(&d.mem, STATUS, &status, 1);
    return status;
}

static uint8_t clear(uint32_t type, uint64_t sector, uint32_t sectors, uint32_t flags)
{
    const struct segment segment = {sector, sectors, flags};

    return request(type, 0, &segment, sizeof(segment));
}

static void put(uint64_t sector, unsigned count, int fill)
{
    uint8_t bytes[32 * 512];

    memset(bytes, fill, sizeof(bytes));
    ck_assert_uint_le(count, 32);
    ck_assert_uint_eq(request(OUT, sector, bytes, count * 512), OK);
}

static void expect(uint64_t sector, unsigned count, int fill)
{
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *bytes = mem_at(&d.mem, BUFFER, 512);

        ck_assert_uint_eq(request(IN, sector + i, NULL, 512), OK);
        for (unsigned j = 0; j < 512; j++)
            if (bytes[j] != fill)
                ck_abort_msg("sector %u has %u, not %u", (unsigned)sector + i, bytes[j], fill);
    }
}

/* Several at a time that are slow. */
static void be_slow(void)
{
    tick_ns = 100000000;
    for (unsigned i = 0; i < 60; i++)
        ck_assert_uint_eq(request(IN, 0, NULL, 512), OK);
    tick_ns = 0;
}

static void start(const struct way *way, bool read_only, uint64_t features)
{
    struct virtio_blk_args args = {
        .size_bytes = DISK_BYTES, .offset = WINDOW, .host = way->host, .read_only = read_only, .name = "t.img"};
    const struct cow_base base = {.size_bytes = DISK_BYTES};
    char why[400];

    fill_disk();
    cow = NULL;
    refusal = 0;
    if (way->has_cow) {
        changes_fd = memfd_create("changes", 0);
        ck_assert_int_eq(cow_load(dup(changes_fd), &base, &cow, why, sizeof(why)), 0);
    }
    driver_init(&d);
    d.services.doorbell = take_doorbell;
    doorbell_fd = -1;
    tick_ns = 0;
    args.fd = dup(disk_fd);
    args.cow = cow;
    ck_assert_int_eq(device_virtio_blk.create(&d.env, &args, &d.dev), 0);
    driver_features(&d, F_VERSION_1 | features);
    ring = driver_ring(&d, 0, 64);
    driver_ok(&d);
    driver_start_loop(&d);
    if (way->slow)
        be_slow();
}

static void stop(void)
{
    driver_stop_loop(&d);
    driver_fini(&d);
    if (cow != NULL) {
        cow_destroy(cow);
        close(changes_fd);
    }
    close(disk_fd);
}

static uint64_t room_of(int fd)
{
    struct stat about;

    ck_assert_int_eq(fstat(fd, &about), 0);
    return (uint64_t)about.st_blocks * 512;
}

/* What is around the disk in its file, and with cow all of it. */
static void expect_base(bool all)
{
    static uint8_t bytes[1u << 20];
    uint64_t left = DISK_BYTES + 2 * (uint64_t)WINDOW, size;

    for (uint64_t at = 0; left > 0; at += size, left -= size) {
        size = left < sizeof(bytes) ? left : sizeof(bytes);
        ck_assert_int_eq(pread(disk_fd, bytes, size, (off_t)at), (ssize_t)size);
        for (uint64_t i = 0; i < size; i++)
            if ((all || at + i < WINDOW || at + i >= WINDOW + DISK_BYTES) && bytes[i] != 'b')
                ck_abort_msg("byte %u of the file has changed", (unsigned)(at + i));
    }
}

START_TEST(offered)
{
    uint32_t fields[6];

    start(&ways[0], _i == 1, 0);
    reg_set(&d, 0x14, 0);
    ck_assert_uint_eq(reg_get(&d, 0x10) & (F_DISCARD | F_WRITE_ZEROES), _i == 1 ? 0 : F_DISCARD | F_WRITE_ZEROES);
    for (unsigned i = 0; i < 6; i++)
        fields[i] = reg_get(&d, 0x100 + 36 + 4 * i);
    ck_assert_uint_eq(fields[0], _i == 1 ? 0 : 1u << 18);
    ck_assert_uint_eq(fields[1], _i == 1 ? 0 : 1);
    ck_assert_uint_eq(fields[2], _i == 1 ? 0 : 1);
    ck_assert_uint_eq(fields[3], _i == 1 ? 0 : 1u << 16);
    ck_assert_uint_eq(fields[4], _i == 1 ? 0 : 1);
    ck_assert_uint_eq(fields[5], _i == 1 ? 0 : 1);
    stop();
}
END_TEST

/* The file gives its room back, and reads as zeroes: the disk's sectors and no others. */
START_TEST(discarded)
{
    const struct way *way = &ways[_i];
    uint64_t before;

    start(way, false, F_ALL);
    put(64, 32, 'x');
    before = room_of(way->has_cow ? changes_fd : disk_fd);
    ck_assert_uint_eq(clear(DISCARD, 72, 16, 0), OK);
    expect(70, 2, 'x');
    expect(72, 16, 0);
    expect(88, 8, 'x');
    ck_assert_uint_le(room_of(way->has_cow ? changes_fd : disk_fd), before - 8192);
    /* Nothing was ever written there: the base's data has to stay, and is seen. */
    ck_assert_uint_eq(clear(DISCARD, 1024, 16, 0), OK);
    expect(1024, 16, way->has_cow ? 'b' : 0);
    ck_assert_uint_eq(clear(DISCARD, 0, SECTORS, 0), OK);
    expect(SECTORS - 1, 1, way->has_cow ? 'b' : 0);
    expect(64, 32, 0);
    put(72, 8, 'y');
    expect(72, 8, 'y');
    ck_assert_uint_eq(request(FLUSH, 0, NULL, 0), OK);
    if (!way->has_cow)
        ck_assert_uint_le(room_of(disk_fd), 4 * WINDOW);
    expect_base(way->has_cow);
    stop();
}
END_TEST

/* Parts of pages of a file of changes have no room to give back; the pages between them do. */
START_TEST(discarded_in_part)
{
    start(&ways[_i], false, F_ALL);
    put(65, 30, 'x');
    ck_assert_uint_eq(clear(DISCARD, 66, 28, 0), OK);
    expect(64, 1, 'b');
    expect(65, 7, 'x');
    expect(72, 16, 0);
    expect(88, 7, 'x');
    put(200, 2, 'x');
    put(203, 2, 'x');
    ck_assert_uint_eq(clear(DISCARD, 200, 5, 0), OK);
    expect(200, 2, 'x');
    expect(202, 1, 'b');
    stop();
}
END_TEST

/* The memory's file has FALLOC_FL_PUNCH_HOLE and not FALLOC_FL_ZERO_RANGE, so these are written. */
START_TEST(zeroed)
{
    const struct way *way = &ways[_i];

    start(way, false, F_ALL);
    put(64, 32, 'x');
    ck_assert_uint_eq(clear(WRITE_ZEROES, 65, 16, UNMAP), OK);
    expect(64, 1, 'x');
    expect(65, 16, 0);
    expect(81, 1, 'x');
    ck_assert_uint_eq(clear(WRITE_ZEROES, 1001, 100, 0), OK);
    expect(1000, 1, 'b');
    expect(1001, 100, 0);
    expect(1101, 1, 'b');
    ck_assert_uint_eq(clear(WRITE_ZEROES, SECTORS - 65536, 65536, UNMAP), OK);
    expect(SECTORS - 65536, 1, 0);
    expect(SECTORS - 1, 1, 0);
    expect(SECTORS - 65537, 1, 'b');
    put(1010, 1, 'y');
    expect(1009, 1, 0);
    expect(1010, 1, 'y');
    ck_assert_uint_eq(request(FLUSH, 0, NULL, 0), OK);
    expect_base(way->has_cow);
    stop();
}
END_TEST

/* What is flushed is what a later run finds. */
START_TEST(zeroes_are_kept)
{
    const struct cow_base base = {.size_bytes = DISK_BYTES};
    char why[400];
    bool changed;

    start(&ways[3 + _i], false, F_ALL);
    ck_assert_uint_eq(clear(WRITE_ZEROES, 5, 3, UNMAP), OK);
    ck_assert_uint_eq(request(FLUSH, 0, NULL, 0), OK);
    ck_assert_uint_eq(clear(WRITE_ZEROES, 20, 1, UNMAP), OK);
    driver_stop_loop(&d); /* and no more of it: the host has crashed */
    ck_assert_int_eq(pwrite(changes_fd, "another boot....", COW_BOOT_BYTES, COW_BOOT_AT), COW_BOOT_BYTES);
    ck_assert_int_eq(cow_load(dup(changes_fd), &base, &cow, why, sizeof(why)), 0);
    ck_assert_uint_eq(cow_run(cow, 0, 64, &changed), 5);
    ck_assert(!changed);
    ck_assert_uint_eq(cow_run(cow, 5, 64, &changed), 3);
    ck_assert(changed);
    ck_assert_uint_eq(cow_run(cow, 8, 64, &changed), 64);
    ck_assert(!changed);
}
END_TEST

/* A driver that can't ask for a flush. */
START_TEST(zeroed_for_good)
{
    start(&ways[_i], false, F_DISCARD | F_WRITE_ZEROES);
    ck_assert_uint_eq(clear(WRITE_ZEROES, 65, 100, UNMAP), OK);
    ck_assert_uint_eq(clear(DISCARD, 1, 1, 0), OK);
    expect(64, 1, 'b');
    expect(65, 100, 0);
    expect(165, 1, 'b');
    expect_base(ways[_i].has_cow);
    stop();
}
END_TEST

static const struct {
    int error;
    uint8_t discard, zeroes;
} refusals[] = {
    {EOPNOTSUPP, OK, OK}, {ENOSYS, OK, OK},    {ENODEV, OK, OK},
    {EINVAL, OK, OK},     {EIO, IOERR, IOERR}, {EPERM, IOERR, IOERR},
};

/* A discard is a hint; zeroes are a promise. */
START_TEST(refused)
{
    start(&ways[0], false, F_ALL);
    refusal = refusals[_i].error;
    ck_assert_uint_eq(clear(DISCARD, 8, 8, 0), refusals[_i].discard);
    expect(8, 8, 'b');
    ck_assert_uint_eq(clear(WRITE_ZEROES, 16, 100, UNMAP), refusals[_i].zeroes);
    expect(16, 100, refusals[_i].zeroes == OK ? 0 : 'b');
    expect(116, 1, 'b');
    stop();
}
END_TEST

static const struct {
    uint32_t type;
    struct segment segment;
    uint8_t status;
} odd[] = {
    {DISCARD, {SECTORS, 1, 0}, IOERR},
    {DISCARD, {SECTORS - 1, 2, 0}, IOERR},
    {DISCARD, {UINT64_MAX, 1, 0}, IOERR},
    {DISCARD, {UINT64_MAX, 2, 0}, IOERR},           /* would end at sector 1 */
    {DISCARD, {UINT64_MAX / 512 + 1, 1, 0}, IOERR}, /* would be byte 0 */
    {DISCARD, {0, UINT32_MAX, 0}, IOERR},
    {DISCARD, {0, (1u << 18) + 1, 0}, IOERR},
    {DISCARD, {0, 8, UNMAP}, UNSUPP},
    {DISCARD, {0, 8, 2}, UNSUPP},
    {DISCARD, {0, 0, 0}, OK},
    {DISCARD, {SECTORS, 0, 0}, OK},
    {WRITE_ZEROES, {SECTORS, 1, 0}, IOERR},
    {WRITE_ZEROES, {UINT64_MAX, 2, 1}, IOERR},
    {WRITE_ZEROES, {0, (1u << 16) + 1, 1}, IOERR},
    {WRITE_ZEROES, {0, 8, 2}, UNSUPP},
    {WRITE_ZEROES, {0, 8, 3}, UNSUPP},
    {WRITE_ZEROES, {0, 8, 0x80000000u}, UNSUPP},
    {WRITE_ZEROES, {1, 0, 1}, OK},
};

START_TEST(odd_segment)
{
    start(&ways[0], false, F_ALL);
    ck_assert_uint_eq(request(odd[_i].type, 0, &odd[_i].segment, sizeof(odd[_i].segment)), odd[_i].status);
    ck_assert_uint_eq(reg_get(&d, 0x70), 15);
    expect_base(true);
    stop();
}
END_TEST

/* Too little, and more than one segment, whatever is in them. */
START_TEST(odd_size)
{
    const struct segment segments[2] = {{0, 8, 0}, {8, 8, 0}};
    const uint32_t type = _i == 0 ? DISCARD : WRITE_ZEROES;

    start(&ways[0], false, F_ALL);
    ck_assert_uint_eq(request(type, 0, NULL, 0), IOERR);
    ck_assert_uint_eq(request(type, 0, segments, 15), IOERR);
    ck_assert_uint_eq(request(type, 0, segments, 17), UNSUPP);
    ck_assert_uint_eq(request(type, 0, segments, 32), UNSUPP);
    ck_assert_uint_eq(reg_get(&d, 0x70), 15);
    expect_base(true);
    stop();
}
END_TEST

/* What wasn't negotiated, and a disk that is read-only. */
START_TEST(not_offered)
{
    start(&ways[0], _i == 1, F_FLUSH);
    ck_assert_uint_eq(clear(DISCARD, 0, 8, 0), UNSUPP);
    ck_assert_uint_eq(clear(WRITE_ZEROES, 0, 8, 0), UNSUPP);
    expect_base(true);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blk_clear");
    TCase *tc = tcase_create("clear");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, offered, 0, 2);
    tcase_add_loop_test(tc, discarded, 0, WAYS);
    tcase_add_loop_test(tc, discarded_in_part, 3, WAYS);
    tcase_add_loop_test(tc, zeroed, 0, WAYS);
    tcase_add_loop_test(tc, zeroes_are_kept, 0, 3);
    tcase_add_loop_test(tc, zeroed_for_good, 0, WAYS);
    tcase_add_loop_test(tc, refused, 0, sizeof(refusals) / sizeof(refusals[0]));
    tcase_add_loop_test(tc, odd_segment, 0, sizeof(odd) / sizeof(odd[0]));
    tcase_add_loop_test(tc, odd_size, 0, 2);
    tcase_add_loop_test(tc, not_offered, 0, 2);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
