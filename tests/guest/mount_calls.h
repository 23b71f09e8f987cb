/* SPDX-License-Identifier: Apache-2.0 */
/* mount_calls.h - the later mount calls, of which C libraries have no names: their numbers are the same on all ISAs. */
#ifndef TESTS_GUEST_MOUNT_CALLS_H
#define TESTS_GUEST_MOUNT_CALLS_H

#include <stdint.h>

#include "mounting.h"

enum { SET_FLAG, SET_STRING, SET_BINARY, SET_PATH, SET_PATH_EMPTY, SET_FD, CREATE, RECONFIGURE, CREATE_EXCL };

static inline long fs_open(const char *type, unsigned flags)
{
    return syscall(430, type, flags);
}

static inline long fs_config(long fd, unsigned command, const char *key, const void *value, int aux)
{
    return syscall(431, fd, command, key, value, aux);
}

static inline long fs_mount(long fd, unsigned flags, unsigned attr)
{
    return syscall(432, fd, flags, attr);
}

static inline long fs_pick(int at, const char *path, unsigned flags)
{
    return syscall(433, at, path, flags);
}

static inline long move_to(long from, const char *path, const char *to)
{
    return syscall(429, from, path, AT_FDCWD, to, 4u); /* from: the descriptor itself, if path is empty */
}

/* Of a descriptor only whether there is one is the same everywhere. */
static inline long show_fd(const char *what, long fd)
{
    printf("%s: %s\n", what, fd >= 0 ? "open" : error_name(errno));
    return fd;
}

#endif
