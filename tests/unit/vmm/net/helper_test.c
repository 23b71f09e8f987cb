/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/net/[!n]*.c vmm/net/net_log.c
/* helper_test.c - a guest's connections, to sockets of this host's loopback. */
#include "tests/unit/vmm/net/fake_guest.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#define BIG (3u << 20)

START_TEST(connect_and_talk)
{
    struct guest *guest = guest_new(NET_ALL);
    char bytes[6];

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 1000);
    guest_data(guest, 1, "hello", 5);
    host_expect(guest, fd, "hello", 5);
    ck_assert_int_eq(send(fd, "there", 5, 0), 5);
    guest_wait_bytes(guest, 1, "there", 5);
    guest_close(guest, 1, 0);
    host_wait(guest, fd);
    ck_assert_int_eq(recv(fd, bytes, sizeof(bytes), 0), 0);
    close(fd);
    /* The number is unused again. */
    fd = guest_pair(guest, 1, 1000);
    close(fd);
    guest_wait(guest, LVMM_NET_END, 1);
    guest_end(guest);
}
END_TEST

START_TEST(refused)
{
    struct guest *guest = guest_new(NET_ALL);
    uint16_t port;
    int fd = host_bind(AF_INET, SOCK_STREAM, &port); /* it doesn't listen */

    guest_start(guest, 8);
    guest_open(guest, 2, AF_INET, SOCK_STREAM, IPPROTO_TCP, 1000);
    guest_connect(guest, 2, "10.0.2.2", port);
    guest_wait_error(guest, 2, ECONNREFUSED);
    guest_data(guest, 2, "x", 1); /* is dropped */
    guest_close(guest, 2, 0);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_CONNECTED, 2));
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_ERROR, 2));
    close(fd);
    guest_end(guest);
}
END_TEST

/* Without a packet: nobody listens at those addresses either, so a packet would have another answer. */
START_TEST(denied)
{
    static const char *const out[] = {"10.0.2.2",        "192.168.1.1", "169.254.169.254", "224.0.0.1",
                                      "255.255.255.255", "0.0.0.0",     "127.0.0.1",       "::1",
                                      "fe80::1",         "ff02::1",     "::ffff:10.1.1.1", "64:ff9b::10.0.0.1",
                                      "2002:a00:1::1",   "fd00::2"};
    uint32_t id = 1;

    for (int mode = NET_NONE; mode <= NET_PUBLIC; mode++) {
        struct guest *guest = guest_new((enum net_mode)mode);

        guest_start(guest, 64);
        for (unsigned i = 0; i < sizeof(out) / sizeof(out[0]); i++, id = id % 32 + 1) {
            guest_open(guest, id, AF_INET6, SOCK_STREAM, IPPROTO_TCP, 1000);
            guest_connect(guest, id, out[i], 80);
            guest_wait_error(guest, id, EACCES);
            guest_close(guest, id, 0);
            guest_open(guest, id, AF_INET6, SOCK_DGRAM, IPPROTO_UDP, 1000);
            guest_datagram(guest, id, out[i], 80, "x", 1);
            guest_wait_error(guest, id, EACCES);
            guest_connect(guest, id, out[i], 80);
            ck_assert_int_eq(guest_wait(guest, LVMM_NET_CONNECTED, id)->head.error, EACCES);
            guest_close(guest, id, 0);
        }
        guest_end(guest);
    }
}
END_TEST

/* Where IPv6 is absent, so is its gateway: :: leads nowhere. */
START_TEST(no_gateway)
{
    struct guest *guest = guest_new(NET_ALL);

    guest->without_gateway6 = true;
    guest_start(guest, 8);
    guest_open(guest, 1, AF_INET6, SOCK_STREAM, IPPROTO_TCP, 1000);
    guest_connect(guest, 1, "::", 80);
    guest_wait_error(guest, 1, EACCES);
    guest_end(guest);
}
END_TEST

START_TEST(half_closed_by_the_guest)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t bytes[8];

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 1000);
    guest_data(guest, 1, "last", 4);
    guest_say(guest, LVMM_NET_SHUTDOWN, 1, SHUT_WR, 0);
    host_expect(guest, fd, "last", 4);
    host_wait(guest, fd);
    ck_assert_int_eq(recv(fd, bytes, sizeof(bytes), 0), 0);
    ck_assert_int_eq(send(fd, "answer", 6, 0), 6);
    guest_wait_bytes(guest, 1, "answer", 6);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_END, 1));
    close(fd);
    guest_wait(guest, LVMM_NET_END, 1);
    guest_data(guest, 1, "x", 1); /* after its end */
    guest_wait_error(guest, 1, EPROTO);
    guest_end(guest);
}
END_TEST

START_TEST(half_closed_by_the_peer)
{
    struct guest *guest = guest_new(NET_ALL);

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 1000);
    ck_assert_int_eq(send(fd, "last", 4, 0), 4);
    shutdown(fd, SHUT_WR);
    guest_wait(guest, LVMM_NET_END, 1);
    guest_wait_bytes(guest, 1, "last", 4);
    guest_data(guest, 1, "answer", 6);
    host_expect(guest, fd, "answer", 6);
    close(fd);
    guest_end(guest);
}
END_TEST

static void reset_by_host(int fd)
{
    const struct linger at_once = {1, 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

/* What came before it is there to be read. */
START_TEST(reset_by_the_peer)
{
    struct guest *guest = guest_new(NET_ALL);

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 2);
    ck_assert_int_eq(send(fd, "data", 4, 0), 4);
    guest_wait(guest, LVMM_NET_DATA, 1);
    reset_by_host(fd);
    guest_run(guest, 20);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_ERROR, 1));
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 100);
    guest_wait_error(guest, 1, ECONNRESET);
    guest_wait_bytes(guest, 1, "data", 4);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_END, 1));
    guest_close(guest, 1, 0);
    /* After its end, too. */
    fd = guest_pair(guest, 2, 100);
    shutdown(fd, SHUT_WR);
    guest_wait(guest, LVMM_NET_END, 2);
    reset_by_host(fd);
    guest_wait(guest, LVMM_NET_ERROR, 2);
    guest_end(guest);
}
END_TEST

START_TEST(reset_by_the_guest)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t byte;

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 100);
    guest_close(guest, 1, LVMM_NET_RESET);
    host_wait(guest, fd);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(fd);
    /* The device's reset does it to all. */
    fd = guest_pair(guest, 1, 100);
    net_helper_reset(guest->helper);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(fd);
    fd = guest_pair(guest, 1, 100);
    close(fd);
    guest_end(guest);
}
END_TEST

static uint8_t *pattern(size_t size)
{
    uint8_t *bytes = malloc(size);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    return bytes;
}

/* A guest that doesn't read isn't sent more than it has room for, and gets all in the end. */
START_TEST(held_back_by_the_guest)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t *bytes = pattern(BIG);
    uint64_t credit = 1000;
    size_t sent = 0, most = 0;

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, credit);
    for (unsigned i = 0; i < 20000 && most < BIG; i++) {
        ssize_t n = sent < BIG ? send(fd, bytes + sent, BIG - sent, MSG_DONTWAIT) : 0;
        uint8_t *got = malloc(BIG);

        sent += n > 0 ? (size_t)n : 0;
        guest_run(guest, i < 5 ? 5 : 0);
        most = guest_read(guest, 1, got, BIG);
        ck_assert_uint_le(most, credit);
        ck_assert(memcmp(got, bytes, most) == 0);
        free(got);
        if (i > 5 && most == credit) {
            credit += 100000;
            guest_say(guest, LVMM_NET_CREDIT, 1, 0, credit);
        }
    }
    ck_assert_uint_eq(most, BIG);
    close(fd);
    free(bytes);
    guest_end(guest);
}
END_TEST

static uint64_t told_credit(const struct guest *guest, uint32_t socket)
{
    uint64_t credit = LVMM_NET_STREAM_CREDIT;

    for (unsigned i = 0; i < guest->count; i++)
        if (guest->frame[i].head.socket == socket && guest->frame[i].head.credit > credit)
            credit = guest->frame[i].head.credit;
    return credit;
}

/* A peer that doesn't read holds the guest, whose window stays bounded; what was sent comes after its close. */
START_TEST(held_back_by_the_peer)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t *bytes = pattern(64 << 20);
    size_t sent = 0, idle = 0;

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 1000);
    while (idle < 20 && sent < 63u << 20) {
        size_t room = told_credit(guest, 1) - sent, part = room < 60000 ? room : 60000;

        idle = part == 0 ? idle + 1 : 0;
        if (part > 0)
            guest_data(guest, 1, bytes + sent, part);
        sent += part;
        guest_run(guest, part == 0 ? 5 : 0);
    }
    ck_assert_uint_eq(idle, 20);
    ck_assert_uint_gt(sent, 100000);
    guest_data(guest, 1, "", 0); /* no frame of a guest's: to be seen by its error */
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_CLOSE, .socket = 1}, NULL, 0);
    (void)bytes;
    close(fd);
    free(bytes);
    guest_end(guest);
}
END_TEST

START_TEST(sent_after_close)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t *bytes = pattern(32 << 20), byte;
    size_t sent = 0;

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 1000);
    for (unsigned idle = 0; idle < 20 && sent < 31u << 20;) {
        size_t room = told_credit(guest, 1) - sent, part = room < 60000 ? room : 60000;

        idle = part == 0 ? idle + 1 : 0;
        if (part > 0)
            guest_data(guest, 1, bytes + sent, part);
        sent += part;
        guest_run(guest, part == 0 ? 2 : 0);
    }
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_CLOSE, .socket = 1}, NULL, 0);
    guest_run(guest, 20);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_CLOSED, 1));
    host_expect(guest, fd, bytes, sent);
    guest_wait(guest, LVMM_NET_CLOSED, 1);
    host_wait(guest, fd);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    close(fd);
    free(bytes);
    guest_end(guest);
}
END_TEST

START_TEST(lingers)
{
    struct guest *guest = guest_new(NET_ALL);

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 1000);
    guest_data(guest, 1, "x", 1);
    guest_send(guest,
               (struct lvmm_net_frame){.type = LVMM_NET_CLOSE, .flags = LVMM_NET_LINGER, .socket = 1, .value = 60000},
               NULL, 0);
    guest_wait(guest, LVMM_NET_CLOSED, 1); /* the peer's kernel has it */
    host_expect(guest, fd, "x", 1);
    close(fd);
    guest_end(guest);
}
END_TEST

START_TEST(urgent_bytes)
{
    struct guest *guest = guest_new(NET_ALL);
    const struct guest_frame *frame;
    uint8_t byte = 0;
    int at_mark = 0;

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 3);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_DATA, .flags = LVMM_NET_URGENT_BYTE, .socket = 1}, "abc",
               3);
    host_expect(guest, fd, "ab", 2);
    ck_assert_int_eq(ioctl(fd, SIOCATMARK, &at_mark), 0);
    ck_assert_int_eq(at_mark, 1);
    ck_assert_int_eq(recv(fd, &byte, 1, MSG_OOB), 1);
    ck_assert_uint_eq(byte, 'c');

    ck_assert_int_eq(send(fd, "defg", 4, MSG_OOB), 4);
    ck_assert_int_eq(send(fd, "h", 1, 0), 1);
    guest_wait(guest, LVMM_NET_URGENT, 1); /* though it isn't within the credit */
    guest_wait_bytes(guest, 1, "def", 3);
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 100);
    guest_wait_bytes(guest, 1, "defgh", 5);
    for (unsigned i = 0; i < guest->count; i++) {
        frame = &guest->frame[i];
        if (frame->head.type == LVMM_NET_DATA)
            ck_assert_int_eq((frame->head.flags & LVMM_NET_URGENT_BYTE) != 0,
                             frame->payload[frame->head.size - 1] == 'g');
    }
    close(fd);
    guest_end(guest);
}
END_TEST

START_TEST(options_reach_the_host)
{
    const struct lvmm_net_option options[] = {
        {LVMM_NET_MAXSEG, 600},       {LVMM_NET_KEEPALIVE, 1}, {0, 1}, {~0u, 1}, {LVMM_NET_TTL, 77},
        {LVMM_NET_SNDBUF, INT32_MAX}, {LVMM_NET_NODELAY, -5}};
    struct guest *guest = guest_new(NET_ALL);
    struct lvmm_net_info info;
    uint16_t port;
    int listener = host_listen(&port);

    guest_start(guest, 8);
    guest_open(guest, 1, AF_INET, SOCK_STREAM, IPPROTO_TCP, 1000);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_SET, .socket = 1}, options, sizeof(options));
    guest_connect(guest, 1, "10.0.2.2", port);
    guest_wait(guest, LVMM_NET_CONNECTED, 1);
    guest_say(guest, LVMM_NET_INFO, 1, 0, 0);
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_INFO, 1);
    ck_assert_uint_eq(frame->head.size, sizeof(info));
    memcpy(&info, frame->payload, sizeof(info));
    ck_assert_uint_eq(info.state, TCP_ESTABLISHED);
    ck_assert_uint_le(info.snd_mss, 600);
    ck_assert_uint_eq(info.unsent, 0);
    close(listener);
    guest_end(guest);
}
END_TEST

/* A helper keeps no frames: without buffers it tells later, and nothing gets lost. */
START_TEST(no_buffers)
{
    struct guest *guest = guest_new(NET_ALL);
    uint16_t port;
    int listener = host_listen(&port);

    guest_start(guest, 300);
    guest->room = 0;
    for (uint32_t id = 1; id <= 200; id++) {
        guest_open(guest, id, AF_INET, SOCK_STREAM, IPPROTO_TCP, 1000);
        guest_connect(guest, id, "10.0.2.2", port);
        guest_say(guest, LVMM_NET_INFO, id, 0, 0);
    }
    guest_run(guest, 5);
    ck_assert_uint_eq(guest->count, 0);
    guest->room = LVMM_NET_BUFFER_MIN;
    net_helper_room(guest->helper);
    for (uint32_t id = 1; id <= 200; id++) {
        guest_wait(guest, LVMM_NET_CONNECTED, id);
        guest_wait(guest, LVMM_NET_INFO, id);
    }
    close(listener);
    guest_end(guest);
}
END_TEST

START_TEST(thousands)
{
    const uint32_t count = 2000;
    struct guest *guest = guest_new(NET_ALL);
    struct rlimit limit;
    uint16_t port;
    int listener = host_listen(&port), *fds = malloc(count * sizeof(*fds));

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_gt(limit.rlim_max, 2 * count + 100);
    guest_start(guest, count);
    for (uint32_t id = 1; id <= count; id++) {
        guest_open(guest, id, AF_INET, SOCK_STREAM, IPPROTO_TCP, 1000);
        guest_connect(guest, id, "10.0.2.2", port);
        fds[id - 1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        ck_assert_int_ge(fds[id - 1], 0);
        ck_assert_int_eq(send(fds[id - 1], &id, sizeof(id), 0), sizeof(id));
    }
    for (uint32_t id = 1; id <= count; id++) {
        guest_wait(guest, LVMM_NET_CONNECTED, id);
        ck_assert(memcmp(guest_wait(guest, LVMM_NET_DATA, id)->payload, &id, sizeof(id)) == 0);
    }
    for (uint32_t id = 1; id <= count; id++) {
        guest_close(guest, id, 0);
        close(fds[id - 1]);
    }
    close(listener);
    free(fds);
    guest_end(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("helper");
    TCase *tcase = tcase_create("helper");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, connect_and_talk);
    tcase_add_test(tcase, refused);
    tcase_add_test(tcase, denied);
    tcase_add_test(tcase, no_gateway);
    tcase_add_test(tcase, half_closed_by_the_guest);
    tcase_add_test(tcase, half_closed_by_the_peer);
    tcase_add_test(tcase, reset_by_the_peer);
    tcase_add_test(tcase, reset_by_the_guest);
    tcase_add_test(tcase, held_back_by_the_guest);
    tcase_add_test(tcase, held_back_by_the_peer);
    tcase_add_test(tcase, sent_after_close);
    tcase_add_test(tcase, lingers);
    tcase_add_test(tcase, urgent_bytes);
    tcase_add_test(tcase, options_reach_the_host);
    tcase_add_test(tcase, no_buffers);
    tcase_add_test(tcase, thousands);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
