/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/net/[!n]*.c vmm/net/net_log.c
/* frames_test.c - hostile frames of a guest: nothing breaks, and nothing is answered but by an error. */
#include "tests/unit/vmm/net/fake_guest.h"

START_TEST(frames_that_are_none)
{
    struct guest *guest = guest_new(NET_ALL);
    struct lvmm_net_frame head = {.type = LVMM_NET_OPEN, .socket = 1, .value = AF_INET | SOCK_STREAM << 8 | 6 << 16};
    uint8_t bytes[sizeof(head) + 8] = {0};

    guest_start(guest, 4);
    for (size_t size = 0; size < sizeof(bytes); size++) {
        memcpy(bytes, &head, sizeof(head));
        if (size != sizeof(head))
            net_helper_frame(guest->helper, bytes, size);
    }
    head.size = UINT32_MAX;
    memcpy(bytes, &head, sizeof(head));
    net_helper_frame(guest->helper, bytes, sizeof(bytes));
    head.size = 0;
    head.socket = 0;
    guest_send(guest, head, NULL, 0);
    head.socket = 5;
    guest_send(guest, head, NULL, 0);
    for (unsigned type = 0; type < 256; type++) {
        head = (struct lvmm_net_frame){.type = (uint8_t)type, .socket = 2};
        if (type != LVMM_NET_OPEN)
            guest_send(guest, head, NULL, 0); /* of a socket that isn't there */
    }
    guest_run(guest, 0);
    ck_assert_uint_eq(guest->count, 0);
    guest_end(guest);
}
END_TEST

/* Each is the first frame of a socket that is opened for it. */
START_TEST(frames_that_break_rules)
{
    static const uint8_t zeros[LVMM_NET_PAYLOAD_MAX] = {0};
    static const struct {
        int type;
        uint32_t frame, size, value;
        uint8_t flags;
    } cases[] = {
        {SOCK_STREAM, LVMM_NET_OPEN, 0, 0, 0},
        {SOCK_STREAM, 0, 0, 0, 0},
        {SOCK_STREAM, 13, 0, 0, 0},
        {SOCK_STREAM, LVMM_NET_CONNECTED, 0, 0, 0},
        {SOCK_STREAM, LVMM_NET_CLOSED, 0, 0, 0},
        {SOCK_STREAM, 255, 0, 0, 0},
        {SOCK_STREAM, LVMM_NET_SET, 0, 0, 0},
        {SOCK_STREAM, LVMM_NET_SET, 9, 0, 0},
        {SOCK_STREAM, LVMM_NET_BIND, sizeof(struct lvmm_net_name), 0, 0},
        {SOCK_DGRAM, LVMM_NET_BIND, sizeof(struct lvmm_net_name) - 1, 0, 0},
        {SOCK_DGRAM, LVMM_NET_BIND, sizeof(struct lvmm_net_name), 0, 1},
        {SOCK_STREAM, LVMM_NET_CONNECT, sizeof(struct lvmm_net_names) + 1, 0, 0},
        {SOCK_DGRAM, LVMM_NET_CONNECT, 0, 0, 0},
        {SOCK_DGRAM, LVMM_NET_LISTEN, sizeof(struct lvmm_net_name), 0, 0},
        {SOCK_STREAM, LVMM_NET_LISTEN, 0, 0, 0},
        {SOCK_STREAM, LVMM_NET_ACCEPT, 0, 2, 0},
        {SOCK_STREAM, LVMM_NET_DATA, 1, 0, 0},
        {SOCK_DGRAM, LVMM_NET_DATA, 1, 0, 0},
        {SOCK_STREAM, LVMM_NET_DATAGRAM, sizeof(struct lvmm_net_datagram), 0, 0},
        {SOCK_DGRAM, LVMM_NET_DATAGRAM, sizeof(struct lvmm_net_datagram) - 1, 0, 0},
        {SOCK_DGRAM, LVMM_NET_DATAGRAM, sizeof(struct lvmm_net_datagram), 0, LVMM_NET_MORE},
        {SOCK_STREAM, LVMM_NET_CREDIT, 1, 0, 0},
        {SOCK_STREAM, LVMM_NET_SHUTDOWN, 0, SHUT_WR, 0},
        {SOCK_DGRAM, LVMM_NET_SHUTDOWN, 0, SHUT_WR, 0},
        {SOCK_DGRAM, LVMM_NET_INFO, 0, 0, 0},
    };
    struct guest *guest = guest_new(NET_ALL);

    guest_start(guest, 4);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        guest_open(guest, 1, AF_INET, cases[i].type, cases[i].type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP, 0);
        guest_send(guest,
                   (struct lvmm_net_frame){
                       .type = (uint8_t)cases[i].frame, .socket = 1, .value = cases[i].value, .flags = cases[i].flags},
                   zeros, cases[i].size);
        const struct guest_frame *frame = guest_look(guest, LVMM_NET_ERROR, 1);
        ck_assert_msg(frame != NULL && frame->head.error == EPROTO, "case %u", i);
        guest_close(guest, 1, 0);
        guest_clear(guest);
    }
    guest_end(guest);
}
END_TEST

START_TEST(kinds_that_are_none)
{
    static const struct {
        int family, type, protocol;
    } cases[] = {{AF_UNIX, SOCK_STREAM, 0},
                 {AF_PACKET, SOCK_DGRAM, IPPROTO_UDP},
                 {AF_INET, SOCK_RAW, IPPROTO_ICMP},
                 {AF_INET, SOCK_RAW, IPPROTO_RAW},
                 {AF_INET, SOCK_STREAM, IPPROTO_SCTP},
                 {AF_INET, SOCK_STREAM, 0},
                 {AF_INET, SOCK_DGRAM, IPPROTO_TCP},
                 {AF_INET, SOCK_DGRAM, IPPROTO_ICMPV6},
                 {AF_INET6, SOCK_DGRAM, IPPROTO_ICMP},
                 {AF_INET, SOCK_STREAM | 0x40, IPPROTO_TCP}};
    struct guest *guest = guest_new(NET_ALL);

    guest_start(guest, 4);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        guest_open(guest, 1, cases[i].family, cases[i].type, cases[i].protocol, 0);
        guest_wait_error(guest, 1, EPROTONOSUPPORT);
        guest_close(guest, 1, 0);
    }
    guest_end(guest);
}
END_TEST

/* More than it has been told that there is room for. */
START_TEST(more_than_credit)
{
    static const uint8_t zeros[LVMM_NET_PAYLOAD_MAX] = {0};
    struct guest *guest = guest_new(NET_ALL);

    guest_start(guest, 4);
    int fd = guest_pair(guest, 1, 0);
    guest_data(guest, 1, zeros, LVMM_NET_STREAM_CREDIT + 1);
    guest_wait_error(guest, 1, EPROTO);
    close(fd);
    guest_end(guest);
}
END_TEST

/* ---- whatever comes, in any order ---- */

#define SOCKETS 12u
#define ROUNDS 6000u
#define CALLERS 8u

static uint32_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* What the guest believes its sockets to be: mostly it keeps to the rules, or none would get far. */
enum phase { UNUSED, OPENED, CONNECTED, LISTENS, DATAGRAMS, FAILED, PHASES };
static enum phase phases[SOCKETS + 1];
static unsigned seen[256];

static void look_at_answers(struct guest *guest)
{
    for (unsigned i = 0; i < guest->count; i++) {
        const struct lvmm_net_frame *head = &guest->frame[i].head;
        enum phase *phase = &phases[head->socket];

        seen[head->type]++;
        if (head->type == LVMM_NET_CLOSED)
            *phase = UNUSED;
        else if (head->type == LVMM_NET_ACCEPTED || (head->type == LVMM_NET_CONNECTED && *phase == OPENED))
            *phase = CONNECTED;
        else if (head->type == LVMM_NET_ERROR && *phase != DATAGRAMS)
            *phase = FAILED;
    }
    guest_clear(guest);
}

/* This host's loopback, the resolver, and some that are denied. */
static struct lvmm_net_name any_name(const struct guest *guest)
{
    static const char *const addresses[] = {"10.0.2.2", "10.0.2.2", "10.0.2.2", "10.0.2.3", "0.0.0.0", "::", "8.8.8.8"};
    const uint16_t ports[] = {53, 80, guest->port[0].host.port, guest->port[1].host.port};

    return guest_name(addresses[chance(7)], ports[chance(4)]);
}

static size_t any_payload(const struct guest *guest, uint8_t type, uint8_t *out)
{
    static const size_t sizes[] = {[LVMM_NET_BIND] = sizeof(struct lvmm_net_name),
                                   [LVMM_NET_CONNECT] = sizeof(struct lvmm_net_names),
                                   [LVMM_NET_LISTEN] = sizeof(struct lvmm_net_name),
                                   [LVMM_NET_SET] = 3 * sizeof(struct lvmm_net_option),
                                   [LVMM_NET_DATAGRAM] = 32 + 1,
                                   [LVMM_NET_DATA] = 1};
    size_t size = type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : 0;
    const struct lvmm_net_name first = type == LVMM_NET_LISTEN ? guest_name(chance(2) ? "::" : "0.0.0.0", 80)
                                       : type == LVMM_NET_BIND ? guest_name(chance(2) ? "::" : "0.0.0.0", 53)
                                                               : any_name(guest),
                               second = any_name(guest);

    memset(out, (int)chance(256), 4096);
    memcpy(out, &first, sizeof(first));
    memcpy(out + sizeof(first), &second, sizeof(second));
    if (type == LVMM_NET_DATAGRAM || type == LVMM_NET_DATA)
        size += chance(200);
    return chance(200) == 0 ? chance(4096) : size;
}

static uint8_t any_type(enum phase phase)
{
    static const uint8_t types[PHASES][6] = {
        [UNUSED] = {LVMM_NET_OPEN},
        [OPENED] = {LVMM_NET_CONNECT, LVMM_NET_LISTEN, LVMM_NET_SET, LVMM_NET_INFO},
        [CONNECTED] = {LVMM_NET_DATA, LVMM_NET_DATA, LVMM_NET_CREDIT, LVMM_NET_SET, LVMM_NET_INFO, LVMM_NET_SHUTDOWN},
        [LISTENS] = {LVMM_NET_ACCEPT, LVMM_NET_ACCEPT, LVMM_NET_LISTEN, LVMM_NET_SET},
        [DATAGRAMS] = {LVMM_NET_BIND, LVMM_NET_CONNECT, LVMM_NET_DATAGRAM, LVMM_NET_DATAGRAM, LVMM_NET_CREDIT},
        [FAILED] = {LVMM_NET_CLOSE}};
    unsigned count = 6;

    if (chance(100) == 0)
        return (uint8_t)chance(16);
    if (chance(20) == 0)
        return LVMM_NET_CLOSE;
    while (types[phase][count - 1] == 0)
        count--;
    return types[phase][chance(count)];
}

static uint8_t any_flags(uint8_t type)
{
    static const uint8_t flags[LVMM_NET_INFO + 1] = {[LVMM_NET_DATA] = LVMM_NET_URGENT_BYTE,
                                                     [LVMM_NET_CLOSE] = LVMM_NET_RESET | LVMM_NET_LINGER,
                                                     [LVMM_NET_BIND] = LVMM_NET_ONLY6,
                                                     [LVMM_NET_LISTEN] = LVMM_NET_ONLY6};

    return type <= LVMM_NET_INFO && chance(3) == 0 ? flags[type] & chance(32) : 0;
}

static void any_frame(struct guest *guest)
{
    static const uint32_t kinds[] = {2 | 1 << 8 | 6 << 16, 10 | 1 << 8 | 6 << 16, 2 | 2 << 8 | 17 << 16,
                                     10 | 2 << 8 | 17 << 16, 2 | 2 << 8 | 1 << 16};
    struct lvmm_net_frame head = {.socket = 1 + chance(SOCKETS), .credit = chance(3) ? UINT64_MAX : chance(10000)};
    enum phase *phase = &phases[head.socket];
    uint8_t payload[4096];

    head.type = any_type(*phase);
    head.flags = any_flags(head.type);
    head.value = head.type == LVMM_NET_ACCEPT ? 1 + chance(SOCKETS) : SHUT_WR;
    for (unsigned i = 0; head.type == LVMM_NET_ACCEPT && i < SOCKETS && phases[head.value] != UNUSED; i++)
        head.value = 1 + head.value % SOCKETS;
    if (head.type == LVMM_NET_OPEN) {
        head.value = kinds[chance(5)];
        *phase = (head.value >> 8 & 255) == SOCK_STREAM ? OPENED : DATAGRAMS;
    }
    if (head.type == LVMM_NET_LISTEN && *phase == OPENED)
        *phase = LISTENS;
    guest_send(guest, head, payload, any_payload(guest, head.type, payload));
    look_at_answers(guest);
}

/* Who is outside connects, sends, and goes. */
static void any_call(const struct guest *guest, int *fd)
{
    const struct sockaddr_in tcp = host_name(guest->port[0].host.port), udp = host_name(guest->port[1].host.port);
    int *caller = &fd[chance(CALLERS)];

    if (*caller >= 0 && chance(3) == 0) {
        close(*caller);
        *caller = -1;
    } else if (*caller >= 0) {
        send(*caller, "hello", 5, MSG_NOSIGNAL | MSG_DONTWAIT | (chance(4) == 0 ? MSG_OOB : 0));
    } else {
        bool is_udp = chance(2);

        *caller = socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ck_assert_int_ge(*caller, 0);
        connect(*caller, (const struct sockaddr *)(is_udp ? &udp : &tcp), sizeof(tcp));
    }
}

/* Nothing breaks, which the sanitizers see. What is reached is the guest's own ports alone. */
START_TEST(any_frames)
{
    static struct net_resolver_config config;
    char rule[2][NET_TEXT];
    struct guest *guest = guest_new(NET_NONE);
    int fd[CALLERS];

    seed = (uint32_t)_i;
    memset(fd, -1, sizeof(fd));
    net_resolver_config_parse(&config, "", "");
    guest->resolver = &config;
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(net_publish_parse(i == 0 ? "0:80" : "0:53/udp", &guest->port[i]), 0);
        ck_assert_int_eq(net_publish_bind(&guest->port[i]), 0);
        guest->port_count++;
        net_endpoint_text(&guest->port[i].host, rule[i]);
        ck_assert_int_eq(net_policy_add(&guest->policy, true, rule[i]), 0);
    }
    guest_start(guest, SOCKETS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        any_frame(guest);
        if (chance(4) == 0)
            any_call(guest, fd);
        if (chance(20) == 0)
            guest->room = chance(3) == 0 ? 0 : LVMM_NET_BUFFER_MIN + chance(2) * 60000;
        if (chance(3) == 0)
            guest_run(guest, 0);
        if (chance(1000) == 0) {
            net_helper_reset(guest->helper);
            memset(phases, 0, sizeof(phases));
        }
        look_at_answers(guest);
    }
    for (unsigned i = 0; i < CALLERS; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    ck_assert_uint_gt(seen[LVMM_NET_DATA] + seen[LVMM_NET_ACCEPTED] + seen[LVMM_NET_DATAGRAM], 0); /* it got so far */
    guest_end(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frames");
    TCase *tcase = tcase_create("frames");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, frames_that_are_none);
    tcase_add_test(tcase, frames_that_break_rules);
    tcase_add_test(tcase, kinds_that_are_none);
    tcase_add_test(tcase, more_than_credit);
    tcase_add_loop_test(tcase, any_frames, 0, 8);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
