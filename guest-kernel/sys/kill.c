/* SPDX-License-Identifier: Apache-2.0 */
/* kill.c - the calls that send signals, to whom, and who may: kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo.
 */
#include "sys/kill.h"

#include "abi/errno.h"
#include "abi/i386.h"
#include "abi/signal.h"
#include "core/pid.h"
#include "core/signal.h"
#include "core/threads.h"
#include "core/wait.h"
#include "lib/string.h"
#include "sys/i386_siginfo.h"
#include "sys/syscall.h"
#include "sys/user.h"

/* ---- who may ---- */

static bool signal_is_sendable(int signal)
{
    return signal >= 0 && signal <= SIGNALS;
}

/* kill(2): the sender's real or effective user is the receiver's real or saved one. */
static bool is_of_same_user(const struct cred *from, const struct cred *to)
{
    return from->user.effective == to->user.saved || from->user.effective == to->user.real ||
           from->user.real == to->user.saved || from->user.real == to->user.real;
}

/* Signal 0 only asks. `to`: the thread, or one of the process; NULL: it has ended, and nothing comes of it. */
static int may_send(const struct thread *from, const struct thread *to, const struct signal_info *info)
{
    if (!signal_is_sendable(info->signal))
        return -EINVAL;
    if (info->code > 0 || to == NULL || to->process == from->process || cred_has(&from->cred, CAP_KILL) ||
        is_of_same_user(&from->cred, &to->cred))
        return 0;
    return info->signal == SIGCONT && to->process->session == from->process->session ? 0 : -EPERM;
}

static struct signal_info info_from_us(int signal, int code)
{
    return (struct signal_info){
        .signal = signal,
        .code = code,
        .sender = {.pid = current_process()->pid, .uid = current_thread()->cred.user.real},
    };
}

/* ---- to processes ---- */

static struct thread *first_of(const struct process *process)
{
    return list_is_empty(&process->threads) ? NULL : container_of(process->threads.next, struct thread, sibling);
}

/* The kernel's own process 1 takes nothing. */
static int send_to_kernel(const struct signal_info *info)
{
    static const struct cred root;

    if (!signal_is_sendable(info->signal))
        return -EINVAL;
    return cred_has(&current_thread()->cred, CAP_KILL) || is_of_same_user(&current_thread()->cred, &root) ? 0 : -EPERM;
}

static int send_as(const struct thread *from, struct process *process, const struct signal_info *info)
{
    int error = may_send(from, first_of(process), info);

    return error != 0 || info->signal == 0 ? error : signal_send_info(process, NULL, info);
}

int kill_process(struct process *process, const struct signal_info *info)
{
    return process == process_kernel() ? send_to_kernel(info) : send_as(current_thread(), process, info);
}

int kill_thread(struct thread *thread, const struct signal_info *info)
{
    int error = may_send(current_thread(), thread, info);

    return error != 0 || info->signal == 0 ? error : signal_send_info(thread->process, thread, info);
}

static int send_to_pid(int pid, const struct signal_info *info)
{
    struct process *process = process_find(pid);

    return process != NULL ? kill_process(process, info) : -ESRCH;
}

/* ---- to many of them ---- */

#define TURN 256u /* processes that are looked at before others have a turn */

/* A signal on its way to many: through all processes by number, as any of them may end, or change its group, while
 * others have their turns. It is to be as if it came to all of them at once, so who has it still to come when it makes
 * a child, or leaves the group, gets it then, and so does the child (kill_settle). The sender keeps its CPU: there are
 * at most as many rounds as CPUs. */
struct round {
    const struct thread *sender;
    const struct signal_info *info;
    const struct pid *group; /* its members; NULL: all but process 1 and the sender's */
    uint64_t begun;          /* of rounds_begun: its own */
    int number;              /* who is next: those below have it */
    unsigned looks;
    struct round *next;
};

static struct round *rounds; /* those that are on their way */
static uint64_t rounds_begun;

static void round_begin(struct round *round)
{
    round->begun = ++rounds_begun;
    round->next = rounds;
    rounds = round;
}

static void round_end(const struct round *round)
{
    struct round **at = &rounds;

    while (*at != round)
        at = &(*at)->next;
    *at = round->next;
}

static bool has_to_come(const struct round *round, const struct process *process)
{
    bool is_meant =
        round->group != NULL ? process->group == round->group : process->pid != 1 && process != round->sender->process;

    return is_meant && process->pid >= round->number && process->rounds_settled < round->begun;
}

/* The next process that it is for. NULL: that was all. */
static struct process *round_next(struct round *round)
{
    struct process *process = NULL;

    while (process == NULL) {
        if (++round->looks % TURN == 0)
            (void)wait_loop_ends(true);
        const struct pid *pid = pid_from(round->number);
        if (pid == NULL)
            return NULL;
        if (pid->process != NULL && has_to_come(round, pid->process))
            process = pid->process;
        round->number = pid->number + 1;
    }
    return process;
}

void kill_settle(struct process *process, const struct process *as)
{
    if (__builtin_expect(rounds == NULL, true) != 0)
        return;
    for (const struct round *round = rounds; round != NULL; round = round->next)
        if (has_to_come(round, as))
            (void)send_as(round->sender, process, round->info);
    process->rounds_settled = rounds_begun;
}

bool kill_is_to_many(const struct pid *group)
{
    unsigned members = 0;

    for (const struct list *at = group->members.next; at != &group->members && members <= TURN; at = at->next)
        members++;
    return members > TURN;
}

static int send_to_large(struct pid *group, const struct signal_info *info)
{
    struct round round = {.sender = current_thread(), .info = info, .group = group, .number = 1};
    struct process *process;
    int result = -ESRCH;
    bool any = false;

    pid_hold(group);
    round_begin(&round);
    while ((process = round_next(&round)) != NULL) {
        result = kill_process(process, info);
        any = any || result == 0;
    }
    round_end(&round);
    pid_drop(group);
    return any ? 0 : result;
}

int kill_group(struct pid *group, const struct signal_info *info)
{
    int result = -ESRCH;
    bool any = false;

    if (group == NULL)
        return -ESRCH;
    if (kill_is_to_many(group))
        return send_to_large(group, info);
    for (struct list *at = group->members.next; at != &group->members; at = at->next) {
        result = kill_process(container_of(at, struct process, group_link), info);
        any = any || result == 0;
    }
    return any ? 0 : result;
}

/* To all others but process 1. As Linux, the last that isn't refused says what came of it. */
static int send_to_all(const struct signal_info *info)
{
    struct round round = {.sender = current_thread(), .info = info, .number = 2};
    struct process *process;
    int result = 0, error;
    bool any = false;

    round_begin(&round);
    while ((process = round_next(&round)) != NULL) {
        error = kill_process(process, info);
        any = true;
        if (error != -EPERM)
            result = error;
    }
    round_end(&round);
    return any ? result : -ESRCH;
}

/* ---- kill ---- */

int64_t sys_kill(const uint64_t arg[6])
{
    int pid = (int)arg[0];
    struct signal_info info = info_from_us((int)arg[1], SI_USER);

    if (pid > 0)
        return send_to_pid(pid, &info);
    if (pid == INT32_MIN)
        return -ESRCH;
    if (pid == -1)
        return send_to_all(&info);
    return kill_group(pid == 0 ? current_process()->group : pid_find(-pid), &info);
}

/* ---- to threads ---- */

/* `pid` 0: of any process. */
static int64_t send_to_thread(int pid, int tid, const struct signal_info *info)
{
    struct thread *thread = thread_find(tid);
    int error;

    if (thread == NULL && process_find(tid) != NULL && (pid == 0 || pid == tid))
        return may_send(current_thread(), NULL,
                        info); /* it has ended, but its process is there until it is waited for */
    if (thread == NULL || (pid != 0 && thread->process->pid != pid))
        return -ESRCH;
    error = may_send(current_thread(), thread, info);
    return error != 0 || info->signal == 0 ? error : signal_send_info(thread->process, thread, info);
}

int64_t sys_tkill(const uint64_t arg[6])
{
    int tid = (int)arg[0];
    struct signal_info info = info_from_us((int)arg[1], SI_TKILL);

    return tid <= 0 ? -EINVAL : send_to_thread(0, tid, &info);
}

int64_t sys_tgkill(const uint64_t arg[6])
{
    int pid = (int)arg[0], tid = (int)arg[1];
    struct signal_info info = info_from_us((int)arg[2], SI_TKILL);

    return pid <= 0 || tid <= 0 ? -EINVAL : send_to_thread(pid, tid, &info);
}

/* ---- with an info that the program makes up ---- */

/* What Linux knows the layout of; of others it can't tell what to leave out (known_siginfo_layout). */
static bool layout_is_known(const struct signal_info *info)
{
    enum { SI_ASYNCNL = -60, SI_DETHREAD = -7 };

    if (info->code > 0 && info->code != SI_KERNEL)
        return signal_is_sendable(info->signal) && signal_has_codes(info->signal);
    return info->code >= SI_DETHREAD || info->code == SI_ASYNCNL;
}

/* From a 32-bit program, whose structure has no room for what isn't known. */
static int half_info_get(struct signal_info *info, const int *signal, uaddr_t address)
{
    struct i386_siginfo half;

    if (user_get(half, address))
        return -EFAULT;
    if (signal != NULL)
        half.signal = *signal;
    i386_siginfo_read(&half, info);
    return 0;
}

int kill_info_get(struct signal_info *info, const int *signal, uaddr_t address)
{
    static const uint8_t none[sizeof(((struct siginfo_user *)0)->expansion)];
    struct siginfo_user given;

    if (call_is_32bit())
        return half_info_get(info, signal, address);
    if (user_get(given, address))
        return -EFAULT;
    *info = given.info;
    if (signal != NULL)
        info->signal = *signal;
    return layout_is_known(info) || memcmp(given.expansion, none, sizeof(none)) == 0 ? 0 : -E2BIG;
}

/* Nobody but the receiver itself may pretend that the kernel or kill has sent it; and a process is its first thread
 * here. */
static bool may_pretend(const struct signal_info *info, int id)
{
    return (info->code < 0 && info->code != SI_TKILL) || id == current_thread()->tid;
}

int64_t sys_rt_sigqueueinfo(const uint64_t arg[6])
{
    int pid = (int)arg[0];
    struct signal_info info;
    int signal = (int)arg[1], error = kill_info_get(&info, &signal, arg[2]);

    if (error != 0)
        return error;
    return may_pretend(&info, pid) ? send_to_pid(pid, &info) : -EPERM;
}

int64_t sys_rt_tgsigqueueinfo(const uint64_t arg[6])
{
    int pid = (int)arg[0], tid = (int)arg[1];
    struct signal_info info;
    int signal = (int)arg[2], error = kill_info_get(&info, &signal, arg[3]);

    if (error != 0)
        return error;
    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    return may_pretend(&info, tid) ? send_to_thread(pid, tid, &info) : -EPERM;
}
