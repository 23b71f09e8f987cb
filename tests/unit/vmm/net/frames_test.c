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

int main(void)
{
    Suite *suite = suite_create("frames");
    TCase *tcase = tcase_create("frames");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, frames_that_are_none);
    tcase_add_test(tcase, frames_that_break_rules);
    tcase_add_test(tcase, kinds_that_are_none);
    tcase_add_test(tcase, more_than_credit);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
