/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/vhost/*.c devices/virtio/queue.c devices/virtio/iov.c vmm/kvm/mem.c
/* server_test.c - the back end of a device as front ends use it, good ones and others. */
#include "vmm/vhost/server.h"

#include <poll.h>

#include "tests/unit/vmm/vhost/master.h"

#define QUEUES 2u
#define OWN_FEATURE 3

static struct master m;
static unsigned stops[QUEUES], calls[QUEUES];
static unsigned a_turn; /* chains that one call takes */
static struct queue_chain kept;
static bool keep, keeps; /* the next chain is kept; one is */

/* The device gives back each chain with its readable bytes doubled. */
static bool ready(void *owner, unsigned queue)
{
    static struct queue_chain chain;

    (void)owner;
    calls[queue]++;
    for (unsigned i = 0; i < a_turn; i++) {
        if (vhost_queue_pop(m.server, queue, &chain) <= 0)
            return false;
        if (keep) {
            kept = chain;
            keeps = true;
            keep = false;
            continue;
        }
        uint32_t size = chain.readable_bytes < chain.writable_bytes ? chain.readable_bytes : chain.writable_bytes;
        for (uint32_t at = 0; at < size; at++)
            ((uint8_t *)chain.iov[1].iov_base)[at] = (uint8_t)(2 * ((uint8_t *)chain.iov[0].iov_base)[at]);
        vhost_queue_push(m.server, queue, chain.head, size);
    }
    return true;
}

static void stopped(void *owner, unsigned queue)
{
    (void)owner;
    stops[queue]++;
    if (keeps)
        vhost_queue_push(m.server, queue, kept.head, 0);
    keeps = false;
}

static const uint8_t config[12] = {'l', 'v', 'm', 'm', 0, 0, 0, 0, 1, 2, 3, 4};
static const struct vhost_device device = {.features = 1 << OWN_FEATURE,
                                           .queues = QUEUES,
                                           .config = config,
                                           .config_size = sizeof(config),
                                           .ready = ready,
                                           .stopped = stopped};

static void setup(void)
{
    memset(stops, 0, sizeof(stops));
    memset(calls, 0, sizeof(calls));
    a_turn = 4;
    keep = keeps = false;
    master_init(&m, &device);
}

static void teardown(void)
{
    master_fini(&m);
}

/* Offers a byte, and sees it doubled. */
static void expect_served(unsigned queue, uint8_t byte)
{
    uint32_t head, written;

    m.memory[DATA_AT] = byte;
    m.memory[DATA_AT + 0x1000] = 0;
    uint16_t offered = master_offer(&m, queue, DATA_AT, 1, DATA_AT + 0x1000, 8);
    master_kick(&m, queue);
    ck_assert_int_eq(master_run(&m), 0);
    ck_assert(master_done(&m, queue, &head, &written));
    ck_assert_uint_eq(head, offered);
    ck_assert_uint_eq(written, 1);
    ck_assert_uint_eq(m.memory[DATA_AT + 0x1000], (uint8_t)(2 * byte));
}

START_TEST(a_device_is_served)
{
    master_start(&m, QUEUES);
    ck_assert_uint_eq(vhost_server_features(m.server) >> OWN_FEATURE & 1, 1);
    ck_assert_uint_eq(master_get(&m, VHOST_GET_QUEUE_NUM), QUEUES);
    master_interrupted(&m, 1);
    for (unsigned i = 0; i < 3 * MASTER_RING; i++) {
        expect_served(1, (uint8_t)i);
        ck_assert(master_interrupted(&m, 1));
    }
    expect_served(0, 9);
    close(m.socket);
    m.socket = -1;
    ck_assert_int_eq(master_run(&m), -EPIPE);
}
END_TEST

/* What is there already when a queue starts needs no kick, and what a turn leaves needs none either; the descriptor
 * says so to who waits for it. */
START_TEST(turns)
{
    struct pollfd waits = {.events = POLLIN};
    uint32_t head, written;

    master_features(&m);
    waits.fd = vhost_server_fd(m.server);
    ck_assert_int_eq(poll(&waits, 1, 0), 0);
    ck_assert_uint_eq(master_memory(&m, 1), 0);
    for (unsigned i = 0; i < 3; i++)
        master_offer(&m, 0, DATA_AT, 1, DATA_AT + 0x1000, 8);
    a_turn = 1;
    master_start_at(&m, 0, 0); /* the last message, which enables it, gives it a turn */
    ck_assert(master_done(&m, 0, &head, &written));
    ck_assert(!master_done(&m, 0, &head, &written));
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(poll(&waits, 1, 0), 1);
        ck_assert_int_eq(master_run(&m), 0);
        ck_assert(master_done(&m, 0, &head, &written));
    }
    ck_assert_int_eq(poll(&waits, 1, 0), 1); /* it doesn't know yet that there is no more */
    ck_assert_int_eq(master_run(&m), 0);
    ck_assert_int_eq(poll(&waits, 1, 0), 0);
    ck_assert_int_eq(calls[1], 0);
}
END_TEST

START_TEST(a_queue_stops_and_goes_on)
{
    struct vhost_user_state state = {0, 0};

    master_start(&m, 1);
    expect_served(0, 1);
    ck_assert_uint_eq(master_stop(&m, 0), 1);
    ck_assert_uint_eq(stops[0], 1);
    ck_assert_uint_eq(master_stop(&m, 0), 1); /* again: it is where it was, and nobody hears of it */
    ck_assert_uint_eq(stops[0], 1);
    master_start_at(&m, 0, 1);
    expect_served(0, 2);
    /* Disabled it stays where it is. */
    ck_assert_uint_eq(master_try(&m, VHOST_SET_VRING_ENABLE, &state, sizeof(state), NULL, 0), 0);
    uint32_t head, written;
    master_offer(&m, 0, DATA_AT, 1, DATA_AT + 0x1000, 8);
    master_kick(&m, 0);
    ck_assert_int_eq(master_run(&m), 0);
    ck_assert(!master_done(&m, 0, &head, &written));
    state.num = 1;
    ck_assert_uint_eq(master_try(&m, VHOST_SET_VRING_ENABLE, &state, sizeof(state), NULL, 0), 0);
    ck_assert(master_done(&m, 0, &head, &written));
    ck_assert_uint_eq(master_try(&m, VHOST_RESET_OWNER, NULL, 0, NULL, 0), 0);
    ck_assert_uint_eq(stops[0], 2);
}
END_TEST

/* The same descriptor starts it again and again, while the front end has it all the time, and tells of nothing when the
 * queue doesn't run. */
START_TEST(a_queue_starts_again)
{
    struct pollfd waits = {.events = POLLIN};
    const uint64_t number = 0;

    master_start(&m, 1);
    waits.fd = vhost_server_fd(m.server);
    for (unsigned i = 0; i < 10; i++) {
        expect_served(0, (uint8_t)i);
        ck_assert_uint_eq(master_stop(&m, 0), i + 1);
        master_kick(&m, 0);
        ck_assert_int_eq(poll(&waits, 1, 0), 0);
        ck_assert_uint_eq(master_try(&m, VHOST_SET_VRING_KICK, &number, sizeof(number), &m.kick[0], 1), 0);
    }
}
END_TEST

/* A chain that the owner has when its queue stops can be given back then, and later isn't. */
START_TEST(kept_chains)
{
    uint32_t head, written;

    master_start(&m, 1);
    keep = true;
    uint16_t offered = master_offer(&m, 0, DATA_AT, 1, DATA_AT + 0x1000, 8);
    master_kick(&m, 0);
    ck_assert_int_eq(master_run(&m), 0);
    expect_served(0, 5); /* out of order */
    ck_assert(keeps);
    ck_assert_uint_eq(master_stop(&m, 0), 2);
    ck_assert(!keeps);
    ck_assert(master_done(&m, 0, &head, &written));
    ck_assert_uint_eq(head, offered);
    vhost_queue_push(m.server, 0, kept.head, 0);
    ck_assert(!master_done(&m, 0, &head, &written));
}
END_TEST

/* The memory is told anew, in other pieces, while queues run and the owner has a chain: its buffers are still there. */
START_TEST(memory_moves)
{
    uint32_t head, written;

    master_start(&m, 2);
    expect_served(0, 1);
    keep = true;
    master_offer(&m, 1, DATA_AT + 0x2000, 1, DATA_AT + 0x3000, 8);
    master_kick(&m, 1);
    ck_assert_int_eq(master_run(&m), 0);
    ck_assert(keeps);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(master_memory(&m, i % 2 + 1), 0);
        expect_served(0, (uint8_t)i);
    }
    ck_assert_uint_ne(master_memory(&m, 1), 0); /* it ends somewhere */
    expect_served(0, 7);
    memcpy(kept.iov[1].iov_base, "kept", 4);
    vhost_queue_push(m.server, 1, kept.head, 4);
    keeps = false;
    ck_assert_str_eq((char *)m.memory + DATA_AT + 0x3000, "kept");
    ck_assert(master_done(&m, 1, &head, &written));
    ck_assert_uint_eq(written, 4);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_uint_eq(master_memory(&m, 8), 0);
    expect_served(0, 8);
    expect_served(1, 9);
    ck_assert_uint_eq(stops[0] + stops[1], 0);
}
END_TEST

/* Rings that aren't in the new memory stop their queues, whichever it is, and the other goes on. */
START_TEST(memory_goes)
{
    const uint32_t at = _i == 0 ? RING_AT(1) : 0, size = _i == 0 ? MASTER_MEMORY - RING_AT(1) : RING_AT(1);
    const struct vhost_user_memory table = {.count = 1, .region = {{GUEST_BASE + at, size, USER_BASE + at, at}}};
    const unsigned gone = _i == 0 ? 0 : 1;
    uint32_t head, written;

    master_start(&m, 2);
    keep = true;
    master_offer(&m, gone, DATA_AT, 1, DATA_AT + 0x1000, 8);
    master_kick(&m, gone);
    ck_assert_int_eq(master_run(&m), 0);
    ck_assert(keeps);
    ck_assert_uint_ne(master_try(&m, VHOST_SET_MEM_TABLE, &table,
                                 offsetof(struct vhost_user_memory, region) + sizeof(table.region[0]), &m.file, 1),
                      0);
    ck_assert(!keeps); /* it was given back, which nobody sees */
    ck_assert(!master_done(&m, gone, &head, &written));
    ck_assert_uint_eq(stops[gone], 1);
    ck_assert_uint_eq(stops[1 - gone], 0);
    ck_assert_uint_eq(master_memory(&m, 1), 0);
    expect_served(1 - gone, 3);
    master_start_at(&m, gone, 1);
    expect_served(gone, 3);
}
END_TEST

/* A hostile driver's ring: the front end hears of it, and nothing more comes of it until it is started anew. */
START_TEST(broken_ring)
{
    uint64_t number = 0;
    int error = eventfd(0, EFD_NONBLOCK);
    uint32_t head, written;

    master_start(&m, 1);
    ck_assert_uint_eq(master_try(&m, VHOST_SET_VRING_ERR, &number, sizeof(number), &error, 1), 0);
    master_offer(&m, 0, MASTER_MEMORY, 1, 0, 0); /* behind the end */
    master_kick(&m, 0);
    ck_assert_int_eq(master_run(&m), 0);
    ck_assert_int_eq(read(error, &number, sizeof(number)), sizeof(number));
    master_offer(&m, 0, DATA_AT, 1, DATA_AT + 0x1000, 8);
    master_kick(&m, 0);
    ck_assert_int_eq(master_run(&m), 0);
    ck_assert_int_eq(read(error, &number, sizeof(number)), -1);
    ck_assert_uint_eq(master_memory(&m, 2), 0); /* nor does that mend it */
    master_kick(&m, 0);
    ck_assert_int_eq(master_run(&m), 0);
    ck_assert(!master_done(&m, 0, &head, &written));
    master_stop(&m, 0);
    master_start_at(&m, 0, 1);
    ck_assert(master_done(&m, 0, &head, &written));
    close(error);
}
END_TEST

START_TEST(configuration)
{
    struct vhost_user_config c = {.offset = 2, .size = 8};

    master_features(&m);
    master_send(&m, VHOST_GET_CONFIG, VHOST_VERSION, &c, VHOST_CONFIG_HEADER + 8, NULL, 0);
    ck_assert_int_eq(master_run(&m), 0);
    master_answer(&m, VHOST_GET_CONFIG, &c, VHOST_CONFIG_HEADER + 8);
    ck_assert_mem_eq(c.bytes, config + 2, 8);
    for (unsigned i = 0; i < 2; i++) {
        c.offset = i == 0 ? 5 : UINT32_MAX;
        c.size = 8;
        master_send(&m, VHOST_GET_CONFIG, VHOST_VERSION, &c, VHOST_CONFIG_HEADER + 8, NULL, 0);
        ck_assert_int_eq(master_run(&m), 0);
        master_answer(&m, VHOST_GET_CONFIG, NULL, 0);
    }
    c.size = 257;
    ck_assert_uint_ne(master_try(&m, VHOST_GET_CONFIG, &c, VHOST_CONFIG_HEADER + 8, NULL, 0), 0);
    ck_assert_uint_ne(master_try(&m, VHOST_SET_CONFIG, &c, VHOST_CONFIG_HEADER + 8, NULL, 0), 0);
}
END_TEST

/* Regions that no guest can have: all of them are refused, and nothing of them stays. */
static const struct vhost_user_memory bad_memory[] = {
    {.count = 1, .region = {{GUEST_BASE, 0, USER_BASE, 0}}},
    {.count = 1, .region = {{GUEST_BASE, 0x1800, USER_BASE, 0}}},
    {.count = 1, .region = {{GUEST_BASE + 1, 0x1000, USER_BASE, 0}}},
    {.count = 1, .region = {{GUEST_BASE, 0x1000, USER_BASE, 1}}},
    {.count = 1, .region = {{GUEST_BASE, MASTER_MEMORY + 0x1000, USER_BASE, 0}}},
    {.count = 1, .region = {{GUEST_BASE, 0x1000, USER_BASE, MASTER_MEMORY}}},
    {.count = 1, .region = {{GUEST_BASE, 0x2000, USER_BASE, UINT64_MAX - 0xfff}}},
    {.count = 1, .region = {{UINT64_MAX - 0xfff, 0x2000, USER_BASE, 0}}},
    {.count = 1, .region = {{GUEST_BASE, 0x2000, UINT64_MAX - 0xfff, 0}}},
    {.count = 2, .region = {{GUEST_BASE, 0x2000, USER_BASE, 0}, {GUEST_BASE + 0x1000, 0x1000, 0x10000, 0}}},
    {.count = 2, .region = {{GUEST_BASE, 0x2000, USER_BASE, 0}, {0, 0x1000, USER_BASE + 0x1000, 0}}},
    {.count = 2, .region = {{GUEST_BASE, 0x1000, USER_BASE, 0}, {0, 0x2000, USER_BASE - 0x1000, 0}}},
};

START_TEST(bad_memory_is_refused)
{
    const struct vhost_user_memory *table = &bad_memory[_i];
    const uint32_t size = offsetof(struct vhost_user_memory, region) + table->count * sizeof(table->region[0]);
    int fds[9];

    for (unsigned i = 0; i < 9; i++)
        fds[i] = m.file;
    master_start(&m, 1);
    ck_assert_uint_ne(master_try(&m, VHOST_SET_MEM_TABLE, table, size, fds, table->count), 0);
    expect_served(0, 1);
    ck_assert_uint_ne(master_try(&m, VHOST_SET_MEM_TABLE, table, size, fds, 0), 0);
    ck_assert_uint_ne(master_try(&m, VHOST_SET_MEM_TABLE, table, size, fds, 3), 0);
    ck_assert_uint_ne(master_try(&m, VHOST_SET_MEM_TABLE, table, size - 8, fds, table->count), 0);
    ck_assert_uint_ne(master_try(&m, VHOST_SET_MEM_TABLE, table, 4, fds, table->count), 0);
    expect_served(0, 2);
}
END_TEST

/* What can't be, each with an answer that says so. */
START_TEST(bad_messages_are_refused)
{
    static const struct vhost_user_state outside = {QUEUES, 16}, odd = {1, 12}, zero = {1, 0}, large = {1, 2048},
                                         far = {1, 65536}, running = {0, 16}, two = {1, 2};
    static const struct vhost_user_addr nowhere = {.index = 1, .desc = 1}, logs = {.index = 1, .flags = 1};
    uint64_t number = 1, all = UINT64_MAX, none = 1 | VHOST_NO_FD, past = QUEUES;
    const int pair[2] = {m.kick[1], m.kick[1]};
    const struct {
        uint32_t request;
        const void *payload;
        uint32_t size;
        unsigned fds;
    } bad[] = {
        {VHOST_SET_FEATURES, &all, 8, 0},
        {VHOST_SET_FEATURES, &number, 4, 0},
        {VHOST_SET_PROTOCOL_FEATURES, &all, 8, 0},
        {VHOST_SET_VRING_NUM, &outside, 8, 0},
        {VHOST_SET_VRING_NUM, &odd, 8, 0},
        {VHOST_SET_VRING_NUM, &zero, 8, 0},
        {VHOST_SET_VRING_NUM, &large, 8, 0},
        {VHOST_SET_VRING_NUM, &running, 8, 0},
        {VHOST_SET_VRING_NUM, &two, 8, 1},
        {VHOST_SET_VRING_BASE, &far, 8, 0},
        {VHOST_SET_VRING_BASE, &running, 8, 0},
        {VHOST_SET_VRING_ADDR, &logs, sizeof(logs), 0},
        {VHOST_SET_VRING_ADDR, &nowhere, 8, 0},
        {VHOST_SET_VRING_ENABLE, &outside, 8, 0},
        {VHOST_SET_VRING_ENABLE, &two, 8, 0},
        {VHOST_GET_VRING_BASE, &outside, 8, 0},
        {VHOST_SET_VRING_KICK, &number, 8, 0},
        {VHOST_SET_VRING_KICK, &number, 8, 2},
        {VHOST_SET_VRING_KICK, &number, 8, 1}, /* no addresses yet */
        {VHOST_SET_VRING_KICK, &none, 8, 0},
        {VHOST_SET_VRING_CALL, &none, 8, 1},
        {VHOST_SET_VRING_CALL, &past, 8, 1},
        {VHOST_SET_VRING_CALL, &all, 8, 1},
        {VHOST_GET_FEATURES, &number, 8, 0},
        {VHOST_SET_OWNER, NULL, 0, 1},
        {6, &number, 8, 0},  /* SET_LOG_BASE */
        {26, &number, 8, 0}, /* one that isn't here */
        {UINT32_MAX, NULL, 0, 0},
    };

    master_start(&m, 1);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_uint_ne(master_try(&m, bad[i].request, bad[i].payload, bad[i].size, pair, bad[i].fds), 0);
    expect_served(0, 6);
    ck_assert_uint_eq(master_try(&m, VHOST_SET_VRING_ADDR, &nowhere, sizeof(nowhere), NULL, 0) +
                          master_try(&m, VHOST_SET_VRING_NUM, &(struct vhost_user_state){1, 16}, 8, NULL, 0),
                      0);
    ck_assert_uint_ne(master_try(&m, VHOST_SET_VRING_KICK, &number, 8, pair, 1), 0); /* addresses that are nowhere */
    ck_assert_uint_eq(stops[0] + stops[1], 0);
}
END_TEST

/* Without a wish for an answer the end of it all says that something failed. */
START_TEST(unanswered_failures_end_it)
{
    master_start(&m, 1);
    master_send(&m, VHOST_SET_VRING_NUM, VHOST_VERSION, &(struct vhost_user_state){1, 3}, 8, NULL, 0);
    ck_assert_int_eq(master_run(&m), -EINVAL);
}
END_TEST

/* What is no message at all: as header, then how many descriptors. */
static const struct {
    struct vhost_user_header header;
    unsigned fds;
} no_messages[] = {
    {{VHOST_SET_OWNER, 0, 0}, 0},
    {{VHOST_SET_OWNER, 2, 0}, 0},
    {{VHOST_SET_OWNER, VHOST_VERSION | VHOST_REPLY, 0}, 0},
    {{VHOST_SET_OWNER, VHOST_VERSION | 16, 0}, 0},
    {{VHOST_SET_OWNER, VHOST_VERSION, UINT32_MAX}, 0},
    {{VHOST_SET_OWNER, VHOST_VERSION, sizeof(union vhost_user_payload) + 1}, 0},
    {{VHOST_SET_OWNER, VHOST_VERSION, 0}, 9},
    {{VHOST_SET_OWNER, VHOST_VERSION, 0}, 12},
};

static unsigned open_descriptors(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

START_TEST(no_message_at_all)
{
    int fds[12];

    for (unsigned i = 0; i < 12; i++)
        fds[i] = m.file;
    unsigned before = open_descriptors();
    master_features(&m);
    master_send_raw(&m, no_messages[_i].header, NULL, 0, fds, no_messages[_i].fds);
    ck_assert_int_eq(master_run(&m), -EPROTO);
    vhost_server_destroy(m.server);
    m.server = NULL;
    ck_assert_uint_eq(open_descriptors(), before - 3); /* socket, epoll, eventfd */
}
END_TEST

/* A message that comes byte by byte, with a descriptor beside its last one. */
START_TEST(bytes_one_by_one)
{
    struct vhost_user_header header = {VHOST_SET_VRING_ERR, VHOST_VERSION | VHOST_NEED_REPLY, 8};
    uint8_t bytes[sizeof(header) + 8] = {0};
    uint64_t number = 1;

    master_features(&m);
    memcpy(bytes, &header, sizeof(header));
    for (unsigned i = 0; i + 1 < sizeof(bytes); i++) {
        ck_assert_int_eq(send(m.socket, &bytes[i], 1, 0), 1);
        ck_assert_int_eq(master_run(&m), 0);
    }
    master_answer(&m, 0, NULL, -1);
    struct iovec iov = {&bytes[0] + sizeof(bytes) - 1, 1};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr last = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&last);
    *head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &m.kick[0], sizeof(int));
    ck_assert_int_eq(sendmsg(m.socket, &last, 0), 1);
    ck_assert_int_eq(master_run(&m), 0);
    master_answer(&m, VHOST_SET_VRING_ERR, &number, 8);
    ck_assert_uint_eq(number, 0);
}
END_TEST

/* A front end that takes no answers. */
START_TEST(answers_nobody_takes)
{
    int error = 0;

    for (unsigned i = 0; i < 100000 && error == 0; i++) {
        master_send(&m, VHOST_GET_FEATURES, VHOST_VERSION, NULL, 0, NULL, 0);
        error = master_run(&m);
    }
    ck_assert_int_eq(error, -EPIPE);
}
END_TEST

START_TEST(bad_devices)
{
    struct vhost_device bad[4] = {device, device, device, device};
    struct vhost_server *server;

    bad[0].queues = 0;
    bad[1].queues = VHOST_QUEUES_MAX + 1;
    bad[2].config_size = VHOST_CONFIG_MAX + 1;
    bad[3].ready = NULL;
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(vhost_server_create(&bad[i], dup(m.socket), &server), -EINVAL);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
    Suite *suite = suite_create("vmm/vhost/server");
    TCase *tc = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_device_is_served);
    tcase_add_test(tc, turns);
    tcase_add_test(tc, a_queue_stops_and_goes_on);
    tcase_add_test(tc, a_queue_starts_again);
    tcase_add_test(tc, kept_chains);
    tcase_add_test(tc, memory_moves);
    tcase_add_loop_test(tc, memory_goes, 0, 2);
    tcase_add_test(tc, broken_ring);
    tcase_add_test(tc, configuration);
    tcase_add_loop_test(tc, bad_memory_is_refused, 0, COUNT(bad_memory));
    tcase_add_test(tc, bad_messages_are_refused);
    tcase_add_test(tc, unanswered_failures_end_it);
    tcase_add_loop_test(tc, no_message_at_all, 0, COUNT(no_messages));
    tcase_add_test(tc, bytes_one_by_one);
    tcase_add_test(tc, answers_nobody_takes);
    tcase_add_test(tc, bad_devices);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
