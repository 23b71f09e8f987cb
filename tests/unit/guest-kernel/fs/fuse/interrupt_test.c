/* SPDX-License-Identifier: Apache-2.0 */
/* interrupt_test.c - a wait for a lock that a signal ends, of which the server is told. */
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

/* The process is to end: the server is told until it has come to the message, or has answered it. */
START_TEST(who_is_killed_is_no_waiter)
{
    struct fuse_connection *connection = &container_of(fs, struct fuse_fs, fs)->connection;
    const struct fuse_lock_in in = {.owner = 1};
    struct fuse_message *message = fuse_message(connection, FUSE_SETLKW, 2, &in, sizeof(in));

    ck_assert_int_eq(fuse_call_interruptible(&message, NULL, 0, 0), -ERESTARTSYS);
    ck_assert_ptr_null(message);
    ck_assert_uint_eq(server.helds, 3);
    server.interrupted = -EAGAIN;
    request_do(server.held[1]);
    request_do(server.held[2]);
    ck_assert_uint_eq(server.helds, 4); /* told once more, by nobody who waits */
    if (_i == 0) {
        server.interrupted = 0;
        request_do(server.held[3]);
        request_do(server.held[0]);
    } else {
        request_do(server.held[0]); /* had by then */
        request_do(server.held[3]);
    }
    ck_assert_uint_eq(server.helds, 4);
}
END_TEST

/* A handle that is to be closed when there is no memory for the message: it is when another has ended. */
START_TEST(what_must_come_comes_late)
{
    struct fuse_connection *connection = &container_of(fs, struct fuse_fs, fs)->connection;
    const struct fuse_release_in in = {.handle = 1};
    struct fuse_message *taken[32];
    unsigned count = 0, before = server.releases;

    do
        taken[count++] = fuse_message(connection, FUSE_STATFS, 2, NULL, 0);
    while (connection->unused != NULL);
    stub_fail_on = true;
    stub_fail_at = 1;
    for (unsigned i = 0; i < FUSE_OWED_MAX + 1; i++)
        fuse_message_owe(connection, FUSE_RELEASE, 2, &in, sizeof(in));
    stub_fail_on = false;
    stub_fail_at = 0;
    ck_assert_uint_eq(connection->owed_count, FUSE_OWED_MAX);
    ck_assert_uint_eq(server.releases, before);
    while (count != 0)
        fuse_message_end(taken[--count]);
    ck_assert_uint_eq(connection->owed_count, 0);
    ck_assert_uint_eq(server.releases, before + FUSE_OWED_MAX);
}
END_TEST

/* It goes before what comes later, and in its order. */
START_TEST(what_must_come_comes_first)
{
    struct fuse_connection *connection = &container_of(fs, struct fuse_fs, fs)->connection;
    struct fuse_lock_in in = {.owner = 1};
    struct fuse_message *taken[32], *message;
    unsigned count = 0;

    do
        taken[count++] = fuse_message(connection, FUSE_STATFS, 2, NULL, 0);
    while (connection->unused != NULL);
    stub_fail_on = true;
    stub_fail_at = 1;
    for (in.owner = 1; in.owner <= 3; in.owner++)
        fuse_message_owe(connection, FUSE_SETLKW, 2, &in, sizeof(in)); /* which the test holds */
    stub_fail_on = false;
    stub_fail_at = 0;
    ck_assert_uint_eq(server.helds, 0);
    in.owner = 4;
    message = fuse_message(connection, FUSE_SETLKW, 2, &in, sizeof(in));
    ck_assert_uint_eq(connection->owed_count, 0);
    fuse_message_leave(message, 0);
    ck_assert_uint_eq(server.helds, 4);
    for (unsigned i = 0; i < 4; i++) {
        memcpy(&in, container_of(server.held[i], struct fuse_message, request)->text, sizeof(in));
        ck_assert_uint_eq(in.owner, i + 1);
        request_do(server.held[i]);
    }
    while (count != 0)
        fuse_message_end(taken[--count]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs/fuse/interrupt");
    TCase *tests = tcase_create("interrupt");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, who_is_killed_is_no_waiter, 0, 2);
    tcase_add_test(tests, what_must_come_comes_late);
    tcase_add_test(tests, what_must_come_comes_first);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
