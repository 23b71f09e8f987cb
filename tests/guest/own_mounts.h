/* SPDX-License-Identifier: Apache-2.0 */
/* own_mounts.h - for tests that mount: on Linux they have a name space of mounts of their own. */
#ifndef TESTS_GUEST_OWN_MOUNTS_H
#define TESTS_GUEST_OWN_MOUNTS_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>

/* What is mounted from now on is this process's own matter; only a kernel without such name spaces says EINVAL. */
static inline void own_mounts(void)
{
    if (unshare(CLONE_NEWNS) == 0) {
        (void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    } else if (errno != EINVAL) {
        perror("unshare: to mount on this machine is not wanted");
        exit(2);
    }
}

#endif
