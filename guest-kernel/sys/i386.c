/* SPDX-License-Identifier: Apache-2.0 */
/*
 * i386.c - system calls that 32-bit programs on x86 make in a form of their own: 64-bit numbers in two registers, other
 * structures, 16-bit user IDs. Each brings its arguments into the usual form and calls the usual handler. Handlers that
 * read a structure in both forms by themselves (call_is_32bit) need nothing here.
 */
#include "abi/i386.h"
#include "abi/info.h"

#include "core/abi.h"
#include "core/system.h"
#include "lib/string.h"
#include "mm/space.h"
#include "sys/syscall.h"
#include "sys/user.h"

/* ---- positions and lengths ---- */

int64_t sys_i386_llseek(const uint64_t arg[6])
{
    const uint64_t wide[6] = {arg[0], arg[1] << 32 | arg[2], arg[4]};
    int64_t pos = sys_lseek(wide);

    return pos < 0 ? pos : user_put(arg[3], pos);
}

/* ---- memory ---- */

/* In a 64-bit program that comes by int 0x80 the address has to fit as well. */
static int64_t map(const uint64_t arg[6], uint64_t offset)
{
    uint64_t low = current_process()->abi->word_size == sizeof(uint64_t) ? ISA_MAP_32BIT : 0;
    const uint64_t wide[6] = {arg[0], arg[1], arg[2], arg[3] | low, (uint64_t)(int32_t)arg[4], offset};

    return sys_mmap(wide);
}

int64_t sys_i386_mmap2(const uint64_t arg[6])
{
    return map(arg, arg[5] << 12); /* in pages of 4 KiB, whatever a page is */
}

int64_t sys_i386_mmap(const uint64_t arg[6])
{
    struct i386_mmap given;

    if (user_get(given, arg[0]))
        return -EFAULT;
    const uint64_t wide[6] = {given.addr, given.length, given.prot, given.flags, given.fd};
    return map(wide, given.offset);
}

/* ---- commands with structures ---- */

int64_t sys_i386_ioctl(const uint64_t arg[6])
{
    enum { BLKGETSIZE = 0x1260 }; /* of those that are there, the only one whose result is a long */

    return (uint32_t)arg[1] == BLKGETSIZE ? sys_ni_syscall(arg) : sys_ioctl(arg);
}

/* Neither segment's base is to be had by it there. */
int64_t sys_i386_arch_prctl(const uint64_t arg[6])
{
    (void)arg;
    return -EINVAL;
}

/* ---- calls whose structure is the same as a 64-bit program's ---- */

/* For this call, whatever it points to has the usual form. */
static int64_t usual(syscall_handler *handler, const uint64_t arg[6])
{
    current_thread()->call_is_32bit = false;
    return handler(arg);
}

int64_t sys_i386_clock_gettime64(const uint64_t arg[6])
{
    return usual(sys_clock_gettime, arg);
}

int64_t sys_i386_clock_settime64(const uint64_t arg[6])
{
    return usual(sys_clock_settime, arg);
}

int64_t sys_i386_clock_getres64(const uint64_t arg[6])
{
    return usual(sys_clock_getres, arg);
}

int64_t sys_i386_clock_nanosleep64(const uint64_t arg[6])
{
    return usual(sys_clock_nanosleep, arg);
}

int64_t sys_i386_futex64(const uint64_t arg[6])
{
    return usual(sys_futex, arg);
}

int64_t sys_i386_utimensat64(const uint64_t arg[6])
{
    return usual(sys_utimensat, arg);
}

int64_t sys_i386_epoll_pwait2(const uint64_t arg[6])
{
    return usual(sys_epoll_pwait2, arg);
}

int64_t sys_i386_futex_waitv(const uint64_t arg[6])
{
    return usual(sys_futex_waitv, arg);
}

int64_t sys_i386_ppoll64(const uint64_t arg[6])
{
    return usual(sys_ppoll, arg);
}

int64_t sys_i386_pselect6_64(const uint64_t arg[6])
{
    return usual(sys_pselect6, arg);
}

int64_t sys_i386_rt_sigtimedwait64(const uint64_t arg[6])
{
    return usual(sys_rt_sigtimedwait, arg);
}

int64_t sys_i386_clock_adjtime64(const uint64_t arg[6])
{
    return usual(sys_clock_adjtime, arg);
}

int64_t sys_i386_timerfd_gettime64(const uint64_t arg[6])
{
    return usual(sys_timerfd_gettime, arg);
}

int64_t sys_i386_timerfd_settime64(const uint64_t arg[6])
{
    return usual(sys_timerfd_settime, arg);
}

int64_t sys_i386_timer_gettime64(const uint64_t arg[6])
{
    return usual(sys_timer_gettime, arg);
}

int64_t sys_i386_timer_settime64(const uint64_t arg[6])
{
    return usual(sys_timer_settime, arg);
}

int64_t sys_i386_io_pgetevents64(const uint64_t arg[6])
{
    return usual(sys_io_pgetevents, arg);
}

int64_t sys_i386_sched_rr_get_interval64(const uint64_t arg[6])
{
    return usual(sys_sched_rr_get_interval, arg);
}

/* ---- others ---- */

/* select(2) when calls had five arguments at most: they stand together. */
int64_t sys_i386_select(const uint64_t arg[6])
{
    uint32_t given[5];

    if (user_get(given, arg[0]))
        return -EFAULT;
    const uint64_t wide[6] = {given[0], given[1], given[2], given[3], given[4]};
    return sys_select(wide);
}

/* oldumount(2): without flags. */
int64_t sys_i386_umount(const uint64_t arg[6])
{
    const uint64_t without[6] = {arg[0]};

    return sys_umount2(without);
}

/* olduname(2): without the domain. */
int64_t sys_i386_olduname(const uint64_t arg[6])
{
    return copy_to_user(arg[0], &system_name, offsetof(struct utsname_user, domainname));
}

/* oldolduname(2): with eight characters of each. */
int64_t sys_i386_oldolduname(const uint64_t arg[6])
{
    enum { WORDS = 5, LENGTH = 8 };
    const char *words[WORDS] = {system_name.sysname, system_name.nodename, system_name.release, system_name.version,
                                system_name.machine};
    char out[WORDS][LENGTH + 1] = {{0}};

    for (int i = 0; i < WORDS; i++)
        memcpy(out[i], words[i], LENGTH);
    return user_put(arg[0], out);
}
