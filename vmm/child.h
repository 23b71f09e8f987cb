/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - one child process that never outlives us. */
#ifndef LVMM_CHILD_H
#define LVMM_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
    pid_t pid;  /* 0: none, or reaped */
    int pid_fd; /* readable when it has ended */
};

/*
 * Starts argv[0] (found in PATH) in a process group of its own, so that the terminal's Ctrl-C is ours alone. stdin is
 * at its end; stdout and stderr go to err_fd; it inherits those of `fds` that aren't negative. 0 or -errno; exec's
 * failure shows as exit status 127.
 */
int child_start(char *const *argv, const int *fds, unsigned fd_count, int err_fd, struct child *out);
/* Where argv[0] of child_start would be found in PATH; where that is not set, in /usr/bin and /bin. 0 or -ENOENT. */
int child_find(const char *program, char *path, size_t path_size);

/* Whether it has ended, or does within that time. It has a pid_fd. */
bool child_ends_within(const struct child *child, int ms);
/* Kills it if need be, reaps it, and returns its wait status. */
int child_finish(struct child *child, bool kill_it);

#endif
