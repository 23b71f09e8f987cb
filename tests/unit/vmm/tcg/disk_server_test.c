/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/tcg/disk_server.c vmm/disk/*.c vmm/file_io.c vmm/log.c vmm/sandbox/*.c vmm/syscall_names.c
/* disk_server_test.c - the processes that serve disks: what they have open, and that they end. What they serve:
 * nbd_test.c. */
#include "vmm/tcg/disk_server.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/disk/cow.h"

#define BYTES 4096u

static bool is_old;

/* Kernels before 5.9 don't have it. */
int close_range(unsigned first, unsigned last, int flags)
{
    (void)flags;
    if (is_old) {
        errno = ENOSYS;
        return -1;
    }
    for (unsigned fd = first; fd <= last && fd < 256; fd++)
        close((int)fd);
    return 0;
}

/* The name of what a process has open. */
static void name_of(pid_t pid, unsigned fd, char name[64])
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)pid, fd);
    ssize_t length = readlink(path, name, 63);
    name[length > 0 ? length : 0] = '\0';
}

/* It serves, so that it has closed what isn't its own. */
static void greets(int fd)
{
    char greeting[18];

    ck_assert_int_eq(recv(fd, greeting, sizeof(greeting), MSG_WAITALL), sizeof(greeting));
    ck_assert_mem_eq(greeting, "NBDMAGIC", 8);
}

/* Each ends when its client has, though others may have its client's end as well at first. */
START_TEST(ends_with_its_client)
{
    struct disk_servers servers = {0};
    const struct config config = {.sandbox = SANDBOX_FULL};
    struct backend_job job = {.config = &config, .disk_count = 3};
    int fds[CONFIG_DISKS] = {-1, -1, -1, -1, -1, -1, -1};
    char name[64];

    is_old = _i == 1;
    for (unsigned i = 0; i < 3; i++) {
        job.disk[i] = (struct backend_file){.path = "disk", .fd = memfd_create("base", MFD_CLOEXEC)};
        job.disk[i].size_bytes = BYTES;
        job.disk[i].is_cow = i != 1;
        ck_assert_int_eq(ftruncate(job.disk[i].fd, BYTES), 0);
        if (job.disk[i].is_cow)
            ck_assert_int_eq(cow_temporary(BYTES, &job.disk[i].cow), 0);
    }
    ck_assert_int_eq(disk_servers_start(&servers, &job, fds), 0);
    ck_assert_int_eq(servers.pid[1], 0);
    ck_assert_int_eq(fds[1], -1);
    for (unsigned i = 0; i < 3; i += 2) {
        greets(fds[i]);
        name_of(servers.pid[i], 0, name);
        ck_assert_str_eq(name, "/memfd:base (deleted)");
        name_of(servers.pid[i], 2, name); /* what libc may write to on its own is no file */
        ck_assert_msg(strncmp(name, "socket:", 7) == 0, "it is %s", name);
        name_of(servers.pid[i], 3, name);
        ck_assert_msg(is_old || name[0] == '\0', "it has %s", name);
    }
    for (unsigned i = 0; i < 3; i += 2)
        close(fds[i]);
    disk_servers_finish(&servers, &job);
    ck_assert_int_eq(servers.pid[0], 0);
    for (unsigned i = 0; i < 3; i++) {
        close(job.disk[i].fd);
        if (job.disk[i].is_cow)
            cow_destroy(job.disk[i].cow);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/tcg_disk_server");
    TCase *tc = tcase_create("disk_server");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, ends_with_its_client, 0, 2);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
