/* SPDX-License-Identifier: Apache-2.0 */
/* watch_test.c - what bounds watches and their events: counts by user, memory, and allocations that fail. */
// sources: guest-kernel/vfs/watch.c guest-kernel/lib/tree.c tests/unit/guest-kernel/stubs.c

#include <check.h>
#include <string.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "mm/page.h"
#include "vfs/vfs.h"
#include "vfs/watch.h"

#define INODES 40

static struct inode inodes[INODES];

void inode_get(struct inode *inode)
{
    inode->refs++;
}

void (*inode_watched_put)(struct inode *inode);

static void (*on_put)(void); /* what others do while the end of an inode waits for its disk */

void inode_put(struct inode *inode)
{
    inode->refs--;
    if (on_put != NULL)
        on_put();
}

static struct watch_group *group_new(uint32_t uid)
{
    struct watch_group *group;

    ck_assert_int_eq(watch_group_create(uid, &group), 0);
    return group;
}

static void all_is_gone(void)
{
    for (unsigned i = 0; i < INODES; i++) {
        ck_assert_uint_eq(inodes[i].refs, 0);
        ck_assert_ptr_null(inodes[i].watches);
    }
    ck_assert_uint_eq(watch_count, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static void tell(unsigned inode, uint32_t mask, const char *name, size_t length)
{
    watch_tell(&inodes[inode], &(struct watch_news){.mask = mask, .name = name, .length = length});
}

/* The next event's watch and mask. */
static void expect(struct watch_group *group, int wd, uint32_t mask)
{
    struct watch_event *event = watch_event_take(group);

    ck_assert_ptr_nonnull(event);
    ck_assert_int_eq(event->wd, wd);
    ck_assert_uint_eq(event->mask, mask);
    watch_event_free(group, event);
}

START_TEST(groups_are_counted_by_user)
{
    struct watch_group *groups[3], *another, *none;

    watch_groups_max = 3;
    for (unsigned i = 0; i < 3; i++)
        groups[i] = group_new(7);
    ck_assert_int_eq(watch_group_create(7, &none), -EMFILE);
    another = group_new(8);
    watch_group_destroy(groups[1]);
    groups[1] = group_new(7);
    ck_assert_int_eq(watch_group_create(7, &none), -EMFILE);
    for (unsigned i = 0; i < 3; i++)
        watch_group_destroy(groups[i]);
    watch_group_destroy(another);
    all_is_gone();
}
END_TEST

START_TEST(watches_are_counted_by_user)
{
    struct watch_group *one = group_new(7), *two = group_new(7), *other = group_new(8);

    watch_watches_max = 3;
    ck_assert_int_eq(watch_add(one, &inodes[0], IN_OPEN), 1);
    ck_assert_int_eq(watch_add(one, &inodes[1], IN_OPEN), 2);
    ck_assert_int_eq(watch_add(two, &inodes[0], IN_OPEN), 1);
    ck_assert_int_eq(watch_add(two, &inodes[1], IN_OPEN), -ENOSPC);
    ck_assert_int_eq(watch_add(two, &inodes[0], IN_CREATE), 1); /* it is there */
    ck_assert_int_eq(watch_add(other, &inodes[2], IN_OPEN), 1);
    ck_assert_int_eq(watch_remove(one, 1), 0);
    ck_assert_int_eq(watch_add(two, &inodes[1], IN_OPEN), 3); /* the number that was refused isn't given again */
    ck_assert_uint_eq(watch_count, 4);
    watch_group_destroy(one);
    watch_group_destroy(two);
    watch_group_destroy(other);
    all_is_gone();
}
END_TEST

START_TEST(numbers_go_around)
{
    struct watch_group *group = group_new(7);

    ck_assert_int_eq(watch_add(group, &inodes[0], IN_OPEN), 1);
    group->last_wd = INT32_MAX - 1;
    ck_assert_int_eq(watch_add(group, &inodes[1], IN_OPEN), INT32_MAX);
    ck_assert_int_eq(watch_add(group, &inodes[2], IN_OPEN), 2);
    for (unsigned i = 3; i < INODES; i++)
        ck_assert_int_eq(watch_add(group, &inodes[i], IN_OPEN), (int)i);
    for (int wd = 1; wd < INODES; wd += 2)
        ck_assert_int_eq(watch_remove(group, wd), 0);
    ck_assert_int_eq(watch_remove(group, 1), -EINVAL);
    watch_group_destroy(group);
    all_is_gone();
}
END_TEST

START_TEST(too_many_events)
{
    struct watch_group *group;

    watch_events_max = 2;
    group = group_new(7);
    ck_assert_int_eq(watch_add(group, &inodes[0], IN_OPEN | IN_ACCESS), 1);
    for (unsigned i = 0; i < 4; i++) {
        tell(0, IN_OPEN, NULL, 0);
        tell(0, IN_ACCESS, NULL, 0);
    }
    ck_assert_uint_eq(group->count, 3);
    expect(group, 1, IN_OPEN);
    tell(0, IN_ACCESS, NULL, 0); /* still too many: the overflow is one of them */
    expect(group, 1, IN_ACCESS);
    tell(0, IN_ACCESS, NULL, 0);
    expect(group, -1, IN_Q_OVERFLOW);
    expect(group, 1, IN_ACCESS);
    ck_assert_ptr_null(watch_event_take(group));
    watch_group_destroy(group);
    watch_events_max = 0;
    group = group_new(7);
    ck_assert_int_eq(watch_add(group, &inodes[0], IN_OPEN), 1);
    tell(0, IN_OPEN, NULL, 0);
    expect(group, -1, IN_Q_OVERFLOW);
    watch_group_destroy(group);
    all_is_gone();
}
END_TEST

/* A user's events take a part of memory, whatever their number may be. */
START_TEST(memory_is_bounded)
{
    static char name[255];
    struct watch_group *one, *two;
    uint64_t most = stub_page_total * PAGE_SIZE / 16, bytes = 0;

    watch_events_max = INT32_MAX;
    one = group_new(7);
    two = group_new(7);
    ck_assert_int_eq(watch_add(one, &inodes[0], IN_CREATE), 1);
    ck_assert_int_eq(watch_add(two, &inodes[1], IN_CREATE), 1);
    for (uint64_t i = 0; !one->overflows; i++) {
        name[0] = (char)(i & 1);
        tell(0, IN_CREATE, name, sizeof(name));
        bytes += sizeof(struct watch_event) + sizeof(name);
        ck_assert_uint_le(bytes, most + 1024);
    }
    tell(1, IN_CREATE, name, sizeof(name));
    ck_assert(two->overflows);
    watch_group_destroy(one);
    expect(two, -1, IN_Q_OVERFLOW);
    tell(1, IN_CREATE, name, sizeof(name));
    expect(two, 1, IN_CREATE);
    watch_group_destroy(two);
    all_is_gone();
}
END_TEST

START_TEST(allocations_fail)
{
    struct watch_group *group;

    for (uint64_t n = 1; n <= 3; n++) { /* the group, its event for overflows, the user */
        stub_fail_at = n;
        ck_assert_int_eq(watch_group_create(7, &group), -ENOMEM);
    }
    group = group_new(7);
    stub_fail_at = 1;
    ck_assert_int_eq(watch_add(group, &inodes[0], IN_OPEN), -ENOMEM);
    ck_assert_ptr_null(inodes[0].watches);
    ck_assert_int_gt(watch_add(group, &inodes[0], IN_OPEN | IN_ONESHOT), 0);
    stub_fail_at = 1;
    tell(0, IN_OPEN, NULL, 0); /* lost, and said so; the watch ends as if it had been told */
    expect(group, -1, IN_Q_OVERFLOW);
    expect(group, group->last_wd, IN_IGNORED);
    ck_assert_ptr_null(watch_event_take(group));
    watch_group_destroy(group);
    all_is_gone();
}
END_TEST

static struct watch_group *ending;

static void end_it(void)
{
    struct watch_group *group = ending;

    ending = NULL;
    if (group != NULL)
        watch_group_destroy(group);
}

/* A file system goes, with watches of groups of which one ends meanwhile. */
START_TEST(unmounted)
{
    static struct filesystem fs;
    struct watch_group *one = group_new(7), *two = group_new(7);

    for (unsigned i = 0; i < 6; i++) {
        inodes[i].fs = i != 3 ? &fs : NULL;
        ck_assert_int_gt(watch_add(one, &inodes[i], IN_OPEN), 0);
        ck_assert_int_gt(watch_add(two, &inodes[i], IN_OPEN), 0);
    }
    ending = one;
    on_put = end_it;
    watch_fs_gone(&fs);
    ck_assert_ptr_null(ending);
    ck_assert_uint_eq(watch_count, 1);
    for (int wd = 6; wd > 0; wd--) {
        if (wd == 4)
            continue;
        expect(two, wd, IN_UNMOUNT);
        expect(two, wd, IN_IGNORED);
    }
    ck_assert_ptr_null(watch_event_take(two));
    watch_group_destroy(two);
    all_is_gone();
}
END_TEST

START_TEST(without_a_name)
{
    struct watch_group *one = group_new(7), *two = group_new(7);
    struct inode *inode = &inodes[0];

    ck_assert_int_eq(watch_add(one, inode, IN_DELETE_SELF), 1);
    ck_assert_int_eq(watch_add(two, inode, IN_OPEN), 1);
    inode_get(inode);
    inode_watched_put(inode);
    ck_assert_uint_eq(watch_count, 2);
    inode_put(inode);
    inode_watched_put(inode);
    expect(one, 1, IN_DELETE_SELF);
    expect(one, 1, IN_IGNORED);
    expect(two, 1, IN_IGNORED);
    watch_group_destroy(one);
    watch_group_destroy(two);
    all_is_gone();
}
END_TEST

static uint32_t heard;

static void hear(struct watch *watch, const struct watch_news *news)
{
    heard |= news->mask;
    if (news->mask & IN_DELETE)
        watch_detach(watch);
}

/* Beside a group's of the same inode, which ends without this one. */
START_TEST(of_no_group)
{
    struct watch_group *group = group_new(7);
    struct watch watch = {.mask = IN_CREATE, .tell = hear};

    ck_assert_int_eq(watch_add(group, &inodes[0], IN_CREATE | IN_DELETE), 1);
    watch_attach(&watch, &inodes[0]);
    ck_assert_uint_eq(watch_count, 2);
    ck_assert_uint_eq(inodes[0].refs, 1);
    tell(0, IN_CREATE, NULL, 0);
    tell(0, WATCH_RENAMED, NULL, 0);
    ck_assert_uint_eq(heard, IN_CREATE | WATCH_RENAMED);
    expect(group, 1, IN_CREATE);
    ck_assert_ptr_null(group->first);
    inodes[0].refs++; /* the watch's file */
    inode_watched_put(&inodes[0]);
    ck_assert_ptr_null(group->first);
    watch_inode_gone(&inodes[0]);
    expect(group, 1, IN_IGNORED);
    ck_assert_uint_eq(watch_count, 1);
    tell(0, IN_DELETE, NULL, 0);
    ck_assert_uint_eq(heard, IN_CREATE | WATCH_RENAMED | IN_DELETE);
    inodes[0].refs--;
    watch_group_destroy(group);
    all_is_gone();
}
END_TEST

static void limits_reset(void)
{
    on_put = NULL;
    memset(inodes, 0, sizeof(inodes));
    watch_events_max = 16384;
    watch_groups_max = 128;
    watch_watches_max = 8192;
}

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *tc = tcase_create("watch");

    tcase_add_checked_fixture(tc, limits_reset, NULL);
    tcase_add_test(tc, groups_are_counted_by_user);
    tcase_add_test(tc, watches_are_counted_by_user);
    tcase_add_test(tc, numbers_go_around);
    tcase_add_test(tc, too_many_events);
    tcase_add_test(tc, memory_is_bounded);
    tcase_add_test(tc, allocations_fail);
    tcase_add_test(tc, unmounted);
    tcase_add_test(tc, without_a_name);
    tcase_add_test(tc, of_no_group);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
