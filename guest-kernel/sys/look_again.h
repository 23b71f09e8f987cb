/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look_again.h - a system call that failed because a name led to what others had taken away.
 *
 * That was in a folder of the host, and nobody had told of it yet. By the time the call has failed no name is vouched
 * for (fs/fuse): as on Linux (LOOKUP_REVAL) a call with a name is made once more, and finds what is there.
 */
#ifndef GK_SYS_LOOK_AGAIN_H
#define GK_SYS_LOOK_AGAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "sys/syscall.h"

/* What the call gives that has just given -ESTALE: of its second try, if a name is among its arguments or in an address
 * that they lead to, else -ESTALE. There is no third one. i386: the number is int 0x80's. Locks: the handler's. */
int64_t look_again(bool i386, uint64_t number, syscall_handler *handler, const uint64_t args[6]);

#endif
