/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_more.c - ptrace(2): what a tracer changes of signals, masks and registers, events of ends, programs and
 * filters, and what is refused. */
#define _GNU_SOURCE
#include <elf.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "ptrace_show.h"

#define MASK_SIZE 8ul /* of the kernel's sigset_t */

/* ---- signals ---- */

static volatile int caught, caught_value;

static void on_info(int signal, siginfo_t *info, void *context)
{
    (void)context;
    caught = signal;
    caught_value = info->si_value.sival_int;
}

static void handle(int signal)
{
    struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};

    sigaction(signal, &action, NULL);
}

static void info_child(void)
{
    union sigval value = {.sival_int = 5};

    handle(SIGUSR1);
    sigqueue(getpid(), SIGUSR1, value);
    _exit(caught == SIGUSR1 ? caught_value : 99);
}

static void infos(void)
{
    pid_t pid = begin(info_child);
    siginfo_t info;

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("queued", pid);
    show("get", trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
    printf("signal %d, code %d, value %d\n", info.si_signo, info.si_code, info.si_value.sival_int);
    info.si_value.sival_int = 6;
    show("set", trace(PTRACE_SETSIGINFO, pid, 0, (unsigned long)&info));
    show("from nowhere", trace(PTRACE_SETSIGINFO, pid, 0, 8));
    show("to nowhere", trace(PTRACE_GETSIGINFO, pid, 0, 8));
    trace(PTRACE_CONT, pid, 0, SIGUSR1);
    show_status("end", pid);
}

static void mask_child(void)
{
    sigset_t waiting;

    handle(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&waiting);
    _exit(caught == 0 && sigismember(&waiting, SIGUSR1) ? 1 : 2);
}

static void masks(void)
{
    pid_t pid = begin(mask_child);
    unsigned long long mask = 0;

    show_status("first", pid);
    show("a mask of another size", trace(PTRACE_GETSIGMASK, pid, MASK_SIZE - 4, (unsigned long)&mask));
    show("mask", trace(PTRACE_GETSIGMASK, pid, MASK_SIZE, (unsigned long)&mask));
    printf("mask %llx\n", mask & 0x7fffffff); /* beyond are those of the C library */
    mask |= 1ull << (SIGUSR1 - 1) | 1ull << (SIGKILL - 1);
    show("a mask of another size", trace(PTRACE_SETSIGMASK, pid, MASK_SIZE + 8, (unsigned long)&mask));
    show("from nowhere", trace(PTRACE_SETSIGMASK, pid, MASK_SIZE, 8));
    show("set", trace(PTRACE_SETSIGMASK, pid, MASK_SIZE, (unsigned long)&mask));
    show("mask", trace(PTRACE_GETSIGMASK, pid, MASK_SIZE, (unsigned long)&mask));
    printf("mask %llx\n", mask & 0x7fffffff);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* ---- signals of faults ---- */

static volatile char *nothing;

static void on_fault(int signal)
{
    _exit(signal == SIGSEGV ? 3 : 4);
}

static void fault_child(void)
{
    signal(SIGSEGV, on_fault);
    *nothing = 1;
}

/* One that the tracer keeps comes again, as the instruction does; another one is as if it had been sent. */
static void faults(void)
{
    pid_t pid = begin(fault_child);
    siginfo_t info;

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("fault", pid);
    trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
    printf("code %d, address %d\n", info.si_code, info.si_addr == nothing);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("without it", pid);
    trace(PTRACE_CONT, pid, 0, SIGWINCH);
    show_status("with one that is ignored", pid);
    trace(PTRACE_CONT, pid, 0, SIGSTOP);
    show_status("with one that stops", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("once more", pid);
    trace(PTRACE_CONT, pid, 0, SIGSEGV);
    show_status("end", pid);
}

static void blocked_child(void)
{
    sigset_t set;

    signal(SIGSEGV, on_fault);
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    *nothing = 1;
}

static void blocked(void)
{
    pid_t pid = begin(blocked_child);

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("blocked fault", pid);
    trace(PTRACE_CONT, pid, 0, SIGSEGV);
    show_status("end", pid);
}

/* ---- floating-point registers ---- */

static void rounding_child(void)
{
    fesetround(FE_UPWARD);
    raise(SIGUSR1);
    _exit(fegetround() == FE_TONEAREST ? 1 : 2);
}

/* They are the tracee's, not those that a CPU has kept of it. */
static void rounding(void)
{
    static unsigned char before[4096], after[4096];
    struct iovec iov = {before, sizeof(before)};
    pid_t pid = begin(rounding_child);

    show_status("first", pid);
    show("registers", trace(PTRACE_GETREGSET, pid, NT_PRFPREG, (unsigned long)&iov));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("rounds", pid);
    iov.iov_base = after;
    show("registers", trace(PTRACE_GETREGSET, pid, NT_PRFPREG, (unsigned long)&iov));
    show_bool("others", memcmp(before, after, iov.iov_len) != 0);
    iov.iov_base = before;
    show("set", trace(PTRACE_SETREGSET, pid, NT_PRFPREG, (unsigned long)&iov));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* ---- events ---- */

static void vfork_child(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0); /* not each C library's vfork is one */

    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    _exit(3);
}

static void vforks(void)
{
    pid_t pid = begin(vfork_child);
    unsigned long child;

    show_status("first", pid);
    show("options",
         trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("vfork", pid);
    child = message_of(pid);
    show_status("child", (pid_t)child);
    trace(PTRACE_CONT, (pid_t)child, 0, 0);
    show_status("child", (pid_t)child);
    trace(PTRACE_CONT, (pid_t)child, 0, 0);
    show_status("child", (pid_t)child);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("done", pid);
    show_bool("the same", message_of(pid) == child);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("its signal", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("exit", pid);
    printf("status %lx\n", message_of(pid));
    show("kill", kill(pid, SIGTERM)); /* too late */
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

static void *exec_main(void *arg)
{
    (void)arg;
    execl("/proc/self/exe", "ptrace_more", "-", "exit", (char *)NULL);
    return NULL;
}

static void exec_child(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, exec_main, NULL) != 0)
        _exit(9);
    for (;;)
        pause();
}

/* A thread that isn't the first takes the first one's number. */
static void thread_execs(void)
{
    pid_t pid = begin(exec_child);
    unsigned long thread;

    show_status("first", pid);
    show("options", trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("clone", pid);
    thread = message_of(pid);
    show_status("thread", (pid_t)thread);
    trace(PTRACE_CONT, pid, 0, 0);
    trace(PTRACE_CONT, (pid_t)thread, 0, 0);
    show_status("program", pid);
    show_bool("of the thread", message_of(pid) == thread);
    show("the old number", trace(PTRACE_CONT, (pid_t)thread, 0, 0));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
    show_status("and", (pid_t)thread);
}

static void exec_trap_child(void)
{
    execl("/proc/self/exe", "ptrace_more", "-", "exit", (char *)NULL);
}

static void exec_trap(void)
{
    pid_t pid = begin(exec_trap_child);
    siginfo_t info;

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("program", pid);
    trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
    printf("code %d, own %d\n", info.si_code, info.si_pid == pid);
    trace(PTRACE_DETACH, pid, 0, 0);
    show_status("end", pid);
}

static void detach_child(void)
{
    signal(SIGUSR2, on_fault);
    for (;;)
        pause();
}

static void detached(void)
{
    pid_t pid = begin(detach_child);

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show("signal", kill(pid, SIGUSR1));
    show_status("signal", pid);
    show("a bad one", trace(PTRACE_DETACH, pid, 0, 65));
    show("detach", trace(PTRACE_DETACH, pid, 0, SIGTERM));
    show_status("end", pid);
}

/* ---- filters ---- */

struct sock_filter {
    unsigned short code;
    unsigned char jt, jf;
    unsigned k;
};

static void filter_child(void)
{
    static struct sock_filter code[] = {
        {0x20, 0, 0, 0},                   /* the call's number */
        {0x15, 0, 1, SYS_getppid},         /* one that the tracer is told of */
        {0x06, 0, 0, 0x7ff00000u | 0x123}, /* SECCOMP_RET_TRACE */
        {0x06, 0, 0, 0x7fff0000u},         /* SECCOMP_RET_ALLOW */
    };
    struct {
        unsigned short length;
        struct sock_filter *code;
    } program = {sizeof(code) / sizeof(code[0]), code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, 1, 0, &program) != 0)
        _exit(9);
    raise(SIGUSR1);
    if (syscall(SYS_getppid) != -1 || errno != ENOSYS)
        _exit(8);
    raise(SIGUSR1);
    _exit(syscall(SYS_getppid) > 0 ? 1 : 2);
}

static void filters(void)
{
    pid_t pid = begin(filter_child);
    struct __ptrace_syscall_info info;

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("without the option", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("with it", pid);
    show("options", trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("filter", pid);
    printf("message %lx\n", message_of(pid));
    show("size", trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
    printf("op %d, getppid %d, data %x\n", info.op, info.seccomp.nr == SYS_getppid, info.seccomp.ret_data);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* ---- stopping and ending ---- */

static volatile unsigned long *counter;

/* Two looks at a tracee that is stopped see the same, though it was counting on a CPU of its own. */
static void interrupts(void)
{
    unsigned long first = 0, second = 0;
    pid_t pid;

    counter = mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid = forked();
    if (pid == 0)
        for (;;)
            ++*counter;
    need(show("seize", trace(PTRACE_SEIZE, pid, 0, 0)), pid);
    for (int i = 0; i < 3; i++) {
        while (*counter == second)
            sched_yield();
        trace(PTRACE_INTERRUPT, pid, 0, 0);
        show_status("stop", pid);
        show("first", trace(PTRACE_PEEKDATA, pid, (unsigned long)counter, (unsigned long)&first));
        sched_yield();
        show("second", trace(PTRACE_PEEKDATA, pid, (unsigned long)counter, (unsigned long)&second));
        show_bool("the same", first == second && second == *counter);
        trace(PTRACE_CONT, pid, 0, 0);
    }
    show("kill", kill(pid, SIGKILL));
    show_status("end", pid);
}

static void killed(void)
{
    pid_t pid = begin(detach_child);

    show_status("first", pid);
    show("kill", kill(pid, SIGKILL));
    show_status("end", pid);
}

static void *seize_main(void *pid)
{
    return (void *)(intptr_t)(trace(PTRACE_SEIZE, *(pid_t *)pid, 0, 0) == 0);
}

/* The thread that traces ends, and its process doesn't: the tracee goes on. */
static void tracer_thread(void)
{
    pthread_t thread;
    void *result = NULL;
    pid_t pid = forked();

    if (pid == 0)
        detach_child();
    need(pthread_create(&thread, NULL, seize_main, &pid), pid);
    pthread_join(thread, &result);
    show_bool("seized", result != NULL);
    show("not this thread's", trace(PTRACE_INTERRUPT, pid, 0, 0));
    show("kill", kill(pid, SIGTERM));
    show_status("end", pid);
}

/* ---- what is refused ---- */

static void refused(void)
{
    pid_t pid = begin(detach_child), other;
    unsigned long word = 0;

    show_status("first", pid);
    other = forked();
    if (other == 0)
        _exit(trace(PTRACE_ATTACH, pid, 0, 0) == -1 && errno == EPERM ? 1 : 2);
    show_status("another tracer", other);
    show("attach once more", trace(PTRACE_ATTACH, pid, 0, 0));
    show("interrupt", trace(PTRACE_INTERRUPT, pid, 0, 0));
    show("listen", trace(PTRACE_LISTEN, pid, 0, 0));
    show("unknown", trace(0x4299, pid, 0, 0));
    show("unknown options", trace(PTRACE_SETOPTIONS, pid, 0, 1u << 25));
    show("peek beyond", trace(PTRACE_PEEKDATA, pid, 0x10, (unsigned long)&word));
    show("poke beyond", trace(PTRACE_POKEDATA, pid, 0x10, 1));
    show("peek to nowhere", trace(PTRACE_PEEKDATA, pid, (unsigned long)&word, 8));
    show("registers to nowhere", trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, 8));
    show("info of a call", trace(PTRACE_GET_SYSCALL_INFO, pid, 0, 0) > 0);
    trace(PTRACE_CONT, pid, 0, 0);
    show("of one that runs", trace(PTRACE_PEEKDATA, pid, (unsigned long)&word, (unsigned long)&word));
    show("cont", trace(PTRACE_CONT, pid, 0, 0));
    show("kill", trace(PTRACE_KILL, pid, 0, 0));
    show_status("end", pid);
    show("kill", trace(PTRACE_KILL, pid, 0, 0));
    show("seize with unknown options", trace(PTRACE_SEIZE, getpid(), 0, 1u << 25));
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[2], "exit") == 0)
        return 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    infos();
    masks();
    faults();
    blocked();
    rounding();
    vforks();
    thread_execs();
    exec_trap();
    detached();
    filters();
    interrupts();
    killed();
    tracer_thread();
    refused();
    return 0;
}
