/* SPDX-License-Identifier: Apache-2.0 */
/* growsdown.c - memory that grows downwards where it is touched: how far, and what stops it. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define GUARD (256 * PAGE) /* Linux's stack_guard_gap */
#define RW (PROT_READ | PROT_WRITE)
#define FIXED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)

static sigjmp_buf back;

static void caught(int signal)
{
    siglongjmp(back, signal);
}

static void touch(const char *what, volatile char *at)
{
    int signal = sigsetjmp(back, 1);

    if (signal == 0)
        *at = 1;
    printf("%s: %s\n", what, signal == 0 ? "written" : signal == SIGSEGV ? "SIGSEGV" : "SIGBUS");
}

static void show_mapped(const char *what, char *at, size_t pages)
{
    unsigned char vector[8];

    show(what, mincore(at, pages * PAGE, vector));
}

static void growing(char *top)
{
    char *at = mmap(top - PAGE, PAGE, RW, FIXED | MAP_GROWSDOWN, -1, 0);
    int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);

    show_bool("mapped", at == top - PAGE);
    touch("itself", at);
    show_mapped("below isn't there", at - PAGE, 1);
    touch("right below", at - 1);
    show_mapped("now it is", at - PAGE, 2);
    show_mapped("and no more", at - 2 * PAGE, 1);
    touch("further below", at - 7 * PAGE);
    show_mapped("all between", at - 7 * PAGE, 8);
    show("by the kernel", write(fd, at - 10 * PAGE, 1));
    show_mapped("it has grown too", at - 10 * PAGE, 3);
    show("to be read, all", mprotect(at, PAGE, PROT_READ));
    touch("it can't be written", at);
    touch("but it grows", at - 20 * PAGE);
    char *other = mmap(at - 30 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show_bool("a hint right below", other == at - 30 * PAGE);
    munmap(other, PAGE);
    show("unmapped", munmap(at - 20 * PAGE, 21 * PAGE));
    touch("and nothing grows", at - PAGE);
    close(fd);
    unlink("f");
}

static void guarded(char *room, char *top)
{
    struct rlimit old, limit;
    char *below = mmap(room, PAGE, RW, FIXED, -1, 0);

    getrlimit(RLIMIT_STACK, &old);
    limit = old;
    limit.rlim_cur = 4096 * PAGE; /* pages may be large */
    setrlimit(RLIMIT_STACK, &limit);

    mmap(top - PAGE, PAGE, RW, FIXED | MAP_GROWSDOWN, -1, 0);
    touch("at the gap", below + PAGE + GUARD);
    touch("in the gap", below + PAGE + GUARD - 1);
    show("out of reach", mprotect(below, PAGE, PROT_NONE));
    touch("then it may", below + PAGE + GUARD - 1);
    touch("to the end", below + PAGE);
    touch("the neighbour", below);
    munmap(room, (size_t)(top - room));
    setrlimit(RLIMIT_STACK, &old);
}

static void limited(char *top)
{
    struct rlimit old, limit;

    getrlimit(RLIMIT_STACK, &old);
    limit = old;
    limit.rlim_cur = 512 * PAGE;
    mmap(top - PAGE, PAGE, RW, FIXED | MAP_GROWSDOWN, -1, 0);
    show("RLIMIT_STACK", setrlimit(RLIMIT_STACK, &limit));
    touch("up to it", top - 512 * PAGE);
    touch("beyond", top - 512 * PAGE - 1);
    limit.rlim_cur = 600 * PAGE;
    show("more", setrlimit(RLIMIT_STACK, &limit));
    touch("beyond", top - 512 * PAGE - 1);

    getrlimit(RLIMIT_DATA, &limit);
    limit.rlim_cur = PAGE;
    show("RLIMIT_DATA", setrlimit(RLIMIT_DATA, &limit));
    touch("a stack isn't data", top - 514 * PAGE);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_DATA, &limit);
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = PAGE;
    show("RLIMIT_AS", setrlimit(RLIMIT_AS, &limit));
    touch("but memory", top - 515 * PAGE);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_AS, &limit);
    touch("again", top - 515 * PAGE);

    show("from its middle down", mprotect(top - PAGE, PAGE, PROT_READ | PROT_GROWSDOWN));
    touch("all of it", top - 515 * PAGE);
    touch("it grows", top - 516 * PAGE);
    show("both ways", mprotect(top - PAGE, PAGE, RW | PROT_GROWSDOWN | PROT_GROWSUP));
    show("up", mprotect(top - PAGE, PAGE, RW | PROT_GROWSUP));
    show("from below it", mprotect(top - 520 * PAGE, 2 * PAGE, RW | PROT_GROWSDOWN));
    show("from below into it", mprotect(top - 517 * PAGE, 3 * PAGE, RW | PROT_GROWSDOWN));
    touch("it can be written", top - 516 * PAGE);
    touch("its top can't", top - PAGE);
    show("up from below it", mprotect(top - 517 * PAGE, 3 * PAGE, RW | PROT_GROWSUP));
    show("bad, far beyond", (int)syscall(SYS_mprotect, top - PAGE, PAGE, 1ul << 32 | PROT_READ));
    show("bad, of nothing", mprotect(top - PAGE, 0, 64));
    setrlimit(RLIMIT_STACK, &old);
}

/* The program's own stack: what isn't used isn't there. */
static void own(void)
{
    char here = 0, *low = (char *)((unsigned long)&here & ~(PAGE - 1)) - (4ul << 20);

    show_mapped("far below the stack pointer", low, 1);
    touch("touched", low);
    show_mapped("then", low, 8);
}

int main(int argc, char **argv)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = caught, .sa_flags = SA_ONSTACK};
    size_t size = 2048 * PAGE;
    char *room;

    enter(argc, argv);
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    room = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    munmap(room + PAGE, size - 2 * PAGE); /* its ends keep others away */
    mprotect(room, PAGE, PROT_NONE);
    growing(room + size - PAGE);
    guarded(room + PAGE, room + size - PAGE);
    limited(room + size - PAGE);
    own();
    return 0;
}
