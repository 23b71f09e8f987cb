/* SPDX-License-Identifier: Apache-2.0 */
/* proc_sys_ipc.c - see proc_sys_ipc.h. */
#include "fs/proc_sys_ipc.h"

#include "abi/errno.h"
#include "lib/string.h"

int proc_sys_auto_msgmni = 0;

/* ---- numbers of 64 bits ---- */

int proc_sys_long_show(struct proc_text *text, const struct proc_inode *at)
{
    const uint64_t *value = at->entry->arg;

    proc_print(text, "%lu\n", (unsigned long)*value);
    return 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* The next number of a text that ends with a NUL, with what is left of it. 0; -EINVAL: it is none. */
static int number_next(const char **text, uint64_t *out)
{
    const char *at = *text;

    while (is_space(*at))
        at++;
    if (*at < '0' || *at > '9')
        return -EINVAL;
    for (*out = 0; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(*out, (uint64_t)10, out) || __builtin_add_overflow(*out, (uint64_t)(*at - '0'), out))
            return -EINVAL;
    if (*at != 0 && !is_space(*at))
        return -EINVAL;
    *text = at;
    return 0;
}

int proc_sys_long_store(const struct proc_inode *at, char *text, size_t size)
{
    uint64_t *value = (uint64_t *)(uintptr_t)at->entry->arg, number; /* NOLINT(performance-no-int-to-ptr) */
    const char *rest = text;
    int error = proc_sys_may_set();

    (void)size;
    if (error == 0)
        error = number_next(&rest, &number);
    if (error == 0)
        *value = number;
    return error;
}

/* ---- the limits of semaphores ---- */

int proc_sys_sem_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%d\t%d\t%d\t%d\n", sem_limit[SEM_MSL], sem_limit[SEM_MNS], sem_limit[SEM_OPM],
               sem_limit[SEM_MNI]);
    return 0;
}

static bool is_blank(const char *text)
{
    while (is_space(*text))
        text++;
    return *text == 0;
}

/* As many as are given, from the first on. */
int proc_sys_sem_store(const struct proc_inode *at, char *text, size_t size)
{
    int limit[SEM_LIMITS], error = proc_sys_may_set();
    const char *rest = text;

    (void)at, (void)size;
    memcpy(limit, sem_limit, sizeof(limit));
    for (unsigned i = 0; i < SEM_LIMITS && error == 0 && (i == 0 || !is_blank(rest)); i++) {
        uint64_t number = 0;

        error = number_next(&rest, &number);
        if (error == 0 && number > INT32_MAX)
            error = -EINVAL;
        limit[i] = (int)number;
    }
    if (error != 0)
        return error;
    if (limit[SEM_MNI] > (int)IPC_PLACES) { /* the others are set all the same, as on Linux */
        limit[SEM_MNI] = sem_limit[SEM_MNI];
        error = -ERANGE;
    }
    memcpy(sem_limit, limit, sizeof(limit));
    return error;
}

/* ---- shm_rmid_forced ---- */

int proc_sys_rmid_store(const struct proc_inode *at, char *text, size_t size)
{
    int error = proc_sys_number_store(at, text, size);

    if (error == 0 && shm_rmid_forced != 0)
        shm_remove_orphans();
    return error;
}

/* ---- fs/mqueue ---- */

const struct proc_entry proc_sys_mqueue_entries[] = {
    NUMBER_ENTRY("msg_default", mqueue_limits.msg_default, 1, (int)MQ_MESSAGES_MOST),
    NUMBER_ENTRY("msg_max", mqueue_limits.msg_max, 1, (int)MQ_MESSAGES_MOST),
    NUMBER_ENTRY("msgsize_default", mqueue_limits.msgsize_default, 128, (int)MQ_SIZE_MOST),
    NUMBER_ENTRY("msgsize_max", mqueue_limits.msgsize_max, 128, (int)MQ_SIZE_MOST),
    NUMBER_ENTRY("queues_max", mqueue_limits.queues_max, INT32_MIN, INT32_MAX),
    {0},
};
