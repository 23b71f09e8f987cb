/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h - what a terminal has to do with processes: whose controlling terminal it is, which group is in the
 * foreground, and what becomes of the others (credentials(7), tty_ioctl(4), termios(3), "job control").
 *
 * The functions that speak of "the caller" mean the current process. 0 or -errno, as Linux has it.
 */
#ifndef GK_CORE_TERMINAL_H
#define GK_CORE_TERMINAL_H

#include <stdbool.h>

struct pid;
struct process;

struct terminal {
    struct pid *session;    /* whose controlling terminal it is; held (pid_hold); NULL: nobody's */
    struct pid *foreground; /* a group; held; NULL: none */
};

/* A signal of the kernel's to the group in the foreground. Also from interrupts. */
void terminal_signal(const struct terminal *terminal, int signal);
/* The terminal is gone: the session's leader learns of it, and it is nobody's controlling terminal any more. */
void terminal_hang_up(struct terminal *terminal);

/* Whether the caller may do to its terminal what only the foreground may. From the background its whole group gets
 * `signal` (SIGTTIN to read, SIGTTOU for all else): -ERESTARTSYS; -EIO: that would stop nobody. */
int terminal_check(const struct terminal *terminal, int signal);

/* It is the controlling terminal of that session's leader now, with its group in the foreground. */
void terminal_give(struct terminal *terminal, struct process *leader);
/* The caller has opened it, and may read from it or not: if it leads a session without one, and the terminal is
 * nobody's, it is its now. */
void terminal_opened(struct terminal *terminal, bool readable);
/* TIOCSCTTY; `steal`: even another session's. `readable`: it was opened for that. */
int terminal_take(struct terminal *terminal, bool steal, bool readable);
/* TIOCNOTTY: the caller has none any more, nor, if it leads the session, anybody of it. */
int terminal_let_go(struct terminal *terminal);
/* A session's leader ends: the same, and who is in the foreground is told. */
void terminal_leader_ends(struct process *leader);

/* TIOCGPGRP, TIOCSPGRP, TIOCGSID: of the caller's controlling terminal only, but that who has the other side of it may
 * ask, too (`by_master`). */
int terminal_foreground_get(const struct terminal *terminal, bool by_master, int *number);
int terminal_foreground_set(struct terminal *terminal, int number);
int terminal_session_get(const struct terminal *terminal, bool by_master, int *number);

#endif
