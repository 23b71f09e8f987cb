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

/* ---- filters, and what else is told ---- */

struct sock_filter {
    unsigned short code;
    unsigned char jt, jf;
    unsigned k;
};
static struct sock_filter first_code[] = {{0x20, 0, 0, 4}, {0x06, 0, 0, 0x7fff0000}},
                          second_code[] = {{0x06, 0, 0, 0x7fff0000}};

static void set_filter(struct sock_filter *code, unsigned short length)
{
    struct {
        unsigned short length;
        struct sock_filter *code;
    } program = {length, code};

    if (syscall(SYS_seccomp, 1, 0, &program) != 0)
        _exit(9);
}

static void filtered_child(void)
{
    char area[64] __attribute__((aligned(32))) = {0};
    long error = syscall(SYS_rseq, area, 32, 0, 0x12345678);

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    set_filter(first_code, 2);
    set_filter(second_code, 1);
    raise(SIGUSR1);
    _exit(error == 0 ? 3 : 4);
}

static void told(void)
{
    enum { GET_FILTER = 0x420c, GET_RSEQ = 0x420f };
    struct {
        uint64_t address;
        uint32_t size, signature, flags, pad;
    } rseq = {0};
    struct sock_filter code[4] = {{0}};
    pid_t pid = begin(filtered_child);

    show_status("first", pid);
    show("without filters", trace(GET_FILTER, pid, 0, (unsigned long)code));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    show("oldest", trace(GET_FILTER, pid, 0, (unsigned long)code));
    show_bool("the same", memcmp(code, first_code, sizeof(first_code)) == 0 && code[2].code == 0);
    show("newest", trace(GET_FILTER, pid, 1, (unsigned long)code));
    show_bool("the same", memcmp(code, second_code, sizeof(second_code)) == 0);
    show("its length", trace(GET_FILTER, pid, 0, 0));
    show("beyond", trace(GET_FILTER, pid, 2, 0));
    show("to nowhere", trace(GET_FILTER, pid, 0, 8));
    show("rseq", trace(GET_RSEQ, pid, sizeof(rseq), (unsigned long)&rseq));
    printf("%d, %u bytes, %x, flags %x\n", rseq.address != 0, rseq.size, rseq.signature, rseq.flags);
    show("a part", trace(GET_RSEQ, pid, 8, (unsigned long)&rseq));
    show("rseq to nowhere", trace(GET_RSEQ, pid, sizeof(rseq), 8));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    peeks();
    emulated();
    with_signals();
    told();
    return 0;
}
