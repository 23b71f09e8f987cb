/* SPDX-License-Identifier: Apache-2.0 */
/* proc_attributes.c - what /proc tells of a process in a line or two, and lets others set: its name, how it stands in
 * line where memory is used up, its timers' slack. */
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "core/accounting.h"
#include "core/cred.h"
#include "core/oom.h"
#include "core/pid.h"
#include "core/threads.h"
#include "fs/proc_process.h"
#include "lib/string.h"
#include "mm/page.h"

/* ---- its name ---- */

int proc_comm_show(struct proc_text *text, const struct proc_inode *at)
{
    const char *name = proc_name(at);

    if (name == NULL)
        return -ESRCH;
    proc_print(text, "%s\n", name); /* which copies it before it asks for memory */
    return 0;
}

/* Only a process's own threads may. What is too long is cut. */
int proc_comm_store(const struct proc_inode *at, char *text, size_t size)
{
    struct thread *thread = proc_thread(at);
    size_t length = strnlen(text, size);

    if (thread == NULL)
        return -ESRCH;
    if (thread->process != current_process())
        return -EINVAL;
    if (length > sizeof(thread->name) - 1)
        length = sizeof(thread->name) - 1;
    memset(thread->name, 0, sizeof(thread->name));
    memcpy(thread->name, text, length);
    return 0;
}

/* ---- where memory is used up ---- */

#define OOM_ADJ_DISABLE (-17) /* the older file's range: -17 to 15 */
#define OOM_ADJ_MAX 15

int proc_oom_score_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct process *process = proc_process(at);

    if (process == NULL)
        return -ESRCH;
    proc_print(text, "%lu\n", (unsigned long)oom_score(process));
    return 0;
}

int proc_oom_score_adj_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct process *process = proc_process(at);

    if (process == NULL)
        return -ESRCH;
    proc_print(text, "%d\n", process->oom_score_adj);
    return 0;
}

int proc_oom_adj_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct process *process = proc_process(at);

    if (process == NULL)
        return -ESRCH;
    proc_print(text, "%d\n",
               process->oom_score_adj == OOM_SCORE_ADJ_MAX ? OOM_ADJ_MAX
                                                           : process->oom_score_adj * -OOM_ADJ_DISABLE / 1000);
    return 0;
}

static int oom_adjust(const struct proc_inode *at, int adj)
{
    struct process *process = proc_process(at);

    if (process == NULL)
        return -ESRCH;
    if (adj < process->oom_score_adj_least && !cred_has(&current_thread()->cred, CAP_SYS_RESOURCE))
        return -EACCES;
    oom_set_adj(process, adj, cred_has(&current_thread()->cred, CAP_SYS_RESOURCE));
    return 0;
}

int proc_oom_score_adj_store(const struct proc_inode *at, char *text, size_t size)
{
    int64_t adj;
    int error = proc_parse_number(text, size, &adj);

    if (error != 0)
        return error;
    return adj >= OOM_SCORE_ADJ_MIN && adj <= OOM_SCORE_ADJ_MAX ? oom_adjust(at, (int)adj) : -EINVAL;
}

int proc_oom_adj_store(const struct proc_inode *at, char *text, size_t size)
{
    int64_t adj;
    int error = proc_parse_number(text, size, &adj);

    if (error != 0)
        return error;
    if (adj < OOM_ADJ_DISABLE || adj > OOM_ADJ_MAX)
        return -EINVAL;
    return oom_adjust(at, adj == OOM_ADJ_MAX ? OOM_SCORE_ADJ_MAX : (int)adj * 1000 / -OOM_ADJ_DISABLE);
}

/* ---- timers' slack ---- */

int proc_timerslack_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct thread *thread = proc_thread(at);

    if (thread == NULL)
        return -ESRCH;
    if (thread != current_thread() && !cred_has(&current_thread()->cred, CAP_SYS_NICE))
        return -EPERM;
    proc_print(text, "%lu\n", (unsigned long)thread->timer_slack_ns);
    return 0;
}

int proc_timerslack_store(const struct proc_inode *at, char *text, size_t size)
{
    struct thread *thread = proc_thread(at);
    int64_t slack;
    int error = proc_parse_number(text, size, &slack);

    if (error != 0 || slack < 0)
        return error != 0 ? error : -EINVAL;
    if (thread == NULL)
        return -ESRCH;
    if (thread != current_thread() && !cred_has(&current_thread()->cred, CAP_SYS_NICE))
        return -EPERM;
    thread->timer_slack_ns = slack != 0 ? (uint64_t)slack : TIMER_SLACK_NS;
    return 0;
}

/* ---- what is the same for all ---- */

static int constant(struct proc_text *text, const struct proc_inode *at, const char *value)
{
    if (proc_process(at) == NULL)
        return -ESRCH;
    proc_put(text, value, strlen(value));
    return 0;
}

int proc_cgroup_show(struct proc_text *text, const struct proc_inode *at)
{
    return constant(text, at, "0::/\n");
}

int proc_loginuid_show(struct proc_text *text, const struct proc_inode *at)
{
    return constant(text, at, "4294967295"); /* nobody has logged in */
}

int proc_sessionid_show(struct proc_text *text, const struct proc_inode *at)
{
    return constant(text, at, "4294967295");
}

int proc_coredump_filter_show(struct proc_text *text, const struct proc_inode *at)
{
    return constant(text, at, "00000033\n");
}

int proc_personality_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct thread *thread = proc_thread(at);
    int error = proc_may_look(at);

    if (error != 0)
        return error == -EACCES ? -EPERM : error;
    if (thread == NULL)
        return -ESRCH;
    proc_print(text, "%08x\n", thread->personality);
    return 0;
}

int proc_wchan_show(struct proc_text *text, const struct proc_inode *at)
{
    return constant(text, at, "0");
}

/* ---- others ---- */

/* Of a thread, or of all that the process has and had. What was to be written and is cut off again isn't told. */
int proc_io_show(struct proc_text *text, const struct proc_inode *at)
{
    struct thread *thread = at->of_thread ? proc_thread(at) : NULL;
    struct process *process = proc_process(at);
    int error = proc_may_look(at);
    struct usage usage;

    if (error != 0)
        return error;
    if (process == NULL || (at->of_thread && thread == NULL))
        return -ESRCH;
    if (thread != NULL)
        usage_get_thread(thread, &usage);
    else
        usage_get(process, &usage);
    const struct io_counts *io = &usage.io;
    proc_print(text, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\n", io->bytes[0], io->bytes[1], io->calls[0],
               io->calls[1]);
    proc_print(text, "read_bytes: %lu\nwrite_bytes: %lu\ncancelled_write_bytes: 0\n", io->disk[0], io->disk[1]);
    return 0;
}

#define CHILD_ROOM 16u /* a number and a space */

/* Of a thread: the processes that it has made, or taken over. */
int proc_children_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct pid *id;

    if (proc_process(at) == NULL || proc_thread(at) == NULL)
        return -ESRCH;
    /* Nobody else runs but for memory: then the thread may go, and children come and go. */
    for (int number = 1; proc_text_reserve(text, CHILD_ROOM) && (id = pid_from(number)) != NULL; number++) {
        const struct thread *thread = proc_thread(at);

        number = id->number;
        if (thread == NULL)
            break;
        if (id->process != NULL && id->process->parent == thread->process && id->process->parent_thread == thread)
            proc_print(text, "%d ", number);
    }
    return text->error;
}
