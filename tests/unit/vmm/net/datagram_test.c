/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/net/[!n]*.c vmm/net/net_log.c
/* datagram_test.c - datagrams of a guest, to sockets of this host's loopback, and the network's errors about them. */
#include "tests/unit/vmm/net/fake_guest.h"

#include <linux/errqueue.h>
#include <netinet/ip_icmp.h>

#define HEAD sizeof(struct lvmm_net_datagram)
#define ROOM (4ull * LVMM_NET_PAYLOAD_MAX)

static void open_udp(struct guest *guest, uint32_t socket, int family)
{
    guest_open(guest, socket, family, SOCK_DGRAM, IPPROTO_UDP, ROOM);
}

static void send_back(int fd, const void *bytes, size_t size)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof(from);
    char ignored[16];

    ck_assert_int_ge(recvfrom(fd, ignored, sizeof(ignored), 0, (struct sockaddr *)&from, &length), 0);
    ck_assert_int_eq(sendto(fd, bytes, size, 0, (struct sockaddr *)&from, length), (ssize_t)size);
}

START_TEST(there_and_back)
{
    static const int families[] = {AF_INET, AF_INET6};
    struct guest *guest = guest_new(NET_ALL);
    struct lvmm_net_datagram head;
    uint16_t port;

    guest_start(guest, 8);
    for (uint32_t i = 0; i < 2; i++) {
        int fd = host_bind(AF_INET, SOCK_DGRAM, &port);

        open_udp(guest, i + 1, families[i]); /* mapped addresses are for both */
        guest_datagram(guest, i + 1, "10.0.2.2", port, "hello", 5);
        host_wait(guest, fd);
        send_back(fd, "there", 5);
        const struct guest_frame *frame = guest_wait(guest, LVMM_NET_DATAGRAM, i + 1);
        ck_assert_uint_eq(frame->head.size, HEAD + 5);
        memcpy(&head, frame->payload, sizeof(head));
        const struct lvmm_net_name name = guest_name("10.0.2.2", port);
        ck_assert(memcmp(&head.peer, &name, sizeof(name)) == 0);
        ck_assert_uint_eq(head.ttl, 64);
        ck_assert(memcmp(frame->payload + HEAD, "there", 5) == 0);
        /* Without a byte. */
        guest_datagram(guest, i + 1, "10.0.2.2", port, "", 0);
        host_wait(guest, fd);
        send_back(fd, "", 0);
        ck_assert_uint_eq(guest_wait(guest, LVMM_NET_DATAGRAM, i + 1)->head.size, HEAD);
        close(fd);
    }
    guest_end(guest);
}
END_TEST

/* The message's own TTL and TOS, and the next one's are the socket's again. What isn't known may not be asked for. */
START_TEST(own_ttl_and_tos)
{
    static const struct {
        uint16_t given;
        int ttl, tos;
    } cases[] = {{LVMM_NET_GIVEN_TTL | LVMM_NET_GIVEN_TOS, 7, 8}, {LVMM_NET_GIVEN_TOS, 33, 8}, {0, 33, 0}};
    const struct lvmm_net_option ttl = {.name = LVMM_NET_TTL, .value = 33};
    struct guest *guest = guest_new(NET_ALL);
    const int one = 1;
    uint16_t port;
    int fd = host_bind(AF_INET, SOCK_DGRAM, &port);

    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof(one));
    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, sizeof(one));
    guest_start(guest, 8);
    open_udp(guest, 1, AF_INET);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_SET, .socket = 1}, &ttl, sizeof(ttl));
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct lvmm_net_datagram head = {
            .peer = guest_name("10.0.2.2", port), .ttl = 7, .tos = 8, .given = cases[i].given};
        char byte, control[128];
        struct iovec part = {&byte, 1};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
        int got_ttl = -1, got_tos = -1;

        guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_DATAGRAM, .socket = 1}, &head, sizeof(head));
        host_wait(guest, fd);
        ck_assert_int_eq(recvmsg(fd, &message, 0), 0);
        for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL; at = CMSG_NXTHDR(&message, at)) {
            if (at->cmsg_type == IP_TTL)
                memcpy(&got_ttl, CMSG_DATA(at), sizeof(got_ttl));
            else if (at->cmsg_type == IP_TOS)
                got_tos = *CMSG_DATA(at);
        }
        ck_assert_int_eq(got_ttl, cases[i].ttl);
        ck_assert_int_eq(got_tos, cases[i].tos);
    }
    const struct lvmm_net_datagram wrong = {.peer = guest_name("10.0.2.2", port), .given = 4};
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_DATAGRAM, .socket = 1}, &wrong, sizeof(wrong));
    guest_wait_error(guest, 1, EPROTO);
    close(fd);
    guest_end(guest);
}
END_TEST

/* Of whom the guest hasn't sent to, it gets nothing. */
START_TEST(strangers)
{
    struct guest *guest = guest_new(NET_ALL);
    struct sockaddr_storage from;
    socklen_t length = sizeof(from);
    uint16_t port, other_port;
    char bytes[8];
    int fd = host_bind(AF_INET, SOCK_DGRAM, &port), other = host_bind(AF_INET, SOCK_DGRAM, &other_port);

    guest_start(guest, 8);
    open_udp(guest, 1, AF_INET);
    guest_datagram(guest, 1, "10.0.2.2", port, "x", 1);
    host_wait(guest, fd);
    ck_assert_int_eq(recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length), 1);
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(sendto(other, "bad", 3, 0, (struct sockaddr *)&from, length), 3);
    ck_assert_int_eq(sendto(fd, "good", 4, 0, (struct sockaddr *)&from, length), 4);
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_DATAGRAM, 1);
    ck_assert(memcmp(frame->payload + HEAD, "good", 4) == 0);
    /* And it remembers many. */
    guest_datagram(guest, 1, "10.0.2.2", other_port, "x", 1);
    ck_assert_int_eq(sendto(other, "fine", 4, 0, (struct sockaddr *)&from, length), 4);
    frame = guest_wait(guest, LVMM_NET_DATAGRAM, 1);
    ck_assert(memcmp(frame->payload + HEAD, "fine", 4) == 0);
    close(fd);
    close(other);
    guest_end(guest);
}
END_TEST

/* The largest one comes in pieces, if buffers are small, and others' frames don't come in between. */
START_TEST(in_pieces)
{
    const size_t size = 65507;
    struct guest *guest = guest_new(NET_ALL);
    uint8_t *bytes = malloc(size), *got = malloc(size);
    size_t have = 0;
    uint16_t port;
    int fd = host_bind(AF_INET, SOCK_DGRAM, &port);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 13 + i / 255);
    guest_start(guest, 8);
    open_udp(guest, 1, AF_INET);
    open_udp(guest, 2, AF_INET);
    guest_datagram(guest, 1, "10.0.2.2", port, bytes, size);
    host_expect(guest, fd, bytes, size);
    guest_datagram(guest, 1, "10.0.2.2", port, "x", 1);
    host_wait(guest, fd);
    guest->room = LVMM_NET_BUFFER_MIN;
    send_back(fd, bytes, size);
    guest_datagram(guest, 2, "10.0.2.2", port, "x", 1);
    host_wait(guest, fd);
    send_back(fd, "other", 5);
    guest_wait(guest, LVMM_NET_DATAGRAM, 2);
    for (unsigned i = 0; i < guest->count; i++) {
        const struct guest_frame *frame = &guest->frame[i];
        size_t head = have == 0 ? HEAD : 0;

        if (frame->head.type != LVMM_NET_DATAGRAM || frame->head.socket != 1)
            continue;
        ck_assert_uint_le(have + frame->head.size - head, size);
        memcpy(got + have, frame->payload + head, frame->head.size - head);
        have += frame->head.size - head;
        ck_assert_int_eq((frame->head.flags & LVMM_NET_MORE) != 0, have < size);
        if (have < size)
            ck_assert_uint_eq(guest->frame[i + 1].head.socket, 1);
    }
    ck_assert_uint_eq(have, size);
    ck_assert(memcmp(got, bytes, size) == 0);
    free(bytes);
    free(got);
    close(fd);
    guest_end(guest);
}
END_TEST

/* What isn't within its credit waits in this host's socket. */
START_TEST(waits_for_credit)
{
    struct guest *guest = guest_new(NET_ALL);
    uint16_t port;
    int fd = host_bind(AF_INET, SOCK_DGRAM, &port);

    guest_start(guest, 8);
    guest_open(guest, 1, AF_INET, SOCK_DGRAM, IPPROTO_UDP, HEAD + 5);
    guest_datagram(guest, 1, "10.0.2.2", port, "x", 1);
    guest_datagram(guest, 1, "10.0.2.2", port, "y", 1);
    host_wait(guest, fd);
    send_back(fd, "first", 5);
    host_wait(guest, fd);
    send_back(fd, "second", 6);
    guest_wait(guest, LVMM_NET_DATAGRAM, 1);
    guest_run(guest, 20);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_DATAGRAM, 1));
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 2 * HEAD + 10);
    guest_run(guest, 20);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_DATAGRAM, 1));
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 2 * HEAD + 11);
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_DATAGRAM, 1);
    ck_assert(memcmp(frame->payload + HEAD, "second", 6) == 0);
    close(fd);
    guest_end(guest);
}
END_TEST

/* The guest gets room again for all that it sends, whatever becomes of it. */
START_TEST(credit_comes_back)
{
    static const uint8_t zeros[60000] = {0};
    struct guest *guest = guest_new(NET_ALL);
    uint64_t credit = LVMM_NET_DATAGRAM_CREDIT, sent = 0;
    uint16_t port;
    int fd = host_bind(AF_INET, SOCK_DGRAM, &port);

    guest_start(guest, 8);
    open_udp(guest, 1, AF_INET);
    for (unsigned i = 0; i < 50; i++) {
        const char *to = i % 3 == 0 ? "224.0.0.1" : i % 3 == 1 ? "10.0.2.2" : "10.0.2.3";

        for (unsigned k = 0; k < guest->count; k++)
            credit = guest->frame[k].head.credit > credit ? guest->frame[k].head.credit : credit;
        sent += HEAD + sizeof(zeros);
        ck_assert_uint_le(sent, credit);
        guest_datagram(guest, 1, to, i % 3 == 2 ? 53 : port, zeros, sizeof(zeros));
        guest_run(guest, 0);
    }
    close(fd);
    guest_end(guest);
}
END_TEST

static void expect_refused(struct guest *guest, uint32_t socket, uint16_t port)
{
    const struct lvmm_net_name name = guest_name("10.0.2.2", port), offender = guest_name("10.0.2.2", 0);
    struct lvmm_net_trouble trouble;
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_ERROR, socket);

    ck_assert_int_eq(frame->head.error, ECONNREFUSED);
    ck_assert_uint_eq(frame->head.size, sizeof(trouble) + 1); /* and what was sent */
    ck_assert_int_eq(frame->payload[sizeof(trouble)], 'x');
    memcpy(&trouble, frame->payload, sizeof(trouble));
    ck_assert(memcmp(&trouble.peer, &name, sizeof(name)) == 0);
    ck_assert(memcmp(&trouble.offender, &offender, sizeof(offender)) == 0);
    ck_assert_uint_eq(trouble.origin, SO_EE_ORIGIN_ICMP);
    ck_assert_uint_eq(trouble.type, ICMP_DEST_UNREACH);
    ck_assert_uint_eq(trouble.code, ICMP_PORT_UNREACH);
}

/* The socket goes on after it. */
START_TEST(port_unreachable)
{
    struct guest *guest = guest_new(NET_ALL);
    uint16_t closed, port;
    int fd = host_bind(AF_INET, SOCK_DGRAM, &port), other = host_bind(AF_INET, SOCK_DGRAM, &closed);

    close(other);
    guest_start(guest, 8);
    open_udp(guest, 1, AF_INET);
    guest_datagram(guest, 1, "10.0.2.2", closed, "x", 1);
    expect_refused(guest, 1, closed);
    guest_datagram(guest, 1, "10.0.2.2", closed, "x", 1);
    guest_datagram(guest, 1, "10.0.2.2", port, "y", 1); /* isn't lost by the other one's error */
    host_expect(guest, fd, "y", 1);
    expect_refused(guest, 1, closed);
    /* Connected. */
    guest_connect(guest, 1, "10.0.2.2", closed);
    ck_assert_int_eq(guest_wait(guest, LVMM_NET_CONNECTED, 1)->head.error, 0);
    guest_datagram(guest, 1, NULL, 0, "x", 1);
    expect_refused(guest, 1, closed);
    guest_connect(guest, 1, "10.0.2.2", port);
    ck_assert_int_eq(guest_wait(guest, LVMM_NET_CONNECTED, 1)->head.error, 0);
    guest_datagram(guest, 1, NULL, 0, "z", 1);
    host_wait(guest, fd);
    send_back(fd, "w", 1);
    guest_wait(guest, LVMM_NET_DATAGRAM, 1);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_ERROR, 1));
    close(fd);
    guest_end(guest);
}
END_TEST

START_TEST(connected_and_not)
{
    static const struct lvmm_net_names none = {.local = {.port = 1}};
    struct guest *guest = guest_new(NET_ALL);
    uint16_t port;
    int fd = host_bind(AF_INET, SOCK_DGRAM, &port);

    guest_start(guest, 8);
    open_udp(guest, 1, AF_INET);
    guest_datagram(guest, 1, NULL, 0, "x", 1);
    guest_wait_error(guest, 1, EDESTADDRREQ);
    guest_connect(guest, 1, "10.0.2.2", port);
    guest_datagram(guest, 1, NULL, 0, "x", 1);
    host_expect(guest, fd, "x", 1);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_CONNECT, .socket = 1}, &none, sizeof(none));
    guest_datagram(guest, 1, NULL, 0, "x", 1);
    guest_wait_error(guest, 1, EDESTADDRREQ);
    guest_datagram(guest, 1, "10.0.2.2", port, "y", 1);
    host_expect(guest, fd, "y", 1);
    guest_datagram(guest, 1, "fd00::2", port, "y", 1);
    guest_wait_error(guest, 1, EAFNOSUPPORT);
    close(fd);
    guest_end(guest);
}
END_TEST

static bool have_echo(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Where this host lets users have such sockets; else the guest is told. */
START_TEST(echo)
{
    struct guest *guest = guest_new(NET_ALL);
    struct icmphdr header = {.type = ICMP_ECHO, .un.echo = {.id = htons(7), .sequence = htons(3)}};
    uint8_t bytes[sizeof(header) + 4];

    guest_start(guest, 8);
    guest_open(guest, 1, AF_INET, SOCK_DGRAM, IPPROTO_ICMP, ROOM);
    if (!have_echo()) {
        guest_wait_error(guest, 1, EACCES);
        guest_end(guest);
        return;
    }
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), "ping", 4);
    guest_datagram(guest, 1, "10.0.2.2", 0, bytes, sizeof(bytes));
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_DATAGRAM, 1);
    ck_assert_uint_eq(frame->head.size, HEAD + sizeof(bytes));
    memcpy(&header, frame->payload + HEAD, sizeof(header));
    ck_assert_uint_eq(header.type, ICMP_ECHOREPLY);
    ck_assert_uint_eq(ntohs(header.un.echo.sequence), 3);
    ck_assert(memcmp(frame->payload + HEAD + sizeof(header), "ping", 4) == 0);
    bytes[0] = ICMP_REDIRECT; /* the host's kernel sends nothing but echoes */
    guest_datagram(guest, 1, "10.0.2.2", 0, bytes, sizeof(bytes));
    guest_wait(guest, LVMM_NET_ERROR, 1);
    guest_end(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datagram");
    TCase *tcase = tcase_create("datagram");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, there_and_back);
    tcase_add_test(tcase, own_ttl_and_tos);
    tcase_add_test(tcase, strangers);
    tcase_add_test(tcase, in_pieces);
    tcase_add_test(tcase, waits_for_credit);
    tcase_add_test(tcase, credit_comes_back);
    tcase_add_test(tcase, port_unreachable);
    tcase_add_test(tcase, connected_and_not);
    tcase_add_test(tcase, echo);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
