/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forbidden.h - calls that are on no list, for the suites that try them on this machine and those that do it for other
 * ISAs, by their names.
 */
#ifndef TESTS_UNIT_VMM_SANDBOX_FORBIDDEN_H
#define TESTS_UNIT_VMM_SANDBOX_FORBIDDEN_H

#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <asm/unistd.h>

#define NO_FD 1000 /* so that a call that passes does nothing */
#define X32 0x40000000

struct call {
    const char *name;
    long number;
    unsigned long argument[6];
};

/* The name of a call of this ISA, with what it is called with. */
#define MADE(name, ...)     \
    {                       \
        #name, __NR_##name, \
        {                   \
            __VA_ARGS__     \
        }                   \
    }

/* On none of the lists. */
static const struct call forbidden[] = {
    /* programs and processes */
    MADE(execve),
    MADE(execveat, NO_FD),
    MADE(clone, SIGCHLD),
    MADE(clone, CLONE_NEWUSER | SIGCHLD),
    MADE(clone, CLONE_VM | CLONE_VFORK | SIGCHLD),
    MADE(unshare, CLONE_NEWUSER),
    MADE(setns, NO_FD),
    MADE(ptrace),
    MADE(process_vm_readv, 1),
    MADE(process_vm_writev, 1),
    MADE(pidfd_open, 1),
    MADE(pidfd_getfd, NO_FD),
    MADE(pidfd_send_signal, NO_FD),
    MADE(process_madvise, NO_FD),
    MADE(kcmp, 1),
    MADE(prlimit64, 1),
    MADE(sched_getaffinity, 1),
    MADE(setpgid),
    MADE(setsid),
    MADE(tkill, 1),
    MADE(rt_sigqueueinfo, 1),
    /* files by name */
    MADE(openat, AT_FDCWD),
    MADE(openat2, AT_FDCWD),
    MADE(open_by_handle_at, NO_FD),
    MADE(name_to_handle_at, NO_FD),
    MADE(open_tree, NO_FD),
    MADE(renameat2, NO_FD),
    MADE(linkat, NO_FD),
    MADE(symlinkat),
    MADE(mkdirat, NO_FD),
    MADE(mknodat, NO_FD),
    MADE(fchmodat, NO_FD),
    MADE(fchmod, NO_FD),
    MADE(fchown, NO_FD),
    MADE(fchownat, NO_FD),
    MADE(utimensat, NO_FD),
    MADE(truncate),
    MADE(faccessat, NO_FD),
    MADE(readlinkat, NO_FD),
    MADE(newfstatat, AT_FDCWD),
    MADE(statx, AT_FDCWD),
    MADE(statfs),
    MADE(getdents64, NO_FD),
    MADE(chdir),
    MADE(fchdir, NO_FD),
    MADE(setxattr),
    MADE(fsetxattr, NO_FD),
    MADE(inotify_init1),
    MADE(inotify_add_watch, NO_FD),
    MADE(inotify_rm_watch, NO_FD),
    MADE(fanotify_init),
    MADE(memfd_create),
    MADE(acct),
    MADE(swapon),
    MADE(quotactl),
    /* mounts */
    MADE(mount),
    MADE(umount2),
    MADE(pivot_root),
    MADE(chroot),
    MADE(fsopen),
    MADE(fsmount, NO_FD),
    MADE(move_mount, NO_FD),
    MADE(mount_setattr, NO_FD),
    /* sockets */
    MADE(socket, AF_INET, SOCK_STREAM),
    MADE(socketpair),
    MADE(connect, NO_FD),
    MADE(bind, NO_FD),
    MADE(listen, NO_FD),
    MADE(accept, NO_FD),
    MADE(accept4, NO_FD),
    MADE(sendto, NO_FD, 0, 0, 0, 4096, 16),
    MADE(sendmmsg, NO_FD),
    MADE(setsockopt, NO_FD),
    /* memory that can be executed, and other memory */
    MADE(mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1ul),
    MADE(mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1ul),
    MADE(mprotect, 0, 4096, PROT_READ | PROT_EXEC),
    MADE(mprotect, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC),
    MADE(pkey_mprotect, 0, 4096, PROT_EXEC, -1ul),
    MADE(personality, 0x0400000),
    MADE(userfaultfd),
    MADE(shmget),
    MADE(shmat),
    MADE(msgget),
    MADE(semget),
    MADE(mq_open),
    MADE(remap_file_pages),
    /* privileges, and the locks themselves */
    MADE(setuid),
    MADE(setgid),
    MADE(setresuid),
    MADE(setgroups),
    MADE(setfsuid),
    MADE(capset),
    MADE(prctl, PR_SET_DUMPABLE, 1),
    MADE(prctl, PR_SET_SECCOMP, 2),
    MADE(prctl, PR_SET_PDEATHSIG),
    MADE(prctl, PR_SET_NAME),
    MADE(prctl, PR_CAP_AMBIENT, 2),
    MADE(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER),
    MADE(landlock_create_ruleset),
    MADE(keyctl),
    MADE(add_key),
    MADE(request_key),
    /* the kernel */
    MADE(bpf),
    MADE(perf_event_open),
    MADE(init_module),
    MADE(finit_module, NO_FD),
    MADE(delete_module),
    MADE(kexec_load),
    MADE(reboot),
    MADE(syslog),
    MADE(sethostname),
    MADE(settimeofday),
    MADE(clock_settime),
    MADE(adjtimex),
    MADE(io_setup),
    MADE(io_uring_setup),
    MADE(io_uring_register, NO_FD),
    MADE(vmsplice, NO_FD),
    MADE(splice, NO_FD),
    MADE(tee, NO_FD),
    MADE(lookup_dcookie),
    MADE(vhangup),
    /* ioctls that have other numbers than those that are used */
    MADE(ioctl, NO_FD, TIOCSTI),
    MADE(ioctl, NO_FD, TIOCSCTTY),
    MADE(ioctl, NO_FD, KVM_CREATE_VM),
    MADE(ioctl, NO_FD, KVM_CREATE_VCPU),
    MADE(ioctl, NO_FD, KVM_CREATE_DEVICE),
    MADE(ioctl, NO_FD, KVM_IRQFD),
    MADE(ioctl, NO_FD, 0),
    MADE(fcntl, NO_FD, F_SETOWN),
    MADE(fcntl, NO_FD, F_SETSIG),
    MADE(fcntl, NO_FD, F_SETLEASE),
    MADE(fcntl, NO_FD, F_NOTIFY),
#ifdef __NR_open
    MADE(open),
    MADE(creat),
    MADE(unlink),
    MADE(rename),
    MADE(link),
    MADE(symlink),
    MADE(mkdir),
    MADE(rmdir),
    MADE(chmod),
    MADE(chown),
    MADE(stat),
    MADE(access),
    MADE(readlink),
    MADE(fork),
    MADE(vfork),
    MADE(iopl, 3),
    MADE(ioperm, 0, 1, 1),
    MADE(modify_ldt),
    MADE(arch_prctl),
    {"x32 read", X32 | 0, {NO_FD}},
    {"x32 execve", X32 | 520, {0}},
#endif
};

/* But of these, the process that serves shared folders has some: what is done with files by name is its work. */
static const long of_shares[] = {__NR_openat,       __NR_openat2,           __NR_renameat2,       __NR_linkat,
                                 __NR_symlinkat,    __NR_mkdirat,           __NR_mknodat,         __NR_fchmodat,
                                 __NR_fchmod,       __NR_fchownat,          __NR_utimensat,       __NR_readlinkat,
                                 __NR_statx,        __NR_newfstatat,        __NR_getdents64,      __NR_fchdir,
                                 __NR_setxattr,     __NR_setfsuid,          __NR_setgroups,       __NR_capset,
                                 __NR_memfd_create, __NR_inotify_add_watch, __NR_inotify_rm_watch};

static inline bool is_of_shares(long number)
{
    for (unsigned i = 0; i < sizeof(of_shares) / sizeof(of_shares[0]); i++)
        if (of_shares[i] == number)
            return true;
    return false;
}

#endif
