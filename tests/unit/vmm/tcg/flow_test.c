/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/tcg/flow.c
/* flow_test.c - bytes from one descriptor to another: all of them, whatever the other side does. */
#include "vmm/tcg/flow.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/meter.h"

static struct flow flow;
static int in[2], out[2]; /* pipes: we write in[1], the flow reads in[0]; it writes out[1], we read out[0] */

static void setup(void)
{
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe2(in, O_NONBLOCK), 0);
    ck_assert_int_eq(pipe(out), 0);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    memset(&flow, 0, sizeof(flow));
    flow.from = in[0];
    flow.to = out[1];
}

/* One turn of an owner's loop; false if nothing is ready. */
static bool turn(void)
{
    struct pollfd fds[2] = {{.fd = flow_read_fd(&flow), .events = POLLIN},
                            {.fd = flow_write_fd(&flow), .events = POLLOUT}};

    if (poll(fds, 2, 0) <= 0)
        return false;
    if (fds[1].revents != 0)
        flow_write(&flow);
    else if (fds[0].revents != 0)
        flow_read(&flow);
    return true;
}

START_TEST(no_byte_is_lost)
{
    const size_t total = 1 << 20;
    uint8_t *sent = malloc(total), *got = malloc(total);
    size_t written = 0, have = 0;

    for (size_t i = 0; i < total; i++)
        sent[i] = (uint8_t)(i * 7 + i / 251);
    while (!flow_has_ended(&flow)) {
        if (written < total) {
            ssize_t n = write(in[1], sent + written, total - written);
            written += n > 0 ? (size_t)n : 0;
            if (written == total)
                close(in[1]);
        }
        while (turn()) /* until the pipe behind it is full: it must not block there */
            ;
        ssize_t n = read(out[0], got + have, total - have < 3001 ? total - have : 3001);
        have += n > 0 ? (size_t)n : 0;
    }
    for (ssize_t n; have < total && (n = read(out[0], got + have, total - have)) > 0;)
        have += (size_t)n;
    ck_assert_uint_eq(have, total);
    ck_assert_mem_eq(sent, got, total);
    free(sent);
    free(got);
}
END_TEST

/* What the meter doesn't let through is lost, and who sends it isn't held up. */
START_TEST(more_than_it_may_write)
{
    struct meter came = {.most = METER_NO_LIMIT}, went = {.most = 5};
    char got[16];

    flow.in_meter = &came;
    flow.out_meter = &went;
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(write(in[1], "abc", 3), 3);
        while (turn())
            ;
    }
    close(in[1]);
    while (turn())
        ;
    ck_assert(flow_has_ended(&flow));
    close(out[1]);
    flow.to = -1;
    ck_assert_int_eq(read(out[0], got, sizeof(got)), 5);
    ck_assert_mem_eq(got, "abcab", 5);
    ck_assert_uint_eq(came.used, 9);
    ck_assert_uint_eq(went.used, 5);
}
END_TEST

START_TEST(a_reader_that_goes_ends_it)
{
    flow.close_from = true;
    ck_assert_int_eq(write(in[1], "abc", 3), 3);
    close(out[0]);
    while (turn())
        ;
    ck_assert(flow_has_ended(&flow));
    ck_assert_int_ne(flow.error, 0);
    ck_assert_int_lt(write(in[1], "d", 1), 0); /* the other side is told */
}
END_TEST

START_TEST(the_end_goes_on_after_the_last_byte)
{
    int pair[2];
    char got[8];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    flow.to = pair[0];
    flow.shut_to = true;
    ck_assert_int_eq(write(in[1], "abc", 3), 3);
    close(in[1]);
    while (turn())
        ;
    ck_assert(flow_has_ended(&flow));
    ck_assert_int_eq(read(pair[1], got, sizeof(got)), 3);
    ck_assert_int_eq(read(pair[1], got, sizeof(got)), 0);
    ck_assert_int_eq(write(pair[1], "x", 1), 1); /* only one direction has ended */
}
END_TEST

static size_t drop_x(void *owner, uint8_t *bytes, size_t size)
{
    size_t kept = 0;

    (void)owner;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 'x')
            bytes[kept++] = bytes[i];
    return kept;
}

START_TEST(a_filter_may_take_all)
{
    char got[8];

    flow.filter = drop_x;
    ck_assert_int_eq(write(in[1], "xxx", 3), 3);
    while (turn())
        ;
    ck_assert_int_lt(flow_write_fd(&flow), 0);
    ck_assert_int_ge(flow_read_fd(&flow), 0);
    ck_assert_int_eq(write(in[1], "xax", 3), 3);
    while (turn())
        ;
    ck_assert_int_eq(read(out[0], got, sizeof(got)), 1);
}
END_TEST

static void count_bytes(void *owner, const uint8_t *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)owner += size;
}

START_TEST(a_sink_gets_them_at_once)
{
    size_t count = 0;

    flow.to = -1;
    flow.sink = count_bytes;
    flow.owner = &count;
    ck_assert_int_eq(write(in[1], "12345", 5), 5);
    while (turn())
        ;
    ck_assert_uint_eq(count, 5);
    close(in[1]);
    while (turn())
        ;
    ck_assert(flow_has_ended(&flow));
}
END_TEST

START_TEST(on_demand_it_takes_no_more)
{
    char got[16];

    flow.on_demand = true;
    ck_assert_int_eq(write(in[1], "abcdefgh", 8), 8);
    ck_assert(!turn()); /* nobody wants it */
    flow.wanted = 3;
    while (turn())
        ;
    ck_assert_int_eq(read(out[0], got, sizeof(got)), 3);
    ck_assert_int_eq(read(in[0], got, sizeof(got)), 5); /* the rest is still there */
    flow.wanted = 5;                                    /* what is there, once */
    ck_assert_int_eq(write(in[1], "ij", 2), 2);
    while (turn())
        ;
    ck_assert_int_eq(write(in[1], "kl", 2), 2);
    ck_assert(!turn());
    ck_assert_int_eq(read(out[0], got, sizeof(got)), 2);
    close(in[1]);
    ck_assert(!turn()); /* nor the end */
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(!flow_has_ended(&flow));
        flow.wanted = 5;
        while (turn())
            ;
    }
    ck_assert(flow_has_ended(&flow));
}
END_TEST

static unsigned seen;

static size_t see_all(void *owner, uint8_t *bytes, size_t size)
{
    (void)owner;
    (void)bytes;
    seen += (unsigned)size;
    return size;
}

/* The filter sees all, however little goes out; what is kept has a limit, and is the beginning. */
START_TEST(it_reads_on)
{
    static uint8_t got[FLOW_BYTES + 65536];
    uint8_t block[1024];
    size_t total = 0;

    seen = 0;
    flow.filter = see_all;
    flow.reads_on = true;
    for (unsigned i = 0; i < 200; i++) {
        memset(block, (int)i, sizeof(block));
        ck_assert_int_eq(write(in[1], block, sizeof(block)), (ssize_t)sizeof(block));
        while (flow_write_fd(&flow) >= 0 && turn())
            ;
        flow_read(&flow);
    }
    ck_assert_uint_eq(seen, 200 * sizeof(block));
    ck_assert(flow.dropped);
    for (ssize_t n = 0; turn() || (n = read(out[0], got + total, sizeof(got) - total)) > 0; n = 0)
        total += n > 0 ? (size_t)n : 0;
    ck_assert_uint_le(total, sizeof(got));
    for (size_t i = 0; i < total; i++)
        ck_assert_uint_eq(got[i], (uint8_t)(i / sizeof(block)));
}
END_TEST

static int failed_with;

static void on_error(void *owner, const struct flow *failed, int error)
{
    (void)owner;
    ck_assert_ptr_eq(failed, &flow);
    failed_with = error;
}

START_TEST(a_full_disk_does_not_end_it)
{
    flow.to = open("/dev/full", O_WRONLY);
    flow.on_error = on_error;
    for (unsigned i = 0; i < 2; i++) {
        failed_with = 0;
        ck_assert_int_eq(write(in[1], "abc", 3), 3);
        while (turn())
            ;
        ck_assert_int_eq(failed_with, ENOSPC);
    }
    ck_assert(!flow_has_ended(&flow));
    close(flow.to);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/flow");
    TCase *tc = tcase_create("flow");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, no_byte_is_lost);
    tcase_add_test(tc, more_than_it_may_write);
    tcase_add_test(tc, a_reader_that_goes_ends_it);
    tcase_add_test(tc, the_end_goes_on_after_the_last_byte);
    tcase_add_test(tc, a_filter_may_take_all);
    tcase_add_test(tc, a_sink_gets_them_at_once);
    tcase_add_test(tc, on_demand_it_takes_no_more);
    tcase_add_test(tc, it_reads_on);
    tcase_add_test(tc, a_full_disk_does_not_end_it);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
