/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/gdb.c vmm/log.c
/* gdb_test.c - the socket at which gdb reaches a guest, and another lvmm that would have it as well. */
#include "vmm/cli/gdb.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[] = "/tmp/gdb_test.XXXXXX", where[64];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(where, sizeof(where), "unix:%s/socket", folder);
}

static void remove_folder(void)
{
    rmdir(folder);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* QEMU stops its guest for whoever connects, and nobody would have it go on. */
START_TEST(one_in_use_is_not_touched)
{
    struct gdb_socket first, second;

    ck_assert_int_eq(gdb_socket_open(where, &first), 0);
    ck_assert_int_eq(gdb_socket_open(where, &second), -EADDRINUSE);
    ck_assert_int_eq(second.fd, -1);

    struct pollfd caller = {.fd = first.fd, .events = POLLIN};
    ck_assert_int_eq(poll(&caller, 1, 0), 0);
    gdb_socket_remove(&first);
    close(first.fd);
}
END_TEST

/* gdb is connected, and others wait until it is done: there is nothing to wait for. */
START_TEST(one_with_all_the_callers_that_it_takes)
{
    struct gdb_socket first, second;
    int caller[2];

    ck_assert_int_eq(gdb_socket_open(where, &first), 0);
    for (unsigned i = 0; i < 2; i++)
        caller[i] = connect_to(first.path);
    ck_assert_int_eq(gdb_socket_open(where, &second), -EADDRINUSE);
    for (unsigned i = 0; i < 2; i++)
        close(caller[i]);
    gdb_socket_remove(&first);
    close(first.fd);
}
END_TEST

START_TEST(one_left_over_is_replaced)
{
    struct gdb_socket first, second;

    ck_assert_int_eq(gdb_socket_open(where, &first), 0);
    close(first.fd); /* killed */
    ck_assert_int_eq(gdb_socket_open(where, &second), 0);
    close(connect_to(second.path));
    ck_assert_str_eq(second.address, where + strlen("unix:"));
    gdb_socket_remove(&second);
    ck_assert_int_eq(access(first.path, F_OK), -1);
    gdb_socket_remove(&second); /* and again */
    close(second.fd);
}
END_TEST

START_TEST(a_port)
{
    struct gdb_socket first, second;

    ck_assert_int_eq(gdb_socket_open("0", &first), 0);
    ck_assert_int_eq(strncmp(first.address, "127.0.0.1:", 10), 0);
    ck_assert_int_eq(gdb_socket_open(first.address + 10, &second), -EADDRINUSE);
    close(first.fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gdb");
    TCase *tc = tcase_create("socket");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, make_folder, remove_folder);
    tcase_add_test(tc, one_in_use_is_not_touched);
    tcase_add_test(tc, one_with_all_the_callers_that_it_takes);
    tcase_add_test(tc, one_left_over_is_replaced);
    tcase_add_test(tc, a_port);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
