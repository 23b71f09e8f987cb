/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpframe.c - what sigreturn makes of the vector state that a handler has changed, moved, or moved only in part. Where
 * a CPU has no XSAVE frames have no marks and no components, and what is asked for is then nothing.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "../show.h"

#define LEGACY 512
#define SOFTWARE 464 /* where Linux's words are: magic1, sizes, features */
#define MAGIC1 0x46505853u
#define MAGIC2 0x46505845u

static enum change { NOTHING, VALUE, FIRST_PART, FIRST_PART_MARKED, NO_FEATURES, NO_FEATURES_NO_END } change;
static volatile sig_atomic_t marked;
static unsigned char *edge; /* the end of what is mapped */

static uint32_t *word_at(unsigned char *area, size_t offset)
{
    return (uint32_t *)(void *)(area + offset);
}

static void handler(int number, siginfo_t *info, void *context)
{
    ucontext_t *ucontext = context;
    unsigned char *area = (unsigned char *)ucontext->uc_mcontext.fpregs;
    uint32_t size = *word_at(area, SOFTWARE + 16);

    (void)number, (void)info;
    marked = *word_at(area, SOFTWARE) == MAGIC1;
    if (marked && *word_at(area, size) != MAGIC2)
        printf("no mark at the end\n");
    if (change == NOTHING)
        return;
    memset(area + 160, 0x22, 16); /* xmm0 */
    if (change == FIRST_PART || change == FIRST_PART_MARKED) {
        memcpy(edge - LEGACY, area, LEGACY);
        if (change == FIRST_PART)
            *word_at(edge - LEGACY, SOFTWARE) = 0;
        ucontext->uc_mcontext.fpregs = (void *)(edge - LEGACY);
    }
    if (marked && (change == NO_FEATURES || change == NO_FEATURES_NO_END))
        *word_at(area, LEGACY) &= ~2u; /* XSTATE_BV: SSE is in its first state */
    if (marked && change == NO_FEATURES_NO_END)
        *word_at(area, size) = 0;
}

static void on_fault(int number)
{
    static const char text[] = "the first part, marked as all: refused, or no marks\n";

    (void)number;
    _exit(write(STDOUT_FILENO, text, sizeof(text) - 1) < 0);
}

static void try(const char *what, enum change wanted, int byte)
{
    unsigned char xmm0[16];
    long result;

    change = wanted;
    memset(xmm0, 0x11, sizeof(xmm0));
    __asm__ volatile("movdqu %1, %%xmm0; syscall; movdqu %%xmm0, %1"
                     : "=a"(result), "+m"(xmm0)
                     : "a"((long)SYS_kill), "D"((long)getpid()), "S"((long)SIGUSR1)
                     : "rcx", "r11", "xmm0", "memory");
    show_bool(what, result == 0 && xmm0[0] == byte);
    fflush(stdout);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO}, fault = {.sa_handler = on_fault};

    edge = mmap(NULL, 2 * (size_t)page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    edge += page_size();
    munmap(edge, (size_t)page_size());
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGSEGV, &fault, NULL);
    try("nothing", NOTHING, 0x11);
    try("another value", VALUE, 0x22);
    try("the first part alone", FIRST_PART, 0x22);
    try("without a component", NO_FEATURES, marked != 0 ? 0 : 0x22);
    try("without a component, and the end", NO_FEATURES_NO_END, 0x22);
    if (marked != 0)
        try("taken", FIRST_PART_MARKED, 0x22);
    on_fault(0);
}
