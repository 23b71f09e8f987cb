/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/net/[!n]*.c vmm/net/net_log.c
/* resolver_test.c - a guest's questions of DNS, which a name server on this host's loopback answers. */
#include "tests/unit/vmm/net/fake_guest.h"

#include <sys/wait.h>

#include "vmm/net/dns.h"
#include "vmm/net/resolver.h"
#include "vmm/net/resolver_query.h"

#define HEAD sizeof(struct lvmm_net_datagram)
#define ROOM (4ull * LVMM_NET_PAYLOAD_MAX)

struct server {
    struct net_resolver_config config;
    int udp, tcp;
};

/* A server at one port, of UDP and TCP. */
static void server_start(struct server *server)
{
    struct sockaddr_in name;
    uint16_t port;

    net_resolver_config_parse(&server->config, "", "10.9.9.9 printer.test printer # a comment\n::1 six.test\n");
    for (unsigned i = 0; i < 20; i++) {
        server->udp = host_bind(AF_INET, SOCK_DGRAM, &port);
        server->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        name = host_name(port);
        if (bind(server->tcp, (struct sockaddr *)&name, sizeof(name)) == 0)
            break;
        close(server->udp);
        close(server->tcp);
    }
    ck_assert_int_eq(listen(server->tcp, 5), 0);
    server->config.server[0].port = port;
}

static void server_end(const struct server *server)
{
    close(server->udp);
    close(server->tcp);
}

static size_t make_query(const char *name, uint16_t type, uint8_t *out)
{
    struct dns_question question = {.type = type};

    snprintf(question.name, sizeof(question.name), "%s", name);
    return dns_make_query(&question, 77, out);
}

static void ask(struct guest *guest, uint32_t socket, const char *name, uint16_t type)
{
    uint8_t message[DNS_QUERY_MAX];

    guest_datagram(guest, socket, "10.0.2.3", 53, message, make_query(name, type, message));
}

/* The server's answer to the question that it has got. */
static size_t answer(const uint8_t *query, size_t size, int code, const char *address, uint8_t *out)
{
    struct dns_question question;
    struct net_address found;

    ck_assert_int_eq(dns_parse_query(query, size, &question), 0);
    ck_assert_int_eq(net_address_parse(address, &found), 0);
    return dns_make_response(&question, false, code, &found, code == DNS_OK, out);
}

static void serve(struct guest *guest, int udp, int code, const char *address)
{
    uint8_t query[512], message[512];
    struct sockaddr_storage from;
    socklen_t length = sizeof(from);

    host_wait(guest, udp);
    ssize_t n = recvfrom(udp, query, sizeof(query), 0, (struct sockaddr *)&from, &length);
    ck_assert_int_gt(n, 0);
    size_t size = answer(query, (size_t)n, code, address, message);
    /* What doesn't belong to the question comes to nothing. */
    message[0] ^= 1;
    sendto(udp, message, size, 0, (struct sockaddr *)&from, length);
    message[0] ^= 1;
    sendto(udp, message, size, 0, (struct sockaddr *)&from, length);
}

/* The answer has the guest's id; its addresses, or how many. */
static int expect(struct guest *guest, uint32_t socket, int code, struct net_address *out)
{
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_DATAGRAM, socket);
    const struct lvmm_net_name name = guest_name("10.0.2.3", 53);

    ck_assert(memcmp(frame->payload, &name, sizeof(name)) == 0);
    ck_assert_uint_eq(frame->payload[HEAD] << 8 | frame->payload[HEAD + 1], 77);
    ck_assert_int_eq(dns_code(frame->payload + HEAD), code);
    return dns_addresses(frame->payload + HEAD, frame->head.size - HEAD, out);
}

static char words[4][100];

static struct guest *start(struct server *server, enum net_mode mode, const char *allow, const char *deny)
{
    struct guest *guest = guest_new(mode);

    server_start(server);
    guest->resolver = &server->config;
    for (unsigned i = 0; i < 2; i++) {
        const char *word = i == 0 ? allow : deny;

        if (word == NULL)
            continue;
        snprintf(words[i], sizeof(words[i]), "%s", word);
        ck_assert_int_eq(net_policy_add(&guest->policy, i == 0, words[i]), 0);
    }
    guest_start(guest, 64);
    guest_open(guest, 1, AF_INET, SOCK_DGRAM, IPPROTO_UDP, ROOM);
    return guest;
}

START_TEST(asked_and_answered)
{
    struct server server;
    struct guest *guest = start(&server, NET_PUBLIC, NULL, "bad.test");
    struct net_address addresses[DNS_ADDRESSES], expected;

    ask(guest, 1, "good.test", DNS_TYPE_A);
    serve(guest, server.udp, DNS_OK, "192.0.2.5");
    ck_assert_int_eq(expect(guest, 1, DNS_OK, addresses), 1);
    net_address_parse("192.0.2.5", &expected);
    ck_assert(net_address_equal(&addresses[0], &expected));
    ask(guest, 1, "good.test", 16); /* TXT: any type goes through */
    serve(guest, server.udp, DNS_NO_NAME, "192.0.2.5");
    expect(guest, 1, DNS_NO_NAME, addresses);
    ask(guest, 1, "BAD.test", DNS_TYPE_A);
    expect(guest, 1, DNS_REFUSED, addresses);
    /* /etc/hosts; and nothing was sent. */
    ask(guest, 1, "printer", DNS_TYPE_A);
    ck_assert_int_eq(expect(guest, 1, DNS_OK, addresses), 1);
    net_address_parse("10.9.9.9", &expected);
    ck_assert(net_address_equal(&addresses[0], &expected));
    ask(guest, 1, "printer.test", DNS_TYPE_AAAA);
    ck_assert_int_eq(expect(guest, 1, DNS_OK, addresses), 0);
    guest_datagram(guest, 1, "10.0.2.3", 53, "\0\115\1\0\0\2\0\0\0\0\0\0", 12);
    expect(guest, 1, DNS_FORMAT_ERROR, addresses);
    guest_datagram(guest, 1, "10.0.2.3", 53, "none", 4);
    ck_assert_int_eq(recv(server.udp, words[3], 1, MSG_DONTWAIT), -1);
    /* Of UDP's socket only that port. */
    guest_datagram(guest, 1, "10.0.2.3", 54, "x", 1);
    guest_wait_error(guest, 1, EACCES);
    server_end(&server);
    guest_end(guest);
}
END_TEST

/* Without --net, the names that are allowed and their addresses are all there is. */
START_TEST(held_to_answers)
{
    struct server server;
    struct guest *guest = start(&server, NET_NONE, "allowed.test:4444", NULL);
    struct net_address addresses[DNS_ADDRESSES];
    const struct net_endpoint to = {net_address_v4(0x08080809), 4444}, other = {net_address_v4(0x08080809), 4445};

    ask(guest, 1, "other.test", DNS_TYPE_A);
    expect(guest, 1, DNS_REFUSED, addresses);
    ask(guest, 1, "printer", DNS_TYPE_A);
    expect(guest, 1, DNS_REFUSED, addresses);
    ck_assert(!net_policy_allows(&guest->policy, &to, false));
    ask(guest, 1, "allowed.test", DNS_TYPE_A);
    serve(guest, server.udp, DNS_OK, "8.8.8.9");
    ck_assert_int_eq(expect(guest, 1, DNS_OK, addresses), 1);
    ck_assert(net_policy_allows(&guest->policy, &to, false));
    ck_assert(!net_policy_allows(&guest->policy, &other, false));
    server_end(&server);
    guest_end(guest);
}
END_TEST

static int ask_by_tcp(struct guest *guest, const struct server *server, uint32_t socket, const uint8_t *message,
                      size_t size)
{
    guest_data(guest, socket, message, size);
    host_wait(guest, server->tcp);
    return accept4(server->tcp, NULL, NULL, SOCK_CLOEXEC);
}

/* By TCP, whose answers may be long, and which the guest may cut anywhere. */
START_TEST(by_tcp)
{
    struct server server;
    struct guest *guest = start(&server, NET_PUBLIC, NULL, NULL);
    uint8_t message[2 + DNS_QUERY_MAX], query[512], response[2 + 3000] = {0};
    size_t size = make_query("good.test", DNS_TYPE_A, message + 2), answered;

    message[0] = 0;
    message[1] = (uint8_t)size;
    guest_open(guest, 2, AF_INET, SOCK_STREAM, IPPROTO_TCP, 100000);
    guest_connect(guest, 2, "10.0.2.3", 53);
    guest_wait(guest, LVMM_NET_CONNECTED, 2);
    guest_data(guest, 2, message, 1);
    guest_run(guest, 5);
    int fd = ask_by_tcp(guest, &server, 2, message + 1, size + 1);
    ck_assert_int_ge(fd, 0);
    host_wait(guest, fd);
    ck_assert_int_eq(recv(fd, query, sizeof(query), 0), (ssize_t)size + 2);
    answered = answer(query + 2, size, DNS_OK, "192.0.2.5", response + 2);
    answered = sizeof(response) - 2; /* what is behind it is passed on */
    response[0] = (uint8_t)(answered >> 8);
    response[1] = (uint8_t)answered;
    ck_assert_int_eq(send(fd, response, 3, 0), 3);
    guest_run(guest, 5);
    ck_assert_int_eq(send(fd, response + 3, sizeof(response) - 3, 0), (ssize_t)sizeof(response) - 3);
    response[2] = 0;
    response[3] = 77;
    guest_wait_bytes(guest, 2, response, sizeof(response));
    close(fd);
    /* A message that is too long ends it; so does the guest, in the middle of a question. */
    guest_data(guest, 2, "\xff\xff", 2);
    guest_wait(guest, LVMM_NET_END, 2);
    guest_close(guest, 2, 0);
    guest_open(guest, 2, AF_INET, SOCK_STREAM, IPPROTO_TCP, 100000);
    guest_connect(guest, 2, "10.0.2.3", 53);
    guest_wait(guest, LVMM_NET_CONNECTED, 2);
    fd = ask_by_tcp(guest, &server, 2, message, size + 2);
    guest_close(guest, 2, LVMM_NET_RESET);
    close(fd);
    guest_run(guest, 20);
    server_end(&server);
    guest_end(guest);
}
END_TEST

/* A server that refuses costs one attempt: the next one is asked, and isn't left again. */
START_TEST(by_tcp_of_the_next_server)
{
    struct server server;
    struct guest *guest = start(&server, NET_PUBLIC, NULL, NULL);
    uint8_t message[2 + DNS_QUERY_MAX], query[512];
    size_t size = make_query("good.test", DNS_TYPE_A, message + 2);
    uint16_t closed;
    int other = host_bind(AF_INET, SOCK_STREAM, &closed); /* nobody listens there */

    message[0] = 0;
    message[1] = (uint8_t)size;
    server.config.server[1] = server.config.server[0];
    server.config.server[0].port = closed;
    server.config.server_count = 2;
    guest_open(guest, 2, AF_INET, SOCK_STREAM, IPPROTO_TCP, 100000);
    guest_connect(guest, 2, "10.0.2.3", 53);
    guest_wait(guest, LVMM_NET_CONNECTED, 2);
    int fd = ask_by_tcp(guest, &server, 2, message, size + 2);
    ck_assert_int_ge(fd, 0);
    host_wait(guest, fd);
    ck_assert_int_eq(recv(fd, query, sizeof(query), 0), (ssize_t)size + 2);
    close(fd);
    close(other);
    server_end(&server);
    guest_end(guest);
}
END_TEST

/* Nobody answers: the guest is told so, or has gone by then; and there are only so many at a time. */
START_TEST(no_server)
{
    struct server server;
    struct guest *guest = start(&server, NET_PUBLIC, NULL, NULL);
    struct net_address addresses[DNS_ADDRESSES];

    for (unsigned i = 0; i < 2 * NET_QUERIES; i++)
        ask(guest, 1, "good.test", DNS_TYPE_A);
    guest_close(guest, 1, 0);
    guest_open(guest, 1, AF_INET, SOCK_DGRAM, IPPROTO_UDP, ROOM);
    server_end(&server);
    ask(guest, 1, "good.test", DNS_TYPE_A);
    expect(guest, 1, DNS_SERVER_FAILURE, addresses); /* the host's kernel refuses: that is known at once */
    guest_end(guest);
}
END_TEST

START_TEST(files)
{
    static const struct {
        const char *text;
        unsigned servers;
        const char *first;
    } cases[] = {{"", 1, "127.0.0.1:53"},
                 {"nameserver 192.0.2.1\nnameserver\t2001:db8::1 \nsearch x\nnameserver 1.1.1.1\nnameserver 2.2.2.2\n",
                  3, "192.0.2.1:53"},
                 {"# nameserver 1.1.1.1\n;nameserver 1.1.1.1\nnameserver bad\nnameserver\nnameserver 9.9.9.9#x", 1,
                  "9.9.9.9:53"},
                 {"nameserverx 1.1.1.1\n nameserver 8.8.8.8", 1, "8.8.8.8:53"}};
    struct net_resolver_config config;
    char text[NET_TEXT], *many = malloc(200000);

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        net_resolver_config_parse(&config, cases[i].text, "");
        ck_assert_uint_eq(config.server_count, cases[i].servers);
        ck_assert_str_eq(net_endpoint_text(&config.server[0], text), cases[i].first);
    }
    many[0] = '\0';
    for (unsigned i = 0; i < 2 * NET_HOSTS; i++)
        snprintf(many + strlen(many), 200, "10.0.0.1 a%u %0100u\nbad b\n", i, i);
    net_resolver_config_parse(&config, "", many);
    ck_assert_uint_eq(config.host_count, NET_HOSTS);
    free(many);
}
END_TEST

static unsigned closed_count;

static void note_closed(const char *name, const struct net_address *address)
{
    ck_assert_str_eq(name, "near.test");
    ck_assert(net_address_is_v4(address));
    closed_count++;
}

static void serve_alone(int udp, int code, const char *address)
{
    uint8_t query[512], message[512];
    struct sockaddr_storage from;
    socklen_t length;
    ssize_t n;

    for (unsigned i = 0; i < 2; i++) {
        length = sizeof(from);
        n = recvfrom(udp, query, sizeof(query), 0, (struct sockaddr *)&from, &length);
        if (n <= 0)
            break;
        sendto(udp, message, answer(query, (size_t)n, code, address, message), 0, (struct sockaddr *)&from, length);
    }
    _exit(0);
}

/* The names of the command line. */
START_TEST(looked_up_at_the_start)
{
    static const struct {
        const char *name;
        int code, error;
        const char *address;
        bool opens;
    } cases[] = {{"good.test", DNS_OK, 0, "8.8.8.9", true},
                 {"bad.test", DNS_NO_NAME, -ENOENT, "8.8.8.9", false},
                 {"near.test", DNS_OK, 0, "10.1.2.3", false}, /* by a name server */
                 {"printer.test", -1, 0, "10.9.9.9", true}};  /* by /etc/hosts */
    struct net_policy policy;
    struct net_endpoint to = {.port = 1};
    struct server server;
    const char *which;

    server_start(&server);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        policy = (struct net_policy){.mode = NET_NONE};
        closed_count = 0;
        snprintf(words[0], sizeof(words[0]), "%s", cases[i].name);
        ck_assert_int_eq(net_policy_add(&policy, true, words[0]), 0);
        pid_t pid = cases[i].code < 0 ? 0 : fork();
        if (pid == 0 && cases[i].code >= 0)
            serve_alone(server.udp, cases[i].code, cases[i].address);
        ck_assert_int_eq(net_resolver_look_up(&server.config, &policy, note_closed, &which), cases[i].error);
        if (cases[i].error != 0)
            ck_assert_str_eq(which, cases[i].name);
        net_address_parse(cases[i].address, &to.address);
        ck_assert_int_eq(net_policy_allows(&policy, &to, false), cases[i].opens);
        ck_assert_int_eq(closed_count > 0, cases[i].error == 0 && !cases[i].opens);
        if (pid > 0)
            waitpid(pid, NULL, 0);
    }
    server_end(&server);
    policy = (struct net_policy){.mode = NET_NONE};
    snprintf(words[0], sizeof(words[0]), "good.test");
    ck_assert_int_eq(net_policy_add(&policy, true, words[0]), 0);
    ck_assert_int_eq(net_resolver_look_up(&server.config, &policy, NULL, &which), -ECONNREFUSED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolver");
    TCase *tcase = tcase_create("resolver");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, asked_and_answered);
    tcase_add_test(tcase, held_to_answers);
    tcase_add_test(tcase, by_tcp);
    tcase_add_test(tcase, by_tcp_of_the_next_server);
    tcase_add_test(tcase, no_server);
    tcase_add_test(tcase, files);
    tcase_add_test(tcase, looked_up_at_the_start);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
