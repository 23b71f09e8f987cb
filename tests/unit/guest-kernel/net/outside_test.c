/* SPDX-License-Identifier: Apache-2.0 */
/* outside_test.c - sockets of the host's: their room, their numbers, their end, and frames that break rules. */
// sources: guest-kernel/net/outside.c tests/unit/guest-kernel/stubs.c
#include "net/outside.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../stubs.h"
#include "core/wait.h"
#include "mm/kmalloc.h"
#include "net/inet.h"

#define NUMBERS 16u
#define ROOM 1000u

struct inet_settings inet_settings;

/* ---- the device: it keeps frames until it is told to be done with them ---- */

static struct outside_frame *sent[64];
static struct lvmm_net_frame heads[64]; /* as they were when they were sent */
static unsigned sent_count, done_count;

static int start(void)
{
    sent_count = done_count = 0;
    return 0;
}

static void send_frame(struct outside_frame *frame)
{
    ck_assert_uint_lt(sent_count, 64);
    sent[sent_count] = frame;
    heads[sent_count++] = frame->head;
}

static void kick(void)
{
}

static void be_done(void)
{
    while (done_count < sent_count) {
        struct outside_frame *frame = sent[done_count++];

        if (frame->sent != NULL)
            frame->sent(frame);
        else
            kfree(frame);
    }
}

static const struct outside_link link = {start, send_frame, kick, be_done};
static const struct lvmm_net_config config = {.sockets = NUMBERS};

/* ---- what waits ---- */

static void (*meanwhile)(void);

int wait_on(struct wait_queue *queue, uint64_t deadline_ns, unsigned how)
{
    (void)queue, (void)deadline_ns, (void)how;
    if (meanwhile == NULL)
        return -ETIMEDOUT;
    meanwhile();
    return 0;
}

static bool end_waited;

int wait_in_place(bool (*done)(void *arg), void *arg, uint64_t deadline_ns, bool interruptible)
{
    (void)deadline_ns, (void)interruptible;
    end_waited = !done(arg);
    return 0;
}

/* ---- */

static struct lvmm_net_frame last_came;
static unsigned came_count;

static void came(struct outside *outside, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    (void)outside, (void)payload;
    last_came = *head;
    came_count++;
}

static const struct outside_ops ops = {.came = came};

static struct outside *open_one(void)
{
    struct outside *outside;

    ck_assert_int_eq(outside_open(0, ROOM, ROOM, &outside), 0);
    outside->ops = &ops;
    return outside;
}

static bool host_sends(struct lvmm_net_frame head)
{
    static const uint8_t zeros[64];

    return outside_came(&head, zeros);
}

static void setup(void)
{
    came_count = 0;
    meanwhile = NULL;
    outside_begin(&link, &config);
}

static void teardown(void)
{
    outside_end();
    ck_assert_uint_eq(stub_kmallocs, 0);
}

START_TEST(room_is_told_while_the_device_has_the_frame)
{
    struct outside *outside = open_one();

    for (uint64_t room = ROOM + 100; room <= ROOM + 300; room += 100) {
        outside_make_room(outside, room, 100);
        ck_assert_int_eq(heads[sent_count - 1].type, LVMM_NET_CREDIT);
        ck_assert_uint_eq(heads[sent_count - 1].credit, room);
    }
    be_done();
    outside_make_room(outside, ROOM + 350, 100); /* isn't worth it */
    ck_assert_uint_eq(sent_count, 4);
}
END_TEST

START_TEST(frames_that_break_rules)
{
    struct outside *outside = open_one();
    uint32_t number = outside->number;

    ck_assert(!host_sends((struct lvmm_net_frame){.type = LVMM_NET_END, .socket = 0}));
    ck_assert(!host_sends((struct lvmm_net_frame){.type = LVMM_NET_END, .socket = number + 1}));
    ck_assert(!host_sends((struct lvmm_net_frame){.type = LVMM_NET_END, .socket = NUMBERS + 1}));
    ck_assert(!host_sends((struct lvmm_net_frame){.type = LVMM_NET_CLOSED, .socket = number}));
    ck_assert(!host_sends((struct lvmm_net_frame){.type = LVMM_NET_DATA, .socket = number, .size = ROOM + 1}));
    ck_assert_uint_eq(came_count, 0);
    ck_assert(host_sends((struct lvmm_net_frame){.type = LVMM_NET_ERROR, .socket = number, .error = 512}));
    ck_assert_int_eq(last_came.error, EPROTO);
    ck_assert(host_sends((struct lvmm_net_frame){.type = LVMM_NET_ERROR, .socket = number}));
    ck_assert_int_eq(last_came.error, EPROTO);
    ck_assert(host_sends((struct lvmm_net_frame){.type = LVMM_NET_ERROR, .socket = number, .error = ECONNRESET}));
    ck_assert_int_eq(last_came.error, ECONNRESET);
}
END_TEST

START_TEST(who_listens_leaves_numbers_for_others)
{
    struct outside *first = open_one(), *second = open_one();
    unsigned kept = 0;

    while (outside_keep(first, 0, ROOM) == 0)
        kept++;
    ck_assert_uint_eq(kept, NUMBERS / 2);
    ck_assert_int_eq(outside_keep(second, 0, ROOM), 0); /* one each */
    ck_assert_int_eq(outside_keep(second, 0, ROOM), -ENOBUFS);
    (void)open_one();
    /* The listener's end gives them back. */
    outside_close(first, 0, 0);
    be_done();
    ck_assert(host_sends((struct lvmm_net_frame){.type = LVMM_NET_CLOSED, .socket = heads[sent_count - 1].socket}));
    ck_assert_int_eq(outside_keep(second, 0, ROOM), 0);
}
END_TEST

static void host_closes(void)
{
    ck_assert(host_sends((struct lvmm_net_frame){.type = LVMM_NET_CLOSED, .socket = heads[sent_count - 1].socket}));
}

START_TEST(lingering)
{
    struct outside *outside = open_one();

    meanwhile = host_closes;
    outside_close_lingering(outside, 5000);
    ck_assert_int_eq(heads[1].type, LVMM_NET_CLOSE);
    ck_assert_int_eq(heads[1].flags, LVMM_NET_LINGER);
    ck_assert_uint_eq(heads[1].value, 5000);
    /* Its time goes by, and then CLOSED comes. */
    meanwhile = NULL;
    outside_close_lingering(open_one(), 5000);
    host_closes();
    be_done();
    outside_end();
    ck_assert(!end_waited);
}
END_TEST

/* Nobody says of them that they are closed. */
START_TEST(sockets_closed_after_the_network_has_gone)
{
    struct outside *outside = open_one();

    outside_fail();
    ck_assert_int_eq(last_came.error, ENETDOWN);
    outside_close(outside, 0, 0);
    outside_end();
    ck_assert(!end_waited);
}
END_TEST

static struct outside_frame *counted[1024]; /* as many as may be on their way */
static unsigned given_back;

static void give_one_back(void)
{
    struct outside_frame *frame = counted[given_back++];

    frame->sent(frame);
}

START_TEST(who_sends_more_than_the_device_reads_waits)
{
    for (unsigned i = 0; i < 1024; i++) {
        meanwhile = give_one_back;
        outside_pace();
        ck_assert_uint_eq(given_back, 0);
        counted[i] = outside_frame_make(LVMM_NET_SET, 8);
        outside_frame_count(counted[i]);
    }
    outside_pace();
    ck_assert_uint_eq(given_back, 1);
    outside_pace();
    ck_assert_uint_eq(given_back, 1);
    while (given_back < 1024)
        give_one_back();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outside");
    TCase *tests = tcase_create("outside");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, room_is_told_while_the_device_has_the_frame);
    tcase_add_test(tests, frames_that_break_rules);
    tcase_add_test(tests, who_listens_leaves_numbers_for_others);
    tcase_add_test(tests, lingering);
    tcase_add_test(tests, who_sends_more_than_the_device_reads_waits);
    tcase_add_test(tests, sockets_closed_after_the_network_has_gone);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
