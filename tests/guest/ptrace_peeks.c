/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_peeks.c - ptrace(2): signals that wait for a tracee, looked at without being taken, and calls that its tracer
 * carries out in the kernel's place. */
#define _GNU_SOURCE
#include <stdint.h>

#include "ptrace_show.h"

/* ---- signals that wait ---- */

struct peek { /* struct ptrace_peeksiginfo_args */
    uint64_t first;
    uint32_t flags;
    int32_t count;
};
enum { PEEK = 0x4209, SHARED = 1, SIGNALS = 5 };

static void queue_child(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < SIGNALS; i++) {
        siginfo_t info = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE, .si_value.sival_int = 10 + i};

        syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGRTMIN, &info);
        info.si_value.sival_int = 20 + i;
        syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &info);
    }
    syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1);
    syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1); /* no more than the first */
    kill(getpid(), SIGKILL);                          /* the next stop would be no sooner */
}

static void peek(const char *what, pid_t pid, uint64_t first, uint32_t flags, int32_t count)
{
    siginfo_t infos[16] = {{0}};
    struct peek args = {first, flags, count};
    long got = trace(PEEK, pid, (unsigned long)&args, (unsigned long)infos);

    show(what, got);
    for (long i = 0; i < got; i++)
        printf(" signal %d, code %d, value %d\n", infos[i].si_signo == SIGRTMIN ? -1 : infos[i].si_signo,
               infos[i].si_code, infos[i].si_code == SI_QUEUE ? infos[i].si_value.sival_int : 0);
}

static void peeks(void)
{
    pid_t pid = begin(queue_child);
    struct peek args = {.count = 1};
    siginfo_t info;

    show_status("first", pid);
    peek("nothing yet", pid, 0, 0, 16);
    trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
    do { /* to its last call */
        trace(PTRACE_SYSCALL, pid, 0, 0);
        if (waitpid(pid, NULL, __WALL) != pid)
            break;
        args = (struct peek){.first = SIGNALS, .count = 1};
    } while (trace(PEEK, pid, (unsigned long)&args, (unsigned long)&info) == 0);
    peek("the thread's", pid, 0, 0, 16);
    peek("the process's", pid, 0, SHARED, 16);
    peek("some", pid, 1, SHARED, 2);
    peek("the last", pid, SIGNALS - 1, SHARED, 2);
    peek("beyond", pid, SIGNALS, SHARED, 2);
    peek("far beyond", pid, UINT64_MAX, 0, 1);
    peek("none", pid, 0, 0, 0);
    peek("fewer than none", pid, 0, 0, -1);
    peek("unknown flags", pid, 0, 2, 1);
    show("from nowhere", trace(PEEK, pid, 8, (unsigned long)&info));
    args = (struct peek){.count = 3};
    show("to nowhere", trace(PEEK, pid, (unsigned long)&args, 8));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
    show("of one that is gone", trace(PEEK, pid, (unsigned long)&args, (unsigned long)&info));
}

/* ---- calls that aren't carried out ---- */

enum { EMULATE = 31 };

static void emulated_child(void)
{
    int pair[2] = {-1, -1};

    (void)!pipe(pair); /* it isn't made */
    (void)!syscall(SYS_chdir, "/");
    _exit(pair[0] == -1 && pair[1] == -1 ? 7 : 8);
}

static long call_of(pid_t pid)
{
    struct __ptrace_syscall_info info = {0};

    trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info);
    return info.op == PTRACE_SYSCALL_INFO_ENTRY ? (long)info.entry.nr : -(long)info.op;
}

static const char *call_name(long number)
{
    switch (number) {
    case SYS_pipe2:
#ifdef SYS_pipe
    case SYS_pipe:
#endif
        return "pipe";
    case SYS_chdir:
        return "chdir";
    case SYS_exit_group:
        return "exit_group";
    case -PTRACE_SYSCALL_INFO_EXIT:
        return "the end of a call";
    case -PTRACE_SYSCALL_INFO_NONE:
        return "no call";
    default:
        return "another";
    }
}

static void emulated(void)
{
    pid_t pid = begin(emulated_child);

    show_status("first", pid);
    show("options", trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
    show("a bad signal", trace(EMULATE, pid, 0, 65));
    show("go on", trace(EMULATE, pid, 0, 0));
    show_status("call", pid);
    printf("%s\n", call_name(call_of(pid)));
    show("go on", trace(EMULATE, pid, 0, 0)); /* and there is no stop at its end */
    show_status("call", pid);
    printf("%s\n", call_name(call_of(pid)));
    show("to its end", trace(PTRACE_SYSCALL, pid, 0, 0)); /* it isn't carried out all the same */
    show_status("call", pid);
    printf("%s\n", call_name(call_of(pid)));
    show("to the next", trace(PTRACE_SYSCALL, pid, 0, 0));
    show_status("call", pid);
    printf("%s\n", call_name(call_of(pid)));
    show("carried out", trace(EMULATE, pid, 0, 0)); /* as it was to be when it began */
    show_status("end", pid);
}

static void skipped_child(void)
{
    raise(SIGUSR1);
    _exit(1);
    _exit(2);
}

/* With a signal; and whoever has the call left out goes on behind it. */
static void with_signals(void)
{
    pid_t pid = begin(skipped_child);

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    show("go on", trace(EMULATE, pid, 0, 0));
    show_status("call", pid);
    show("go on", trace(PTRACE_CONT, pid, 0, SIGTERM));
    show_status("signal", pid);
    show("go on", trace(PTRACE_CONT, pid, 0, SIGTERM));
    show_status("end", pid);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    peeks();
    emulated();
    with_signals();
    return 0;
}
