/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp.c - see seccomp.h. */
#include "vmm/sandbox/seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <asm/unistd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "vmm/syscall_names.h"

#define FROM_SECCOMP 1 /* SYS_SECCOMP of <asm/siginfo.h> */

void sandbox_name_call(const siginfo_t *info)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    struct utsname host = {.machine = ""};
    char name[SYSCALL_NAME_SIZE], line[160];

    if (info->si_code != FROM_SECCOMP)
        return;
    uname(&host);
    int length = snprintf(line, sizeof(line), "lvmm: the system call %s is not on this process's list (--sandbox)\n",
                          syscall_text(host.machine, false, (uint32_t)info->si_syscall, name));
    if (length > 0 && poll(&out, 1, 0) == 1)
        (void)(write(STDERR_FILENO, line, (size_t)length) == 0);
}

/* On the thread that made the call: it hasn't been done. */
static void on_call(int number, siginfo_t *info, void *context)
{
    (void)context;
    sandbox_name_call(info);
    signal(number, SIG_DFL);
    raise(number);
}

static void handle_calls(void)
{
    const struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sigaction before;
    sigset_t one;

    if (sigaction(SIGSYS, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
        sigaction(SIGSYS, &action, NULL);
    sigemptyset(&one);
    sigaddset(&one, SIGSYS);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/* The same list, but the call brings a SIGSYS that can be handled. */
static int install_naming(const struct sandbox_list *list)
{
    struct sock_filter code[list->count];
    const struct sock_fprog program = {.len = (unsigned short)list->count, .filter = code};

    memcpy(code, list->code, list->count * sizeof(code[0]));
    for (unsigned i = 0; i < list->count; i++)
        if (code[i].code == (BPF_RET | BPF_K) && code[i].k == SECCOMP_RET_KILL_PROCESS)
            code[i].k = SECCOMP_RET_TRAP;
    handle_calls();
    return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}

int sandbox_list_install(const struct sandbox_list *list, bool names_call)
{
    const struct sock_fprog program = {.len = (unsigned short)list->count,
                                       .filter = (struct sock_filter *)(uintptr_t)list->code};

    if (names_call)
        return install_naming(list);
    return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}
