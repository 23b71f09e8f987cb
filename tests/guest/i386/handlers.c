/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.c - a 32-bit program's handlers of signals: both frames, what is in them, what of it is changed, and the way
 * back. */
#include "bare.h"

ENTRY("main");

enum {
    NR_alarm = 27,
    NR_pause = 29,
    NR_kill = 37,
    NR_pipe = 42,
    NR_signal = 48,
    NR_sigaction = 67,
    NR_setitimer = 104,
    NR_sigprocmask = 126,
    NR_rt_sigprocmask = 175,
    NR_sigaltstack = 186,
};
enum { SIGILL = 4, SIGFPE = 8, SIGUSR1 = 10, SIGSEGV = 11, SIGUSR2 = 12, SIGALRM = 14, SIGCHLD = 17 };
enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };
#define SA_SIGINFO 4
#define SA_RESTORER 0x04000000
#define SA_ONSTACK 0x08000000
#define SA_RESTART 0x10000000
#define SA_NODEFER 0x40000000
#define SA_RESETHAND 0x80000000u

struct __attribute__((packed)) action {
    uint32_t handler, flags, restorer;
    uint64_t mask;
};
struct old_action {
    uint32_t handler, mask, flags, restorer;
};
struct context {
    uint32_t gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, vector, error, eip, cs, eflags, esp_at_signal, ss;
    struct fpstate *fpstate;
    uint32_t old_mask, cr2;
};
struct fpstate {
    uint32_t control, status, tags, fip, fcs, fdp, fds;
    uint8_t registers[80];
    uint16_t status_again, magic;
};
struct info {
    int32_t signal, error, code, pid, uid, value;
    uint32_t rest[26];
};
struct stack {
    void *sp;
    int flags;
    unsigned size;
};
struct ucontext {
    uint32_t flags, link;
    struct stack stack;
    struct context context;
    uint32_t mask[2];
};

/* The ways back, as C libraries have them. */
void restore(void);
void restore_rt(void);
__asm__("restore: pop %eax\n\tmov $119, %eax\n\tint $0x80\n"
        "restore_rt: mov $173, %eax\n\tint $0x80\n");

static volatile int count, depth, deepest;
static volatile long last;
static uint8_t other_stack[16384] __attribute__((aligned(16)));
static long pid;

static long set(int signal, void *handler, uint32_t flags)
{
    struct action action = {(uint32_t)P(handler), flags | SA_RESTORER,
                            (uint32_t)P(flags & SA_SIGINFO ? restore_rt : restore), 0};

    return CALL(NR_rt_sigaction, signal, P(&action), 0, 8);
}

/* ---- the frame of old ---- */

static void plain(int signal, struct context context)
{
    count++;
    last = signal;
    show("  plain", signal);
    show_bool("  the stack's segment", context.ss == 0x2b && context.cs == 0x23 && context.ds == 0x2b);
    show_bool("  its stack was higher", context.esp > (uint32_t)P(&signal) && context.esp == context.esp_at_signal);
    show("  mask", (long)context.old_mask);
}

static void old_frame(void)
{
    struct old_action action = {(uint32_t)P(plain), 1 << (SIGUSR2 - 1), SA_RESTORER, (uint32_t)P(restore)},
                      old = {0, 0, 0, 0};
    long mask = 0;

    show("sigaction", CALL(NR_sigaction, SIGUSR1, P(&action), 0));
    show("ask", CALL(NR_sigaction, SIGUSR1, 0, P(&old)));
    show_bool("the same", old.handler == action.handler && old.mask == action.mask && old.flags == action.flags &&
                              old.restorer == action.restorer);
    show("SIGKILL", CALL(NR_sigaction, 9, P(&action), 0));
    show("from nowhere", CALL(NR_sigaction, SIGUSR1, 16, 0));
    show("kill", CALL(NR_kill, pid, SIGUSR1));
    show("sigprocmask", CALL(NR_sigprocmask, SIG_BLOCK, P(&(long){1 << (SIGCHLD - 1) | 1 << 8}), P(&mask)));
    show("before", mask);
    show("kill with a mask", CALL(NR_kill, pid, SIGUSR1));
    show("sigprocmask", CALL(NR_sigprocmask, SIG_SETMASK, P(&(long){0}), P(&mask)));
    show("before", mask);
    show("sigprocmask of nothing", CALL(NR_sigprocmask, 3, P(&mask), 0));
    show("called", count);
}

/* ---- the frame of today ---- */

static void informed(int signal, struct info *info, struct ucontext *ucontext)
{
    show("  informed", signal);
    show("  si_signo", info->signal);
    show("  si_code", info->code);
    show_bool("  from here", info->pid == pid);
    show("  link", (long)ucontext->link);
    show_bool("  mask", ucontext->mask[0] == 0 && ucontext->mask[1] == 0x80000000u);
    show_bool("  x87 state is there", ucontext->context.fpstate != 0 && ucontext->context.fpstate->magic == 0);
    ucontext->context.ebx = 0x1234; /* what a handler changes comes back */
    ucontext->mask[1] = 0;
}

static void new_frame(void)
{
    const uint32_t high[2] = {0, 0x80000000u};
    uint32_t after[2] = {1, 1};
    long result, ebx;

    show("informed", set(SIGUSR1, informed, SA_SIGINFO));
    show("block 64", CALL(NR_rt_sigprocmask, SIG_SETMASK, P(high), 0, 8));
    __asm__ volatile("push %%ebx\n\tmov %3, %%ebx\n\tint $0x80\n\tmov %%ebx, %1\n\tpop %%ebx"
                     : "=a"(result), "=&S"(ebx)
                     : "a"(NR_kill), "D"(pid), "c"(SIGUSR1)
                     : "memory");
    show("kill", result);
    show("ebx", ebx);
    CALL(NR_rt_sigprocmask, SIG_SETMASK, 0, P(after), 8);
    show_bool("the mask that it left", after[0] == 0 && after[1] == 0);
}

/* ---- the way back ---- */

/* Without a way back of the program's own there is one of the system's. */
static void no_restorer(void)
{
    struct old_action old = {(uint32_t)P(plain), 0, 0, 0};
    struct action action = {(uint32_t)P(plain), SA_NODEFER, 0, 0};

    show("sigaction without a restorer", CALL(NR_sigaction, SIGUSR1, P(&old), 0));
    show("kill", CALL(NR_kill, pid, SIGUSR1));
    show("rt_sigaction without one", CALL(NR_rt_sigaction, SIGUSR1, P(&action), 0, 8));
    show("kill", CALL(NR_kill, pid, SIGUSR1));
    action.handler = (uint32_t)P(informed);
    action.flags = SA_SIGINFO;
    show("with information", CALL(NR_rt_sigaction, SIGUSR1, P(&action), 0, 8));
    show("kill", CALL(NR_kill, pid, SIGUSR1));
}

/* ---- flags ---- */

static void nested(int signal)
{
    depth++;
    if (depth > deepest)
        deepest = depth;
    count++;
    if (count < 3)
        CALL(NR_kill, pid, signal);
    depth--;
}

static void flags(void)
{
    struct action old = {0, 0, 0, 0};

    count = deepest = 0;
    set(SIGUSR2, nested, 0);
    CALL(NR_kill, pid, SIGUSR2);
    show("one after the other", count);
    show("deepest", deepest);
    count = deepest = 0;
    set(SIGUSR2, nested, SA_NODEFER);
    CALL(NR_kill, pid, SIGUSR2);
    show("one in the other", count);
    show("deepest", deepest);
    count = 3;
    set(SIGUSR2, nested, SA_RESETHAND);
    CALL(NR_kill, pid, SIGUSR2);
    CALL(NR_rt_sigaction, SIGUSR2, 0, P(&old), 8);
    show("reset", (long)old.handler);
    show_bool("its flags", old.flags == (SA_RESETHAND | SA_RESTORER));
    show("signal", CALL(NR_signal, SIGUSR2, P(nested)));
    show_bool("the one before", CALL(NR_signal, SIGUSR2, 1) == P(nested));
    CALL(NR_rt_sigaction, SIGUSR2, 0, P(&old), 8);
    show_bool("as of old", old.flags == (SA_RESETHAND | SA_NODEFER));
    show("signal of nothing", CALL(NR_signal, 65, 0));
}

/* ---- the alternate stack ---- */

static void elsewhere(int signal)
{
    struct stack now = {0, 0, 0};

    CALL(NR_sigaltstack, 0, P(&now));
    show("  signal", signal);
    show_bool("  on it", (uint8_t *)&now > other_stack && (uint8_t *)&now < other_stack + sizeof(other_stack));
    show("  flags", now.flags);
    show_bool("  aligned", (P(&signal) & 15) == 0);
}

static void stacks(void)
{
    struct stack stack = {other_stack, 0, sizeof(other_stack)}, old = {0, 0, 0}, small = {other_stack, 0, 100};

    show("sigaltstack", CALL(NR_sigaltstack, P(&stack), P(&old)));
    show("none before", old.flags);
    show("too small", CALL(NR_sigaltstack, P(&small), 0));
    show("from nowhere", CALL(NR_sigaltstack, 16, 0));
    set(SIGUSR1, elsewhere, SA_ONSTACK);
    CALL(NR_kill, pid, SIGUSR1);
    CALL(NR_sigaltstack, 0, P(&old));
    show_bool("still there", old.sp == other_stack && old.size == sizeof(other_stack) && old.flags == 0);
}

/* ---- faults ---- */

static void skip(int signal, struct info *info, struct ucontext *ucontext)
{
    show("  fault", signal);
    show("  si_code", info->code);
    if (signal == SIGSEGV) {
        show("  si_addr", info->pid);
        show("  vector", (long)ucontext->context.vector);
        show("  error", (long)ucontext->context.error);
        show("  cr2", (long)ucontext->context.cr2);
    } else {
        show_bool("  si_addr", (uint32_t)info->pid == ucontext->context.eip);
    }
    ucontext->context.eip += 2; /* each instruction below has two bytes */
    ucontext->context.eax = 77;
}

static void faults(void)
{
    long result;

    set(SIGSEGV, skip, SA_SIGINFO);
    set(SIGILL, skip, SA_SIGINFO);
    set(SIGFPE, skip, SA_SIGINFO);
    __asm__ volatile("mov (%1), %%eax" : "=a"(result) : "d"(16L) : "memory");
    show("a word from nowhere", result);
    __asm__ volatile("mov %%eax, (%1)" : "=a"(result) : "d"(20L), "0"(5L) : "memory");
    show("a word to nowhere", result);
    __asm__ volatile("ud2" : "=a"(result)::"memory");
    show("no instruction", result);
    __asm__ volatile("div %%ecx" : "=a"(result) : "0"(1L), "d"(0L), "c"(0L) : "memory");
    show("by zero", result);
}

/* ---- what the interrupted code must not see ---- */

/* The x87 and vector state by FXSAVE and FXRSTOR: a KVM that emulates 32-bit code knows no others. */
struct state {
    uint16_t control, status;
    uint8_t tags, reserved;
    uint16_t opcode;
    uint32_t fip, fcs, fdp, fds, mxcsr, mxcsr_mask;
    uint8_t st[8][16], xmm[8][16], rest[224];
} __attribute__((aligned(16)));

static struct state own, others, after;

static void state_load(const struct state *state)
{
    __asm__ volatile("fxrstor %0" ::"m"(*state));
}

static void state_store(struct state *state)
{
    __asm__ volatile("fxsave %0" : "=m"(*state));
}

/* Two registers are in use, of ten bytes each: 1.0 on top, and zero. */
static void state_make(struct state *state, uint8_t mark)
{
    *state = (struct state){.control = 0x37f, .status = 6 << 11, .tags = 0xc0, .mxcsr = 0x1f80};
    state->st[0][7] = 0x80;
    state->st[0][8] = 0xff;
    state->st[0][9] = 0x3f;
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 16; j++)
            state->xmm[i][j] = (uint8_t)(mark + 16 * i + j);
}

static int state_is(const struct state *a, const struct state *b)
{
    int same = a->control == b->control && a->status == b->status && a->tags == b->tags && a->mxcsr == b->mxcsr;

    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 16; j++)
            same = same && a->xmm[i][j] == b->xmm[i][j] && (j >= 10 || a->st[i][j] == b->st[i][j]);
    return same;
}

static void clobber(int signal)
{
    static struct state fresh;

    last = signal;
    state_store(&fresh);
    show("  control", fresh.control);
    show("  tags", fresh.tags);
    state_load(&others);
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es" ::"r"(0x2b));
    __asm__ volatile("mov %0, %%gs" ::"r"(0));
}

static long selector_set(void)
{
    static struct {
        unsigned entry;
        const void *base;
        unsigned limit, flags;
    } desc = {-1u, &pid, 0xfffff, 0x51};

    return CALL(NR_set_thread_area, P(&desc)) == 0 ? (long)desc.entry * 8 + 3 : 0;
}

static void state(void)
{
    long selector = selector_set(), found;

    state_make(&own, 1);
    state_make(&others, 100);
    others.tags = others.status = 0;
    set(SIGUSR1, clobber, 0);
    __asm__ volatile("mov %0, %%gs" ::"r"(selector));
    state_load(&own);
    CALL(NR_kill, pid, SIGUSR1);
    state_store(&after);
    __asm__ volatile("mov %%gs, %0" : "=r"(found));
    show("called with", last);
    show_bool("all registers", state_is(&own, &after));
    show_bool("gs", (found & 0xffff) == selector);
    __asm__ volatile("mov %%gs:0, %0" : "=r"(found));
    show_bool("and what it reaches", found == pid);
}

static void change_x87(int signal, struct info *info, struct ucontext *ucontext)
{
    struct fpstate *x87 = ucontext->context.fpstate;

    (void)signal, (void)info;
    show("  control", (long)(x87->control & 0xffff));
    show("  tags", (long)(x87->tags & 0xffff)); /* zero, and a number */
    show("  top", (long)(x87->status >> 11 & 7));
    x87->control = 0x77f;
    x87->registers[7] = 0xc0; /* 1.0 becomes 1.5 */
    x87->tags |= 0xc000;      /* the zero goes */
}

static void x87(void)
{
    set(SIGUSR1, change_x87, SA_SIGINFO);
    state_load(&own);
    CALL(NR_kill, pid, SIGUSR1);
    state_store(&after);
    show("control", after.control);
    show("tags", after.tags);
    show("on top", after.st[0][7]);
    show_bool("xmm0", after.xmm[0][5] == own.xmm[0][5]);
}

/* ---- calls that are interrupted ---- */

static int ends[2];
static volatile int restarts;

static void fill(int signal)
{
    last = signal;
    if (++count == 2 && restarts) /* the second time there is something to read */
        CALL(NR_write, ends[1], P("x"), 1);
}

static void interrupted(void)
{
    const long often[4] = {0, 30000, 0, 30000}, never[4] = {0, 0, 0, 0};
    char byte = 0;

    show("pipe", CALL(NR_pipe, P(ends)));
    count = 0;
    set(SIGALRM, fill, 0);
    CALL(NR_setitimer, 0, P(often), 0);
    show("read", CALL(NR_read, ends[0], P(&byte), 1));
    CALL(NR_setitimer, 0, P(never), 0);
    count = 0;
    restarts = 1;
    set(SIGALRM, fill, SA_RESTART);
    CALL(NR_setitimer, 0, P(often), 0);
    show("read again", CALL(NR_read, ends[0], P(&byte), 1));
    CALL(NR_setitimer, 0, P(never), 0);
    show("what came", byte);
    show_bool("signals", count >= 2 && last == SIGALRM);
}

void program(long *stack)
{
    (void)stack;
    pid = CALL(NR_getpid);
    old_frame();
    new_frame();
    no_restorer();
    flags();
    stacks();
    faults();
    state();
    x87();
    interrupted();
    leave(0);
}
