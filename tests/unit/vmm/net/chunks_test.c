/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/net/[!n]*.c vmm/net/net_log.c
/* chunks_test.c - what a guest can make the helper keep while the host's socket takes nothing. */
#include <check.h>
#include <stdlib.h>

#include "vmm/net/sockets.h"

static struct net_helper helper;
static struct net_socket socket_of;

static void make(bool is_stream)
{
    helper.pool = 0;
    socket_of = (struct net_socket){.helper = &helper, .is_stream = is_stream};
    socket_of.out_end = &socket_of.out;
}

/* Single bytes, of which every other one is urgent, take hardly more memory than many at once. */
START_TEST(single_bytes)
{
    size_t room = 0, at = 0;

    make(true);
    for (unsigned i = 0; i < 10000; i++) {
        const uint8_t byte = (uint8_t)(i * 7);

        ck_assert(net_chunk_add(&socket_of, &byte, 1, i % 2 == 0, NULL));
    }
    ck_assert_uint_eq(socket_of.out_bytes, 10000);
    for (const struct net_chunk *chunk = socket_of.out; chunk != NULL; chunk = chunk->next) {
        room += sizeof(*chunk) + chunk->room;
        ck_assert_uint_le(chunk->size, chunk->room);
        for (uint32_t i = 0; i < chunk->size; i++, at++)
            ck_assert_uint_eq(chunk->bytes[i], (uint8_t)(at * 7));
        ck_assert_uint_eq(chunk->urgent, chunk->size - (at % 2 == 0));
    }
    ck_assert_uint_eq(at, 10000);
    ck_assert_uint_lt(room, 20000);
    net_chunks_clear(&socket_of);
    ck_assert_uint_eq(socket_of.out_bytes, 0);
}
END_TEST

/* What has no room in the last one gets one of its own, whatever its size; a datagram always does. */
START_TEST(boundaries)
{
    static const uint8_t bytes[LVMM_NET_PAYLOAD_MAX];

    make(true);
    ck_assert(net_chunk_add(&socket_of, bytes, 1, false, NULL));
    ck_assert(net_chunk_add(&socket_of, bytes, sizeof(bytes), true, NULL));
    ck_assert(net_chunk_add(&socket_of, bytes, 1, false, NULL));
    ck_assert_uint_eq(socket_of.out->size, 1);
    ck_assert_uint_eq(socket_of.out->next->urgent, sizeof(bytes));
    ck_assert_uint_eq(socket_of.out->next->next->size, 1);
    ck_assert_uint_eq(socket_of.out->next->next->urgent, 0);
    net_chunks_clear(&socket_of);
    make(false);
    ck_assert(net_chunk_add(&socket_of, bytes, 1, false, NULL));
    ck_assert(net_chunk_add(&socket_of, bytes, 1, false, NULL));
    ck_assert_uint_eq(socket_of.out->size, 1);
    net_chunks_clear(&socket_of);
    ck_assert_uint_eq(helper.pool, 0);
}
END_TEST

/* The pool bounds datagrams without a byte, too. */
START_TEST(empty_datagrams)
{
    make(false);
    helper.pool = NET_POOL - 1000 * sizeof(struct net_chunk);
    for (unsigned i = 0; i < 1000; i++)
        ck_assert(net_chunk_add(&socket_of, "", 0, false, NULL));
    ck_assert(!net_chunk_add(&socket_of, "", 0, false, NULL));
    net_chunks_clear(&socket_of);
    ck_assert_uint_eq(helper.pool, NET_POOL - 1000 * sizeof(struct net_chunk));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chunks");
    TCase *tcase = tcase_create("chunks");

    tcase_add_test(tcase, single_bytes);
    tcase_add_test(tcase, boundaries);
    tcase_add_test(tcase, empty_datagrams);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
