/* SPDX-License-Identifier: Apache-2.0 */
/* sigevent.c - see sigevent.h. */
#include "sys/sigevent.h"

#include "abi/i386.h"
#include "abi/signal.h"
#include "core/thread.h"
#include "sys/user.h"

int sigevent_from_user(struct sigevent_user *event, uaddr_t address)
{
    struct i386_sigevent half;

    if (!call_is_32bit())
        return user_get(*event, address);
    if (user_get(half, address))
        return -EFAULT;
    *event = (struct sigevent_user){.value = half.value, .signal = half.signal, .notify = half.notify, .tid = half.tid};
    return 0;
}
