/* SPDX-License-Identifier: Apache-2.0 */
/* lat_calls.c - what one process does alone: calls, memory, signals. */
#define _GNU_SOURCE
#include "lat.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAP_BYTES (4UL << 20)
#define PAGE_BYTES 4096UL

static char buf[PAGE_BYTES];

/* ---- single calls ---- */

static int fd = -1;

static int run_clock(long n)
{
    struct timespec ts;

    while (n-- != 0)
        if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
            return lat_error();
    return 0;
}

/* getpid with nothing around the instruction; elsewhere the libc's wrapper */
static inline long raw_getpid(void)
{
#if defined __x86_64__
    long ret = SYS_getpid;

    __asm__ volatile("syscall" : "+a"(ret) : : "rcx", "r11", "memory");
    return ret;
#elif defined __aarch64__
    register long nr __asm__("x8") = SYS_getpid;
    register long ret __asm__("x0");

    __asm__ volatile("svc 0" : "=r"(ret) : "r"(nr) : "memory");
    return ret;
#elif defined __riscv
    register long nr __asm__("a7") = SYS_getpid;
    register long ret __asm__("a0");

    __asm__ volatile("ecall" : "=r"(ret) : "r"(nr) : "memory");
    return ret;
#else
    return syscall(SYS_getpid);
#endif
}

static int run_getpid(long n)
{
    while (n-- != 0) {
        long ret = raw_getpid();

        if (ret < 0 && ret > -4096)
            return -ret;
    }
    return 0;
}

static int open_null(void)
{
    fd = open("/dev/null", O_WRONLY);
    return fd < 0 ? lat_error() : 0;
}

static int open_zero(void)
{
    fd = open("/dev/zero", O_RDONLY);
    return fd < 0 ? lat_error() : 0;
}

static int open_file(void)
{
    fd = open(lat_file, O_RDONLY);
    if (fd < 0)
        return lat_error();
    /* once, so that the measured reads find it cached */
    return pread(fd, buf, sizeof buf, 0) == sizeof buf ? 0 : lat_error();
}

static void close_fd(void)
{
    if (fd >= 0)
        close(fd);
    fd = -1;
}

static int run_write_null(long n)
{
    while (n-- != 0)
        if (write(fd, buf, 1) != 1)
            return lat_error();
    return 0;
}

static int run_read_zero(long n)
{
    while (n-- != 0)
        if (read(fd, buf, 1) != 1)
            return lat_error();
    return 0;
}

static int run_read_file(long n)
{
    while (n-- != 0)
        if (pread(fd, buf, sizeof buf, 0) != sizeof buf)
            return lat_error();
    return 0;
}

static int run_open_close(long n)
{
    while (n-- != 0) {
        int f = syscall(SYS_openat, AT_FDCWD, lat_file, O_RDONLY, 0);

        if (f < 0 || close(f) != 0)
            return lat_error();
    }
    return 0;
}

static int run_stat(long n)
{
    struct stat st;

    while (n-- != 0)
        if (fstatat(AT_FDCWD, lat_file, &st, 0) != 0)
            return lat_error();
    return 0;
}

/* In memory: /dev/shm or, in a machine that has none, the root. */
static int open_memory(void)
{
    fd = open("/dev/shm", O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        fd = open("/", O_RDONLY | O_DIRECTORY);
    return fd < 0 ? lat_error() : 0;
}

static int run_create_unlink(long n)
{
    while (n-- != 0) {
        int f = syscall(SYS_openat, fd, "lat-create", O_CREAT | O_EXCL | O_WRONLY, 0600);

        if (f < 0 || close(f) != 0 || unlinkat(fd, "lat-create", 0) != 0)
            return lat_error();
    }
    return 0;
}

static int run_yield(long n)
{
    while (n-- != 0)
        if (sched_yield() != 0)
            return lat_error();
    return 0;
}

/* ---- memory: one operation is one page ---- */

static int map_touch_unmap(long pages, int no_huge)
{
    while (pages > 0) {
        size_t len = MAP_BYTES;
        volatile char *p;

        if ((unsigned long)pages < MAP_BYTES / PAGE_BYTES)
            len = pages * PAGE_BYTES;
        p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            return lat_error();
        if (no_huge != 0) /* a hint: kernels without it may refuse */
            madvise((void *)p, len, MADV_NOHUGEPAGE);
        for (size_t i = 0; i < len; i += PAGE_BYTES)
            p[i] = 1;
        if (munmap((void *)p, len) != 0)
            return lat_error();
        pages -= len / PAGE_BYTES;
    }
    return 0;
}

static int run_mmap_page(long n)
{
    return map_touch_unmap(n, 1);
}

static int run_mmap_default(long n)
{
    return map_touch_unmap(n, 0);
}

/* ---- signals ---- */

static volatile sig_atomic_t caught;
static struct sigaction old_action;

static void on_signal(int sig)
{
    (void)sig;
    caught++;
}

static int setup_signal(void)
{
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_signal;
    return sigaction(SIGUSR1, &sa, &old_action) != 0 ? lat_error() : 0;
}

static void restore_signal(void)
{
    sigaction(SIGUSR1, &old_action, NULL);
}

static int run_signal(long n)
{
    pid_t self = getpid();

    while (n-- != 0) {
        int before = caught;

        if (kill(self, SIGUSR1) != 0)
            return lat_error();
        if (caught == before)
            return EIO;
    }
    return 0;
}

const struct bench lat_calls[] = {
    {"clock_gettime", run_clock, NULL, NULL, 1},
    {"getpid", run_getpid, NULL, NULL, 1},
    {"write_null_1", run_write_null, open_null, close_fd, 1},
    {"read_zero_1", run_read_zero, open_zero, close_fd, 1},
    {"read_file_4096", run_read_file, open_file, close_fd, 1},
    {"open_close", run_open_close, NULL, NULL, 1},
    {"stat", run_stat, NULL, NULL, 1},
    {"create_unlink", run_create_unlink, open_memory, close_fd, 1},
    {"sched_yield", run_yield, NULL, NULL, 1},
    {"signal_self", run_signal, setup_signal, restore_signal, 1},
    {"mmap_page", run_mmap_page, NULL, NULL, MAP_BYTES / PAGE_BYTES},
    {"mmap_page_thp", run_mmap_default, NULL, NULL, MAP_BYTES / PAGE_BYTES},
    {0},
};
