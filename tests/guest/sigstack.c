/* SPDX-License-Identifier: Apache-2.0 */
/* sigstack.c - the alternate stack: when it is in use, what a handler may change of it, and frames that don't fit. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "show.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif
#define SIZE 65536

static char *first, *second;
static stack_t wanted;
static int change;

static const char *which(const void *at)
{
    const char *place = at;

    if (place >= first && place < first + SIZE)
        return "first";
    if (place >= second && place < second + SIZE)
        return "second";
    return place != NULL ? "the usual" : "none";
}

static void show_stack(const char *what, const stack_t *stack)
{
    printf("  %s: %s, size %zu, flags %x\n", what, which(stack->ss_sp), stack->ss_size, (unsigned)stack->ss_flags);
}

static void show_now(void)
{
    stack_t now;

    sigaltstack(NULL, &now);
    show_stack("sigaltstack", &now);
}

static void handler(int signal, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    char here;
    stack_t other = {.ss_sp = second, .ss_size = SIZE};

    printf("handler of %d, code %d, on %s\n", signal, info->si_code, which(&here));
    show_now();
    show_stack("the frame's", &context->uc_stack);
    show("set it in the handler", sigaltstack(&other, NULL));
    if (change != 0)
        context->uc_stack = wanted;
}

static void catch (int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

    sigaction(signal, &action, NULL);
}

static void set(int flags)
{
    stack_t stack = {.ss_sp = first, .ss_size = SIZE, .ss_flags = flags};

    show("sigaltstack", sigaltstack(&stack, NULL));
    show_now();
}

static void changed(const char *what, stack_t stack)
{
    printf("%s\n", what);
    set(0);
    wanted = stack;
    change = 1;
    raise(SIGUSR2); /* not on it: whether a stack in use can be changed so depends on Linux's release */
    change = 0;
    show_now();
}

int main(void)
{
    stack_t bad = {.ss_sp = (char *)1, .ss_size = SIZE, .ss_flags = 77};

    setvbuf(stdout, NULL, _IONBF, 0);
    first = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    second = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    catch (SIGUSR1, SA_ONSTACK);
    catch (SIGUSR2, 0);
    show_now();
    set(0);
    raise(SIGUSR1);
    show_now();
    raise(SIGUSR2);
    set(SS_ONSTACK);
    raise(SIGUSR1);
    set((int)SS_AUTODISARM);
    raise(SIGUSR1);
    show_now();
    set(SS_DISABLE);
    raise(SIGUSR1);
    changed("the handler turns it off", (stack_t){.ss_flags = SS_DISABLE});
    changed("the handler sets another", (stack_t){.ss_sp = second, .ss_size = SIZE / 2});
    changed("the handler sets a bad one", bad);
    changed("the handler sets one too small", (stack_t){.ss_sp = second, .ss_size = 100});
    printf("a stack that can't be written\n");
    catch (SIGSEGV, 0);
    set(0);
    mprotect(first, SIZE, PROT_NONE);
    raise(SIGUSR1);
    mprotect(first, SIZE, PROT_READ | PROT_WRITE);
    printf("and for the fault's own signal: it ends here\n");
    catch (SIGSEGV, SA_ONSTACK);
    mprotect(first, SIZE, PROT_NONE);
    set(0);
    raise(SIGUSR1);
    printf("not reached\n");
    return 0;
}
