/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_calls.c - ptrace(2): attaching, stops of signals, calls and events, memory, and the end of tracer and tracee.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/uio.h>

#include "ptrace_show.h"

/* ---- signals ---- */

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    handled = signal;
}

static void signals_child(void)
{
    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, on_signal);
    signal(SIGWINCH, SIG_IGN);
    raise(SIGUSR1);
    if (handled != 0)
        _exit(1);
    raise(SIGUSR1);
    if (handled != SIGUSR2)
        _exit(2);
    raise(SIGWINCH);
    raise(SIGTERM);
    _exit(3);
}

static void show_info(pid_t pid)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    if (show("siginfo", trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info)) == 0)
        printf("signal %d, code %d, own %d\n", info.si_signo, info.si_code, info.si_pid == pid);
}

static void signals(void)
{
    pid_t pid = begin(signals_child);

    show_status("first", pid);
    show_info(pid);
    show("cont", trace(PTRACE_CONT, pid, 0, 0));
    show_status("a signal", pid);
    show_info(pid);
    show("cont without it", trace(PTRACE_CONT, pid, 0, 0));
    show_status("a signal", pid);
    show("cont with another", trace(PTRACE_CONT, pid, 0, SIGUSR2));
    show_status("ignored", pid);
    show("a bad signal", trace(PTRACE_CONT, pid, 0, 65));
    show("cont", trace(PTRACE_CONT, pid, 0, SIGWINCH));
    show_status("one that ends it", pid);
    show("cont", trace(PTRACE_CONT, pid, 0, SIGTERM));
    show_status("end", pid);
    show("cont", trace(PTRACE_CONT, pid, 0, 0));
}

/* ---- calls ---- */

static void calls_child(void)
{
    syscall(SYS_getppid);
    syscall(SYS_close, -1);
    syscall(SYS_exit_group, 7);
}

static void show_call(pid_t pid)
{
    struct __ptrace_syscall_info info;
    long size = trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info);

    if (size < 0) {
        show("call info", size);
        return;
    }
    printf("size %ld, op %d", size, info.op);
    if (info.op == 1)
        printf(", getppid %d, close %d, exit_group %d, argument %d", info.entry.nr == SYS_getppid,
               info.entry.nr == SYS_close, info.entry.nr == SYS_exit_group,
               info.entry.nr == SYS_getppid ? 0 : (int)info.entry.args[0]);
    if (info.op == 2)
        printf(", parent %d, result %d, error %d", info.exit.rval == getpid(),
               info.exit.rval == getpid() ? 0 : (int)info.exit.rval, info.exit.is_error);
    printf("\n");
}

static void calls(void)
{
    pid_t pid = begin(calls_child);
    unsigned long message = 0;

    show_status("first", pid);
    show("bad options", trace(PTRACE_SETOPTIONS, pid, 0, 0x100));
    show("options", trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT));
    for (unsigned i = 0; i < 6; i++) {
        trace(PTRACE_SYSCALL, pid, 0, 0);
        show_status("call", pid);
        show_call(pid);
    }
    show("message", trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&message));
    printf("message %lx\n", message);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* ---- children and programs ---- */

static void events_child(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(5);
    waitpid(pid, NULL, 0);
    execl("/proc/self/exe", "ptrace_calls", "-", "exit", (char *)NULL);
    _exit(9);
}

static void events(void)
{
    pid_t pid = begin(events_child);
    unsigned long message = 0;

    show_status("first", pid);
    show("options", trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("fork", pid);
    trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&message);
    show_status("child", (pid_t)message);
    trace(PTRACE_CONT, (pid_t)message, 0, 0);
    show_status("child", (pid_t)message);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("its signal", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("program", pid);
    trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&message);
    show_bool("same thread", (pid_t)message == pid);
    show("kill", trace(PTRACE_KILL, pid, 0, 0));
    show_status("end", pid);
}

/* ---- memory and registers ---- */

static volatile long word = 0x1234;
static const volatile long constant = 77;

static void memory_child(void)
{
    raise(SIGUSR1);
    _exit(word == 0x4321 && constant == 78 ? 1 : 2);
}

static void memory(void)
{
    pid_t pid = begin(memory_child);
    unsigned long value = 0, bytes[128];
    struct iovec iov = {bytes, sizeof(bytes)};

    show_status("first", pid);
    show("peek", trace(PTRACE_PEEKDATA, pid, (unsigned long)&word, (unsigned long)&value));
    printf("value %lx\n", value);
    show("peek at 0", trace(PTRACE_PEEKDATA, pid, 0, (unsigned long)&value));
    show("poke", trace(PTRACE_POKEDATA, pid, (unsigned long)&word, 0x4321));
    show("poke what is only read", trace(PTRACE_POKETEXT, pid, (unsigned long)&constant, 78));
    printf("here: %lx %ld\n", (unsigned long)word, constant);
    show("registers", trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
    show_bool("some", iov.iov_len > 100 && iov.iov_len < sizeof(bytes));
    show("and back", trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
    iov.iov_len = 7;
    show("a part", trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
    iov.iov_len = sizeof(bytes);
    show("others", trace(PTRACE_GETREGSET, pid, 0x12345, (unsigned long)&iov));
    show("floating point", trace(PTRACE_GETREGSET, pid, NT_PRFPREG, (unsigned long)&iov));
    show("and back", trace(PTRACE_SETREGSET, pid, NT_PRFPREG, (unsigned long)&iov));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    show("detach", trace(PTRACE_DETACH, pid, 0, 0));
    show_status("end", pid);
}

/* ---- seizing, stopping and listening ---- */

static void seize(void)
{
    int go[2];
    char byte;
    pid_t pid;

    if (pipe(go) != 0)
        return;
    pid = forked();
    if (pid == 0) {
        close(go[1]);
        _exit(read(go[0], &byte, 1) == 1 ? 4 : 3);
    }
    show("not ours", trace(PTRACE_CONT, pid, 0, 0));
    show("with an address", trace(PTRACE_SEIZE, pid, 1, 0));
    need(show("seize", trace(PTRACE_SEIZE, pid, 0, 0)), pid);
    show("once more", trace(PTRACE_SEIZE, pid, 0, 0));
    show("interrupt", trace(PTRACE_INTERRUPT, pid, 0, 0));
    show_status("stop", pid);
    show_info(pid);
    trace(PTRACE_CONT, pid, 0, 0);
    kill(pid, SIGSTOP);
    show_status("signal", pid);
    trace(PTRACE_CONT, pid, 0, SIGSTOP);
    show_status("group", pid);
    show("listen", trace(PTRACE_LISTEN, pid, 0, 0));
    show("cont", trace(PTRACE_CONT, pid, 0, 0));
    kill(pid, SIGCONT);
    show_status("goes on", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("its signal", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show("write", write(go[1], "x", 1));
    show_status("end", pid);
    close(go[0]);
    close(go[1]);
}

/* ---- a thread of another process ---- */

static void *thread_main(void *arg)
{
    (void)arg;
    return NULL;
}

static void threads_child(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_main, NULL) != 0)
        _exit(9);
    pthread_join(thread, NULL);
    raise(SIGSTOP); /* until the thread's end is told of: later it would be told with the status of the process's */
    _exit(6);
}

static void threads(void)
{
    pid_t pid = begin(threads_child);
    unsigned long message = 0;

    show_status("first", pid);
    show("options", trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("clone", pid);
    trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&message);
    show_status("thread", (pid_t)message);
    trace(PTRACE_CONT, pid, 0, 0); /* first: it may have a lock that the thread's end wants */
    trace(PTRACE_CONT, (pid_t)message, 0, 0);
    show_status("thread", (pid_t)message);
    show_status("joined", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* ---- a tracer that ends, and one that isn't the parent ---- */

/* A child that ends when there is something to read for it, and that anybody may trace by now. */
static pid_t sleeper(int go[2])
{
    int ready[2];
    char byte;
    pid_t pid;

    if (pipe(go) != 0 || pipe(ready) != 0)
        exit(1);
    pid = forked();
    if (pid == 0) {
        allow_tracers();
        _exit(write(ready[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1 ? 8 : 9);
    }
    if (read(ready[0], &byte, 1) != 1)
        exit(1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void tracer_ends(unsigned long options, int kills)
{
    int go[2], status;
    pid_t pid = sleeper(go), tracer = forked();

    if (tracer == 0) {
        int got = trace(PTRACE_SEIZE, pid, 0, options) == 0 && trace(PTRACE_INTERRUPT, pid, 0, 0) == 0 &&
                  waitpid(pid, &status, __WALL) == pid;
        _exit(got && status >> 16 == 128 ? 1 : 2);
    }
    show_status("tracer", tracer);
    if (!kills)
        show("write", write(go[1], "x", 1));
    show_status("tracee", pid);
    close(go[0]);
    close(go[1]);
}

/* Its end is the tracer's to see first. */
static void stranger(void)
{
    int go[2], status;
    pid_t pid = sleeper(go), tracer = forked();

    if (tracer == 0) {
        int got = trace(PTRACE_SEIZE, pid, 0, 0) == 0 && write(go[1], "x", 1) == 1 &&
                  waitpid(pid, &status, __WALL) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 8;
        _exit(got ? 1 : 2);
    }
    show_status("tracee", pid);
    show_status("tracer", tracer);
    close(go[0]);
    close(go[1]);
}

/* Whether there is anything to show: tests/guest/run.sh asks. */
static int is_refused(void)
{
    int status;
    pid_t pid = forked();

    if (pid == 0)
        _exit(trace(PTRACE_TRACEME, 0, 0, 0) != 0);
    return waitpid(pid, &status, 0) != pid || status != 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[2], "exit") == 0)
        return 0;
    if (argc > 2 && strcmp(argv[2], "probe") == 0)
        return is_refused();
    setvbuf(stdout, NULL, _IONBF, 0);
    signals();
    calls();
    events();
    memory();
    seize();
    threads();
    tracer_ends(0, 0);
    tracer_ends(PTRACE_O_EXITKILL, 1);
    stranger();
    show("nobody", trace(PTRACE_ATTACH, 0x3ffffff, 0, 0));
    show("itself", trace(PTRACE_ATTACH, getpid(), 0, 0));
    return 0;
}
