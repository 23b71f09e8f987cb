/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_state.c - ptrace(2) on x86_64: all that XSAVE keeps, read and set at once, and steps of a program whose calls
 * its tracer carries out. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "../ptrace_show.h"

enum { NT_X86_XSTATE = 0x202, EMULATE_STEP = 32 };
enum { CONTROL = 0, MXCSR = 24, XMM5 = 160 + 5 * 16, MASK = 464, FEATURES = 512, COMPACTION = 520, RESERVED = 528 };
enum { SSE = 2 };

static unsigned char state[16384];

static uint64_t word_at(unsigned offset)
{
    uint64_t word;

    memcpy(&word, state + offset, sizeof(word));
    return word;
}

static void word_set(unsigned offset, uint64_t word)
{
    memcpy(state + offset, &word, sizeof(word));
}

static long move(long request, pid_t pid, size_t *size)
{
    struct iovec iov = {state, *size};
    long result = trace(request, pid, NT_X86_XSTATE, (unsigned long)&iov);

    *size = iov.iov_len;
    return result;
}

/* Two registers around a call for which its tracer stops it. */
static void state_child(void)
{
    uint64_t in[2] = {0x1111111111111111, 0x2222222222222222}, out[2] = {0}, cleared[2] = {1, 1};
    long result = SYS_kill;

    __asm__ volatile(
        "movups %[in], %%xmm5\n movups %[in], %%xmm6\n syscall\n movups %%xmm5, %[out]\n movups %%xmm6, %[cleared]"
        : "+a"(result), [out] "=m"(out), [cleared] "=m"(cleared)
        : "D"(getpid()), "S"(SIGUSR1), [in] "m"(in)
        : "rcx", "r11", "xmm5", "xmm6", "memory");
    if (out[0] == 0x3333333333333333 && out[1] == in[1] && cleared[0] == in[0])
        _exit(3);
    _exit(out[0] == 0 && out[1] == 0 && cleared[0] == 0 ? 4 : 5);
}

static void set_wrongly(const char *what, pid_t pid, size_t size, unsigned offset, uint64_t word)
{
    uint64_t old = word_at(offset);

    word_set(offset, word);
    show(what, move(PTRACE_SETREGSET, pid, &size));
    word_set(offset, old);
}

static pid_t at_the_call(size_t *size)
{
    pid_t pid = begin(state_child);

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    *size = sizeof(state);
    show("get", move(PTRACE_GETREGSET, pid, size));
    return pid;
}

static void states(void)
{
    size_t size, part = 512, odd = 20;
    pid_t pid = at_the_call(&size);

    show_bool("more than FXSAVE's", size > 576 && size % 8 == 0);
    printf("mask %llx\n", (unsigned long long)word_at(MASK) & 3);
    show_bool("in use", (word_at(FEATURES) & SSE) != 0 && (word_at(FEATURES) & ~word_at(MASK)) == 0);
    printf("xmm5 %llx %llx, control %llx, mxcsr %llx\n", (unsigned long long)word_at(XMM5),
           (unsigned long long)word_at(XMM5 + 8), (unsigned long long)word_at(CONTROL) & 0xffff,
           (unsigned long long)word_at(MXCSR) & 0xffffffff);
    show("a part", move(PTRACE_GETREGSET, pid, &part));
    printf("%zu bytes\n", part);
    show("an odd part", move(PTRACE_GETREGSET, pid, &odd));
    show("set a part", move(PTRACE_SETREGSET, pid, &part));
    set_wrongly("an unknown feature", pid, size, FEATURES, 1ull << 62);
    set_wrongly("compacted", pid, size, COMPACTION, 1ull << 63);
    set_wrongly("reserved", pid, size, RESERVED, 1);
    set_wrongly("a reserved flag", pid, size, MXCSR, word_at(MXCSR) | 1u << 30);
    word_set(XMM5, 0x3333333333333333);
    show("set", move(PTRACE_SETREGSET, pid, &size));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* What isn't named comes in its first state. */
static void unnamed(void)
{
    size_t size;
    pid_t pid = at_the_call(&size);

    word_set(FEATURES, word_at(FEATURES) & ~(uint64_t)SSE);
    show("set", move(PTRACE_SETREGSET, pid, &size));
    show("get", move(PTRACE_GETREGSET, pid, &size));
    printf("xmm5 %llx %llx\n", (unsigned long long)word_at(XMM5), (unsigned long long)word_at(XMM5 + 8));
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

/* ---- steps ---- */

__asm__("emulated_code:\n"
        " mov $39, %eax\n" /* getpid */
        " syscall\n"
        " nop\n"
        "emulated_end:\n"
        " ret\n");
extern const char emulated_code[], emulated_end[];
void emulated_steps(void) __asm__("emulated_code");

static void steps_child(void)
{
    raise(SIGUSR2);
    emulated_steps();
    _exit(6);
}

static struct user_regs_struct regs_of(pid_t pid)
{
    struct user_regs_struct regs;

    memset(&regs, 0, sizeof(regs));
    trace(PTRACE_GETREGS, pid, 0, (unsigned long)&regs);
    return regs;
}

static void steps(void)
{
    pid_t pid = begin(steps_child);
    struct user_regs_struct regs, before;

    show_status("first", pid);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("signal", pid);
    before = regs = regs_of(pid);
    regs.rip = (unsigned long)emulated_code;
    regs.orig_rax = -1ul;
    trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs);
    while (regs_of(pid).rip != (unsigned long)emulated_end) {
        trace(EMULATE_STEP, pid, 0, 0);
        show_status("step", pid);
        regs = regs_of(pid);
        printf("at %lld, result %lld\n", (long long)(regs.rip - (unsigned long)emulated_code), (long long)regs.rax);
    }
    trace(PTRACE_SETREGS, pid, 0, (unsigned long)&before);
    trace(PTRACE_CONT, pid, 0, 0);
    show_status("end", pid);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    states();
    unnamed();
    steps();
    return 0;
}
