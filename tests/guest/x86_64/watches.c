/* SPDX-License-Identifier: Apache-2.0 */
/* watches.c - the debug registers of a tracee on x86_64 (ptrace(2), struct user): watchpoints, a breakpoint, and what
 * can't be set. Where there are none to be had (ENOSPC), nothing is to be seen of them. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#include "../ptrace_show.h"

enum { WRITE = 1, ACCESS = 3, EXECUTE = 0 }; /* what it stops at */
enum { ONE = 0, TWO = 1, EIGHT = 2, FOUR = 3 };
#define ENABLE(n, type, length) (1ul << (2 * (n)) | (unsigned long)((type) | (length) << 2) << (16 + 4 * (n)))

static volatile uint64_t cells[4] __attribute__((aligned(64)));
static volatile unsigned char seen;

static long set(pid_t pid, int n, unsigned long value)
{
    return trace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg) + (size_t)n * sizeof(value), value);
}

static unsigned long get(pid_t pid, int n)
{
    unsigned long value = 0;

    if (trace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg) + (size_t)n * sizeof(value),
              (unsigned long)&value) != 0)
        printf("peek: %s\n", error_name(errno));
    return value;
}

static bool absent; /* there are none to be had here */

/* What isn't there can't be wrong; nor is it tried. */
#define CHECK(what, right) show_bool(what, absent || (right))

/* It is stopped by that debug register, as DR6 tells, too. */
static bool is_hit(pid_t pid, int n)
{
    siginfo_t info = {0};
    int status;

    trace(PTRACE_CONT, pid, 0, 0);
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
        return false;
    trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
    return info.si_code == 4 /* TRAP_HWBKPT */ && (get(pid, 6) & 0xf) == 1ul << n;
}

static bool is_refused(pid_t pid, int n, unsigned long value, int error)
{
    return set(pid, n, value) == -1 && errno == error;
}

static __attribute__((noinline)) void place(void)
{
    __asm__ volatile("nop");
}

static void watched_child(void)
{
    raise(SIGUSR1);
    cells[1] = 1; /* nobody watches that */
    cells[0] = 2;
    seen = (unsigned char)cells[2];
    ((volatile unsigned char *)cells)[27] = 3;
    place();
    place();
    raise(SIGUSR2);
    cells[0] = 4;
    _exit(cells[0] == 4 && cells[3] == 0x3000000 ? 5 : 6);
}

static void refused(pid_t pid)
{
    CHECK("in the kernel", is_refused(pid, 0, 0xffffffff80000000ul, EINVAL));
    CHECK("one at address 0", set(pid, 7, ENABLE(1, WRITE, ONE)) == 0 && set(pid, 7, 0) == 0);
    CHECK("an odd address", set(pid, 0, (unsigned long)cells + 1) == 0);
    CHECK("not aligned", is_refused(pid, 7, ENABLE(0, WRITE, EIGHT), EINVAL));
    CHECK("a length of code", is_refused(pid, 7, ENABLE(0, EXECUTE, FOUR), EINVAL));
    CHECK("ports", is_refused(pid, 7, ENABLE(0, 2, ONE), EINVAL));
    CHECK("ports, not enabled", is_refused(pid, 7, 2ul << 16, EINVAL));
    CHECK("of one not used yet", set(pid, 7, 2ul << 28) == 0 && set(pid, 7, 0) == 0);
    CHECK("control", get(pid, 7) == 0);
    CHECK("register 4", is_refused(pid, 4, 1, EIO));
    CHECK("register 5", is_refused(pid, 5, 1, EIO) && get(pid, 5) == 0);
    CHECK("status", (get(pid, 6) & 0xf) == 0);
    show("one back", set(pid, 0, 0));
}

static void watched(void)
{
    pid_t pid = begin(watched_child);
    unsigned long control =
        ENABLE(0, WRITE, EIGHT) | ENABLE(1, ACCESS, FOUR) | ENABLE(2, WRITE, ONE) | ENABLE(3, EXECUTE, ONE);

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    absent = set(pid, 0, (unsigned long)cells) == -1 && errno == ENOSPC;
    refused(pid);
    CHECK("addresses", set(pid, 0, (unsigned long)&cells[0]) == 0 && set(pid, 1, (unsigned long)&cells[2]) == 0 &&
                           set(pid, 2, (unsigned long)cells + 27) == 0 && set(pid, 3, (unsigned long)place) == 0);
    CHECK("enabled", set(pid, 7, control) == 0);
    CHECK("kept", get(pid, 7) == control && get(pid, 1) == (unsigned long)&cells[2]);
    CHECK("written", is_hit(pid, 0));
    CHECK("clear", set(pid, 6, 0) == 0 && (get(pid, 6) & 0xf) == 0);
    CHECK("read", is_hit(pid, 1));
    CHECK("a byte", is_hit(pid, 2));
    CHECK("executed", is_hit(pid, 3));
    CHECK("executed again", is_hit(pid, 3));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    show("disabled", set(pid, 7, 0));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* Loading SS holds what it sets off back for an instruction: that one leads into the kernel here. */
static void held_back_child(void)
{
    long native = SYS_getppid, other = 64; /* getppid of i386's */

    raise(SIGUSR1);
    __asm__ volatile("mov %%ss, %0" : "=m"(cells[0]));
    __asm__ volatile("mov %[ss], %%ss\n syscall" : "+a"(native) : [ss] "m"(cells[0]) : "rcx", "r11", "memory");
    __asm__ volatile("mov %[ss], %%ss\n int $0x80" : "+a"(other) : [ss] "m"(cells[0]) : "memory");
    _exit(native == getppid() ? 7 : 8);
}

static void held_back(void)
{
    pid_t pid = begin(held_back_child);
    int status = 0;

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    CHECK("enabled", set(pid, 0, (unsigned long)&cells[0]) == 0 && set(pid, 7, ENABLE(0, ACCESS, TWO)) == 0);
    do /* whether it is told of that is the processor's choice */
        trace(PTRACE_CONT, pid, 0, 0);
    while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status));
    printf("exited %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* Steps are in DR6, too; no watchpoint is told of as one later, whoever it was that stepped. */
static void stepping_child(void)
{
    raise(SIGUSR1);
    cells[0] = 1;
    _exit(0);
}

static void stepped(void)
{
    pid_t pid = begin(stepping_child);

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    for (int i = 0; i < 3; i++) {
        trace(PTRACE_SINGLESTEP, pid, 0, 0);
        show_status("step", pid);
    }
    CHECK("a step in the status", get(pid, 6) & 0x4000);
    CHECK("enabled", set(pid, 0, (unsigned long)&cells[0]) == 0 && set(pid, 7, ENABLE(0, WRITE, EIGHT)) == 0);
    CHECK("written", is_hit(pid, 0));
    CHECK("no step in the status", !(get(pid, 6) & 0x4000));
    CHECK("set", set(pid, 6, 0x1234) == 0 && get(pid, 6) == 0x1234);
    show("disabled", set(pid, 7, 0));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* Another process has none, if it is made of one that has; a new program neither. */
static void family_child(void)
{
    pid_t pid;

    raise(SIGUSR1);
    pid = fork();
    if (pid == 0) {
        cells[0] = 1;
        _exit(cells[0] == 1 ? 0 : 1);
    }
    waitpid(pid, NULL, 0);
    execl("/proc/self/exe", "watches", "-", "write", (char *)NULL);
}

static void family(void)
{
    pid_t pid = begin(family_child);

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    CHECK("enabled", set(pid, 0, (unsigned long)&cells[0]) == 0 && set(pid, 7, ENABLE(0, WRITE, EIGHT)) == 0);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("its child has ended", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("program", pid);
    printf("control %lx\n", get(pid, 7));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 2 && strcmp(argv[2], "write") == 0) {
        cells[0] = 1;
        return (int)cells[0];
    }
    watched();
    stepped();
    held_back();
    family();
    return 0;
}
