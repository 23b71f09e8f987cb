/* SPDX-License-Identifier: Apache-2.0 */
/* sigevent.h - a program's struct sigevent: how it wants to be told of something. */
#ifndef GK_SYS_SIGEVENT_H
#define GK_SYS_SIGEVENT_H

#include "lib/types.h"

struct sigevent_user;

/* Reads one of the caller's, who may be a 32-bit program (call_is_32bit). 0 or -EFAULT. */
int sigevent_from_user(struct sigevent_user *event, uaddr_t address);

#endif
