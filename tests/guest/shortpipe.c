/* SPDX-License-Identifier: Apache-2.0 */
/* shortpipe.c - two threads read from a pipe, one of them into new pages; with an argument more ("short") until a child
 * has to give its memory for them, which it does slowly, so that the other runs meanwhile. No byte comes twice. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "show.h"

#define BYTES 4096
#define FREE_KIB 3000
#define ROUNDS_SHORT 8000
#define IDLE 5 /* SCHED_IDLE */

extern char __executable_start, _end;

static int ends[2];
static atomic_long taken;
static atomic_int over;
static char block[BYTES];

static long free_kib(void)
{
    struct sysinfo info;

    sysinfo(&info);
    return (long)(info.freeram * info.mem_unit >> 10);
}

static void *take_memory(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        exit(1);
    return at;
}

/* It is ready to run all the time, and never the next. */
static void child(int ready)
{
    struct sched_param none = {0};
    char *memory = take_memory(1ul << 30);

    syscall(SYS_sched_setscheduler, 0, IDLE, &none);
    for (long i = 0; free_kib() > FREE_KIB; i += page_size())
        memory[i] = 1;
    (void)!write(ready, "", 1);
    for (;;)
        ;
}

/* The program's own pages may not be dropped, or the other thread would wait for memory as well. */
static void keep_program(void)
{
    uintptr_t page = (uintptr_t)page_size(), at = (uintptr_t)&__executable_start & ~(page - 1);

    for (; at < (uintptr_t)&_end; at += page) {
        if (mprotect((void *)at, page, PROT_READ | PROT_WRITE | PROT_EXEC) == 0)
            *(volatile char *)at = *(volatile char *)at;
    }
    __builtin___clear_cache(&__executable_start, &_end);
}

static void *other(void *arg)
{
    char bytes[BYTES] = {0};

    while (!atomic_load(&over)) {
        long n = read(ends[0], bytes, BYTES - 1);
        if (n > 0)
            atomic_fetch_add(&taken, n);
        sched_yield();
    }
    return arg;
}

/* What has been read of a block when nothing is left of it. */
static long round_of(char *to)
{
    long n, sum = 0;

    atomic_store(&taken, 0);
    if (write(ends[1], block, BYTES) != BYTES)
        return -1;
    while (sum + atomic_load(&taken) < BYTES) {
        n = read(ends[0], to, BYTES);
        sum += n > 0 ? n : 0;
        sched_yield();
    }
    return sum + atomic_load(&taken);
}

int main(int argc, char **argv)
{
    int is_short = argc > 2, ready[2], wrong = 0, status = 0;
    long rounds = is_short ? ROUNDS_SHORT : 100;
    pid_t pid = 0;
    pthread_t thread;
    char byte;

    (void)argv;
    if (pipe2(ends, O_NONBLOCK) != 0 || pipe(ready) != 0)
        return 1;
    if (is_short) {
        keep_program();
        pid = fork();
        if (pid == 0)
            child(ready[1]);
        (void)!read(ready[0], &byte, 1);
    }
    char *memory = take_memory((size_t)(rounds * page_size()));
    pthread_create(&thread, NULL, other, NULL);
    for (long i = 0; i < rounds && !wrong && (pid == 0 || waitpid(pid, &status, WNOHANG) == 0); i++)
        wrong = round_of(memory + i * page_size()) != BYTES;
    atomic_store(&over, 1);
    pthread_join(thread, NULL);
    show_bool("each byte came once", !wrong);
    show("nothing is left", read(ends[0], block, BYTES));
    if (is_short)
        show("the child is ended by signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return 0;
}
