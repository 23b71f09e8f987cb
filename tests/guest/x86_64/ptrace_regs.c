/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_regs.c - ptrace(2) on x86_64: registers, of which some can't be set, calls that the tracer exchanges, and
 * steps. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/user.h>

#include "../ptrace_show.h"

#define SET(pid, regs) trace(PTRACE_SETREGS, pid, 0, (unsigned long)(regs))

static struct user_regs_struct regs_of(pid_t pid)
{
    struct user_regs_struct regs;

    memset(&regs, 0, sizeof(regs));
    if (trace(PTRACE_GETREGS, pid, 0, (unsigned long)&regs) != 0)
        printf("registers: %s\n", error_name(errno));
    return regs;
}

/* ---- values ---- */

static void values_child(void)
{
    raise(SIGUSR1);
    _exit(5);
}

/* What is the kernel's of the flags stays as it is; segments' bases are a program's own. */
static void values(void)
{
    pid_t pid = begin(values_child);
    struct user_regs_struct regs, bad;
    struct user_fpregs_struct fpregs;

    show_status("first", pid);
    regs = bad = regs_of(pid);
    show_bool("stopped by a call", regs.orig_rax == SYS_kill);
    bad.eflags = ~0ul;
    show("all flags", SET(pid, &bad));
    printf("flags %llx\n", (unsigned long long)regs_of(pid).eflags & 0x3b7e02);
    bad.eflags = 0;
    show("no flags", SET(pid, &bad));
    printf("flags %llx\n", (unsigned long long)regs_of(pid).eflags & 0x3ffeff);
    bad = regs;
    bad.fs_base = 0xffff800000000000ul;
    show("fs in the kernel", SET(pid, &bad));
    bad = regs;
    bad.gs_base = 0x800000000000ul;
    show("gs nowhere", SET(pid, &bad));
    show("back", SET(pid, &regs));
    show("floating point", trace(PTRACE_GETFPREGS, pid, 0, (unsigned long)&fpregs));
    printf("control %x, mxcsr %x\n", fpregs.cwd, fpregs.mxcsr);
    fpregs.mxcsr |= 1u << 30;
    show("reserved", trace(PTRACE_SETFPREGS, pid, 0, (unsigned long)&fpregs));
    fpregs.mxcsr = 0x1fc0;
    show("not reserved", trace(PTRACE_SETFPREGS, pid, 0, (unsigned long)&fpregs));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    show("floating point", trace(PTRACE_GETFPREGS, pid, 0, (unsigned long)&fpregs));
    printf("control %x, mxcsr %x\n", fpregs.cwd, fpregs.mxcsr);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

static void user(void)
{
    pid_t pid = begin(values_child);
    unsigned long word = 1;

    show_status("first", pid);
    show("peek between two", trace(PTRACE_PEEKUSER, pid, 4, (unsigned long)&word));
    show("peek at the end", trace(PTRACE_PEEKUSER, pid, sizeof(struct user) + 8, (unsigned long)&word));
    show("peek beyond", trace(PTRACE_PEEKUSER, pid, sizeof(struct user) + 16, (unsigned long)&word));
    show("peek", trace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), (unsigned long)&word));
    show_bool("the same", word == regs_of(pid).rip);
    show("a debug register", trace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg), (unsigned long)&word));
    printf("%lx\n", word);
    show("clear one", trace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg) + 7 * sizeof(word), 0));
    show("clear none", trace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg) + 4 * sizeof(word), 0));
    show("poke", trace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, r15), 77));
    printf("r15 %llu\n", (unsigned long long)regs_of(pid).r15);
    show("poke between two", trace(PTRACE_POKEUSER, pid, 12, 1));
    trace(PTRACE_KILL, pid, 0, 0);
    show_status("end", pid);
}

/* ---- calls ---- */

static void calls_child(void)
{
    long left_out = syscall(SYS_getppid), other = syscall(SYS_getppid);

    _exit(left_out == 42 && other == -1 && errno == EBADF ? 6 : 7);
}

static void calls(void)
{
    pid_t pid = begin(calls_child);
    struct user_regs_struct regs;

    show_status("first", pid);
    trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
    trace(PTRACE_SYSCALL, pid, 0, 0);
    show_status("call", pid);
    regs = regs_of(pid);
    printf("getppid %d, result %lld\n", regs.orig_rax == SYS_getppid, (long long)regs.rax);
    regs.orig_rax = -1ul;
    regs.rax = 42;
    show("left out", SET(pid, &regs));
    trace(PTRACE_SYSCALL, pid, 0, 0);
    show_status("behind it", pid);
    printf("result %lld\n", (long long)regs_of(pid).rax);
    trace(PTRACE_SYSCALL, pid, 0, 0);
    show_status("call", pid);
    regs = regs_of(pid);
    regs.orig_rax = SYS_close;
    regs.rdi = -1ul;
    show("another", SET(pid, &regs));
    trace(PTRACE_SYSCALL, pid, 0, 0);
    show_status("behind it", pid);
    regs = regs_of(pid);
    printf("close %d, result %lld\n", regs.orig_rax == SYS_close, (long long)regs.rax);
    trace(PTRACE_DETACH, pid, 0, 0);
    show_status("end", pid);
}

struct sock_filter {
    unsigned short code;
    unsigned char jt, jf;
    unsigned k;
};

static void filter_child(void)
{
    static struct sock_filter code[] = {
        {0x20, 0, 0, 0},                                      /* the call's number */
        {0x15, 0, 1, SYS_getppid}, {0x06, 0, 0, 0x7ff00000u}, /* SECCOMP_RET_TRACE */
        {0x15, 0, 1, SYS_getuid},  {0x06, 0, 0, 0x00050012u}, /* SECCOMP_RET_ERRNO, EXDEV */
        {0x06, 0, 0, 0x7fff0000u},                            /* SECCOMP_RET_ALLOW */
    };
    struct {
        unsigned short length;
        struct sock_filter *code;
    } program = {sizeof(code) / sizeof(code[0]), code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, 1, 0, &program) != 0)
        _exit(9);
    if (syscall(SYS_getppid) != -1 || errno != EXDEV)
        _exit(1);
    _exit(syscall(SYS_getppid) == 43 ? 3 : 2);
}

/* A call that the tracer exchanges is looked at by the filters once more. */
static void filters(void)
{
    pid_t pid = begin(filter_child);
    struct user_regs_struct regs;

    show_status("first", pid);
    trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("filter", pid);
    regs = regs_of(pid);
    regs.orig_rax = SYS_getuid;
    SET(pid, &regs);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("filter", pid);
    regs = regs_of(pid);
    regs.orig_rax = -1ul;
    regs.rax = 43;
    SET(pid, &regs);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* ---- steps ---- */

static volatile int handled;

static void on_signal(int signal)
{
    handled = signal;
}

__asm__("steps_code:\n"
        " xor %eax, %eax\n"
        " inc %eax\n"
        " mov $39, %eax\n" /* getpid */
        " syscall\n"
        " nop\n"
        "steps_end:\n"
        " ret\n");
extern const char steps_code[], steps_end[];
void steps(void) __asm__("steps_code");

static void steps_child(void)
{
    signal(SIGUSR1, on_signal);
    raise(SIGUSR2);
    steps();
    _exit(handled == SIGUSR1 ? 8 : 9);
}

static void step(void)
{
    pid_t pid = begin(steps_child);
    struct user_regs_struct regs, before;
    siginfo_t info;

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    before = regs = regs_of(pid);
    regs.rip = (unsigned long)steps_code;
    regs.orig_rax = -1ul;
    SET(pid, &regs);
    while (regs_of(pid).rip != (unsigned long)steps_end) {
        trace(PTRACE_SINGLESTEP, pid, 0, 0);
        show_status("step", pid);
        trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
        regs = regs_of(pid);
        printf("at %lld, code %d, own %d, flag %llx\n", (long long)(regs.rip - (unsigned long)steps_code), info.si_code,
               regs.rax == (unsigned long)pid, (unsigned long long)regs.eflags & 0x100);
    }
    SET(pid, &before);
    trace(PTRACE_SINGLESTEP, pid, 0, SIGUSR1);
    show_status("into a handler", pid);
    show_bool("there", regs_of(pid).rip == (unsigned long)on_signal);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    values();
    user();
    calls();
    filters();
    step();
    return 0;
}
