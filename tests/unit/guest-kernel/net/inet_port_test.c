/* SPDX-License-Identifier: Apache-2.0 */
/* inet_port_test.c - ports that are looked for: with none, some, all in use, and those that may be shared. */
// sources: guest-kernel/net/inet_port.c guest-kernel/net/inet_address.c tests/unit/guest-kernel/stubs.c
#include "net/inet_port.h"
#include "net/outside.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../stubs.h"

#define LEAST 1000
#define COUNT 20000u

struct inet_settings inet_settings = {.port_least = LEAST, .port_most = LEAST + (int)COUNT - 1};

const struct lvmm_net_config *outside_config; /* none */

static struct inet_table table;
static struct inet_socket *sockets; /* of all ports */
static struct inet_socket one;

/* A use of 127.0.0.1, in no port. */
static struct inet_use *prepare(struct inet_socket *socket)
{
    memset(socket, 0, sizeof(*socket));
    socket->use.socket = socket;
    socket->use.local.words[2] = 0xffff0000u;
    socket->use.local.words[3] = 0x0100007fu;
    return &socket->use;
}

static void setup(void)
{
    memset(&table, 0, sizeof(table));
    sockets = calloc(COUNT, sizeof(*sockets));
    ck_assert_ptr_nonnull(sockets);
    (void)prepare(&one);
}

static void teardown(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        if (sockets[i].use.port != NULL)
            inet_port_leave(&sockets[i].use);
    if (one.use.port != NULL)
        inet_port_leave(&one.use);
    free(sockets);
    for (unsigned i = 0; i < sizeof(table.used) / sizeof(table.used[0]); i++)
        ck_assert_uint_eq(table.used[i], 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static void take_all(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        ck_assert_int_eq(inet_port_take(&table, prepare(&sockets[i]), 0), 0);
}

START_TEST(each_gets_another_until_none_is_left)
{
    take_all();
    for (unsigned i = 0; i < COUNT; i++) {
        ck_assert_int_ge(sockets[i].use.local.port, LEAST);
        ck_assert_int_lt(sockets[i].use.local.port, LEAST + (int)COUNT);
        ck_assert_ptr_eq(sockets[i].use.port->uses.next, &sockets[i].use.in_port);
        ck_assert_ptr_eq(sockets[i].use.port->uses.prev, &sockets[i].use.in_port);
    }
    ck_assert_int_eq(inet_port_take(&table, &one.use, 0), -EADDRINUSE);
    ck_assert_int_eq(inet_port_connect(&table, &one.use), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(the_only_free_one_is_found)
{
    static const unsigned places[] = {0, 1, 63, 64, 777, COUNT - 1};

    take_all();
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct inet_use *gone = &sockets[places[i]].use;
        uint16_t number = gone->local.port;

        inet_port_leave(gone);
        ck_assert_int_eq(inet_port_take(&table, &one.use, 0), 0);
        ck_assert_uint_eq(one.use.local.port, number);
        inet_port_leave(&one.use);
        one.use.peer = sockets[0].use.local;
        ck_assert_int_eq(inet_port_connect(&table, &one.use), 0);
        ck_assert_uint_eq(one.use.local.port, number);
        inet_port_leave(&one.use);
        ck_assert_int_eq(inet_port_take(&table, gone, number), 0);
    }
}
END_TEST

/* One looks at so many; who asks again goes on behind them, and comes to the one that is shared. */
START_TEST(a_shared_one_is_found_in_the_end)
{
    unsigned tries = 1;

    take_all();
    one.socket.reuse_address = true;
    sockets[COUNT / 2].socket.reuse_address = true;
    while (inet_port_take(&table, &one.use, 0) != 0)
        ck_assert_uint_le(++tries, COUNT / PORTS_LOOKED_AT + 1);
    ck_assert_uint_eq(one.use.local.port, sockets[COUNT / 2].use.local.port);
    ck_assert_ptr_eq(one.use.port, sockets[COUNT / 2].use.port);
}
END_TEST

START_TEST(connections_share_a_port_to_different_peers)
{
    for (unsigned i = 0; i < COUNT; i++) {
        prepare(&sockets[i])->peer = (struct inet_address){.words = {0, 0, 0xffff0000u, 0x0200007fu}, .port = 80};
        ck_assert_int_eq(inet_port_connect(&table, &sockets[i].use), 0);
    }
    one.use.peer = sockets[0].use.peer;
    ck_assert_int_eq(inet_port_connect(&table, &one.use), -EADDRNOTAVAIL);
    one.use.peer.port = 81;
    ck_assert_int_eq(inet_port_connect(&table, &one.use), 0);
}
END_TEST

START_TEST(without_memory_there_is_none)
{
    stub_fail_at = 1;
    ck_assert_int_eq(inet_port_take(&table, &one.use, 0), -ENOMEM);
    stub_fail_at = 1;
    ck_assert_int_eq(inet_port_connect(&table, &one.use), -ENOMEM);
    ck_assert_ptr_null(one.use.port);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/net/inet_port");
    TCase *cases = tcase_create("ports");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, each_gets_another_until_none_is_left);
    tcase_add_test(cases, the_only_free_one_is_found);
    tcase_add_test(cases, a_shared_one_is_found_in_the_end);
    tcase_add_test(cases, connections_share_a_port_to_different_peers);
    tcase_add_test(cases, without_memory_there_is_none);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
