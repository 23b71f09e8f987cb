/* SPDX-License-Identifier: Apache-2.0 */
/* i386.c - the i386 way into the kernel, from a 64-bit program. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "../show.h"

/* A file of which the position is 3. */
static long lseek_file(void)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY);

    lseek(fd, 3, SEEK_SET);
    return fd;
}

/* A private anonymous page, anywhere. */
static unsigned long mmap2(void)
{
    unsigned long result;

    __asm__ volatile("push %%rbp; xor %%ebp, %%ebp; int $0x80; pop %%rbp"
                     : "=a"(result)
                     : "a"(192L), "b"(0L), "c"(4096L), "d"(3L), "S"(0x22L), "D"(-1L)
                     : "memory");
    return result;
}

static sigjmp_buf after;

static void leave_sleep(int signal)
{
    siglongjmp(after, signal);
}

/* A sleep that came by int 0x80, interrupted, goes on by `syscall`: what comes after it is a 64-bit program's still. */
static void sleep_both_ways(void)
{
    static uint32_t third[2] = {0, 300000000};
    const struct itimerval timer = {.it_value.tv_usec = 50000};
    int64_t now[2] = {-1, -1};
    long result;

    signal(SIGALRM, leave_sleep);
    setitimer(ITIMER_REAL, &timer, NULL);
    if (sigsetjmp(after, 1) == 0)
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(162L), "b"(third), "c"(0L) : "memory");
    syscall(SYS_restart_syscall);
    result = syscall(SYS_clock_gettime, CLOCK_MONOTONIC, now);
    printf("clock_gettime: %ld, %s\n", result, now[0] >= 0 && now[0] >> 32 == 0 && now[1] >= 0 ? "whole" : "in part");
}

int main(void)
{
    static char text[] = "written by int 0x80\n";
    long result;

    if (((uintptr_t)text >> 32) != 0) /* its pointers have 32 bits: a static program lies low */
        return 1;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
    printf("getpid: %s\n", result == getpid() ? "the same" : "another");
    fflush(stdout);
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(4L), "b"(1L), "c"(text), "d"(sizeof(text) - 1) : "memory");
    printf("write: %ld\n", result);
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(6L), "b"(77L) : "memory");
    printf("close: %ld\n", result);
    /* Of the registers the lower halves count. */
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(0x7700000014) : "memory");
    printf("getpid: %s\n", result == getpid() ? "the same" : "another");
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(6L), "b"(0x770000004dL) : "memory");
    printf("close: %ld\n", result);
    /* By syscall that is so of the number alone. */
    __asm__ volatile("syscall" : "=a"(result) : "a"(0x7700000027) : "rcx", "r11", "memory");
    printf("getpid: %s\n", result == getpid() ? "the same" : "another");
    __asm__ volatile("syscall" : "=a"(result) : "a"(3L), "D"(0x770000004d) : "rcx", "r11", "memory");
    printf("close: %ld\n", result);
    /* A negative offset has 32 bits. */
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(19L), "b"(lseek_file()), "c"(0xffffffffL), "d"(1L) : "memory");
    printf("lseek: %ld\n", result);
    printf("mmap2: %s\n", mmap2() >> 32 == 0 ? "low" : "too high");
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(384L), "b"(0x1003L), "c"(text) : "memory");
    printf("arch_prctl: %ld\n", result);
    sleep_both_ways();
    return 0;
}
