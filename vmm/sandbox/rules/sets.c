/* SPDX-License-Identifier: Apache-2.0 */
/* sets.c - what processes of ours have in common. Nothing here opens a file by name, makes a socket, a process or a
 * page that can be executed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "vmm/sandbox/rules/rules.h"

/* Newer C libraries' TCGETS and so on: of <asm/termbits.h>, which can't be beside <sys/ioctl.h>. */
#define TERMIOS2_GET 0x542a
#define TERMIOS2_SET 0x542b
#define TERMIOS2_SET_WAIT 0x542c
#define TERMIOS2_SET_FLUSH 0x542d

/* pthread_create's, in all C libraries of Linux. */
#define THREAD_FLAGS                                                                                   \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

const struct rule set_basic[] = {
    CALL("brk"),
    CALL_IF("mmap", NONE_OF(2, PROT_EXEC)),
    CALL_IF("mprotect", NONE_OF(2, PROT_EXEC)),
    CALL("munmap"),
    CALL("mremap"),
    CALL("madvise"),
    CALL("futex"),
    CALL("clock_gettime"),
    CALL("clock_getres"),
    CALL("clock_nanosleep"),
    CALL("nanosleep"),
    CALL("gettimeofday"),
    CALL("getrandom"),
    CALL("sched_yield"),
    CALL_IF("sched_getaffinity", INT(0, 0)), /* malloc asks how many CPUs there are */
    CALL("sysinfo"),                         /* and qsort, up to glibc 2.36, how much memory */
    CALL("uname"),
    CALL("getpid"),
    CALL("getppid"),
    CALL("gettid"),
    CALL("getuid"),
    CALL("rt_sigaction"),
    CALL("rt_sigprocmask"),
    CALL("rt_sigreturn"),
    CALL("sigaltstack"),
    CALL("restart_syscall"),
    CALL("kill"),
    CALL("tgkill"),
    CALL_IF("prlimit64", INT(0, 0)), /* getrlimit and setrlimit are this one in C libraries */
    CALL("exit"),
    CALL("exit_group"),
    END,
};

const struct rule set_threads[] = {
    CALL_IF("clone", INT(0, THREAD_FLAGS)),
    CALL_FAILS("clone3", ENOSYS), /* its flags lie in memory; the C library takes the other one then */
    CALL("set_robust_list"),
    CALL("rseq"),
    CALL_IF_BOTH("seccomp", INT(0, SECCOMP_SET_MODE_FILTER), INT(1, 0)), /* one of them takes a list of its own */
    END,
};

const struct rule set_streams[] = {
    CALL("read"),
    CALL("write"),
    CALL("readv"),
    CALL("writev"),
    CALL("close"),
    CALL("close_range"),
    CALL("lseek"),
    CALL("fstat"),
    CALL_IF("newfstatat", ALL_OF(3, AT_EMPTY_PATH)),
    CALL_IF("statx", ALL_OF(2, AT_EMPTY_PATH)),
    CALL_IF("fcntl", INT(1, F_DUPFD_CLOEXEC)),
    CALL_IF("fcntl", INT(1, F_GETFL)),
    CALL_IF("fcntl", INT(1, F_SETFL)),
    CALL_IF("fcntl", INT(1, F_GETFD)),
    CALL_IF("fcntl", INT(1, F_SETFD)),
    CALL("dup"),
    CALL("dup2"),
    CALL("dup3"),
    CALL("poll"),
    CALL("ppoll"),
    CALL_IF("sendto", IS(4, 0)), /* a socket that is connected */
    CALL("recvfrom"),
    CALL("recvmsg"),
    CALL("shutdown"),
    IOCTL(FIONREAD),
    END,
};

const struct rule set_terminal[] = {
    IOCTL(TIOCGWINSZ),
    IOCTL(TCGETS),
    IOCTL(TCSETS),
    IOCTL(TCSETSW),
    IOCTL(TCSETSF),
    IOCTL(TERMIOS2_GET),
    IOCTL(TERMIOS2_SET),
    IOCTL(TERMIOS2_SET_WAIT),
    IOCTL(TERMIOS2_SET_FLUSH),
    IOCTL(TIOCGPGRP),
    CALL("getpgrp"),
    CALL("getpgid"),
    END,
};

const struct rule set_loop[] = {
    CALL("epoll_create1"),   CALL("epoll_ctl"), CALL("epoll_wait"),
    CALL("epoll_pwait"),     CALL("eventfd2"),  CALL("timerfd_create"),
    CALL("timerfd_settime"), CALL("signalfd4"), END,
};

const struct rule set_timers[] = {
    CALL("timer_create"),
    CALL("timer_settime"),
    CALL("timer_delete"),
    CALL("setitimer"),
    CALL_IF("getrusage", INT(0, RUSAGE_CHILDREN)), /* --report, which the last deadline's handler may have to write */
    END,
};

const struct rule set_disk[] = {
    CALL("pread64"),  CALL("pwrite64"),  CALL("preadv"),    CALL("pwritev"),   CALL("preadv2"),
    CALL("pwritev2"), CALL("fsync"),     CALL("fdatasync"), CALL("fallocate"), CALL("ftruncate"),
    CALL("flock"),    IOCTL(BLKDISCARD), IOCTL(BLKZEROOUT), CALL("fstatfs"),   END,
};

/* What a ring may do was said when it was made: its operations reach the kernel past these lists. */
const struct rule set_uring[] = {
    CALL("io_uring_enter"),
    END,
};

const struct rule set_children[] = {
    CALL("wait4"),
    CALL("waitid"),
    END,
};

const struct rule set_passing[] = {
    CALL("sendmsg"),
    END,
};

const struct rule set_removing[] = {
    CALL("unlinkat"),
    END,
};
