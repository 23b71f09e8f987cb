/* SPDX-License-Identifier: Apache-2.0 */
/* lock_check_test.c - a kernel with checks stops, with both names, when a lock is taken out of order. */
#define GK_CHECKS
#include "core/lock_check.c" /* NOLINT(bugprone-suspicious-include) */
#include "core/mutex.c"      /* NOLINT(bugprone-suspicious-include) */

#include <check.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

static struct thread self, other;
static char message[200];
static jmp_buf stopped;

struct thread *arch_current(void)
{
    return &self;
}

_Noreturn void panic(const char *fmt, ...)
{
    va_list list;

    va_start(list, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, list);
    va_end(list);
    longjmp(stopped, 1);
}

/* The one that has it gives it up at once. */
int wait_on(struct wait_queue *queue, uint64_t deadline_ns, unsigned how)
{
    struct mutex *mutex = container_of(queue, struct mutex, waiting);

    (void)deadline_ns, (void)how;
    mutex->owner = NULL;
    return 0;
}

unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most)
{
    (void)queue, (void)events, (void)most;
    return 0;
}

#define STOPS(call, says)                \
    do {                                 \
        message[0] = 0;                  \
        if (setjmp(stopped) == 0)        \
            call;                        \
        ck_assert_str_eq(message, says); \
    } while (0)

static struct mutex position, moving, dirs[3], inode, second_inode, volume, no_rank;

static void setup(void)
{
    self = (struct thread){0};
    position = moving = dirs[0] = dirs[1] = dirs[2] = inode = second_inode = volume = (struct mutex){0};
    mutex_set_rank(&position, RANK_POSITION);
    mutex_set_rank(&moving, RANK_MOVING);
    for (unsigned i = 0; i < 3; i++)
        mutex_set_rank(&dirs[i], RANK_DIRECTORY);
    mutex_set_rank(&inode, RANK_INODE);
    mutex_set_rank(&second_inode, RANK_INODE);
    mutex_set_rank(&volume, RANK_VOLUME);
}

START_TEST(in_order)
{
    mutex_lock(&position);
    mutex_lock(&moving);
    mutex_lock(&dirs[1]);
    mutex_lock(&dirs[0]);
    dirs[2].owner = &other;
    mutex_lock(&dirs[2]);
    mutex_lock(&inode);
    mutex_lock(&volume);
    mutex_unlock(&dirs[1]); /* in any order */
    mutex_unlock(&volume);
    mutex_unlock(&position);
    mutex_unlock(&moving);
    mutex_unlock(&inode);
    mutex_unlock(&dirs[2]);
    mutex_unlock(&dirs[0]);
    lock_check_none();
    ck_assert_ptr_null(self.held);
}
END_TEST

START_TEST(out_of_order)
{
    mutex_lock(&inode);
    STOPS(mutex_lock(&dirs[0]), "a directory is waited for by who has an inode");
    STOPS(mutex_lock(&position), "a file's position is waited for by who has an inode");
    STOPS(mutex_lock(&second_inode), "an inode is waited for by who has an inode");
    STOPS(mutex_lock(&inode), "an inode is waited for by who has that one");
    STOPS(mutex_lock(&no_rank), "a lock without a rank is taken");
    mutex_lock(&volume);
    mutex_unlock(&inode);
    STOPS((void)mutex_lock_interruptible(&inode), "an inode is waited for by who has a volume");
    ck_assert(mutex_try_lock(&inode)); /* which doesn't wait */
    mutex_unlock(&volume);
    STOPS(mutex_lock(&dirs[0]), "a directory is waited for by who has an inode");
}
END_TEST

START_TEST(beside_a_page)
{
    self.wants_no_wait = 1;
    STOPS(mutex_lock(&inode), "an inode is waited for by who has a volume or a page");
}
END_TEST

START_TEST(kept_or_not_had)
{
    mutex_lock(&inode);
    STOPS(lock_check_none(), "an inode is kept by who leaves the kernel");
    STOPS(mutex_unlock(&volume), "a volume is given up by who hasn't got it");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/lock_check");
    TCase *tcase = tcase_create("lock_check");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, in_order);
    tcase_add_test(tcase, out_of_order);
    tcase_add_test(tcase, beside_a_page);
    tcase_add_test(tcase, kept_or_not_had);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
