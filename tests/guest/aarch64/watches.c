/* SPDX-License-Identifier: Apache-2.0 */
/* watches.c - single steps of a tracee on aarch64, and the breakpoints and watchpoints of its CPU (ptrace(2),
 * NT_ARM_HW_BREAK and NT_ARM_HW_WATCH): who hits one is stopped before the instruction, each time, until it is off. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "../ptrace_show.h"

enum { NT_PRSTATUS = 1, HW_BREAK = 0x402, HW_WATCH };
enum { EXECUTE = 0, READ = 1, WRITE = 2, ACCESS = 3 };
enum { SLOTS = 16, STEP_CODE = 2, HIT_CODE = 4, SINGLE_STEP = 1 << 21 };
#define CONTROL(type, bytes) ((uint32_t)((bytes) << 5 | (type) << 3 | 1))
#define EL0 4u /* of a control word that Linux shows */

struct debug { /* struct user_hwdebug_state */
    uint32_t info, pad;
    struct {
        uint64_t address;
        uint32_t control, pad;
    } slots[SLOTS];
};
enum { HEAD = 8, SLOT = 16 };

struct registers {
    uint64_t x[31], sp, pc, pstate;
};

static volatile uint64_t cells[8] __attribute__((aligned(64)));
static volatile unsigned char seen;

static int get_first(pid_t pid, long note, struct debug *debug, size_t size)
{
    struct iovec iov = {debug, size};
    long result;

    memset(debug, 0x5a, sizeof(*debug));
    result = trace(PTRACE_GETREGSET, pid, (unsigned long)note, (unsigned long)&iov);
    return result == 0 ? (int)iov.iov_len : -errno;
}

static int set_first(pid_t pid, long note, struct debug *debug, size_t size)
{
    struct iovec iov = {debug, size};

    return trace(PTRACE_SETREGSET, pid, (unsigned long)note, (unsigned long)&iov) == 0 ? (int)iov.iov_len : -errno;
}

static int set_one(pid_t pid, long note, volatile const void *address, uint32_t control)
{
    struct debug debug = {.slots[0] = {(uintptr_t)address, control, 0}};

    return set_first(pid, note, &debug, HEAD + SLOT);
}

static struct registers registers_of(pid_t pid)
{
    struct registers registers = {0};
    struct iovec iov = {&registers, sizeof(registers)};

    trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov);
    return registers;
}

static siginfo_t info_of(pid_t pid)
{
    siginfo_t info = {0};

    trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
    return info;
}

static void to_signal(pid_t pid)
{
    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
}

static void to_end(pid_t pid)
{
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* It goes on, and is stopped with SIGTRAP and that si_code. */
static bool goes_to(pid_t pid, long request, int code)
{
    int status;

    trace(request, pid, 0, 0);
    return waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP &&
           status >> 16 == 0 && info_of(pid).si_code == code;
}

static bool hits(pid_t pid, volatile const void *address)
{
    return goes_to(pid, PTRACE_CONT, HIT_CODE) && info_of(pid).si_addr == (const void *)address;
}

/* As a debugger does: what stops it is off for an instruction. */
static bool passes(pid_t pid, long note)
{
    struct debug debug, off = {0};
    int size = get_first(pid, note, &debug, HEAD + SLOT);
    bool right = size == HEAD + SLOT && set_first(pid, note, &off, HEAD + SLOT) == size;

    return right && goes_to(pid, PTRACE_SINGLESTEP, STEP_CODE) && set_first(pid, note, &debug, (size_t)size) == size;
}

/* ---- steps ---- */

static void stepping_child(void)
{
    raise(SIGUSR1);
    cells[0] = 1;
    __asm__ volatile("mov x8, #173\n svc #0" ::: "x0", "x8", "memory"); /* getppid */
    cells[0] += 1;
    _exit(cells[0] == 2 ? 3 : 4);
}

/* A step over a call tells of it in another way; Linux may then tell of one more, that goes nowhere. */
static void stepped(void)
{
    pid_t pid = begin(stepping_child);
    uint64_t before = 0, pc;
    unsigned steps = 0, calls = 0;
    bool moved = true, clear = true;
    int status;

    to_signal(pid);
    printf("steps %d\n", goes_to(pid, PTRACE_SINGLESTEP, STEP_CODE));
    for (;;) {
        bool is_call = info_of(pid).si_code == SI_USER;

        trace(PTRACE_SINGLESTEP, pid, 0, 0);
        if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
            break;
        pc = registers_of(pid).pc;
        moved = moved && (pc != before || is_call);
        clear = clear && WSTOPSIG(status) == SIGTRAP && status >> 16 == 0;
        if (info_of(pid).si_code == STEP_CODE && info_of(pid).si_addr == (void *)(uintptr_t)pc)
            steps++;
        else if (info_of(pid).si_code == SI_USER && info_of(pid).si_pid == 0)
            calls++;
        before = pc;
    }
    printf("exited %d: many steps %d, over calls %d, by traps alone %d, each to another place %d\n",
           WEXITSTATUS(status), steps > 20, calls, clear, moved);
}

static void on_signal(int signal)
{
    cells[1] = (uint64_t)signal;
}

static void handling_child(void)
{
    signal(SIGUSR2, on_signal);
    raise(SIGUSR1);
    _exit((int)cells[1]);
}

/* A step with a signal ends at its handler's first instruction. */
static void into_handler(void)
{
    pid_t pid = begin(handling_child);

    to_signal(pid);
    trace(PTRACE_SINGLESTEP, pid, 0, SIGUSR2);
    show_status("step", pid);
    printf("in the handler %d\n", registers_of(pid).pc == (uintptr_t)on_signal);
    printf("a step %d\n", goes_to(pid, PTRACE_SINGLESTEP, STEP_CODE));
    printf("behind its first %d\n", registers_of(pid).pc == (uintptr_t)on_signal + 4);
    to_end(pid);
}

/* ---- breakpoints and watchpoints ---- */

static __attribute__((noinline)) void place(void)
{
    __asm__ volatile("nop");
}

static void watched_child(void)
{
    raise(SIGUSR1);
    cells[1] = 1; /* nobody watches that */
    cells[0] = 2;
    seen = (unsigned char)cells[0];
    seen = (unsigned char)cells[2];
    ((volatile unsigned char *)cells)[27] = 3;
    ((volatile unsigned char *)cells)[28] = 3;
    place();
    place();
    raise(SIGUSR2);
    cells[0] = 4;
    _exit(cells[0] == 4 && cells[3] == 0x303000000 ? 5 : 6);
}

static void show_one(pid_t pid, const char *what, long note, volatile const void *address, uint32_t control)
{
    struct debug debug;
    int result = set_one(pid, note, address, control);

    printf("%s: %s", what, result >= 0 ? "ok" : error_name(-result));
    if (get_first(pid, note, &debug, HEAD + SLOT) != HEAD + SLOT)
        printf(", not read");
    printf(", at %d, control %x\n", (int)(debug.slots[0].address - (uintptr_t)cells), debug.slots[0].control);
}

static void refused(pid_t pid)
{
    const char *at = (const char *)(uintptr_t)cells;

    show_one(pid, "off", HW_WATCH, at, 0);
    show_one(pid, "eight bytes", HW_WATCH, at, CONTROL(WRITE, 0xff));
    show_one(pid, "off again", HW_WATCH, at, 0);
    show_one(pid, "two of them", HW_WATCH, at, CONTROL(READ, 0x0c));
    show_one(pid, "by the address", HW_WATCH, at + 5, CONTROL(ACCESS, 0x01));
    show_one(pid, "beyond the word", HW_WATCH, at + 6, CONTROL(ACCESS, 0x0f));
    show_one(pid, "no bytes", HW_WATCH, at, CONTROL(WRITE, 0));
    show_one(pid, "a gap", HW_WATCH, at, CONTROL(WRITE, 5));
    show_one(pid, "code as data", HW_WATCH, at, CONTROL(EXECUTE, 15));
    show_one(pid, "of the kernel", HW_WATCH, at, CONTROL(WRITE, 15) | 2);
    show_one(pid, "data as code", HW_BREAK, at, CONTROL(READ, 15));
    show_one(pid, "code", HW_BREAK, at, CONTROL(EXECUTE, 15));
    show_one(pid, "a byte of code", HW_BREAK, at + 8, CONTROL(EXECUTE, 1));
    show_one(pid, "code, off", HW_BREAK, at + 4, 0);
    show_one(pid, "in the kernel", HW_WATCH, (const void *)0xffff000000000000, CONTROL(WRITE, 1));
    show_one(pid, "in the kernel, off", HW_WATCH, (const void *)0xffff000000000000, 0);
    show_one(pid, "tagged", HW_WATCH, (const void *)((uintptr_t)at | 1ul << 56), CONTROL(WRITE, 1));
    show_one(pid, "off at last", HW_WATCH, at, 0);
    show_one(pid, "code, too", HW_BREAK, at, 0);
}

static void sizes(pid_t pid)
{
    struct debug debug = {0};

    printf("read: %d %d %d %s\n", get_first(pid, HW_WATCH, &debug, sizeof(debug)), get_first(pid, HW_BREAK, &debug, 4),
           get_first(pid, HW_BREAK, &debug, 0), error_name(-get_first(pid, HW_WATCH, &debug, 6)));
    memset(&debug, 0, sizeof(debug));
    printf("nothing: %d, the head: %d, ", set_first(pid, HW_WATCH, &debug, 0), set_first(pid, HW_WATCH, &debug, HEAD));
    printf("half of an address: %s, ", error_name(-set_first(pid, HW_WATCH, &debug, HEAD + 4)));
    printf("an address: %d, without the padding: %d, ", set_first(pid, HW_WATCH, &debug, HEAD + 8),
           set_first(pid, HW_WATCH, &debug, HEAD + 12));
    printf("odd: %s\n", error_name(-set_first(pid, HW_WATCH, &debug, HEAD + 11)));
}

/* As many as the CPU says it has, and no more. */
static void count(pid_t pid, const char *what, long note)
{
    struct debug debug, given = {0};
    unsigned slots;

    get_first(pid, note, &debug, sizeof(debug));
    slots = debug.info & 0xff;
    printf("%s: some %d, an architecture %d, padding %x", what, slots >= 2 && slots <= SLOTS, debug.info >> 8 >= 6,
           debug.pad);
    printf(", all %d", set_first(pid, note, &given, HEAD + SLOT * slots) == (int)(HEAD + SLOT * slots));
    if (slots < SLOTS)
        printf(", one more: %s\n", error_name(-set_first(pid, note, &given, HEAD + SLOT * (slots + 1))));
    else
        printf(", one more: ENOSPC\n");
    get_first(pid, note, &debug, sizeof(debug));
    printf("first %x, last %x, behind it %x\n", debug.slots[0].control, debug.slots[slots - 1].control,
           slots < SLOTS ? debug.slots[slots].control : 0);
}

static void watched(void)
{
    pid_t pid = begin(watched_child);
    struct debug watch = {.slots[0] = {(uintptr_t)&cells[0], CONTROL(WRITE, 0xff), 0},
                          .slots[1] = {(uintptr_t)&cells[2], CONTROL(READ, 0x0f), 0},
                          .slots[2] = {(uintptr_t)&cells[3], CONTROL(ACCESS, 0x08), 0}};
    struct debug off = {0};

    to_signal(pid);
    refused(pid);
    sizes(pid);
    count(pid, "breakpoints", HW_BREAK);
    count(pid, "watchpoints", HW_WATCH);
    printf("set %d\n", set_first(pid, HW_WATCH, &watch, HEAD + 2 * SLOT));
    printf("written %d\n", hits(pid, &cells[0]));
    printf("not done yet %d\n",
           trace(PTRACE_PEEKDATA, pid, (unsigned long)&cells[0], (unsigned long)&off) == 0 && off.info == 0);
    printf("again %d\n", hits(pid, &cells[0]));
    printf("a step into it %d\n", goes_to(pid, PTRACE_SINGLESTEP, HIT_CODE));
    memset(&off, 0, sizeof(off));
    printf("off %d, step %d\n", set_first(pid, HW_WATCH, &off, HEAD + SLOT),
           goes_to(pid, PTRACE_SINGLESTEP, STEP_CODE));
    printf("three %d\n", set_first(pid, HW_WATCH, &watch, HEAD + 3 * SLOT));
    printf("read %d\n", hits(pid, &cells[2]));
    watch.slots[1].control = 0;
    printf("a byte %d\n",
           set_first(pid, HW_WATCH, &watch, HEAD + 3 * SLOT) > 0 && hits(pid, (char *)(uintptr_t)cells + 27));
    watch.slots[2].control = 0;
    printf("off %d\n", set_first(pid, HW_WATCH, &watch, HEAD + 3 * SLOT));
    printf("a place %d\n", set_one(pid, HW_BREAK, (const void *)(uintptr_t)place, CONTROL(EXECUTE, 15)));
    printf("executed %d\n", hits(pid, (const void *)(uintptr_t)place));
    printf("there %d\n", registers_of(pid).pc == (uintptr_t)place);
    printf("over it %d\n", passes(pid, HW_BREAK));
    printf("executed %d\n", hits(pid, (const void *)(uintptr_t)place));
    printf("over it %d\n", passes(pid, HW_BREAK));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    printf("off %d\n", set_first(pid, HW_WATCH, &off, HEAD + SLOT));
    to_end(pid);
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
    struct debug debug;

    to_signal(pid);
    printf("set %d\n", set_one(pid, HW_WATCH, &cells[0], CONTROL(WRITE, 0xff)));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("its child has ended", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("program", pid);
    get_first(pid, HW_WATCH, &debug, sizeof(debug));
    printf("control %x at %llx\n", debug.slots[0].control, (unsigned long long)debug.slots[0].address);
    to_end(pid);
}

/* What the kernel writes for the program stops nobody. */
static void calling_child(void)
{
    int fds[2];

    if (pipe(fds) != 0)
        _exit(1);
    raise(SIGUSR1);
    if (write(fds[1], "x", 1) != 1 || read(fds[0], (char *)(uintptr_t)&cells[4], 1) != 1)
        _exit(2);
    raise(SIGUSR2);
    _exit((int)cells[4]);
}

static void called(void)
{
    pid_t pid = begin(calling_child);

    to_signal(pid);
    printf("set %d\n", set_one(pid, HW_WATCH, &cells[4], CONTROL(ACCESS, 0xff)));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    printf("read %d\n", hits(pid, &cells[4]));
    printf("off %d\n", set_one(pid, HW_WATCH, &cells[4], 0));
    to_end(pid);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 2 && strcmp(argv[2], "write") == 0) {
        cells[0] = 1;
        return (int)cells[0];
    }
    stepped();
    into_handler();
    watched();
    family();
    called();
    return 0;
}
