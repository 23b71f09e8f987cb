/* SPDX-License-Identifier: Apache-2.0 */
/*
 * without.c - runs a command on a kernel that seems to lack some system calls, or to refuse them:
 *
 *   without CALL[:ERROR]... -- COMMAND ARG...
 *
 * CALL is one of those below, ERROR the number of an errno; without it: ENOSYS.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct {
    const char *name;
    unsigned number;
} calls[] = {{"landlock_create_ruleset", __NR_landlock_create_ruleset},
             {"unshare", __NR_unshare},
             {"seccomp", __NR_seccomp},
             {"io_uring_setup", __NR_io_uring_setup}};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* Two steps for a call: compare, and give the error. False: there is no such call. */
static int add(struct sock_filter *step, const char *word)
{
    size_t length = strcspn(word, ":");
    unsigned error = word[length] == ':' ? (unsigned)strtoul(word + length + 1, NULL, 10) : ENOSYS;

    for (unsigned i = 0; i < CALLS; i++) {
        if (strncmp(calls[i].name, word, length) != 0 || calls[i].name[length] != '\0')
            continue;
        step[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1);
        step[1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sock_filter code[2 * CALLS + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    unsigned count = 1;
    int i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0 && count + 3 <= sizeof(code) / sizeof(code[0]); i++, count += 2) {
        if (!add(&code[count], argv[i])) {
            fprintf(stderr, "without: %s: unknown\n", argv[i]);
            return 2;
        }
    }
    if (i + 1 >= argc || strcmp(argv[i], "--") != 0) {
        fprintf(stderr, "usage: without CALL[:ERROR]... -- COMMAND ARG...\n");
        return 2;
    }
    code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {.len = (unsigned short)count, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("without");
        return 2;
    }
    execvp(argv[i + 1], &argv[i + 1]);
    perror(argv[i + 1]);
    return 127;
}
