/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/net/[!n]*.c vmm/net/net_log.c
/* publish_test.c - -p's words, the ports that they take, and how this host's connections come to the guest. */
#include "tests/unit/vmm/net/fake_guest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(words)
{
    static const struct {
        const char *text, *host;
        uint16_t host_port, guest_port;
        bool is_udp;
    } good[] = {{"8080:80", "127.0.0.1", 8080, 80, false},       {"0:80", "127.0.0.1", 0, 80, false},
                {"8080:80/tcp", "127.0.0.1", 8080, 80, false},   {"53:5353/udp", "127.0.0.1", 53, 5353, true},
                {"0.0.0.0:65535:1", "0.0.0.0", 65535, 1, false}, {"[::1]:8080:80/udp", "::1", 8080, 80, true},
                {"[::]:8080:80", "::", 8080, 80, false}};
    static const char *const bad[] = {"",
                                      "80",
                                      ":80",
                                      "80:",
                                      "8080:0",
                                      "65536:80",
                                      "80:65536",
                                      "a:80",
                                      "80:b",
                                      "-1:80",
                                      "+1:80",
                                      "8080:80/sctp",
                                      "8080:80/",
                                      "8080:80/udp/",
                                      "1.2.3:80:80",
                                      "::1:8080:80",
                                      "1.2.3.4::80",
                                      "host:80:80",
                                      "1.2.3.4:80:",
                                      "8080: 80",
                                      "[::1]80:80",
                                      "[::1:80:80",
                                      "1:2:3:4:5:6:7:8:80:80"};
    struct net_publish publish;
    struct net_address address;
    char longer[200];

    for (unsigned i = 0; i < COUNT(good); i++) {
        ck_assert_msg(net_publish_parse(good[i].text, &publish) == 0, "\"%s\" is refused", good[i].text);
        ck_assert_int_eq(net_address_parse(good[i].host, &address), 0);
        ck_assert(net_address_equal(&publish.host.address, &address));
        ck_assert_uint_eq(publish.host.port, good[i].host_port);
        ck_assert_uint_eq(publish.guest_port, good[i].guest_port);
        ck_assert_int_eq(publish.is_udp, good[i].is_udp);
    }
    for (unsigned i = 0; i < COUNT(bad); i++)
        ck_assert_msg(net_publish_parse(bad[i], &publish) == -EINVAL, "\"%s\" is accepted", bad[i]);
    memset(longer, '1', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    ck_assert_int_eq(net_publish_parse(longer, &publish), -EINVAL);
}
END_TEST

START_TEST(ports)
{
    struct net_publish first, second;
    int listener = -1;
    char text[40];

    for (int udp = 0; udp < 2; udp++) {
        ck_assert_int_eq(net_publish_parse(udp ? "0:80/udp" : "0:80", &first), 0);
        ck_assert_int_eq(net_publish_bind(&first), 0);
        ck_assert_uint_ne(first.host.port, 0);
        /* Nobody else has it, though nobody listens yet; nor while somebody does, nor afterwards. */
        snprintf(text, sizeof(text), "%u:81%s", first.host.port, udp ? "/udp" : "");
        for (int round = 0; round < 3; round++) {
            ck_assert_int_eq(net_publish_parse(text, &second), 0);
            ck_assert_int_eq(net_publish_bind(&second), -EADDRINUSE);
            if (!udp && round == 0)
                ck_assert_int_ge(listener = net_publish_listen(&first), 0);
            if (!udp && round == 1)
                close(listener);
        }
        close(first.fd);
    }
    ck_assert_int_eq(net_publish_parse("192.0.2.1:0:80", &first), 0);
    ck_assert_int_eq(net_publish_bind(&first), -EADDRNOTAVAIL);
}
END_TEST

/* A port that has only old connections is free. */
START_TEST(ports_of_the_past)
{
    struct net_publish publish;
    struct sockaddr_in name;
    char text[40];

    ck_assert_int_eq(net_publish_parse("0:80", &publish), 0);
    ck_assert_int_eq(net_publish_bind(&publish), 0);
    int listener = net_publish_listen(&publish);
    ck_assert_int_ge(listener, 0);
    name = host_name(publish.host.port);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&name, sizeof(name)), 0);
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(server, 0);
    close(listener);
    close(publish.fd);
    close(server); /* first: it has TIME_WAIT */
    close(client);
    snprintf(text, sizeof(text), "%u:80", publish.host.port);
    ck_assert_int_eq(net_publish_parse(text, &publish), 0);
    ck_assert_int_eq(net_publish_bind(&publish), 0);
    listener = net_publish_listen(&publish);
    ck_assert_int_ge(listener, 0);
    close(listener);
    close(publish.fd);
}
END_TEST

static struct guest *start(const char *publish)
{
    struct guest *guest = guest_new(NET_NONE);

    ck_assert_int_eq(net_publish_parse(publish, &guest->port[0]), 0);
    ck_assert_int_eq(net_publish_bind(&guest->port[0]), 0);
    guest->port_count = 1;
    guest_start(guest, 64);
    return guest;
}

static void listen_at(struct guest *guest, uint32_t socket, uint16_t port)
{
    const struct lvmm_net_name name = guest_name("0.0.0.0", port);

    guest_open(guest, socket, AF_INET, SOCK_STREAM, IPPROTO_TCP, 0);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_LISTEN, .socket = socket, .value = 5}, &name,
               sizeof(name));
}

/* The connection's descriptor; or -errno, which comes at once on loopback. */
static int call(const struct guest *guest)
{
    const struct sockaddr_in name = host_name(guest->port[0].host.port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

START_TEST(nobody_listens)
{
    struct guest *guest = start("0:80");

    ck_assert_int_eq(call(guest), -ECONNREFUSED);
    listen_at(guest, 1, 81); /* another port */
    ck_assert_uint_eq(guest_wait(guest, LVMM_NET_LISTENING, 1)->head.value, 0);
    ck_assert_int_eq(call(guest), -ECONNREFUSED);
    for (int i = 0; i < 3; i++) {
        listen_at(guest, 2, 80);
        ck_assert_uint_eq(guest_wait(guest, LVMM_NET_LISTENING, 2)->head.value, 1);
        int fd = call(guest);
        ck_assert_int_ge(fd, 0);
        guest_close(guest, 2, 0);
        ck_assert_int_eq(call(guest), -ECONNREFUSED);
        close(fd);
    }
    guest_end(guest);
}
END_TEST

/* As many as there are numbers for; the others wait in the host's kernel. */
START_TEST(accepted_by_credit)
{
    struct guest *guest = start("0:80");
    struct lvmm_net_names names;
    int fds[4];

    listen_at(guest, 1, 80);
    for (unsigned i = 0; i < 4; i++) {
        fds[i] = call(guest);
        ck_assert_int_ge(fds[i], 0);
    }
    guest_run(guest, 20);
    guest_say(guest, LVMM_NET_ACCEPT, 1, 10, 3);
    guest_say(guest, LVMM_NET_ACCEPT, 1, 11, 3);
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_ACCEPTED, 10);
    ck_assert_uint_eq(frame->head.value, 1);
    ck_assert_uint_eq(frame->head.size, sizeof(names));
    memcpy(&names, frame->payload, sizeof(names));
    const struct lvmm_net_name gateway = guest_name("10.0.2.2", names.peer.port);
    ck_assert(memcmp(&names.peer, &gateway, sizeof(gateway)) == 0);
    ck_assert_uint_ne(names.peer.port, 0);
    ck_assert_uint_eq(names.local.port, 80);
    guest_wait(guest, LVMM_NET_ACCEPTED, 11);
    guest_run(guest, 20);
    for (unsigned i = 0; i < guest->count; i++)
        ck_assert(guest->frame[i].taken || guest->frame[i].head.type != LVMM_NET_ACCEPTED);
    ck_assert_int_eq(send(fds[0], "hello", 5, 0), 5);
    guest_wait_bytes(guest, 10, "hel", 3);
    guest_data(guest, 10, "there", 5);
    host_expect(guest, fds[0], "there", 5);
    guest_say(guest, LVMM_NET_ACCEPT, 1, 12, 3);
    guest_wait(guest, LVMM_NET_ACCEPTED, 12);
    /* The fourth one ends with who listens; the others go on. */
    guest_close(guest, 1, 0);
    host_wait(guest, fds[3]);
    char byte;
    ck_assert_int_eq(recv(fds[3], &byte, 1, 0), -1);
    guest_data(guest, 11, "on", 2);
    host_expect(guest, fds[1], "on", 2);
    /* Those ports lead in, not out. */
    guest_open(guest, 20, AF_INET, SOCK_STREAM, IPPROTO_TCP, 0);
    guest_connect(guest, 20, "10.0.2.2", guest->port[0].host.port);
    guest_wait_error(guest, 20, EACCES);
    for (unsigned i = 0; i < 4; i++)
        close(fds[i]);
    guest_end(guest);
}
END_TEST

/* Numbers that are in use, given twice, out of range, too many; and a listener that ends with some unused. */
START_TEST(numbers_that_are_wrong)
{
    static const uint32_t wrong[] = {0, 1, 10, 65, UINT32_MAX};
    struct guest *guest = start("0:80");

    for (unsigned i = 0; i < COUNT(wrong); i++) {
        listen_at(guest, 1, 80);
        guest_say(guest, LVMM_NET_ACCEPT, 1, 10, 0);
        guest_say(guest, LVMM_NET_CLOSE, 10, 0, 0); /* it isn't there yet */
        guest_say(guest, LVMM_NET_DATA, 10, 0, 0);
        guest_say(guest, LVMM_NET_ACCEPT, 1, wrong[i], 0);
        guest_wait_error(guest, 1, EPROTO);
        guest_close(guest, 1, 0);
        guest_open(guest, 10, AF_INET, SOCK_STREAM, IPPROTO_TCP, 0); /* is unused again */
        guest_close(guest, 10, 0);
        ck_assert_int_eq(call(guest), -ECONNREFUSED);
        guest_clear(guest);
    }
    guest_end(guest);
}
END_TEST

/* A connection that was taken, but not told: it ends with who listens. */
START_TEST(untold)
{
    struct guest *guest = start("0:80");

    listen_at(guest, 1, 80);
    guest_say(guest, LVMM_NET_ACCEPT, 1, 10, 3);
    guest_wait(guest, LVMM_NET_LISTENING, 1);
    guest->room = 0;
    int fd = call(guest);
    ck_assert_int_ge(fd, 0);
    guest_run(guest, 20);
    guest_say(guest, LVMM_NET_CLOSE, 1, 0, 0);
    guest->room = 65536;
    guest_wait(guest, LVMM_NET_CLOSED, 1);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_ACCEPTED, 10));
    guest_open(guest, 10, AF_INET, SOCK_STREAM, IPPROTO_TCP, 0);
    guest_close(guest, 10, 0);
    close(fd);
    guest_end(guest);
}
END_TEST

/* Two sockets at one port take turns, and one goes on when the other ends. */
START_TEST(two_listeners)
{
    struct guest *guest = start("0:80");
    int fds[3];

    listen_at(guest, 1, 80);
    listen_at(guest, 2, 80);
    for (uint32_t id = 10; id < 12; id++) {
        guest_say(guest, LVMM_NET_ACCEPT, 1, id, 0);
        guest_say(guest, LVMM_NET_ACCEPT, 2, id + 10, 0);
    }
    fds[0] = call(guest);
    guest_run(guest, 20);
    fds[1] = call(guest);
    guest_wait(guest, LVMM_NET_ACCEPTED, 10);
    guest_wait(guest, LVMM_NET_ACCEPTED, 20);
    guest_close(guest, 1, 0);
    fds[2] = call(guest);
    guest_wait(guest, LVMM_NET_ACCEPTED, 21);
    for (unsigned i = 0; i < 3; i++)
        close(fds[i]);
    guest_end(guest);
}
END_TEST

static void listen_v6(struct guest *guest, uint32_t socket, const char *address, uint8_t flags)
{
    const struct lvmm_net_name name = guest_name(address, 80);

    guest_open(guest, socket, AF_INET6, SOCK_STREAM, IPPROTO_TCP, 0);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_LISTEN, .flags = flags, .socket = socket, .value = 5},
               &name, sizeof(name));
}

/* An IPv4 port leads to AF_INET, to AF_INET6 where nobody listens with that, and never to who wants IPv6 only. */
START_TEST(families)
{
    struct guest *guest = start("0:80");
    int fds[3];

    listen_v6(guest, 1, "::", LVMM_NET_ONLY6);
    ck_assert_uint_eq(guest_wait(guest, LVMM_NET_LISTENING, 1)->head.value, 0);
    listen_v6(guest, 2, "fd00:6c76:6d6d::15", 0);
    ck_assert_uint_eq(guest_wait(guest, LVMM_NET_LISTENING, 2)->head.value, 0);
    guest_say(guest, LVMM_NET_ACCEPT, 1, 10, 0);
    guest_say(guest, LVMM_NET_ACCEPT, 2, 20, 0);
    ck_assert_int_eq(call(guest), -ECONNREFUSED);
    listen_v6(guest, 3, "::", 0);
    ck_assert_uint_eq(guest_wait(guest, LVMM_NET_LISTENING, 3)->head.value, 1);
    guest_say(guest, LVMM_NET_ACCEPT, 3, 30, 0);
    guest_say(guest, LVMM_NET_ACCEPT, 3, 31, 0);
    fds[0] = call(guest);
    guest_wait(guest, LVMM_NET_ACCEPTED, 30);
    listen_at(guest, 4, 80);
    guest_say(guest, LVMM_NET_ACCEPT, 4, 40, 0);
    fds[1] = call(guest);
    guest_wait(guest, LVMM_NET_ACCEPTED, 40);
    fds[2] = call(guest); /* for 4, which has no room now */
    guest_run(guest, 20);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_ACCEPTED, 31));
    guest_close(guest, 4, 0);
    guest_close(guest, 3, 0);
    ck_assert_int_eq(call(guest), -ECONNREFUSED);
    for (unsigned i = 0; i < 3; i++)
        close(fds[i]);
    guest_end(guest);
}
END_TEST

/* ---- UDP ---- */

#define MANY 64

static void bind_to(struct guest *guest, uint32_t socket, uint16_t port)
{
    const struct lvmm_net_name name = guest_name("0.0.0.0", port);

    guest_open(guest, socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP, 1000000);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_BIND, .socket = socket}, &name, sizeof(name));
}

/* The first one that an IPv4 port leads to. */
START_TEST(datagrams_families)
{
    struct guest *guest = start("0:53/udp");
    const struct sockaddr_in to = host_name(guest->port[0].host.port);
    const struct lvmm_net_name name = guest_name("::", 53);
    uint16_t mine;
    int fd = host_bind(AF_INET, SOCK_DGRAM, &mine);

    guest_open(guest, 1, AF_INET6, SOCK_DGRAM, IPPROTO_UDP, 1000000);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_BIND, .flags = LVMM_NET_ONLY6, .socket = 1}, &name,
               sizeof(name));
    bind_to(guest, 2, 53);
    ck_assert_int_eq(sendto(fd, "hello", 5, 0, (const struct sockaddr *)&to, sizeof(to)), 5);
    guest_wait(guest, LVMM_NET_DATAGRAM, 2);
    guest_close(guest, 2, 0); /* and is not handed on */
    ck_assert_int_eq(sendto(fd, "hello", 5, 0, (const struct sockaddr *)&to, sizeof(to)), 5);
    guest_run(guest, 20);
    ck_assert_ptr_null(guest_look(guest, LVMM_NET_DATAGRAM, 1));
    close(fd);
    guest_end(guest);
}
END_TEST

/* Who has sent to the port is answered from it; nobody else is reached. */
START_TEST(datagrams_come_and_go)
{
    struct guest *guest = start("0:53/udp");
    const struct sockaddr_in name = host_name(guest->port[0].host.port);
    struct lvmm_net_datagram head;
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    uint16_t mine, other_port;
    char bytes[16];
    int fd = host_bind(AF_INET, SOCK_DGRAM, &mine), other = host_bind(AF_INET, SOCK_DGRAM, &other_port);

    bind_to(guest, 1, 53);
    bind_to(guest, 2, 53);
    ck_assert_int_eq(sendto(fd, "hello", 5, 0, (const struct sockaddr *)&name, sizeof(name)), 5);
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_DATAGRAM, 1);
    ck_assert_uint_eq(frame->head.size, sizeof(head) + 5);
    memcpy(&head, frame->payload, sizeof(head));
    ck_assert_uint_eq(head.peer.port, mine);
    ck_assert(memcmp(frame->payload + sizeof(head), "hello", 5) == 0);
    guest_datagram(guest, 1, "10.0.2.2", mine, "there", 5);
    host_wait(guest, fd);
    ck_assert_int_eq(recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size), 5);
    ck_assert_uint_eq(ntohs(from.sin_port), guest->port[0].host.port);
    guest_datagram(guest, 1, "10.0.2.2", other_port, "x", 1);
    guest_wait_error(guest, 1, EACCES);
    /* Connected to him, too. */
    guest_connect(guest, 1, "10.0.2.2", mine);
    ck_assert_int_eq(guest_wait(guest, LVMM_NET_CONNECTED, 1)->head.error, 0);
    guest_datagram(guest, 1, NULL, 0, "more", 4);
    host_expect(guest, fd, "more", 4);
    /* The next socket has the port. */
    guest_close(guest, 1, 0);
    ck_assert_int_eq(sendto(fd, "again", 5, 0, (const struct sockaddr *)&name, sizeof(name)), 5);
    guest_wait(guest, LVMM_NET_DATAGRAM, 2);
    close(fd);
    close(other);
    guest_end(guest);
}
END_TEST

/* Many at a time, none of whom makes another one forgotten: each is answered, from the port. */
START_TEST(datagrams_of_many)
{
    struct guest *guest = start("0:53/udp");
    const struct sockaddr_in name = host_name(guest->port[0].host.port);
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    uint16_t port[MANY];
    char bytes[16];
    int fd[MANY];

    bind_to(guest, 1, 53);
    for (unsigned i = 0; i < MANY; i++) {
        fd[i] = host_bind(AF_INET, SOCK_DGRAM, &port[i]);
        ck_assert_int_eq(sendto(fd[i], "hello", 5, 0, (const struct sockaddr *)&name, sizeof(name)), 5);
        guest_wait(guest, LVMM_NET_DATAGRAM, 1);
    }
    for (unsigned i = 0; i < MANY; i++) {
        guest_datagram(guest, 1, "10.0.2.2", port[i], "there", 5);
        guest_run(guest, 0);
        ck_assert_ptr_null(guest_look(guest, LVMM_NET_ERROR, 1));
        host_wait(guest, fd[i]);
        ck_assert_int_eq(recvfrom(fd[i], bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size), 5);
        ck_assert_uint_eq(ntohs(from.sin_port), guest->port[0].host.port);
        close(fd[i]);
    }
    guest_end(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("publish");
    TCase *tcase = tcase_create("publish");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, words);
    tcase_add_test(tcase, ports);
    tcase_add_test(tcase, ports_of_the_past);
    tcase_add_test(tcase, nobody_listens);
    tcase_add_test(tcase, accepted_by_credit);
    tcase_add_test(tcase, numbers_that_are_wrong);
    tcase_add_test(tcase, untold);
    tcase_add_test(tcase, two_listeners);
    tcase_add_test(tcase, families);
    tcase_add_test(tcase, datagrams_families);
    tcase_add_test(tcase, datagrams_come_and_go);
    tcase_add_test(tcase, datagrams_of_many);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
