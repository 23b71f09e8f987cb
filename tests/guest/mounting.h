/* SPDX-License-Identifier: Apache-2.0 */
/* mounting.h - for the guest tests of mount(2): what is where. On Linux they have a name space of their own. */
#ifndef TESTS_GUEST_MOUNTING_H
#define TESTS_GUEST_MOUNTING_H

#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "own_mounts.h"
#include "tree.h"

static inline void there(const char *path)
{
    struct stat st;

    printf("  %s: %s\n", path, lstat(path, &st) == 0 ? "there" : error_name(errno));
}

static inline int tmpfs(const char *at, unsigned long flags, const char *options)
{
    return mount("none", at, "tmpfs", flags, options);
}

static inline void where(const char *what)
{
    char room[500];
    char *at = getcwd(room, sizeof(room));

    printf("  %s: %s\n", what, at != NULL ? at : error_name(errno));
}

static inline void mounting_begin(const char *name)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    own_mounts();
    tree_enter(name);
}

/* In a process of its own, whose root and working directory change. */
static inline void mounting_apart(void (*what)(void))
{
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        what();
        fflush(stdout);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        printf("status %x\n", status);
}

/* As mounting_begin, does `what` and leaves nothing behind, even if there is no /dev/shm any more. */
static inline void mounting_alone(const char *name, void (*first)(void), void (*second)(void))
{
    mounting_begin(name);
    int above = open("/dev/shm", O_RDONLY | O_DIRECTORY);
    tree_make();
    if (first != NULL)
        mounting_apart(first);
    umount2("dir/sub", MNT_DETACH);
    umount2("dir", MNT_DETACH);
    mounting_apart(second);
    tree_clear();
    if (unlinkat(above, name, AT_REMOVEDIR) != 0)
        printf("%s is left: %s\n", name, error_name(errno));
}

#endif
