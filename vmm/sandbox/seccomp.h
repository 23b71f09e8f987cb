/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp.h - a list of system calls, given to the kernel. */
#ifndef LVMM_SANDBOX_SECCOMP_H
#define LVMM_SANDBOX_SECCOMP_H

#include <signal.h>
#include <stdbool.h>

struct sock_filter;

/* As a program for the kernel. */
struct sandbox_list {
    const char *name;
    const struct sock_filter *code;
    unsigned count; /* instructions */
};

/* The calling thread, and those that it makes, have no other system calls from now on: any other one kills the process
 * by SIGSYS. After no_new_privs only. names_call: the SIGSYS can be handled, and is by sandbox_name_call unless the
 * process has a handler of its own. 0 or -errno. */
int sandbox_list_install(const struct sandbox_list *list, bool names_call);

/* In a SIGSYS's handler: the line that names the call, on stderr, if it was a list's doing. */
void sandbox_name_call(const siginfo_t *info);

#endif
