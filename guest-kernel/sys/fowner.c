/* SPDX-License-Identifier: Apache-2.0 */
/* fowner.c - who is signalled about an open file, and how: fcntl(2), F_SETOWN and its kin. */
#include "core/pid.h"
#include "sys/flock.h"
#include "sys/user.h"
#include "vfs/owner.h"
#include "vfs/vfs.h"

struct owner_user { /* struct f_owner_ex */
    int32_t type, pid;
};

/* number 0: nobody. */
static int64_t set(struct file *file, int type, int number)
{
    struct file_extra *extra = file_extra_get(file); /* which may be to wait */
    struct pid *pid = number != 0 ? pid_find(number) : NULL;

    if (number != 0 && pid == NULL)
        return -ESRCH;
    if (extra == NULL)
        return -ENOMEM;
    owner_set(&extra->owner, type, pid);
    return 0;
}

static int64_t set_from_user(struct file *file, uaddr_t address)
{
    struct owner_user user;

    if (user_get(user, address))
        return -EFAULT;
    if (user.type < F_OWNER_TID || user.type > F_OWNER_PGRP)
        return -EINVAL;
    return set(file, user.type, user.pid);
}

static int64_t set_signal(struct file *file, uint64_t signal)
{
    struct file_extra *extra;

    if (signal > SIGNALS)
        return -EINVAL;
    extra = file_extra_get(file);
    if (extra == NULL)
        return -ENOMEM;
    extra->owner.signal = (int)signal;
    return 0;
}

static int64_t put_users(const struct file_owner *owner, uaddr_t address)
{
    const uint32_t users[2] = {owner->real, owner->effective};

    return user_put(address, users);
}

int64_t owner_fcntl(struct file *file, int command, uint64_t arg)
{
    static const struct file_owner nobody;
    const struct file_owner *owner = file->extra != NULL ? &file->extra->owner : &nobody;
    int number = (int)arg;

    switch (command) {
    case F_SETOWN:
        if (number == INT32_MIN)
            return -EINVAL;
        return number < 0 ? set(file, F_OWNER_PGRP, -number) : set(file, F_OWNER_PID, number);
    case F_GETOWN:
        return owner->type == F_OWNER_PGRP ? -owner_number(owner) : owner_number(owner);
    case F_SETOWN_EX:
        return set_from_user(file, arg);
    case F_GETOWN_EX:
        return user_put(arg, ((struct owner_user){owner->type, owner_number(owner)}));
    case F_GETOWNER_UIDS:
        return put_users(owner, arg);
    case F_SETSIG:
        return set_signal(file, arg);
    default: /* F_GETSIG */
        return owner->signal;
    }
}
