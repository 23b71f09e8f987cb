/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/share/fuse*.c devices/virtio/iov.c vmm/share/window.c vmm/ranges.c
/* fuse_locks_test.c - FUSE requests for locks that are not free, and how the wait for them ends. */
#include "tests/unit/vmm/share/fuse_rig.h"

#include "boot/abi_share.h"

static const struct fuse_flush_in flush_in = {.fh = 9, .lock_owner = 12};
static const struct fuse_release_in release_in = {.fh = 9};
static const struct fuse_lk_in in_lock = {.fh = 9, .owner = 12, .lk = {.type = F_WRLCK}};

static bool ask_lock(uint32_t opcode, uint64_t owner, uint32_t type, uint16_t head, void *answer)
{
    const struct fuse_lk_in lock = {.fh = 9, .owner = owner, .lk = {.type = type}};

    put(fill(opcode, &lock, sizeof(lock), NULL, 0), ROOM);
    ((struct fuse_in_header *)in)->unique = head;
    chain.head = head;
    chain.iov[1] = (struct iovec){answer, sizeof(struct fuse_out_header)};
    chain.writable_bytes = sizeof(struct fuse_out_header);
    return share_fuse_request(fuse, QUEUE, &chain, &written);
}

START_TEST(a_lock_is_waited_for)
{
    struct fuse_out_header answer = {0}, other = {0};

    fake.locked[0] = 12;
    ck_assert(ask_lock(FUSE_SETLK, 12, F_WRLCK, 3, &answer));
    ck_assert_int_eq(answer.error, -EAGAIN);
    ck_assert(!share_fuse_waits(fuse));
    ck_assert(!ask_lock(FUSE_SETLKW, 12, F_WRLCK, 4, &answer));
    ck_assert(share_fuse_waits(fuse));
    share_fuse_retry(fuse);
    ck_assert_uint_eq(done.count, 0);
    ck_assert(ask_lock(FUSE_SETLK, 13, F_UNLCK, 5, &other)); /* a try, for nothing */
    ck_assert_uint_eq(done.count, 0);
    fake.locked[0] = 0;
    ck_assert(ask_lock(FUSE_SETLK, 13, F_UNLCK, 5, &other));
    ck_assert_uint_eq(done.count, 1);
    ck_assert_uint_eq(done.queue, QUEUE);
    ck_assert_uint_eq(done.head, 4);
    ck_assert_uint_eq(done.written, sizeof(answer));
    ck_assert_uint_eq(answer.unique, 4);
    ck_assert_uint_eq(answer.len, sizeof(answer));
    ck_assert_int_eq(answer.error, 0);
    ck_assert(!share_fuse_waits(fuse));
}
END_TEST

/* What who had the lock has changed is known to who gets it. */
START_TEST(changes_are_told_first)
{
    struct fuse_out_header answer = {0};

    put(fill(LVMM_FUSE_EVENTS, NULL, 0, NULL, 0), 2 * LVMM_FUSE_EVENTS_LEAST);
    ck_assert(!share_fuse_request(fuse, QUEUE, &chain, &written));
    fake.locked[0] = 12;
    ck_assert(!ask_lock(FUSE_SETLKW, 12, F_WRLCK, 4, &answer));
    fake.events = 16;
    share_fuse_retry(fuse);
    ck_assert_uint_eq(done.count, 0);
    fake.locked[0] = 0;
    share_fuse_retry(fuse);
    ck_assert_uint_eq(done.count, 2);
    ck_assert_uint_eq(done.head, 4);
    ck_assert_uint_eq(((struct fuse_out_header *)out)->len, sizeof(answer) + 16);
}
END_TEST

/* Who came first is tried first, and one that still waits holds up nobody. */
START_TEST(locks_in_order)
{
    struct fuse_out_header answer[3];
    uint32_t size;

    for (unsigned i = 0; i < 3; i++) {
        fake.locked[i] = 10 + i;
        ck_assert(!ask_lock(FUSE_SETLKW, 10 + i, F_RDLCK, (uint16_t)i, &answer[i]));
    }
    fake.locked[1] = 0;
    ck_assert_int_eq(ask(FUSE_FLUSH, &flush_in, 24, NULL, 0, &size), 0);
    ck_assert_uint_eq(done.count, 1);
    ck_assert_uint_eq(done.head, 1);
    fake.locked[0] = 0;
    ck_assert_int_eq(ask(FUSE_RELEASE, &release_in, 24, NULL, 0, &size), 0);
    ck_assert_uint_eq(done.head, 0);
    fake.result = -EBADF; /* its file is closed */
    fake.locked[2] = 0;
    share_fuse_retry(fuse);
    ck_assert_uint_eq(done.head, 2);
    ck_assert_int_eq(answer[2].error, -EBADF);
}
END_TEST

START_TEST(waiting_ends)
{
    struct fuse_out_header answer[3];
    struct fuse_interrupt_in what = {.unique = 1};
    uint32_t size;

    for (unsigned i = 0; i < 3; i++) {
        fake.locked[i] = 10 + i;
        ck_assert(!ask_lock(FUSE_SETLKW, 10 + i, F_RDLCK, (uint16_t)i, &answer[i]));
    }
    ck_assert_int_eq(ask(FUSE_INTERRUPT, &what, sizeof(what), NULL, 0, &size), 0);
    ck_assert_int_eq(answer[1].error, -EINTR);
    ck_assert_uint_eq(done.head, 1);
    ck_assert_int_eq(ask(FUSE_INTERRUPT, &what, sizeof(what), NULL, 0, &size), -EAGAIN);
    put(fill(FUSE_INTERRUPT, &what, sizeof(what), NULL, 0), 0);
    ck_assert_int_eq(ask_chain(&size), 1);
    share_fuse_stop(fuse, QUEUE + 1);
    ck_assert_uint_eq(done.count, 1);
    share_fuse_stop(fuse, QUEUE);
    ck_assert_uint_eq(done.count, 3);
    ck_assert_int_eq(answer[2].error, -EINTR);
    ck_assert(!share_fuse_waits(fuse));
}
END_TEST

START_TEST(not_more_than_so_many_wait)
{
    struct fuse_out_header answer;
    uint8_t small[4];

    fake.locked[0] = 12;
    ck_assert(ask_lock(FUSE_SETLKW, 12, F_UNLCK, 1, &answer));
    for (unsigned i = 0; i < SHARE_FUSE_WAITS_MAX; i++)
        ck_assert(!ask_lock(FUSE_SETLKW, 12, F_WRLCK, (uint16_t)i, &answer));
    ck_assert(ask_lock(FUSE_SETLKW, 12, F_WRLCK, 99, &answer));
    ck_assert_int_eq(answer.error, -ENOLCK);
    fake.locked[0] = 0;
    share_fuse_retry(fuse);
    ck_assert_uint_eq(done.count, SHARE_FUSE_WAITS_MAX);
    /* The answer's place has to be in one piece. */
    fake.locked[0] = 12;
    put(fill(FUSE_SETLKW, &in_lock, sizeof(in_lock), NULL, 0), ROOM);
    chain.writable = 2;
    chain.iov[2] = chain.iov[1];
    chain.iov[1] = (struct iovec){small, sizeof(small)};
    chain.writable_bytes = ROOM + sizeof(small);
    ck_assert(share_fuse_request(fuse, QUEUE, &chain, &written));
    ck_assert_uint_eq(written, sizeof(answer));
    ck_assert_int_eq(*(int32_t *)out, -EINVAL);
    /* And it has to be there: what the chain held before, behind its last buffer, is none. */
    chain.writable = chain.writable_bytes = 0;
    chain.iov[1] = (struct iovec){out, ROOM};
    ck_assert(share_fuse_request(fuse, QUEUE, &chain, &written));
    ck_assert_uint_eq(written, 0);
    ck_assert(!share_fuse_waits(fuse));
}
END_TEST

/* The last close of a file whose flock(2) somebody has. */
START_TEST(release_unlocks)
{
    struct fuse_out_header answer;
    const struct fuse_release_in last = {
        .fh = 9, .release_flags = FUSE_RELEASE_FLOCK_UNLOCK | FUSE_RELEASE_FLUSH, .lock_owner = 12};
    uint32_t size;

    fake.locked[0] = 13;
    ck_assert(!ask_lock(FUSE_SETLKW, 13, F_WRLCK, 1, &answer));
    fake.locked[0] = 0;
    ck_assert_int_eq(ask(FUSE_RELEASE, &last, sizeof(last), NULL, 0, &size), 0);
    ck_assert_uint_eq(done.count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/share/fuse_locks");
    TCase *tc = tcase_create("locks");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_lock_is_waited_for);
    tcase_add_test(tc, changes_are_told_first);
    tcase_add_test(tc, locks_in_order);
    tcase_add_test(tc, waiting_ends);
    tcase_add_test(tc, not_more_than_so_many_wait);
    tcase_add_test(tc, release_unlocks);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
