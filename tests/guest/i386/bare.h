/* SPDX-License-Identifier: Apache-2.0 */
/* bare.h - what 32-bit test programs have in place of a C library: calls by int 0x80, and printing. */
#ifndef TESTS_GUEST_I386_BARE_H
#define TESTS_GUEST_I386_BARE_H

#include <stdint.h>

enum { /* numbers of asm/unistd_32.h */
       NR_exit = 1,
       NR_fork = 2,
       NR_read = 3,
       NR_write = 4,
       NR_open = 5,
       NR_close = 6,
       NR_unlink = 10,
       NR_execve = 11,
       NR_chdir = 12,
       NR_time = 13,
       NR_lseek = 19,
       NR_getpid = 20,
       NR_getuid16 = 24,
       NR_mkdir = 39,
       NR_rmdir = 40,
       NR_brk = 45,
       NR_ioctl = 54,
       NR_gettimeofday = 78,
       NR_settimeofday = 79,
       NR_mmap = 90,
       NR_munmap = 91,
       NR_truncate = 92,
       NR_ftruncate = 93,
       NR_fsync = 118,
       NR_clone = 120,
       NR_uname = 122,
       NR_mprotect = 125,
       NR_llseek = 140,
       NR_getdents = 141,
       NR_readv = 145,
       NR_writev = 146,
       NR_sched_yield = 158,
       NR_nanosleep = 162,
       NR_mremap = 163,
       NR_rt_sigaction = 174,
       NR_pread64 = 180,
       NR_pwrite64 = 181,
       NR_ugetrlimit = 191,
       NR_mmap2 = 192,
       NR_truncate64 = 193,
       NR_ftruncate64 = 194,
       NR_stat64 = 195,
       NR_lstat64 = 196,
       NR_fstat64 = 197,
       NR_getuid = 199,
       NR_getdents64 = 220,
       NR_fcntl64 = 221,
       NR_gettid = 224,
       NR_readahead = 225,
       NR_futex = 240,
       NR_set_thread_area = 243,
       NR_get_thread_area = 244,
       NR_fadvise64 = 250,
       NR_exit_group = 252,
       NR_epoll_create = 254,
       NR_clock_settime = 264,
       NR_clock_gettime = 265,
       NR_fadvise64_64 = 272,
       NR_fstatat64 = 300,
       NR_sync_file_range = 314,
       NR_fallocate = 324,
       NR_preadv = 333,
       NR_pwritev = 334,
       NR_preadv2 = 378,
       NR_pwritev2 = 379,
       NR_arch_prctl = 384,
       NR_clock_gettime64 = 403,
       NR_clock_nanosleep64 = 407,
       NR_epoll_pwait2 = 441,
       NR_futex_waitv = 449,
};

enum { ENOENT = 2, EBADF = 9, ENOMEM = 12, EFAULT = 14, EINVAL = 22, ESRCH = 3 };

/* A system call. What it is given beyond its own arguments it doesn't look at. */
#define CALL(number, ...) call_list((number), (const long[6]){__VA_ARGS__})
#define P(pointer) ((long)(uintptr_t)(pointer))

static inline long call_list(long number, const long arg[6])
{
    long result;

    /* ebp is a frame pointer, or the stack may be addressed by it: it is kept here. */
    __asm__ volatile("push %%ebp\n\t"
                     "mov (%%edi), %%ebx\n\t"
                     "mov 4(%%edi), %%ecx\n\t"
                     "mov 8(%%edi), %%edx\n\t"
                     "mov 12(%%edi), %%esi\n\t"
                     "mov 20(%%edi), %%ebp\n\t"
                     "mov 16(%%edi), %%edi\n\t"
                     "int $0x80\n\t"
                     "pop %%ebp"
                     : "=a"(result), "+D"(arg)
                     : "a"(number)
                     : "ebx", "ecx", "edx", "esi", "memory");
    return result;
}

static inline unsigned length_of(const char *text)
{
    unsigned length = 0;

    while (text[length] != 0)
        length++;
    return length;
}

static inline int same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

static inline void print(const char *text)
{
    CALL(NR_write, 1, P(text), (long)length_of(text));
}

/* Of 32 bits, as division of longer ones needs a library. */
static inline void print_number(long value)
{
    char text[12], *at = text + sizeof(text);
    unsigned long left = value < 0 ? -(unsigned long)value : (unsigned long)value;

    *--at = 0;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (value < 0)
        *--at = '-';
    print(at);
}

static inline long show(const char *what, long value)
{
    print(what);
    print(": ");
    print_number(value);
    print("\n");
    return value;
}

static inline void show_bool(const char *what, int is_true)
{
    print(what);
    print(is_true != 0 ? ": yes\n" : ": no\n");
}

static inline void leave(int status)
{
    CALL(NR_exit_group, status);
}

/* What the initial stack holds: argc, argv, NULL, envp, NULL, the auxiliary vector. The entry calls this with it; it
 * doesn't come back. */
void program(long *stack);

/* esp is as the kernel gave it, so 16-byte aligned; the call needs that before its argument. */
#define ENTRY(symbol) \
    __asm__(".globl " symbol "\n" symbol ":\n\tmov %esp, %eax\n\tsub $12, %esp\n\tpush %eax\n\tcall program\n\tud2\n")

#endif
