/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp.c - system calls that a program gives up: strict mode, filters and what they say, several of them, threads,
 * children, and programs that are none. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

#if defined(__x86_64__)
#define ARCH 0xc000003eu /* AUDIT_ARCH_* */
#elif defined(__aarch64__)
#define ARCH 0xc00000b7u
#elif defined(__riscv)
#define ARCH 0xc00000f3u
#else
#define ARCH 0xc0000102u
#endif

/* What <linux/filter.h> and <linux/seccomp.h> have. */
struct sock_filter {
    unsigned short code;
    unsigned char jt, jf;
    unsigned k;
};
struct sock_fprog {
    unsigned short len;
    struct sock_filter *filter;
};
struct seccomp_data {
    int nr;
    unsigned arch;
    unsigned long long instruction_pointer, args[6];
};
#define BPF_STMT(code, k) {(unsigned short)(code), 0, 0, k}
#define BPF_JUMP(code, k, jt, jf) {(unsigned short)(code), jt, jf, k}
enum { BPF_LD, BPF_LDX, BPF_ST, BPF_STX, BPF_ALU, BPF_JMP, BPF_RET, BPF_MISC };
enum { BPF_W = 0, BPF_B = 0x10, BPF_IMM = 0, BPF_ABS = 0x20, BPF_MEM = 0x60, BPF_LEN = 0x80, BPF_K = 0, BPF_X = 8 };
enum { BPF_ADD = 0, BPF_MUL = 0x20, BPF_DIV = 0x30, BPF_OR = 0x40, BPF_AND = 0x50, BPF_LSH = 0x60, BPF_RSH = 0x70 };
enum { BPF_MOD = 0x90, BPF_XOR = 0xa0, BPF_JA = 0, BPF_JEQ = 0x10, BPF_A = 0x10, BPF_TAX = 0, BPF_TXA = 0x80 };
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#define SECCOMP_RET_KILL_THREAD 0u
#define SECCOMP_RET_TRAP 0x00030000u
#define SECCOMP_RET_ERRNO 0x00050000u
#define SECCOMP_RET_TRACE 0x7ff00000u
#define SECCOMP_RET_LOG 0x7ffc0000u
#define SECCOMP_RET_ALLOW 0x7fff0000u
enum {
    SECCOMP_MODE_STRICT = 1,
    SECCOMP_SET_MODE_STRICT = 0,
    SECCOMP_SET_MODE_FILTER = 1,
    SECCOMP_GET_ACTION_AVAIL = 2
};
enum { SECCOMP_FILTER_FLAG_TSYNC = 1, SECCOMP_FILTER_FLAG_LOG = 2 };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
/* This call gives that, and others are allowed. */
#define ON_CALL(number, value) \
    LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), RETURN(value), RETURN(SECCOMP_RET_ALLOW)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static long set(unsigned flags, struct sock_filter *code, unsigned length)
{
    struct sock_fprog program = {.len = (unsigned short)length, .filter = code};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* ---- each in a child of its own ---- */

static void child(const char *what, void (*work)(void))
{
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        work();
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        printf("%s: ended by signal %d\n", what, WTERMSIG(status));
    else
        printf("%s: exit status %d\n", what, WEXITSTATUS(status));
}

static void with_error(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV)};

    show("mode", prctl(PR_GET_SECCOMP));
    show("set", (int)set(0, code, COUNT(code)));
    show("mode", prctl(PR_GET_SECCOMP));
    show("getppid", (int)syscall(SYS_getppid));
    show_bool("getpid", syscall(SYS_getpid) == getpid());
}

static void with_large_error(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | 0xffff)};

    (void)set(0, code, COUNT(code));
    errno = 0;
    long result = syscall(SYS_getppid);
    printf("getppid: %ld, %d\n", result, errno);
}

static void without_error(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO)};

    (void)set(0, code, COUNT(code));
    show("getppid", (int)syscall(SYS_getppid));
}

static void killed(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_KILL_PROCESS)};

    (void)set(0, code, COUNT(code));
    syscall(SYS_getppid);
}

static void killed_thread(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_KILL_THREAD)};

    (void)set(0, code, COUNT(code));
    syscall(SYS_getppid);
}

static void killed_by_unknown(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, 0x12340000)};

    (void)set(0, code, COUNT(code));
    syscall(SYS_getppid);
}

static void untraced(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_TRACE | 5)};

    (void)set(0, code, COUNT(code));
    show("getppid", (int)syscall(SYS_getppid));
}

static void logged(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_LOG)};

    show("set", (int)set(SECCOMP_FILTER_FLAG_LOG, code, COUNT(code)));
    show_bool("getppid", syscall(SYS_getppid) == getppid());
}

static volatile siginfo_t caught;

static void on_call(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    caught = *info;
}

static void trapped(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_TRAP | 77)};
    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO};

    sigaction(SIGSYS, &action, NULL);
    (void)set(0, code, COUNT(code));
    syscall(SYS_getppid);
    printf("signal %d, code %d, error %d, this call: %d, this machine: %d, an address: %d\n", caught.si_signo,
           caught.si_code, caught.si_errno, caught.si_syscall == SYS_getppid, caught.si_arch == ARCH,
           caught.si_call_addr != NULL);
}

static void trapped_without_handler(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_TRAP)};

    (void)set(0, code, COUNT(code));
    syscall(SYS_getppid);
}

/* ---- several ---- */

static void strictest(void)
{
    struct sock_filter first[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | EPERM)};
    struct sock_filter second[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV)};
    struct sock_filter third[] = {ON_CALL(SYS_getppid, SECCOMP_RET_LOG)};

    show("set", (int)set(0, first, COUNT(first)));
    show("getppid", (int)syscall(SYS_getppid));
    show("set", (int)set(0, second, COUNT(second)));
    show("getppid, the newest of equals", (int)syscall(SYS_getppid));
    show("set", (int)set(0, third, COUNT(third)));
    show("getppid", (int)syscall(SYS_getppid));
}

static void many(void)
{
    static struct sock_filter code[4000];
    int count = 0;

    for (unsigned i = 0; i < COUNT(code); i++)
        code[i] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    while (count < 100 && set(0, code, COUNT(code)) == 0)
        count++;
    printf("filters of 4,000: %d, then %s\n", count, error_name(errno));
}

static void status_line(const char *key)
{
    FILE *in = fopen("/proc/self/status", "r");
    char line[200];

    while (fgets(line, sizeof(line), in) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            printf("%s", line);
    fclose(in);
}

static void told(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | EPERM)};

    status_line("Seccomp");
    (void)set(0, code, COUNT(code));
    (void)set(0, code, COUNT(code));
    status_line("NoNewPrivs");
    status_line("Seccomp");
}

/* ---- strict ---- */

static void strict(void)
{
    show("strict", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
    if (write(1, "written\n", 8) != 8)
        syscall(SYS_exit, 2);
    syscall(SYS_exit, 3);
}

static void strict_killed(void)
{
    fflush(stdout);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
    syscall(SYS_getpid);
}

static void strict_after(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | EPERM)};

    (void)set(0, code, COUNT(code));
    show("strict", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
}

/* ---- arguments, and what else a filter sees ---- */

static void arguments(void)
{
    struct sock_filter code[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        RETURN(SECCOMP_RET_ERRNO | 1),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 1, 0),
        RETURN(SECCOMP_RET_ALLOW),
        LOAD(args[0]),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]) + 4),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_ST, 3),
        BPF_STMT(BPF_LDX | BPF_MEM, 3),
        BPF_STMT(BPF_MISC | BPF_TXA, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 6),
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 2),
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 4),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 3),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 1),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
        BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };

    show("set", (int)set(0, code, COUNT(code)));
    errno = 0;
    long result = syscall(SYS_getpriority, 5L, 2L << 32);
    printf("5 and 2 above: %ld, %d\n", result, errno);
}

static void divided_by_zero(void)
{
    struct sock_filter code[] = {
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
        RETURN(SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LDX | BPF_IMM, 0),
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
        RETURN(SECCOMP_RET_ALLOW),
    };

    show("set", (int)set(0, code, COUNT(code)));
    syscall(SYS_getppid);
}

/* ---- children and programs ---- */

static void inherited(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV)};
    int status;

    (void)set(0, code, COUNT(code));
    pid_t pid = fork();
    if (pid == 0) {
        syscall(SYS_getppid);
        _exit(errno == EXDEV ? 7 : 8);
    }
    waitpid(pid, &status, 0);
    printf("the child: %d\n", WEXITSTATUS(status));
}

/* ---- threads ---- */

static int to_thread[2], from_thread[2];

static void *asks(void *unused)
{
    char byte;

    (void)unused;
    if (write(from_thread[1], "r", 1) != 1 || read(to_thread[0], &byte, 1) != 1)
        return NULL;
    errno = 0;
    syscall(SYS_getppid);
    return errno == EXDEV ? "refused" : "allowed";
}

static void with_thread(unsigned flags, const char *what)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV)};
    pthread_t thread;
    void *said;
    char byte;

    if (pipe(to_thread) != 0 || pipe(from_thread) != 0 || pthread_create(&thread, NULL, asks, NULL) != 0 ||
        read(from_thread[0], &byte, 1) != 1)
        _exit(2);
    printf("%s: %ld\n", what, set(flags, code, COUNT(code)));
    if (write(to_thread[1], "g", 1) != 1)
        _exit(2);
    pthread_join(thread, &said);
    printf("the thread: %s\n", (const char *)said);
}

static void thread_alone(void)
{
    with_thread(0, "without");
}

static void threads_together(void)
{
    with_thread(SECCOMP_FILTER_FLAG_TSYNC, "with");
}

static void *has_own(void *unused)
{
    struct sock_filter code[] = {RETURN(SECCOMP_RET_ALLOW)};

    (void)set(0, code, COUNT(code));
    return asks(unused);
}

static void threads_apart(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV)};
    pthread_t thread;
    void *said;
    char byte;

    if (pipe(to_thread) != 0 || pipe(from_thread) != 0 || pthread_create(&thread, NULL, has_own, NULL) != 0 ||
        read(from_thread[0], &byte, 1) != 1)
        _exit(2);
    show_bool("the thread that doesn't fit", set(SECCOMP_FILTER_FLAG_TSYNC, code, COUNT(code)) > 0);
    show("the same as an error", (int)set(SECCOMP_FILTER_FLAG_TSYNC | 16, code, COUNT(code)));
    if (write(to_thread[1], "g", 1) != 1)
        _exit(2);
    pthread_join(thread, &said);
    printf("the thread: %s\n", (const char *)said);
}

static int caller_tid;

static void *calls(void *unused)
{
    __atomic_store_n(&caller_tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
    syscall(SYS_getppid);
    return unused;
}

static void thread_killed(void)
{
    struct sock_filter code[] = {ON_CALL(SYS_getppid, SECCOMP_RET_KILL_THREAD)};
    pthread_t thread;

    (void)set(0, code, COUNT(code));
    if (pthread_create(&thread, NULL, calls, NULL) != 0)
        _exit(2);
    /* It never says so itself, which is what pthread_join waits for. */
    while (__atomic_load_n(&caller_tid, __ATOMIC_ACQUIRE) == 0 || syscall(SYS_tgkill, getpid(), caller_tid, 0) == 0)
        sched_yield();
    printf("it is gone, and this one is there\n");
}

/* ---- what is refused ---- */

static void bad(const char *what, struct sock_filter *code, unsigned length)
{
    printf("%s: ", what);
    show("", (int)set(0, code, length));
}

static void bad_programs(void)
{
    struct sock_filter no_end[] = {LOAD(nr)};
    struct sock_filter beyond[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RETURN(0)};
    struct sock_filter crooked[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RETURN(0)};
    struct sock_filter bytes[] = {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RETURN(0)};
    struct sock_filter far[] = {BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), RETURN(0)};
    struct sock_filter back[] = {BPF_JUMP(BPF_JMP | BPF_JA, -1u, 0, 0), RETURN(0)};
    struct sock_filter branch[] = {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), RETURN(0)};
    struct sock_filter zero[] = {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(0)};
    struct sock_filter modulo[] = {BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RETURN(0)};
    struct sock_filter shift[] = {BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RETURN(0)};
    struct sock_filter memory[] = {BPF_STMT(BPF_ST, 16), RETURN(0)};
    struct sock_filter unset[] = {BPF_STMT(BPF_LD | BPF_MEM, 1), RETURN(0)};
    struct sock_filter one_way[] = {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_ST, 1),
                                    BPF_STMT(BPF_LD | BPF_MEM, 1), RETURN(0)};
    struct sock_filter unknown[] = {{0xffff, 0, 0, 0}, RETURN(0)};
    struct sock_filter length[] = {BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
                                   RETURN(SECCOMP_RET_ALLOW)};

    bad("nothing", no_end, 0);
    bad("no end", no_end, COUNT(no_end));
    bad("beyond", beyond, COUNT(beyond));
    bad("crooked", crooked, COUNT(crooked));
    bad("bytes", bytes, COUNT(bytes));
    bad("far", far, COUNT(far));
    bad("back", back, COUNT(back));
    bad("branch", branch, COUNT(branch));
    bad("zero", zero, COUNT(zero));
    bad("modulo", modulo, COUNT(modulo));
    bad("shift", shift, COUNT(shift));
    bad("memory", memory, COUNT(memory));
    bad("unset", unset, COUNT(unset));
    bad("one way", one_way, COUNT(one_way));
    bad("unknown", unknown, COUNT(unknown));
    bad("too long", length, 4097);
    bad("nowhere", NULL, 3);
    bad("length", length, COUNT(length));
}

static void bad_calls(void)
{
    struct sock_filter code[] = {RETURN(SECCOMP_RET_ALLOW)};
    const unsigned actions[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,  SECCOMP_RET_ERRNO,
                                SECCOMP_RET_TRACE,        SECCOMP_RET_LOG,         SECCOMP_RET_ALLOW, 0x12340000};

    show("operation", (int)syscall(SYS_seccomp, 99, 0, NULL));
    show("strict with flags", (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
    show("strict with a program", (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, code));
    show("flags", (int)set(1u << 20, code, COUNT(code)));
    show("nowhere", (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
    show("mode", prctl(PR_SET_SECCOMP, 9, NULL));
    for (unsigned i = 0; i < COUNT(actions); i++)
        show("action", (int)syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &actions[i]));
    show("action nowhere", (int)syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL));
}

static void without_right(void)
{
    struct sock_filter code[] = {RETURN(SECCOMP_RET_ALLOW)};
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (setresuid(65534, 65534, 65534) != 0)
            _exit(2);
        show("without a right", (int)set(0, code, COUNT(code)));
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        show("with no new ones", (int)set(0, code, COUNT(code)));
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, &status, 0);
}

int main(void)
{
    without_right();
    child("an error", with_error);
    child("a large one", with_large_error);
    child("none", without_error);
    child("kill the process", killed);
    child("kill the thread", killed_thread);
    child("an unknown action", killed_by_unknown);
    child("a tracer", untraced);
    child("the log", logged);
    child("a trap", trapped);
    child("a trap without handler", trapped_without_handler);
    child("several", strictest);
    child("many", many);
    child("told", told);
    child("strict", strict);
    child("strict, another call", strict_killed);
    child("strict after a filter", strict_after);
    child("arguments", arguments);
    child("division by zero", divided_by_zero);
    child("inherited", inherited);
    child("a thread alone", thread_alone);
    child("threads together", threads_together);
    child("threads apart", threads_apart);
    child("a thread killed", thread_killed);
    child("bad programs", bad_programs);
    child("bad calls", bad_calls);
    return 0;
}
