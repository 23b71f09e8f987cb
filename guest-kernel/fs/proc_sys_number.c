/* SPDX-License-Identifier: Apache-2.0 */
/* proc_sys_number.c - see proc_sys_number.h. */
#include "fs/proc_sys_number.h"

#include "abi/errno.h"
#include "core/cred.h"
#include "core/thread.h"

int proc_sys_may_set(void)
{
    return current_thread()->cred.user.effective == 0 || cred_has(&current_thread()->cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

int proc_sys_number_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct proc_sys_number *setting = at->entry->arg;

    proc_print(text, "%d\n", *setting->value);
    return 0;
}

int proc_sys_number_store(const struct proc_inode *at, char *text, size_t size)
{
    const struct proc_sys_number *setting = at->entry->arg;
    int64_t value;
    int error = proc_sys_may_set();

    if (error == 0)
        error = proc_parse_number(text, size, &value);
    if (error != 0)
        return error;
    if (value < setting->least || value > setting->most)
        return -EINVAL;
    *setting->value = (int)value;
    return 0;
}
