/* SPDX-License-Identifier: Apache-2.0 */
/* eventpoll_test.c - which file an epoll has by a descriptor's number (kcmp(2)), while files come and go. */
// sources: guest-kernel/vfs/eventpoll.c guest-kernel/vfs/eventpoll_paths.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c

#include <check.h>
#include <stdlib.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "abi/poll.h"
#include "vfs/anon.h"
#include "vfs/eventpoll.h"

int anon_file_new(const struct file_ops *ops, uint32_t flags, void *owner, struct file **out)
{
    *out = calloc(1, sizeof(**out));
    ck_assert_ptr_nonnull(*out);
    (*out)->ops = ops;
    (*out)->flags = flags;
    (*out)->owner = owner;
    (*out)->refs = 1;
    return 0;
}

void file_get(struct file *file)
{
    file->refs++;
}

void file_free(struct file *file)
{
    while (file->watchers != NULL)
        file->watchers->file_goes(file->watchers);
    if (file->ops->release != NULL)
        file->ops->release(file);
    free(file);
}

/* Nobody wakes. */
void wait_add(struct wait_queue *queue, struct waiter *waiter)
{
    (void)queue, (void)waiter;
}

void wait_remove(struct waiter *waiter)
{
    (void)waiter;
}

static uint32_t never_ready(struct file *file, struct poll_table *table)
{
    (void)file, (void)table;
    return 0;
}

static const struct file_ops plain_ops = {.poll = never_ready};

static struct file *new_plain(void)
{
    struct file *file;

    (void)anon_file_new(&plain_ops, O_RDWR, NULL, &file);
    return file;
}

static struct file *new_epoll(void)
{
    struct file *file;

    ck_assert_int_eq(eventpoll_create(0, &file), 0);
    return file;
}

static void add(struct file *epoll, struct file *target, int fd)
{
    ck_assert_int_eq(eventpoll_add(epoll, target, fd, POLLIN, 0), 0);
}

/* What it says of item `skip` of those by `fd`; the file is *target then, and untouched if there is none. */
static int look(struct file *epoll, int fd, uint32_t skip, const struct file **target)
{
    static const struct file none;
    int error;

    *target = &none;
    error = eventpoll_target(epoll, fd, skip, target);
    ck_assert(error == 0 || *target == &none);
    return error;
}

START_TEST(by_number)
{
    struct file *epoll = new_epoll(), *one = new_plain(), *other = new_plain();
    const struct file *target;

    ck_assert_int_eq(look(epoll, 3, 0, &target), -ENOENT);
    add(epoll, one, 3);
    add(epoll, one, 4); /* a copy of the descriptor */
    add(epoll, other, 5);
    ck_assert_int_eq(look(epoll, 3, 0, &target), 0);
    ck_assert_ptr_eq(target, one);
    ck_assert_int_eq(look(epoll, 4, 0, &target), 0);
    ck_assert_ptr_eq(target, one);
    ck_assert_int_eq(look(epoll, 5, 0, &target), 0);
    ck_assert_ptr_eq(target, other);
    ck_assert_int_eq(look(epoll, 3, 1, &target), -ENOENT);
    ck_assert_int_eq(look(epoll, 3, UINT32_MAX, &target), -ENOENT);
    ck_assert_int_eq(look(epoll, 6, 0, &target), -ENOENT);
    ck_assert_int_eq(look(epoll, -1, 0, &target), -ENOENT);
    ck_assert_int_eq(look(one, 3, 0, &target), -EINVAL);
    file_put(epoll);
    file_put(one);
    file_put(other);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

/* A number that was closed and given again, while the file it was added with is open by another. */
START_TEST(several_by_one_number)
{
    enum { COUNT = 20 };
    struct file *epoll = new_epoll(), *file[COUNT];
    const struct file *target;
    unsigned seen = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        file[i] = new_plain();
        add(epoll, file[i], 7);
        add(epoll, file[i], 8); /* not to be counted */
    }
    for (uint32_t skip = 0; skip < COUNT; skip++) {
        ck_assert_int_eq(look(epoll, 7, skip, &target), 0);
        for (unsigned i = 0; i < COUNT; i++) /* each once */
            seen ^= target == file[i] ? 1u << i : 0;
    }
    ck_assert_uint_eq(seen, (1u << COUNT) - 1);
    ck_assert_int_eq(look(epoll, 7, COUNT, &target), -ENOENT);
    for (unsigned i = 0; i < COUNT; i++) { /* who goes leaves the set */
        ck_assert_int_eq(look(epoll, 7, COUNT - 1 - i, &target), 0);
        file_put(file[i]);
        ck_assert_int_eq(look(epoll, 7, COUNT - 1 - i, &target), -ENOENT);
    }
    ck_assert_int_eq(look(epoll, 8, 0, &target), -ENOENT);
    file_put(epoll);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

/* An epoll in another is a file like any. */
START_TEST(nested)
{
    struct file *outer = new_epoll(), *inner = new_epoll();
    const struct file *target;

    add(outer, inner, 3);
    ck_assert_int_eq(look(outer, 3, 0, &target), 0);
    ck_assert_ptr_eq(target, inner);
    ck_assert_int_eq(look(inner, 3, 0, &target), -ENOENT);
    ck_assert_int_eq(eventpoll_remove(outer, inner, 3), 0);
    ck_assert_int_eq(look(outer, 3, 0, &target), -ENOENT);
    file_put(inner);
    file_put(outer);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eventpoll");
    TCase *tc = tcase_create("target");

    tcase_add_test(tc, by_number);
    tcase_add_test(tc, several_by_one_number);
    tcase_add_test(tc, nested);
    suite_add_tcase(suite, tc);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
