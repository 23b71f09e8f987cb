/* SPDX-License-Identifier: Apache-2.0 */
/* net_list_test.c - the network helper's list of system calls, from inside: what it forbids kills. */
// sources: vmm/sandbox/lists.c vmm/sandbox/seccomp.c vmm/syscall_names.c
#include <check.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <asm/unistd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/sandbox/lists.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NO_FD 1000 /* so that a call that passes does nothing */
#define FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

struct call {
    const char *name;
    long number;
    unsigned long argument[6];
};

#define CALL(name, ...)     \
    {                       \
        #name, __NR_##name, \
        {                   \
            __VA_ARGS__     \
        }                   \
    }

static const struct call forbidden[] = {
    CALL(socket, AF_UNIX, SOCK_STREAM | FLAGS),
    CALL(socket, AF_NETLINK, SOCK_DGRAM | FLAGS),
    CALL(socket, AF_PACKET, SOCK_DGRAM | FLAGS),
    CALL(socket, AF_VSOCK, SOCK_STREAM | FLAGS),
    CALL(socket, AF_ALG, SOCK_STREAM | FLAGS),
    CALL(socket, AF_INET, SOCK_RAW | FLAGS),
    CALL(socket, AF_INET, SOCK_SEQPACKET | FLAGS),
    CALL(socket, AF_INET6, SOCK_RAW | FLAGS),
    CALL(socket, AF_INET, SOCK_STREAM),
    CALL(socket, AF_INET, SOCK_STREAM | FLAGS, IPPROTO_MPTCP),
    CALL(socket, AF_INET, SOCK_STREAM | FLAGS, IPPROTO_SCTP),
    CALL(socket, AF_INET, SOCK_STREAM | FLAGS, IPPROTO_UDP),
    CALL(socket, AF_INET6, SOCK_STREAM | FLAGS, IPPROTO_MPTCP),
    CALL(socket, AF_INET, SOCK_DGRAM | FLAGS, IPPROTO_UDPLITE),
    CALL(socket, AF_INET6, SOCK_DGRAM | FLAGS, IPPROTO_ICMP),
    CALL(socketpair, AF_INET, SOCK_STREAM),
    CALL(sendmmsg, NO_FD),
    CALL(openat, AT_FDCWD),
    CALL(openat2, AT_FDCWD),
    CALL(unlinkat, NO_FD),
    CALL(newfstatat, AT_FDCWD),
    CALL(getdents64, NO_FD),
    CALL(ftruncate, NO_FD),
    CALL(execve),
    CALL(clone, SIGCHLD),
    CALL(ptrace),
    CALL(process_vm_readv, 1),
    CALL(mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1ul),
    CALL(mprotect, 0, 4096, PROT_READ | PROT_EXEC),
    CALL(setns, NO_FD),
    CALL(unshare, CLONE_NEWNET),
    CALL(mount),
    CALL(bpf),
    CALL(io_uring_setup),
    CALL(ioctl, NO_FD, SIOCSIFADDR),
    CALL(ioctl, NO_FD, TIOCSTI),
    CALL(prctl, PR_SET_PDEATHSIG),
};

static const struct call allowed[] = {
    CALL(socket, AF_INET, SOCK_STREAM | FLAGS),
    CALL(socket, AF_INET, SOCK_DGRAM | FLAGS),
    CALL(socket, AF_INET6, SOCK_STREAM | FLAGS),
    CALL(socket, AF_INET6, SOCK_DGRAM | FLAGS),
    CALL(socket, AF_INET, SOCK_DGRAM | FLAGS, IPPROTO_UDP),
    CALL(socket, AF_INET6, SOCK_DGRAM | FLAGS, IPPROTO_UDP),
    CALL(socket, AF_INET, SOCK_DGRAM | FLAGS, IPPROTO_ICMP),
    CALL(socket, AF_INET6, SOCK_DGRAM | FLAGS, IPPROTO_ICMPV6),
    CALL(socketpair, AF_UNIX, SOCK_STREAM | FLAGS),
    CALL(connect, NO_FD),
    CALL(bind, NO_FD),
    CALL(accept4, NO_FD),
    CALL(setsockopt, NO_FD),
    CALL(sendto, NO_FD, 0, 0, 0, 4096, 16),
    CALL(recvmsg, NO_FD),
    CALL(ioctl, NO_FD, SIOCATMARK),
    CALL(ioctl, NO_FD, SIOCOUTQ),
    CALL(ioctl, NO_FD, FIONREAD),
    CALL(timerfd_settime, NO_FD),
    CALL(write, NO_FD),
};

/* The wait status of a process that makes the call, and then ends with 0. */
static int try(const struct call *call)
{
    const unsigned long *a = call->argument;
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGSYS, SIG_DFL);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || sandbox_list_install(&sandbox_list_net, false) != 0)
            syscall(__NR_exit_group, 1);
        syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        syscall(__NR_exit_group, 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

START_TEST(what_kills)
{
    for (unsigned i = 0; i < COUNT(forbidden); i++) {
        int status = try(&forbidden[i]);

        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%u, %s passes: wait status %#x", i,
                      forbidden[i].name, (unsigned)status);
    }
}
END_TEST

START_TEST(what_passes)
{
    for (unsigned i = 0; i < COUNT(allowed); i++) {
        int status = try(&allowed[i]);

        ck_assert_msg(status == 0, "%u, %s: wait status %#x", i, allowed[i].name, (unsigned)status);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net_list");
    TCase *tcase = tcase_create("net_list");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_kills);
    tcase_add_test(tcase, what_passes);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
