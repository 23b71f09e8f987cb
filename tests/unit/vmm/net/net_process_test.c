/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/child.c vmm/noted.c vmm/net/*.c vmm/vhost/*.c vmm/sandbox/*.c vmm/log.c vmm/syscall_names.c
// vmm/kvm/mem.c devices/virtio/queue.c devices/virtio/iov.c
/* net_process_test.c - the process that is a guest's network, as the driver of its device sees it. */
#include "vmm/net/net_process.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/unit/vmm/vhost/master.h"

#define QUEUES 2u
#define BUFFER 8192u
#define OUT_AT (DATA_AT + 0x80000u)

static struct master m;
static struct net_setup setup_of;
static uint16_t port; /* of this host, which leads to port 80 of the guest */
static pid_t pid;

static void setup(void)
{
    int socket;

    setup_of = (struct net_setup){.policy = {.mode = NET_ALL}, .port_count = 1};
    setup_of.log_fd = memfd_create("log", MFD_CLOEXEC);
    ck_assert_int_ge(setup_of.log_fd, 0);
    ck_assert_int_eq(net_publish_parse("0:80", &setup_of.port[0]), 0);
    ck_assert(net_setup_is_wanted(&setup_of));
    ck_assert_int_eq(net_setup_open(&setup_of), 0);
    port = setup_of.port[0].host.port;
    ck_assert_int_eq(net_process_start(&setup_of, SANDBOX_FULL, &socket, &pid), 0);
    net_setup_close(&setup_of);
    master_init_on(&m, socket);
    master_start(&m, QUEUES);
    for (unsigned i = 0; i < MASTER_RING / 2; i++)
        master_offer(&m, LVMM_NET_TO_GUEST, 0, 0, DATA_AT + i * BUFFER, BUFFER);
    master_kick(&m, LVMM_NET_TO_GUEST);
}

static void teardown(void)
{
    int status;

    master_fini(&m);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
    close(setup_of.log_fd);
}

/* What was offered last is taken and given back. */
static void send_offered(void)
{
    uint32_t head, written;
    struct pollfd call = {.fd = m.call[LVMM_NET_TO_HOST], .events = POLLIN};

    master_kick(&m, LVMM_NET_TO_HOST);
    ck_assert_int_eq(poll(&call, 1, 60000), 1);
    master_interrupted(&m, LVMM_NET_TO_HOST);
    ck_assert(master_done(&m, LVMM_NET_TO_HOST, &head, &written));
}

/* One at a time: the memory is the same each time. */
static void send_frame(struct lvmm_net_frame frame, const void *payload, uint32_t size)
{
    frame.size = size;
    memcpy(m.memory + OUT_AT, &frame, sizeof(frame));
    if (size > 0)
        memcpy(m.memory + OUT_AT + sizeof(frame), payload, size);
    master_offer(&m, LVMM_NET_TO_HOST, OUT_AT, (uint32_t)sizeof(frame) + size, 0, 0);
    send_offered();
}

/* Header and payload in a buffer each, as our driver has it; the frame may say another size than that of the second. */
static void send_in_two(struct lvmm_net_frame frame, const void *payload, uint32_t size)
{
    struct test_desc *table = (struct test_desc *)(m.memory + RING_AT(LVMM_NET_TO_HOST));

    memcpy(m.memory + OUT_AT, &frame, sizeof(frame));
    memcpy(m.memory + OUT_AT + 100, payload, size);
    uint16_t head = master_offer(&m, LVMM_NET_TO_HOST, OUT_AT, sizeof(frame), OUT_AT + 100, size);
    table[(head + 1) % MASTER_RING].flags = 0; /* to be read, too */
    send_offered();
}

/* The next frame to the guest; its buffer is the device's again. */
static struct lvmm_net_frame next_frame(uint8_t *payload)
{
    struct pollfd call = {.fd = m.call[LVMM_NET_TO_GUEST], .events = POLLIN};
    struct lvmm_net_frame frame;
    uint32_t head, written;

    while (!master_done(&m, LVMM_NET_TO_GUEST, &head, &written)) {
        ck_assert_int_eq(poll(&call, 1, 60000), 1);
        master_interrupted(&m, LVMM_NET_TO_GUEST);
    }
    const uint8_t *bytes = m.memory + DATA_AT + head % (MASTER_RING / 2) * BUFFER;
    memcpy(&frame, bytes, sizeof(frame));
    ck_assert_uint_eq(written, sizeof(frame) + frame.size);
    memcpy(payload, bytes + sizeof(frame), frame.size);
    return frame;
}

static struct lvmm_net_frame wait_for(uint8_t type, uint8_t *payload)
{
    struct lvmm_net_frame frame;

    do {
        frame = next_frame(payload);
    } while (frame.type == LVMM_NET_CREDIT);
    ck_assert_uint_eq(frame.type, type);
    return frame;
}

static struct lvmm_net_name name_of(const char *address, uint16_t number)
{
    struct lvmm_net_name name = {.port = number};
    struct net_address parsed;

    ck_assert_int_eq(net_address_parse(address, &parsed), 0);
    memcpy(name.address, parsed.bytes, sizeof(name.address));
    return name;
}

static int connect_here(uint16_t number)
{
    const struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(number), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* In by the published port, and out to the same one, by the gateway: both ends are the guest's, 2 and 3. */
static void connect_both(uint8_t *payload)
{
    const struct lvmm_net_name any = name_of("0.0.0.0", 80);
    const struct lvmm_net_names names = {name_of("10.0.2.15", 4000), name_of("10.0.2.2", port)};
    const uint32_t tcp = AF_INET | SOCK_STREAM << 8 | IPPROTO_TCP << 16;
    bool connected = false, accepted = false;

    send_frame((struct lvmm_net_frame){.type = LVMM_NET_OPEN, .socket = 1, .value = tcp}, NULL, 0);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_LISTEN, .socket = 1, .value = 5}, &any, sizeof(any));
    ck_assert_uint_eq(wait_for(LVMM_NET_LISTENING, payload).value, 1);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_ACCEPT, .socket = 1, .value = 2, .credit = 1000}, NULL, 0);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_OPEN, .socket = 3, .value = tcp, .credit = 1000}, NULL, 0);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_CONNECT, .socket = 3}, &names, sizeof(names));
    while (!connected || !accepted) {
        struct lvmm_net_frame frame = next_frame(payload);

        connected |= frame.type == LVMM_NET_CONNECTED;
        accepted |= frame.type == LVMM_NET_ACCEPTED;
    }
}

START_TEST(in_and_out)
{
    uint8_t payload[BUFFER];

    ck_assert_int_eq(connect_here(port), -1);
    connect_both(payload);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_DATA, .socket = 3}, "hello", 5);
    struct lvmm_net_frame frame = wait_for(LVMM_NET_DATA, payload);
    ck_assert_uint_eq(frame.socket, 2);
    ck_assert(frame.size == 5 && memcmp(payload, "hello", 5) == 0);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_INFO, .socket = 3}, NULL, 0);
    wait_for(LVMM_NET_INFO, payload);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_CLOSE, .flags = LVMM_NET_LINGER, .socket = 3, .value = 1000},
               NULL, 0);
    wait_for(LVMM_NET_END, payload);
    wait_for(LVMM_NET_CLOSED, payload);
    ck_assert_int_gt(lseek(setup_of.log_fd, 0, SEEK_END), 0); /* locked in as it is */
}
END_TEST

/* What its list of system calls has to have beside that. */
START_TEST(datagrams_and_names)
{
    const uint32_t udp = AF_INET | SOCK_DGRAM << 8 | IPPROTO_UDP << 16;
    const struct {
        struct lvmm_net_datagram head;
        uint8_t query[19];
    } question = {{.peer = name_of("10.0.2.3", 53)}, {0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 0, 1, 0, 3}};
    struct {
        struct lvmm_net_datagram head;
        uint8_t byte;
    } datagram = {{.peer = name_of("10.0.2.2", port)}, 7};
    uint8_t payload[BUFFER];

    send_frame((struct lvmm_net_frame){.type = LVMM_NET_OPEN, .socket = 1, .value = udp, .credit = 200000}, NULL, 0);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_DATAGRAM, .socket = 1}, &question, sizeof(question.head) + 19);
    struct lvmm_net_frame frame = wait_for(LVMM_NET_DATAGRAM, payload); /* of another class: "not implemented" */
    ck_assert_uint_eq(payload[sizeof(struct lvmm_net_datagram) + 3] & 15, 4);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_DATAGRAM, .socket = 1}, &datagram, sizeof(datagram.head) + 1);
    frame = wait_for(LVMM_NET_ERROR, payload);
    ck_assert_uint_eq(frame.error, ECONNREFUSED);
    ck_assert_uint_eq(frame.size, sizeof(struct lvmm_net_trouble) + 1); /* and what was sent */
    ck_assert_uint_eq(payload[sizeof(struct lvmm_net_trouble)], 7);
}
END_TEST

/* Buffers that are too small come back empty, frames that are too long come to nothing, and the process goes on. */
START_TEST(hostile_chains)
{
    uint8_t payload[BUFFER];

    memset(m.memory + DATA_AT, 0xff, MASTER_MEMORY - DATA_AT);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t head, written;
        struct pollfd call = {.fd = m.call[LVMM_NET_TO_HOST], .events = POLLIN};

        master_offer(&m, LVMM_NET_TO_HOST, DATA_AT,
                     i == 0   ? 3
                     : i == 1 ? 70000
                              : 24,
                     i == 2 ? DATA_AT : 0, i == 2 ? 100 : 0);
        master_kick(&m, LVMM_NET_TO_HOST);
        ck_assert_int_eq(poll(&call, 1, 60000), 1);
        master_interrupted(&m, LVMM_NET_TO_HOST);
        ck_assert(master_done(&m, LVMM_NET_TO_HOST, &head, &written));
        ck_assert_uint_eq(written, 0);
    }
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_OPEN, .socket = 1, .value = 0}, NULL, 0);
    ck_assert_uint_eq(wait_for(LVMM_NET_ERROR, payload).error, EPROTONOSUPPORT);
}
END_TEST

/* Bytes that stay in the guest's memory: no more and no fewer of them than the frame says and the buffer has. */
START_TEST(in_place)
{
    struct lvmm_net_frame data = {.type = LVMM_NET_DATA, .socket = 3};
    uint8_t payload[BUFFER];

    connect_both(payload);
    for (data.size = 0; data.size <= 8; data.size++)
        send_in_two(data, "hello", 5);
    data.size = UINT32_MAX;
    send_in_two(data, "hello", 5);
    send_frame(data, "!", 1);
    ck_assert_uint_eq(wait_for(LVMM_NET_DATA, payload).size, 5);
    ck_assert(memcmp(payload, "hello", 5) == 0);
    ck_assert_uint_eq(wait_for(LVMM_NET_DATA, payload).size, 1);
    ck_assert_uint_eq(payload[0], '!');
}
END_TEST

/* A buffer that the device had a use for, until there was nothing to tell, comes back empty when its queue stops; and
 * the queue goes on behind it. */
START_TEST(held)
{
    uint8_t payload[BUFFER];
    uint32_t head, written;

    connect_both(payload);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_CREDIT, .socket = 2, .credit = 2000}, NULL, 0);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_DATA, .socket = 3}, "hello", 5);
    ck_assert_uint_eq(wait_for(LVMM_NET_DATA, payload).size, 5);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_CREDIT, .socket = 2, .credit = 3000}, NULL, 0);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_CREDIT, .socket = 9}, NULL, 0); /* the former is done with */
    uint16_t next = master_stop(&m, LVMM_NET_TO_GUEST);
    while (master_done(&m, LVMM_NET_TO_GUEST, &head, &written))
        ck_assert_uint_eq(written, 0);
    ck_assert_uint_eq(m.used[LVMM_NET_TO_GUEST], next);
}
END_TEST

/* A driver that stops leaves no connection behind. */
START_TEST(stopped)
{
    const struct lvmm_net_name any = name_of("0.0.0.0", 80);
    const uint32_t tcp = AF_INET | SOCK_STREAM << 8 | IPPROTO_TCP << 16;
    uint8_t payload[BUFFER], byte;

    send_frame((struct lvmm_net_frame){.type = LVMM_NET_OPEN, .socket = 1, .value = tcp}, NULL, 0);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_LISTEN, .socket = 1, .value = 5}, &any, sizeof(any));
    wait_for(LVMM_NET_LISTENING, payload);
    send_frame((struct lvmm_net_frame){.type = LVMM_NET_ACCEPT, .socket = 1, .value = 2, .credit = 1000}, NULL, 0);
    int fd = connect_here(port);
    ck_assert_int_ge(fd, 0);
    wait_for(LVMM_NET_ACCEPTED, payload);
    master_stop(&m, LVMM_NET_TO_HOST);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(fd);
    ck_assert_int_eq(connect_here(port), -1);
}
END_TEST

START_TEST(told)
{
    struct lvmm_net_config config;
    struct net_setup nothing = {.policy = {.mode = NET_NONE}, .log_fd = -1};

    ck_assert(!net_setup_is_wanted(&nothing));
    net_setup_tell(&setup_of, &config);
    ck_assert_uint_ge(config.sockets, 64);
    ck_assert_uint_le(config.sockets, LVMM_NET_SOCKETS_MAX);
    ck_assert_uint_eq(config.flags & ~LVMM_NET_LOOK, LVMM_NET_OUT);
    ck_assert_uint_eq(config.published_count, 1);
    ck_assert_uint_eq(config.published[0].port, 80);
    ck_assert_uint_eq(config.published[0].protocol, IPPROTO_TCP);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net_process");
    TCase *tcase = tcase_create("net_process");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, in_and_out);
    tcase_add_test(tcase, datagrams_and_names);
    tcase_add_test(tcase, hostile_chains);
    tcase_add_test(tcase, in_place);
    tcase_add_test(tcase, held);
    tcase_add_test(tcase, stopped);
    tcase_add_test(tcase, told);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
