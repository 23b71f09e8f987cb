/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.c - see mounts.h. */
#include "vmm/sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <asm/unistd.h>
#include <unistd.h>

/* linux/mount.h, which not every sys/mount.h can be included beside. */
#define TMPFS_CREATE 6u        /* FSCONFIG_CMD_CREATE */
#define TMPFS_CLOEXEC 1u       /* FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC */
#define TMPFS_ATTRIBUTES 0x0fu /* MOUNT_ATTR_RDONLY, _NOSUID, _NODEV, _NOEXEC */

/* linux/mount.h and linux/fcntl.h. */
#define TREE_CLONE 1u          /* OPEN_TREE_CLONE */
#define TREE_EMPTY 0x1000u     /* AT_EMPTY_PATH */
#define TREE_WHOLE 0x8000u     /* AT_RECURSIVE */
#define TREE_CLOEXEC O_CLOEXEC /* OPEN_TREE_CLOEXEC */

int mounts_part(int *fd)
{
    int apart = (int)syscall(__NR_open_tree, *fd, "", TREE_CLONE | TREE_EMPTY | TREE_WHOLE | TREE_CLOEXEC);

    if (apart < 0)
        return -errno;
    close(*fd);
    *fd = apart;
    return 0;
}

/* A file system of memory, in no folder, so that there is no way from it to anything else. */
int mounts_enter_empty(void)
{
    int context = (int)syscall(__NR_fsopen, "tmpfs", TMPFS_CLOEXEC), root = -1, error = 0;

    if (context < 0)
        return -errno;
    if (syscall(__NR_fsconfig, context, TMPFS_CREATE, NULL, NULL, 0) == 0)
        root = (int)syscall(__NR_fsmount, context, TMPFS_CLOEXEC, TMPFS_ATTRIBUTES);
    if (root < 0 || fchdir(root) < 0 || chroot(".") < 0)
        error = -errno;
    if (root >= 0)
        close(root);
    close(context);
    return error;
}

int mounts_leave(void)
{
    int signal_of_death = 0;

    /* A user namespace takes it away. */
    prctl(PR_GET_PDEATHSIG, &signal_of_death);
    if (unshare(CLONE_NEWNS) < 0 && (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0))
        return -errno;
    int error = mounts_enter_empty();
    if (error == 0 && signal_of_death != 0 && prctl(PR_SET_PDEATHSIG, signal_of_death) < 0)
        error = -errno;
    return error;
}
