/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/disk/nbd.c vmm/disk/clear.c vmm/disk/image.c vmm/disk/cow.c vmm/disk/cow_file.c vmm/disk/cow_open.c
// sources: vmm/file_io.c
/* nbd_test.c - a disk's server, and clients that want more of it than there is. QEMU's is tests/cli/cow.sh's. */
#include "vmm/disk/nbd.h"

#include <check.h>
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/disk/cow.h"

#define BYTES (4u << 20)
#define REQUEST_BYTES 28u

enum { READ = 0, WRITE = 1, DISC = 2, FLUSH = 3, TRIM = 4, CACHE = 5, WRITE_ZEROES = 6 };

static struct disk_image image;
static int client, server, result;
static uint8_t buffer[NBD_REQUEST_BYTES_MAX], data[NBD_REQUEST_BYTES_MAX];
static pthread_t thread;

static void *serve(void *unused)
{
    (void)unused;
    result = nbd_serve(server, &image, BYTES, buffer);
    close(server);
    return NULL;
}

static void setup(void)
{
    int ends[2];

    image = (struct disk_image){.fd = memfd_create("base", 0)};
    ck_assert_int_eq(ftruncate(image.fd, BYTES), 0);
    ck_assert_int_eq(pwrite(image.fd, "the base", 8, 512), 8);
    ck_assert_int_eq(cow_temporary(BYTES, &image.cow), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    client = ends[0];
    server = ends[1];
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void teardown(void)
{
    cow_destroy(image.cow);
    close(image.fd);
}

/* The server ends with this. */
static void ends(int expected)
{
    close(client);
    pthread_join(thread, NULL);
    ck_assert_int_eq(result, expected);
}

static void put(const void *bytes, size_t size)
{
    ck_assert_int_eq(send(client, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void get(void *bytes, size_t size)
{
    ck_assert_int_eq(recv(client, bytes, size, MSG_WAITALL), (ssize_t)size);
}

static void put_option(uint32_t option, const void *bytes, uint32_t size)
{
    uint32_t words[2] = {htobe32(option), htobe32(size)};

    put("IHAVEOPT", 8);
    put(words, sizeof(words));
    if (size > 0)
        put(bytes, size);
}

/* The type of the answer; its data is in `data`. */
static uint32_t get_option_reply(uint32_t option)
{
    uint32_t head[5];

    get(head, sizeof(head));
    ck_assert_uint_eq(be32toh(head[0]), 0x0003e889);
    ck_assert_uint_eq(be32toh(head[1]), 0x045565a9);
    ck_assert_uint_eq(be32toh(head[2]), option);
    ck_assert_uint_le(be32toh(head[4]), 100);
    if (head[4] != 0)
        get(data, be32toh(head[4]));
    return be32toh(head[3]);
}

static void greet(void)
{
    uint32_t flags = htobe32(3);
    uint8_t greeting[18];

    get(greeting, sizeof(greeting));
    ck_assert_mem_eq(greeting, "NBDMAGICIHAVEOPT\0\3", 18);
    put(&flags, sizeof(flags));
}

static void go(void)
{
    uint64_t size;

    greet();
    put_option(8, NULL, 0); /* structured replies */
    ck_assert_uint_eq(get_option_reply(8), 0x80000001);
    put_option(7, "\0\0\0\0\0\0", 6);
    ck_assert_uint_eq(get_option_reply(7), 3);
    memcpy(&size, data + 2, 8);
    ck_assert_uint_eq(be64toh(size), BYTES);
    ck_assert_uint_eq(get_option_reply(7), 3);
    ck_assert_uint_eq(get_option_reply(7), 1);
}

static void put_request(unsigned type, uint64_t offset, uint32_t length)
{
    uint8_t request[REQUEST_BYTES] = {0x25, 0x60, 0x95, 0x13, 0, 0, 0, (uint8_t)type, 'c', 'o', 'o', 'k', 'i', 'e'};

    offset = htobe64(offset);
    length = htobe32(length);
    memcpy(request + 16, &offset, 8);
    memcpy(request + 24, &length, 4);
    put(request, sizeof(request));
}

static uint32_t get_reply(void)
{
    uint8_t reply[16];
    uint32_t error;

    get(reply, sizeof(reply));
    ck_assert_mem_eq(reply, "\x67\x44\x66\x98", 4);
    ck_assert_mem_eq(reply + 8, "cookie", 6);
    memcpy(&error, reply + 4, 4);
    return be32toh(error);
}

START_TEST(reads_and_writes)
{
    go();
    put_request(READ, 512, 1024);
    ck_assert_uint_eq(get_reply(), 0);
    get(data, 1024);
    ck_assert_mem_eq(data, "the base\0", 9);
    memset(data, 0x42, 1024);
    put_request(WRITE, 1024, 1024);
    put(data, 1024);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(FLUSH, 0, 0);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(READ, 0, NBD_REQUEST_BYTES_MAX);
    ck_assert_uint_eq(get_reply(), 0);
    get(data, NBD_REQUEST_BYTES_MAX);
    ck_assert_mem_eq(data + 512, "the base\0", 9);
    for (unsigned i = 0; i < 1024; i++)
        ck_assert_uint_eq(data[1024 + i], 0x42);
    put_request(DISC, 0, 0);
    ends(0);
    ck_assert_int_eq(pread(image.fd, data, 8, 1024), 8);
    ck_assert_mem_eq(data, "\0\0\0\0\0\0\0\0", 8);
}
END_TEST

/* Zeroes are zeroes; what is given up is zeroes where the changes had it, and the base's elsewhere. */
START_TEST(clears)
{
    go();
    memset(data, 0x42, 16384);
    put_request(WRITE, 8192, 16384);
    put(data, 16384);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(TRIM, 0, 12288);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(WRITE_ZEROES, 20480, BYTES - 20480);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(READ, 0, 32768);
    ck_assert_uint_eq(get_reply(), 0);
    get(data, 32768);
    ck_assert_mem_eq(data + 512, "the base\0", 9);
    for (unsigned i = 8192; i < 32768; i++)
        ck_assert_uint_eq(data[i], i >= 12288 && i < 20480 ? 0x42 : 0);
    put_request(WRITE_ZEROES, 512, 512);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(READ, 512, 512);
    ck_assert_uint_eq(get_reply(), 0);
    get(data, 512);
    ck_assert_mem_eq(data, "\0\0\0\0\0\0\0\0", 8);
    ends(0);
    ck_assert_int_eq(pread(image.fd, data, 8, 512), 8);
    ck_assert_mem_eq(data, "the base", 8);
}
END_TEST

/* Of a request that is too much for the meter nothing is written. What is discarded costs nothing. */
START_TEST(writes_more_than_it_may)
{
    struct disk_meters meters = {.read.most = METER_NO_LIMIT, .written.most = 4096};

    image.meters = &meters;
    go();
    memset(data, 0x42, 8192);
    put_request(WRITE, 8192, 2048);
    put(data, 2048);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(WRITE, 16384, 4096);
    put(data, 4096);
    ck_assert_uint_eq(get_reply(), EIO);
    put_request(TRIM, 0, 65536);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(WRITE_ZEROES, 0, 2048);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(WRITE_ZEROES, 0, 512);
    ck_assert_uint_eq(get_reply(), EIO);
    put_request(READ, 16384, 4096);
    ck_assert_uint_eq(get_reply(), 0);
    get(data, 4096);
    for (unsigned i = 0; i < 4096; i++)
        ck_assert_uint_eq(data[i], 0);
    ends(0);
    ck_assert_uint_eq(meters.written.used, 4096);
    ck_assert_uint_eq(meters.read.used, 4096);
}
END_TEST

START_TEST(wants_more_than_there_is)
{
    static const struct {
        uint64_t offset;
        uint32_t length;
    } bad[] = {{BYTES, 512},
               {BYTES - 512, 1024},
               {UINT64_MAX - 511, 512},
               {UINT64_MAX - 511, 1024},
               {1, 512},
               {0, 511},
               {0, 0},
               {512, NBD_REQUEST_BYTES_MAX + 512},
               {0, UINT32_MAX},
               {UINT64_C(1) << 63, 0x200},
               {BYTES + 512, 512}};

    go();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put_request(READ, bad[i].offset, bad[i].length);
        ck_assert_uint_eq(get_reply(), EINVAL);
        if (bad[i].length > 1024)
            continue;
        put_request(WRITE, bad[i].offset, bad[i].length);
        put(data, bad[i].length);
        ck_assert_uint_eq(get_reply(), EINVAL);
    }
    put_request(TRIM, BYTES - 512, 1024);
    ck_assert_uint_eq(get_reply(), EINVAL);
    put_request(WRITE_ZEROES, 0, UINT32_MAX - 511);
    ck_assert_uint_eq(get_reply(), EINVAL);
    put_request(WRITE_ZEROES, 0, 0);
    ck_assert_uint_eq(get_reply(), EINVAL);
    put_request(CACHE, 0, 512);
    ck_assert_uint_eq(get_reply(), EINVAL);
    put_request(WRITE, 0, NBD_REQUEST_BYTES_MAX + 1);
    pthread_join(thread, NULL);
    ck_assert_int_eq(result, -EPROTO);
    close(client);
}
END_TEST

START_TEST(breaks_the_protocol)
{
    switch (_i) {
    case 0:
        ends(0); /* at once; the greeting may have been sent or not */
        return;
    case 1:
        greet();
        put("IHAVEOPT\0\0\0\7\xff\xff\xff\xff", 16);
        break;
    case 2:
        greet();
        put("NOOPTION\0\0\0\7\0\0\0\0", 16);
        break;
    case 3:
        go();
        put("no request, but 28 bytes....", REQUEST_BYTES);
        break;
    case 4:
        go();
        put_request(WRITE, 0, 512); /* and no data */
        ends(0);
        return;
    }
    pthread_join(thread, NULL);
    ck_assert_int_eq(result, -EPROTO);
    close(client);
}
END_TEST

START_TEST(the_disk_is_full)
{
    image.cow->left = 0;
    go();
    put_request(WRITE, 0, 512);
    put(data, 512);
    ck_assert_uint_eq(get_reply(), ENOSPC);
    put_request(WRITE_ZEROES, 0, 512);
    ck_assert_uint_eq(get_reply(), ENOSPC);
    put_request(TRIM, 0, 512);
    ck_assert_uint_eq(get_reply(), 0);
    put_request(READ, 0, 512);
    ck_assert_uint_eq(get_reply(), 0);
    get(data, 512);
    ends(0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nbd");
    TCase *tc = tcase_create("nbd");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, reads_and_writes);
    tcase_add_test(tc, clears);
    tcase_add_test(tc, writes_more_than_it_may);
    tcase_add_test(tc, wants_more_than_there_is);
    tcase_add_loop_test(tc, breaks_the_protocol, 0, 5);
    tcase_add_test(tc, the_disk_is_full);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
