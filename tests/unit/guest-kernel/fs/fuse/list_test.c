/* SPDX-License-Identifier: Apache-2.0 */
/* list_test.c - listings of a server that tells of changes: what they take of it, and when they are asked for again. */
// sources: guest-kernel/fs/fuse/*.c guest-kernel/vfs/fuse_port.c guest-kernel/vfs/pagewait.c guest-kernel/core/news.c
// sources: guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/fs/fat32*.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/pageindex.c
// sources: guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c guest-kernel/vfs/path_print.c
// sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c guest-kernel/vfs/readdir.c
// sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c
// sources: guest-kernel/vfs/sparse.c guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: guest-kernel/mm/area.c guest-kernel/mm/fault.c guest-kernel/mm/fork.c guest-kernel/mm/memlock.c
// sources: guest-kernel/mm/object.c guest-kernel/mm/pagetable.c guest-kernel/mm/space.c guest-kernel/mm/turns.c
// sources: guest-kernel/vfs/names_told.c tests/unit/guest-kernel/one_cpu.c
#include "dax_server.h"

#define FEW 20u   /* names, that come with their files in the first reply */
#define MANY 900u /* in two more */

static void setup_telling(void)
{
    server_setup();
    server.tells = true;
    server.names = FEW;
    mount_it();
}

struct reader {
    unsigned next; /* the name that comes next */
    unsigned room; /* for so many more */
};

static bool emit(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    struct reader *reader = arg;
    char wanted[16];

    if (reader->room == 0)
        return false;
    snprintf(wanted, sizeof(wanted), "n%u", 100 + reader->next);
    ck_assert_uint_eq(length, 4);
    ck_assert(memcmp(name, wanted, 4) == 0);
    ck_assert_uint_eq(ino, reader->next);
    ck_assert_uint_eq(type, DT_REG);
    ck_assert_uint_eq(next_pos, ++reader->next);
    reader->room--;
    return true;
}

/* Reads from name `from` on, `room` of them at most: how many there were. */
static unsigned read_from(unsigned from, unsigned room)
{
    struct reader reader = {from, room};

    ck_assert_int_eq(fs->root->ops->read_dir(fs->root, from, emit, &reader), 0);
    return reader.next - from;
}

/* As a program does: it comes to know of the end by a call that gives nothing. */
static void read_all(unsigned names, unsigned room)
{
    unsigned at = 0;

    for (unsigned n = 1; n != 0; at += n)
        n = read_from(at, room);
    ck_assert_uint_eq(at, names);
}

START_TEST(a_short_one_is_asked_for_once)
{
    read_all(FEW, 1000);
    ck_assert_uint_eq(server.lists, 1);
    ck_assert_uint_eq(server.opendirs, 0);
    read_all(FEW, 7);
    ck_assert_uint_eq(read_from(5, 3), 3); /* from anywhere */
    ck_assert_uint_eq(server.lists, 1);
    ck_assert_uint_eq(read_from(FEW + 1, 3), 0); /* where no name ends: the server is asked */
    ck_assert_uint_eq(server.lists, 2);
}
END_TEST

START_TEST(names_that_were_learned_are_listed_by_nobody)
{
    for (char name = 'a'; server.lists == 0; name++) {
        struct inode *inode;
        ck_assert_int_eq(fs->root->ops->lookup(fs->root, &name, 1, &inode), 0);
        inode_put(inode);
    }
    ck_assert_uint_eq(server.lists_plus, 1);
    read_all(FEW, 1000);
    ck_assert_uint_eq(server.lists, 1);
    ck_assert_uint_eq(server.opendirs + server.releasedirs, 0);
}
END_TEST

/* Not after a change of what is there, and not while there may be one that isn't told yet. */
START_TEST(changes_of_names_have_it_asked_for_again)
{
    struct lvmm_fuse_event event = {.node = FUSE_ROOT, .mask = 0x2 /* IN_MODIFY */, .length = 4};

    read_all(FEW, 1000);
    events_answer(&event, "n100", 0);
    ck_assert_ptr_nonnull(server.events);
    ck_assert_int_eq(fuse_fetch_now(fs->root), 0); /* an answer is proof that this was all */
    read_all(FEW, 1000);
    ck_assert_uint_eq(server.lists, 1);
    event.mask = 0x100; /* IN_CREATE */
    server.names++;
    events_answer(&event, "n120", 0);
    ck_assert_int_eq(fuse_fetch_now(fs->root), 0);
    read_all(FEW + 1, 1000);
    ck_assert_uint_eq(server.lists, 2);
}
END_TEST

/* It is asked whether there was something. */
START_TEST(news_have_it_proved)
{
    unsigned getattrs;

    read_all(FEW, 1000);
    news_came();
    getattrs = server.getattrs;
    read_all(FEW, 1000);
    ck_assert_uint_eq(server.getattrs, getattrs + 1);
    ck_assert_uint_eq(server.lists, 1);
    fuse_fs_of(fs->root)->is_told = false; /* the server has no more to say */
    server.names++;
    read_all(FEW + 1, 1000);
    ck_assert_uint_gt(server.lists, 1);
}
END_TEST

/* What it makes no promise of is not kept; that it ends there is known nevertheless. */
START_TEST(a_silent_one_is_not_kept)
{
    server.is_silent = true;
    read_all(FEW, 1000);
    ck_assert_uint_eq(server.lists, 1);
    read_all(FEW, 1000);
    ck_assert_uint_eq(server.lists, 2);
    ck_assert_uint_eq(read_from(FEW, 10), 0);
    ck_assert_uint_eq(server.lists, 2);
    news_came();
    ck_assert_uint_eq(read_from(FEW, 10), 0);
    ck_assert_uint_eq(server.lists, 3);
}
END_TEST

START_TEST(a_long_one_is_opened_once)
{
    server.names = MANY;
    read_all(MANY, 100);
    ck_assert_uint_eq(server.lists, 2);
    ck_assert_uint_eq(server.opendirs, 1);
    ck_assert_uint_eq(server.releasedirs, 1);
}
END_TEST

/* As `rm -r` does with a small buffer. The server's places needn't be the same in another listing, with fewer names. */
static void remove_while_reading(unsigned names, unsigned room)
{
    unsigned at = 0;

    for (unsigned n = 1; n != 0 && at < names; at += n) {
        n = read_from(at, room);
        fuse_node_of(fs->root)->names_at = ++fuse_fs_of(fs->root)->changes;
    }
    ck_assert_uint_eq(at, names);
}

START_TEST(who_removes_what_it_is_told_is_told_the_others)
{
    server.is_silent = _i == 1;
    remove_while_reading(FEW, 7);
    ck_assert_uint_eq(server.lists, 1);
    ck_assert_uint_eq(server.opendirs, 0);
    ck_assert_uint_eq(read_from(FEW, 7), 0); /* its end may be another */
    ck_assert_uint_eq(server.lists, 2);
    read_all(FEW, 7);
    ck_assert_uint_eq(server.lists, 3);
}
END_TEST

START_TEST(a_listing_is_open_until_all_is_told)
{
    server.names = MANY;
    for (unsigned at = 0; at < MANY - 100; at += 100)
        ck_assert_uint_eq(read_from(at, 100), 100);
    ck_assert_uint_eq(read_from(MANY - 100, 50), 50);
    ck_assert_uint_eq(server.lists, 2); /* so the server has told all */
    ck_assert_uint_eq(server.releasedirs, 0);
    ck_assert_uint_eq(read_from(MANY - 50, 51), 50);
    ck_assert_uint_eq(server.opendirs, 1);
    ck_assert_uint_eq(server.releasedirs, 1);
}
END_TEST

START_TEST(who_isnt_told_asks_as_always)
{
    server.names = FEW;
    read_all(FEW, 1000);
    ck_assert_uint_eq(server.lists_plus, 0);
    ck_assert_uint_eq(server.opendirs, server.releasedirs);
    ck_assert_uint_ge(server.lists, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs/fuse/list");
    TCase *told = tcase_create("told"), *not_told = tcase_create("not told");

    tcase_add_checked_fixture(told, setup_telling, teardown);
    tcase_add_test(told, a_short_one_is_asked_for_once);
    tcase_add_test(told, names_that_were_learned_are_listed_by_nobody);
    tcase_add_test(told, changes_of_names_have_it_asked_for_again);
    tcase_add_test(told, news_have_it_proved);
    tcase_add_test(told, a_silent_one_is_not_kept);
    tcase_add_test(told, a_long_one_is_opened_once);
    tcase_add_loop_test(told, who_removes_what_it_is_told_is_told_the_others, 0, 2);
    tcase_add_test(told, a_listing_is_open_until_all_is_told);
    suite_add_tcase(suite, told);
    tcase_add_checked_fixture(not_told, setup, teardown);
    tcase_add_test(not_told, who_isnt_told_asks_as_always);
    suite_add_tcase(suite, not_told);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
