/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/net/[!n]*.c vmm/net/net_log.c
/* stream_test.c - bytes that are sent from the guest's memory, and read into it. */
#include "tests/unit/vmm/net/fake_guest.h"

#include <linux/tcp.h>
#include <sys/ioctl.h>

#define BIG (256u << 10)

static uint8_t *pattern(size_t size)
{
    uint8_t *bytes = malloc(size);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    return bytes;
}

/* As the host's kernel has all of them. */
static void host_has(int fd, size_t size)
{
    int count = 0;

    for (unsigned i = 0; i < GUEST_ROUNDS && count < (int)size; i++) {
        ck_assert_int_eq(ioctl(fd, FIONREAD, &count), 0);
        usleep(count < (int)size ? 1000 : 0);
    }
    ck_assert_int_eq(count, (int)size);
}

/* One read fills several buffers, whose frames come in their order; what was there before them is written over. */
START_TEST(read_in_place)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t *bytes = pattern(BIG);
    uint64_t had = 0;

    guest->places = 3;
    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 0);
    memset(guest->place, 0xee, sizeof(guest->place));
    for (size_t at = 0; at < BIG; at += 64u << 10)
        ck_assert_int_eq(send(fd, bytes + at, 64u << 10, 0), 64 << 10);
    while (had < BIG) {
        had += 2500; /* two places, and a part of the third */
        guest_say(guest, LVMM_NET_CREDIT, 1, 0, had);
        guest_wait_bytes(guest, 1, bytes, had < BIG ? had : BIG);
    }
    for (unsigned i = 0; i < guest->count; i++)
        ck_assert_uint_le(guest->frame[i].head.size, GUEST_PLACE_BYTES);
    close(fd);
    guest_wait(guest, LVMM_NET_END, 1);
    free(bytes);
    guest_end(guest);
}
END_TEST

/* An urgent byte comes alone, wherever it is: first, last, in the midst of what one read would have brought. */
START_TEST(urgent_in_place)
{
    struct guest *guest = guest_new(NET_ALL);
    unsigned urgent = 0;

    guest->places = GUEST_PLACES;
    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 0);
    ck_assert_int_eq(send(fd, "U", 1, MSG_OOB), 1);
    guest_wait(guest, LVMM_NET_URGENT, 1);
    ck_assert_int_eq(send(fd, "after", 5, 0), 5);
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 6);
    guest_wait_bytes(guest, 1, "Uafter", 6);
    ck_assert_int_eq(send(fd, "beforeU", 7, MSG_OOB), 7);
    ck_assert_int_eq(send(fd, "more", 4, 0), 4);
    guest_wait(guest, LVMM_NET_URGENT, 1);
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 100);
    guest_wait_bytes(guest, 1, "UafterbeforeUmore", 17);
    for (unsigned i = 0; i < guest->count; i++) {
        const struct guest_frame *frame = &guest->frame[i];

        if (frame->head.type != LVMM_NET_DATA)
            continue;
        bool is_urgent = frame->head.flags & LVMM_NET_URGENT_BYTE;
        ck_assert_int_eq(is_urgent, memchr(frame->payload, 'U', frame->head.size) != NULL);
        ck_assert(!is_urgent || frame->head.size == 1);
        urgent += is_urgent;
    }
    ck_assert_uint_eq(urgent, 2);
    close(fd);
    guest_end(guest);
}
END_TEST

/* Just behind what there was credit for, too: nothing tells the read before of it. */
START_TEST(urgent_behind_credit)
{
    struct guest *guest = guest_new(NET_ALL);

    guest->places = _i == 0 ? 0 : GUEST_PLACES;
    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 0);
    ck_assert_int_eq(send(fd, "beforeU", 7, MSG_OOB), 7);
    ck_assert_int_eq(send(fd, "after", 5, 0), 5);
    guest_wait(guest, LVMM_NET_URGENT, 1);
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 6);
    guest_wait_bytes(guest, 1, "before", 6);
    guest_clear(guest);
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 100);
    guest_wait_bytes(guest, 1, "Uafter", 6);
    const struct guest_frame *first = guest_wait(guest, LVMM_NET_DATA, 1);
    ck_assert_uint_eq(first->head.size, 1);
    ck_assert_uint_eq(first->head.flags, LVMM_NET_URGENT_BYTE);
    close(fd);
    guest_end(guest);
}
END_TEST

/* What has come between two looks isn't forgotten, though an event was told once for both. */
START_TEST(more_meanwhile)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t *bytes = pattern(3000);

    guest->places = 1;
    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 1000);
    ck_assert_int_eq(send(fd, bytes, 2000, 0), 2000);
    guest_wait_bytes(guest, 1, bytes, 1000); /* 2000 are counted, of which half may be read */
    ck_assert_int_eq(send(fd, bytes + 2000, 1000, 0), 1000);
    for (unsigned i = 0; i < 20; i++)
        guest_run(guest, 1); /* their event comes while nothing may be read */
    guest_say(guest, LVMM_NET_CREDIT, 1, 0, 100000);
    guest_wait_bytes(guest, 1, bytes, 3000);
    close(fd);
    free(bytes);
    guest_end(guest);
}
END_TEST

static void give(struct guest *guest, uint32_t socket, const uint8_t *bytes, size_t size)
{
    const struct lvmm_net_frame head = {.type = LVMM_NET_DATA, .socket = socket, .size = (uint32_t)size};

    net_helper_data(guest->helper, &head, bytes);
}

/* Frames are sent together, those of each socket in their order, and before what comes behind them. */
START_TEST(gathered)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t *bytes = pattern(8000), byte;

    guest_start(guest, 8);
    int one = guest_pair(guest, 1, 0), two = guest_pair(guest, 2, 0);
    for (unsigned i = 0; i < 100; i++)
        give(guest, 1, bytes + (size_t)i * 10, 10);
    ck_assert_int_eq(recv(one, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 1, 1); /* more than fit into one call */
    give(guest, 2, bytes, 10);
    host_has(one, 1000);
    give(guest, 1, bytes + 1000, 5);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_DATA, .flags = LVMM_NET_URGENT_BYTE, .socket = 1}, "u",
               1);
    give(guest, 2, bytes + 10, 20);
    guest_say(guest, LVMM_NET_SHUTDOWN, 2, SHUT_WR, 0);
    host_expect(guest, two, bytes, 30);
    host_wait(guest, two);
    ck_assert_int_eq(recv(two, &byte, 1, 0), 0);
    host_expect(guest, one, bytes, 1005);
    ck_assert_int_eq(recv(one, &byte, 1, MSG_OOB), 1);
    ck_assert_uint_eq(byte, 'u');

    give(guest, 1, bytes, 100); /* of a socket that isn't there any more when it is to be sent */
    net_helper_reset(guest->helper);
    net_helper_flush(guest->helper);
    close(one);
    close(two);
    free(bytes);
    guest_end(guest);
}
END_TEST

/* What the host doesn't take is kept, and sent by few calls when it does. */
START_TEST(gathered_and_kept)
{
    struct guest *guest = guest_new(NET_ALL);
    uint8_t *bytes = pattern(BIG * 8);
    uint64_t credit = LVMM_NET_STREAM_CREDIT;
    size_t sent = 0;

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 0);
    for (unsigned idle = 0; idle < 20 && sent < (size_t)BIG * 8; idle++) {
        for (; sent + 4000 <= credit && sent + 4000 <= (size_t)BIG * 8; sent += 4000)
            give(guest, 1, bytes + sent, 4000);
        net_helper_flush(guest->helper);
        guest_run(guest, 1);
        for (unsigned i = 0; i < guest->count; i++) {
            if (guest->frame[i].head.credit > credit) {
                credit = guest->frame[i].head.credit;
                idle = 0;
            }
        }
    }
    host_expect(guest, fd, bytes, sent);
    close(fd);
    free(bytes);
    guest_end(guest);
}
END_TEST

/* Segments that have come to the peer, of two bytes that the guest sends one by one. */
static unsigned segments(struct guest *guest, uint32_t socket, uint8_t flags)
{
    struct tcp_info info = {.tcpi_state = 0};
    socklen_t size = sizeof(info);
    int fd = guest_pair(guest, socket, 0);

    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_DATA, .flags = flags, .socket = socket}, "a", 1);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_DATA, .socket = socket}, "b", 1);
    host_expect(guest, fd, "ab", 2);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    guest_close(guest, socket, LVMM_NET_RESET);
    close(fd);
    return info.tcpi_data_segs_in;
}

/* MSG_MORE: both in one, unless this machine needs longer than the host's kernel waits. */
START_TEST(more_follows)
{
    struct guest *guest = guest_new(NET_ALL);
    unsigned tries = 0;

    guest_start(guest, 64);
    while (tries < 50 && segments(guest, tries + 1, LVMM_NET_MORE) != 1)
        tries++;
    ck_assert_uint_lt(tries, 50);
    guest_end(guest);
}
END_TEST

/* What is sent by itself doesn't wait because what comes behind it may. */
START_TEST(more_behind)
{
    struct guest *guest = guest_new(NET_ALL);
    const struct lvmm_net_frame more = {.type = LVMM_NET_DATA, .flags = LVMM_NET_MORE, .socket = 1, .size = 1};
    struct tcp_info info = {.tcpi_state = 0};
    socklen_t size = sizeof(info);

    guest_start(guest, 8);
    int fd = guest_pair(guest, 1, 0);
    give(guest, 1, (const uint8_t *)"a", 1);
    net_helper_data(guest->helper, &more, (const uint8_t *)"b");
    net_helper_flush(guest->helper);
    host_expect(guest, fd, "ab", 2);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    ck_assert_uint_eq(info.tcpi_data_segs_in, 2);
    close(fd);
    guest_end(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *tcase = tcase_create("stream");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, read_in_place);
    tcase_add_test(tcase, urgent_in_place);
    tcase_add_loop_test(tcase, urgent_behind_credit, 0, 2);
    tcase_add_test(tcase, more_meanwhile);
    tcase_add_test(tcase, gathered);
    tcase_add_test(tcase, gathered_and_kept);
    tcase_add_test(tcase, more_follows);
    tcase_add_test(tcase, more_behind);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
