/* SPDX-License-Identifier: Apache-2.0 */
/* shared_open.c - open and close of files that are in memory, while other CPUs share the kernel lock. */
#include "sys/sharing.h"
#include "sys/user.h"
#include "vfs/open_shared.h"

static bool open_at(int dirfd, uaddr_t name, uint32_t flags, int64_t *result)
{
    struct path found;
    int error;

    if (!user_look_shared(dirfd, name, &found, &error) || error != 0)
        return false;
    return open_found_shared(current_thread()->files, &found, flags | O_LARGEFILE, result);
}

bool shared_open(const uint64_t arg[6], int64_t *result)
{
    return open_at(AT_FDCWD, arg[0], ISA_OPEN_FLAGS((uint32_t)arg[1]), result);
}

bool shared_openat(const uint64_t arg[6], int64_t *result)
{
    return open_at((int)arg[0], arg[1], ISA_OPEN_FLAGS((uint32_t)arg[2]), result);
}

bool shared_close(const uint64_t arg[6], int64_t *result)
{
    *result = 0;
    return close_shared(current_thread()->files, (int)arg[0]);
}
