/* SPDX-License-Identifier: Apache-2.0 */
/* lists_test.c - each list of system calls, from inside: what it forbids kills, and what it has passes. */
// sources: vmm/sandbox/lists.c vmm/sandbox/seccomp.c vmm/syscall_names.c
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/vmm/sandbox/forbidden.h"
#include "vmm/sandbox/lists.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
static const struct sandbox_list *const lists[] = {&sandbox_list_kvm,  &sandbox_list_vcpu, &sandbox_list_loop,
                                                   &sandbox_list_tcg,  &sandbox_list_gdb,  &sandbox_list_file,
                                                   &sandbox_list_disk, &sandbox_list_share};

/* On all of them. */
static const struct call allowed[] = {
    MADE(getpid),
    MADE(read, NO_FD),
    MADE(write, NO_FD),
    MADE(close, NO_FD),
    MADE(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1ul),
    MADE(mprotect, 0, 0, PROT_READ | PROT_WRITE),
    MADE(madvise, 0, 0, 4),
    MADE(pread64, NO_FD),
    MADE(pwritev2, NO_FD),
    MADE(fdatasync, NO_FD),
    MADE(fallocate, NO_FD),
    MADE(clock_gettime),
    MADE(rt_sigprocmask),
    MADE(fcntl, NO_FD, F_GETFL),
    MADE(newfstatat, NO_FD, 0, 0, AT_EMPTY_PATH),
    MADE(prlimit64),
    MADE(sendto, NO_FD),
    MADE(recvfrom, NO_FD),
};

struct own { /* on these, and not on the others */
    const struct sandbox_list *list[6];
    struct call call;
};

static const struct own own[] = {
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop}, MADE(ioctl, NO_FD, KVM_SIGNAL_MSI)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop}, MADE(ioctl, NO_FD, KVM_SET_USER_MEMORY_REGION)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu}, MADE(ioctl, NO_FD, KVM_RUN)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop}, MADE(io_uring_enter, NO_FD)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop, &sandbox_list_tcg, &sandbox_list_gdb},
     MADE(ioctl, NO_FD, TIOCGWINSZ)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop, &sandbox_list_tcg, &sandbox_list_gdb,
      &sandbox_list_share},
     MADE(epoll_ctl, NO_FD)},
    {{&sandbox_list_kvm, &sandbox_list_tcg, &sandbox_list_gdb}, MADE(wait4, -1ul, 0, WNOHANG)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu}, MADE(seccomp, SECCOMP_SET_MODE_FILTER)},
    {{&sandbox_list_gdb, &sandbox_list_share}, MADE(unlinkat, NO_FD)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop, &sandbox_list_file, &sandbox_list_share},
     MADE(sendmsg, NO_FD)},
    {{&sandbox_list_kvm, &sandbox_list_vcpu, &sandbox_list_loop, &sandbox_list_tcg, &sandbox_list_gdb},
     MADE(getrusage, RUSAGE_CHILDREN)},
    {{&sandbox_list_share}, MADE(fcntl, NO_FD, F_OFD_SETLK)},
    {{&sandbox_list_share}, MADE(copy_file_range, NO_FD)},
};

/* As a thread of that kind has it: some have lvmm's first. */
static int install(const struct sandbox_list *list, bool names)
{
    int error =
        list == &sandbox_list_vcpu || list == &sandbox_list_loop ? sandbox_list_install(&sandbox_list_kvm, names) : 0;

    return error != 0 ? error : sandbox_list_install(list, names);
}

/* The wait status of a process that makes the call under that list, and then ends with 0. */
static int try(const struct sandbox_list *list, const struct call *call, bool names)
{
    const unsigned long *a = call->argument;
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGSYS, SIG_DFL);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || install(list, names) != 0)
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
    static const struct call call = MADE(unlinkat, NO_FD);
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
