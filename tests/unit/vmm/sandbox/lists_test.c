/* SPDX-License-Identifier: Apache-2.0 */
/* lists_test.c - each list of system calls, from inside: what it forbids kills, and what it has passes. */
// sources: vmm/sandbox/lists.c vmm/sandbox/seccomp.c vmm/syscall_names.c
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <asm/unistd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/sandbox/lists.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NO_FD 1000 /* so that a call that passes does nothing */
#define X32 0x40000000

struct call {
    const char *name;
    long number;
    unsigned long argument[6];
};

/* The name of a call of this ISA, with what it is called with. */
#define CALL(name, ...)     \
    {                       \
        #name, __NR_##name, \
        {                   \
            __VA_ARGS__     \
        }                   \
    }

static const struct sandbox_list *const lists[] = {&sandbox_list_kvm,  &sandbox_list_vcpu, &sandbox_list_loop,
                                                   &sandbox_list_tcg,  &sandbox_list_gdb,  &sandbox_list_file,
                                                   &sandbox_list_disk, &sandbox_list_share};

/* On none of the lists. */
static const struct call forbidden[] = {
    /* programs and processes */
    CALL(execve),
    CALL(execveat, NO_FD),
    CALL(clone, SIGCHLD),
    CALL(clone, CLONE_NEWUSER | SIGCHLD),
    CALL(clone, CLONE_VM | CLONE_VFORK | SIGCHLD),
    CALL(unshare, CLONE_NEWUSER),
    CALL(setns, NO_FD),
    CALL(ptrace),
    CALL(process_vm_readv, 1),
    CALL(process_vm_writev, 1),
    CALL(pidfd_open, 1),
    CALL(pidfd_getfd, NO_FD),
    CALL(pidfd_send_signal, NO_FD),
    CALL(process_madvise, NO_FD),
    CALL(kcmp, 1),
    CALL(prlimit64, 1),
    CALL(sched_getaffinity, 1),
    CALL(setpgid),
    CALL(setsid),
    CALL(tkill, 1),
    CALL(rt_sigqueueinfo, 1),
    /* files by name */
    CALL(openat, AT_FDCWD),
    CALL(openat2, AT_FDCWD),
    CALL(open_by_handle_at, NO_FD),
    CALL(name_to_handle_at, NO_FD),
    CALL(open_tree, NO_FD),
    CALL(renameat2, NO_FD),
    CALL(linkat, NO_FD),
    CALL(symlinkat),
    CALL(mkdirat, NO_FD),
    CALL(mknodat, NO_FD),
    CALL(fchmodat, NO_FD),
    CALL(fchmod, NO_FD),
    CALL(fchown, NO_FD),
    CALL(fchownat, NO_FD),
    CALL(utimensat, NO_FD),
    CALL(truncate),
    CALL(faccessat, NO_FD),
    CALL(readlinkat, NO_FD),
    CALL(newfstatat, AT_FDCWD),
    CALL(statx, AT_FDCWD),
    CALL(statfs),
    CALL(getdents64, NO_FD),
    CALL(chdir),
    CALL(fchdir, NO_FD),
    CALL(setxattr),
    CALL(fsetxattr, NO_FD),
    CALL(inotify_init1),
    CALL(fanotify_init),
    CALL(memfd_create),
    CALL(acct),
    CALL(swapon),
    CALL(quotactl),
    /* mounts */
    CALL(mount),
    CALL(umount2),
    CALL(pivot_root),
    CALL(chroot),
    CALL(fsopen),
    CALL(fsmount, NO_FD),
    CALL(move_mount, NO_FD),
    CALL(mount_setattr, NO_FD),
    /* sockets */
    CALL(socket, AF_INET, SOCK_STREAM),
    CALL(socketpair),
    CALL(connect, NO_FD),
    CALL(bind, NO_FD),
    CALL(listen, NO_FD),
    CALL(accept, NO_FD),
    CALL(accept4, NO_FD),
    CALL(sendto, NO_FD, 0, 0, 0, 4096, 16),
    CALL(sendmmsg, NO_FD),
    CALL(setsockopt, NO_FD),
    /* memory that can be executed, and other memory */
    CALL(mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1ul),
    CALL(mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1ul),
    CALL(mprotect, 0, 4096, PROT_READ | PROT_EXEC),
    CALL(mprotect, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC),
    CALL(pkey_mprotect, 0, 4096, PROT_EXEC, -1ul),
    CALL(personality, 0x0400000),
    CALL(userfaultfd),
    CALL(shmget),
    CALL(shmat),
    CALL(msgget),
    CALL(semget),
    CALL(mq_open),
    CALL(remap_file_pages),
    /* privileges, and the locks themselves */
    CALL(setuid),
    CALL(setgid),
    CALL(setresuid),
    CALL(setgroups),
    CALL(setfsuid),
    CALL(capset),
    CALL(prctl, PR_SET_DUMPABLE, 1),
    CALL(prctl, PR_SET_SECCOMP, 2),
    CALL(prctl, PR_SET_PDEATHSIG),
    CALL(prctl, PR_SET_NAME),
    CALL(prctl, PR_CAP_AMBIENT, 2),
    CALL(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER),
    CALL(landlock_create_ruleset),
    CALL(keyctl),
    CALL(add_key),
    CALL(request_key),
    /* the kernel */
    CALL(bpf),
    CALL(perf_event_open),
    CALL(init_module),
    CALL(finit_module, NO_FD),
    CALL(delete_module),
    CALL(kexec_load),
    CALL(reboot),
    CALL(syslog),
    CALL(sethostname),
    CALL(settimeofday),
    CALL(clock_settime),
    CALL(adjtimex),
    CALL(io_setup),
    CALL(io_uring_setup),
    CALL(io_uring_register, NO_FD),
    CALL(vmsplice, NO_FD),
    CALL(splice, NO_FD),
    CALL(tee, NO_FD),
    CALL(lookup_dcookie),
    CALL(vhangup),
    /* ioctls that have other numbers than those that are used */
    CALL(ioctl, NO_FD, TIOCSTI),
    CALL(ioctl, NO_FD, TIOCSCTTY),
    CALL(ioctl, NO_FD, KVM_CREATE_VM),
    CALL(ioctl, NO_FD, KVM_CREATE_VCPU),
    CALL(ioctl, NO_FD, KVM_CREATE_DEVICE),
    CALL(ioctl, NO_FD, KVM_IRQFD),
    CALL(ioctl, NO_FD, 0),
    CALL(fcntl, NO_FD, F_SETOWN),
    CALL(fcntl, NO_FD, F_SETSIG),
    CALL(fcntl, NO_FD, F_SETLEASE),
    CALL(fcntl, NO_FD, F_NOTIFY),
#ifdef __NR_open
    CALL(open),
    CALL(creat),
    CALL(unlink),
    CALL(rename),
    CALL(link),
    CALL(symlink),
    CALL(mkdir),
    CALL(rmdir),
    CALL(chmod),
    CALL(chown),
    CALL(stat),
    CALL(access),
    CALL(readlink),
    CALL(fork),
    CALL(vfork),
    CALL(iopl, 3),
    CALL(ioperm, 0, 1, 1),
    CALL(modify_ldt),
    CALL(arch_prctl),
    {"x32 read", X32 | 0, {NO_FD}},
    {"x32 execve", X32 | 520, {0}},
#endif
};

/* But of these, the process that serves shared folders has some: what is done with files by name is its work. */
static const long of_shares[] = {__NR_openat,    __NR_openat2,    __NR_renameat2, __NR_linkat,     __NR_symlinkat,
                                 __NR_mkdirat,   __NR_mknodat,    __NR_fchmodat,  __NR_fchmod,     __NR_fchownat,
                                 __NR_utimensat, __NR_readlinkat, __NR_statx,     __NR_newfstatat, __NR_getdents64,
                                 __NR_fchdir,    __NR_setxattr,   __NR_setfsuid,  __NR_capset,     __NR_memfd_create};

/* On all of them. */
static const struct call allowed[] = {
    CALL(getpid),
    CALL(read, NO_FD),
    CALL(write, NO_FD),
    CALL(close, NO_FD),
    CALL(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1ul),
    CALL(mprotect, 0, 0, PROT_READ | PROT_WRITE),
    CALL(madvise, 0, 0, 4),
    CALL(pread64, NO_FD),
    CALL(pwritev2, NO_FD),
    CALL(fdatasync, NO_FD),
    CALL(fallocate, NO_FD),
    CALL(clock_gettime),
    CALL(rt_sigprocmask),
    CALL(fcntl, NO_FD, F_GETFL),
    CALL(newfstatat, NO_FD, 0, 0, AT_EMPTY_PATH),
    CALL(prlimit64),
    CALL(sendto, NO_FD),
    CALL(recvfrom, NO_FD),
};

struct own { /* on these, and not on the others */
    const struct sandbox_list *list[6];
    struct call call;
};

static const struct own own[] = {
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop}, CALL(ioctl, NO_FD, KVM_SIGNAL_MSI)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop}, CALL(ioctl, NO_FD, KVM_SET_USER_MEMORY_REGION)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu}, CALL(ioctl, NO_FD, KVM_RUN)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop}, CALL(io_uring_enter, NO_FD)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop, &sandbox_list_tcg, &sandbox_list_gdb},
     CALL(ioctl, NO_FD, TIOCGWINSZ)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop, &sandbox_list_tcg, &sandbox_list_gdb,
      &sandbox_list_share},
     CALL(epoll_ctl, NO_FD)},
    {{&sandbox_list_kvm, &sandbox_list_tcg, &sandbox_list_gdb}, CALL(wait4, -1ul, 0, WNOHANG)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu}, CALL(seccomp, SECCOMP_SET_MODE_FILTER)},
    {{&sandbox_list_gdb, &sandbox_list_share}, CALL(unlinkat, NO_FD)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop, &sandbox_list_file, &sandbox_list_share},
     CALL(sendmsg, NO_FD)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop, &sandbox_list_tcg, &sandbox_list_gdb},
     CALL(getrusage, RUSAGE_CHILDREN)},
    {{&sandbox_list_share}, CALL(fcntl, NO_FD, F_OFD_SETLK)},
    {{&sandbox_list_share}, CALL(copy_file_range, NO_FD)},
};

/* The wait status of a process that makes the call under that list, and then ends with 0. */
static int try(const struct sandbox_list *list, const struct call *call, bool names)
{
    const unsigned long *a = call->argument;
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGSYS, SIG_DFL);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || sandbox_list_install(list, names) != 0)
            syscall(__NR_exit_group, 1);
        syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        syscall(__NR_exit_group, 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static void expect(const struct sandbox_list *list, const struct call *call, bool passes)
{
    int status = try(list, call, false);

    if (passes)
        ck_assert_msg(status == 0, "list %s: %s has wait status %#x", list->name, call->name, (unsigned)status);
    else
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "list %s: %s passes: wait status %#x",
                      list->name, call->name, (unsigned)status);
}

static bool is_of_shares(long number)
{
    for (unsigned i = 0; i < COUNT(of_shares); i++)
        if (of_shares[i] == number)
            return true;
    return false;
}

START_TEST(what_is_on_no_list_kills)
{
    for (unsigned i = 0; i < COUNT(forbidden); i++)
        expect(lists[_i], &forbidden[i], lists[_i] == &sandbox_list_share && is_of_shares(forbidden[i].number));
}
END_TEST

START_TEST(what_is_on_all_lists_passes)
{
    for (unsigned i = 0; i < COUNT(allowed); i++)
        expect(lists[_i], &allowed[i], true);
}
END_TEST

START_TEST(a_list_has_its_own_and_no_more)
{
    for (unsigned i = 0; i < COUNT(own); i++) {
        bool has = false;

        for (unsigned j = 0; j < COUNT(own[i].list); j++)
            has = has || own[i].list[j] == lists[_i];
        expect(lists[_i], &own[i].call, has);
    }
}
END_TEST

/* clone3's flags can't be looked at, so it seems not to be there. */
START_TEST(threads_are_made_by_clone)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || sandbox_list_install(&sandbox_list_kvm, false) != 0)
            syscall(__NR_exit_group, 1);
        long result = syscall(__NR_clone3, NULL, 0);
        syscall(__NR_exit_group, result == -1 && errno == ENOSYS ? 0 : 2);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(the_call_is_named)
{
    static const struct call call = CALL(unlinkat, NO_FD);
    char text[200] = "";
    int ends[2], saved = dup(STDERR_FILENO);

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    int status = try(&sandbox_list_file, &call, true);
    dup2(saved, STDERR_FILENO);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    ck_assert_int_gt(read(ends[0], text, sizeof(text) - 1), 0);
    ck_assert_str_eq(text, "lvmm: the system call unlinkat is not on this process's list (--sandbox)\n");
    close(saved);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox lists");
    TCase *tests = tcase_create("lists");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, what_is_on_no_list_kills, 0, COUNT(lists));
    tcase_add_loop_test(tests, what_is_on_all_lists_passes, 0, COUNT(lists));
    tcase_add_loop_test(tests, a_list_has_its_own_and_no_more, 0, COUNT(lists));
    tcase_add_test(tests, threads_are_made_by_clone);
    tcase_add_test(tests, the_call_is_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
