/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.c - handlers run with the right arguments, on the right stack, and faults can be survived. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "show.h"

static sigjmp_buf back;
static siginfo_t last;
static char *alternate;
static int on_alternate;

static void catcher(int signal, siginfo_t *info, void *context)
{
    char here;

    (void)context;
    last = *info;
    last.si_signo = signal;
    on_alternate = alternate != NULL && &here >= alternate && &here < alternate + 65536;
    if (signal != SIGUSR1)
        siglongjmp(back, 1);
}

static void catch (int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = catcher, .sa_flags = SA_SIGINFO | flags};

    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

static void touch(const char *what, volatile char *address, int is_write)
{
    if (sigsetjmp(back, 1) == 0) {
        if (is_write != 0)
            *address = 1;
        else
            (void)*address;
        printf("%s: nothing happened\n", what);
        return;
    }
    printf("%s: signal %d, code %d, address %s\n", what, last.si_signo, last.si_code,
           last.si_addr == (void *)address ? "right" : "wrong");
}

static int deeper(int depth)
{
    volatile char room[4096];

    room[0] = (char)depth;
    return depth < 1000000 ? deeper(depth + 1) + room[0] : 0;
}

int main(int argc, char **argv)
{
    double before = 1.5;
    size_t page = (size_t)page_size();

    enter(argc, argv);
    catch (SIGUSR1, 0);
    raise(SIGUSR1);
    printf("raise: signal %d, from us %d\n", last.si_signo, last.si_pid == getpid());
    show_bool("a float survives", before * 2 == 3.0);
    catch (SIGSEGV, 0);
    catch (SIGBUS, 0);
    touch("null", (char *)8, 0);
    touch("null again", (char *)8, 1);
    char *area = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    touch("read", area, 0);
    touch("write to read-only", area, 1);
    mprotect(area, 2 * page, PROT_NONE);
    touch("read of none", area + page + 904, 0);
    munmap(area, 2 * page);
    touch("unmapped", area, 0);
    int fd = open("short", O_CREAT | O_RDWR, 0644);
    write(fd, "x", 1);
    area = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0);
    touch("in the file", area, 0);
    touch("beyond the file", area + page, 0);
    unlink("short");
    alternate = malloc(65536);
    stack_t stack = {.ss_sp = alternate, .ss_size = 65536};
    sigaltstack(&stack, NULL);
    catch (SIGSEGV, SA_ONSTACK);
    if (sigsetjmp(back, 1) == 0)
        printf("%d\n", deeper(0));
    printf("stack overflow: signal %d, on the other stack %d\n", last.si_signo, on_alternate);
    return 0;
}
