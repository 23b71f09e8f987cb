/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/vhost_*.c devices/virtio/fs.c devices/virtio/dax_*.c
// sources: vmm/ranges.c devices/virtio/mmio.c devices/virtio/queue.c devices/irqline.c
// sources: devices/virtio/iov.c vmm/vhost/*.c vmm/sandbox/*.c vmm/syscall_names.c vmm/kvm/mem.c vmm/loop.c
// vmm/process.c vmm/log.c
/* vhost_user_test.c - a device that another process serves: with our own server on another thread, and with some that
 * hang, lie or are gone. */
#include <asm/unistd.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

#include "devices/virtio/iov.h"
#include "tests/unit/devices/virtio/driver.h"
#include "tests/unit/vmm/capture.h"
#include "vmm/vhost/protocol.h"
#include "vmm/vhost/server.h"

#define NEEDS_RESET 0x40u
#define BUFFER DATA_GPA

static struct driver d;
static struct ring ring;
static int sockets[2]; /* the front end's, and the server's until it has it */
static struct vhost_server *server;
static pthread_t server_thread;
static atomic_uint served;
static int kicks[2];
static bool has_doorbells;

/* Each look at the clock is a minute later: nobody answers in time. */
static bool no_patience;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    static time_t later;

    if (!no_patience)
        return (int)syscall(__NR_clock_gettime, clock, ts);
    *ts = (struct timespec){.tv_sec = 1000000000 + (later += 60)};
    return 0;
}

#define PAGE 4096u

static int test_doorbell(void *vm, uint64_t gpa, uint32_t value, int fd)
{
    ck_assert_ptr_eq(vm, &d);
    ck_assert_uint_eq(gpa, WINDOW_BASE + 0x50);
    ck_assert_uint_lt(value, 2);
    kicks[value] = fd;
    return has_doorbells ? 0 : -ENOTSUP;
}

/* Answers each request with its first byte, as often as there is room. */
static bool ready(void *owner, unsigned queue)
{
    struct queue_chain chain;

    (void)owner;
    while (vhost_queue_pop(server, queue, &chain) > 0) {
        char byte = 0;

        iov_read(chain.iov, chain.readable, 0, &byte, 1);
        for (uint32_t i = 0; i < chain.writable_bytes; i++)
            iov_write(chain.iov + chain.readable, chain.writable, i, &byte, 1);
        vhost_queue_push(server, queue, chain.head, chain.writable_bytes);
        served++;
    }
    return false;
}

static void *serve(void *owner)
{
    (void)owner;
    while (vhost_server_run(server, -1) == 0) {
    }
    vhost_server_destroy(server);
    return NULL;
}

static void start_server(void)
{
    const struct vhost_device device = {.queues = 2, .ready = ready};

    served = 0;
    ck_assert_int_eq(vhost_server_create(&device, sockets[1], &server), 0);
    ck_assert_int_eq(pthread_create(&server_thread, NULL, serve, NULL), 0);
}

static void stop_server(void)
{
    shutdown(sockets[0], SHUT_RDWR);
    pthread_join(server_thread, NULL);
}

static void setup(void)
{
    static const struct mem_range range = {0, DRIVER_MEMORY};

    driver_init(&d);
    mem_fini(&d.mem);
    ck_assert_int_eq(mem_init_shared(&d.mem, &range, 1), 0);
    d.services.doorbell = test_doorbell;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    no_patience = has_doorbells = false;
}

static int create(void)
{
    const struct virtio_fs_args args = {.socket = sockets[0], .tag = "shares"};

    return device_virtio_fs.create(&d.env, &args, &d.dev);
}

static void start_driver(void)
{
    driver_features(&d, F_VERSION_1 | F_EVENT_IDX | F_INDIRECT);
    driver_ring(&d, 0, 16);
    ring = driver_ring(&d, 1, 16);
    put_desc(&d, RING_GPA(1), 0, BUFFER, 1, DESC_NEXT, 1);
    put_desc(&d, RING_GPA(1), 1, BUFFER + 16, 8, DESC_WRITE, 0);
    driver_ok(&d);
}

/* One request, told of by the register or by the doorbell, and its answer. */
static void request(char byte)
{
    uint16_t before = get_u16(&d, RING_GPA(1) + RING_USED + 2);
    char answer[8];
    const uint64_t one = 1;

    ck_assert_int_eq(mem_write(&d.mem, BUFFER, &byte, 1), 0);
    ring_offer(&d, &ring, 0);
    put_u16(&d, RING_GPA(1) + RING_AVAIL + 4 + 16 * 2, before); /* used_event: interrupt for the next */
    if (has_doorbells)
        ck_assert_int_eq(write(kicks[1], &one, sizeof(one)), sizeof(one));
    else
        reg_set(&d, 0x50, 1);
    while (get_u16(&d, RING_GPA(1) + RING_USED + 2) == before) {
    }
    ck_assert_int_eq(mem_read(&d.mem, BUFFER + 16, answer, sizeof(answer)), 0);
    for (unsigned i = 0; i < sizeof(answer); i++)
        ck_assert_int_eq(answer[i], byte);
    while (!driver_interrupted(&d)) {
    }
    ck_assert_uint_eq(reg_get(&d, 0x60), 1);
    reg_set(&d, 0x64, 1);
}

START_TEST(requests_are_served)
{
    char tag[37] = "";

    has_doorbells = _i == 1;
    start_server();
    ck_assert_int_eq(create(), 0);
    driver_start_loop(&d);
    ck_assert_uint_eq(reg_get(&d, 0x08), 26);
    d.dev->ops->io.read(d.dev, 0x100, tag, 36);
    ck_assert_str_eq(tag, "shares");
    ck_assert_uint_eq(reg_get(&d, 0x124), 1);
    start_driver();
    request('a');
    request('b');
    /* Anew, from the rings' beginning. */
    start_driver();
    request('c');
    ck_assert_uint_eq(served, 3);
    driver_stop_loop(&d);
    driver_fini(&d);
    stop_server();
}
END_TEST

/* What the driver offers before it says that it runs is served then. */
START_TEST(early_requests)
{
    start_server();
    ck_assert_int_eq(create(), 0);
    driver_start_loop(&d);
    driver_features(&d, F_VERSION_1);
    ring = driver_ring(&d, 1, 16);
    put_desc(&d, RING_GPA(1), 0, BUFFER, 1, 0, 0);
    ring_offer(&d, &ring, 0);
    driver_ok(&d);
    while (get_u16(&d, RING_GPA(1) + RING_USED + 2) == 0) {
    }
    driver_stop_loop(&d);
    driver_fini(&d);
    stop_server();
}
END_TEST

START_TEST(the_server_goes)
{
    struct capture capture;

    start_server();
    ck_assert_int_eq(create(), 0);
    start_driver();
    capture_start(&capture);
    driver_start_loop(&d);
    stop_server();
    while ((reg_get(&d, 0x70) & NEEDS_RESET) == 0) {
    }
    capture_stop(&capture);
    capture_expect(&capture, "the shared folders: the serving process has ended; the guest gets");
    ck_assert_uint_eq(reg_get(&d, 0x60) & 2, 2);
    capture_start(&capture);
    reg_set(&d, 0x50, 1); /* harmless */
    reg_set(&d, 0x70, 0);
    driver_features(&d, F_VERSION_1);
    driver_ring(&d, 1, 16);
    reg_set(&d, 0x70, 15);
    ck_assert_uint_ne(reg_get(&d, 0x70) & NEEDS_RESET, 0);
    capture_stop(&capture);
    ck_assert_str_eq(capture.text, ""); /* it was said */
    driver_stop_loop(&d);
    driver_fini(&d);
}
END_TEST

static void answer(uint32_t number, uint32_t flags, uint32_t size, uint64_t payload)
{
    const struct vhost_user_header header = {number, flags, size};

    ck_assert_int_eq(write(sockets[1], &header, sizeof(header)), sizeof(header));
    ck_assert_int_eq(write(sockets[1], &payload, sizeof(payload)), sizeof(payload));
}

static void fails(int error)
{
    ck_assert_int_eq(create(), error);
    no_patience = false; /* the suite measures time, too */
    close(sockets[0]);
    close(sockets[1]);
    loop_destroy(d.loop);
    mem_fini(&d.mem);
    close(d.irq_fd);
}

START_TEST(a_server_that_hangs)
{
    no_patience = true;
    fails(-ETIMEDOUT);
}
END_TEST

/* It stops to answer while the guest runs: the vCPU goes on. */
START_TEST(a_server_that_hangs_later)
{
    struct capture capture;

    answer(VHOST_GET_FEATURES, VHOST_VERSION | VHOST_REPLY, 8, F_VERSION_1 | 1 << VHOST_F_PROTOCOL_FEATURES);
    answer(VHOST_GET_PROTOCOL_FEATURES, VHOST_VERSION | VHOST_REPLY, 8, 1 << VHOST_PROTOCOL_REPLY_ACK);
    answer(VHOST_SET_MEM_TABLE, VHOST_VERSION | VHOST_REPLY, 8, 0);
    ck_assert_int_eq(create(), 0);
    driver_features(&d, F_VERSION_1);
    driver_ring(&d, 1, 16);
    no_patience = true;
    capture_start(&capture);
    reg_set(&d, 0x70, 15);
    no_patience = false;
    capture_stop(&capture);
    capture_expect(&capture, "the serving process doesn't answer");
    ck_assert_uint_eq(reg_get(&d, 0x70), 15 | NEEDS_RESET);
    driver_fini(&d);
}
END_TEST

/* The server doesn't get what it would see otherwise than the guest. */
START_TEST(memory_that_is_apart)
{
    static const struct mem_range expected[] = {{0, PAGE}, {2 * PAGE, 3 * PAGE}, {7 * PAGE, DRIVER_MEMORY - 7 * PAGE}};
    struct vhost_user_header header;
    struct vhost_user_memory table;
    int file = memfd_create("kernel", MFD_CLOEXEC);

    ck_assert_int_eq(ftruncate(file, 2 * PAGE), 0);
    ck_assert_uint_eq(mem_map_file(&d.mem, 6 * PAGE, file, 0, PAGE), PAGE); /* two that touch, and one below */
    ck_assert_uint_eq(mem_map_file(&d.mem, 5 * PAGE, file, 0, PAGE), PAGE);
    ck_assert_uint_eq(mem_map_file(&d.mem, PAGE, file, 0, PAGE), PAGE);
    answer(VHOST_GET_FEATURES, VHOST_VERSION | VHOST_REPLY, 8, F_VERSION_1);
    ck_assert_int_eq(create(), 0);
    do { /* requests without a payload, until that of the memory */
        ck_assert_int_eq(recv(sockets[1], &header, sizeof(header), MSG_WAITALL), sizeof(header));
    } while (header.request != VHOST_SET_MEM_TABLE);
    ck_assert_int_eq(recv(sockets[1], &table, header.size, MSG_WAITALL), (int)header.size);
    ck_assert_uint_eq(table.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct vhost_user_region *region = &table.region[i];

        ck_assert_uint_eq(region->gpa, expected[i].base);
        ck_assert_uint_eq(region->size, expected[i].size);
        ck_assert_uint_eq(region->offset, expected[i].base);
        ck_assert_uint_eq(region->user, (uintptr_t)mem_at(&d.mem, expected[i].base, 1));
    }
    driver_fini(&d);
    close(file);
}
END_TEST

START_TEST(servers_that_lie)
{
    switch (_i) {
    case 0: /* another answer */
        answer(VHOST_GET_QUEUE_NUM, VHOST_VERSION | VHOST_REPLY, 8, 0);
        fails(-EPROTO);
        break;
    case 1: /* a longer one */
        answer(VHOST_GET_FEATURES, VHOST_VERSION | VHOST_REPLY, 9, 0);
        fails(-EPROTO);
        break;
    case 2: /* a request of its own */
        answer(VHOST_GET_FEATURES, VHOST_VERSION, 8, 0);
        fails(-EPROTO);
        break;
    case 3: /* a device of before virtio 1 */
        answer(VHOST_GET_FEATURES, VHOST_VERSION | VHOST_REPLY, 8, F_INDIRECT);
        fails(-ENOTSUP);
        break;
    case 4: /* it doesn't take the memory */
        answer(VHOST_GET_FEATURES, VHOST_VERSION | VHOST_REPLY, 8, F_VERSION_1 | 1 << VHOST_F_PROTOCOL_FEATURES);
        answer(VHOST_GET_PROTOCOL_FEATURES, VHOST_VERSION | VHOST_REPLY, 8, 1 << VHOST_PROTOCOL_REPLY_ACK);
        answer(VHOST_SET_MEM_TABLE, VHOST_VERSION | VHOST_REPLY, 8, 1);
        fails(-EREMOTEIO);
        break;
    default: /* it is gone after half an answer */
        answer(VHOST_GET_FEATURES, VHOST_VERSION | VHOST_REPLY, 16, 0);
        shutdown(sockets[1], SHUT_RDWR);
        fails(-EPIPE);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/vhost_user");
    TCase *tc = tcase_create("vhost_user");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, requests_are_served, 0, 2);
    tcase_add_test(tc, early_requests);
    tcase_add_test(tc, the_server_goes);
    tcase_add_test(tc, a_server_that_hangs);
    tcase_add_test(tc, a_server_that_hangs_later);
    tcase_add_test(tc, memory_that_is_apart);
    tcase_add_loop_test(tc, servers_that_lie, 0, 6);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
