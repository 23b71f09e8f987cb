/* SPDX-License-Identifier: Apache-2.0 */
/* start.h - the first program: what the options name, or a default; and why it can't be started. */
#ifndef GK_SYS_START_H
#define GK_SYS_START_H

struct options;
struct thread;

#define START_TEXT_MAX 512u

/* What shells say of a command that they can't run (sh(1), "EXIT STATUS" of POSIX). */
enum { START_NOT_EXECUTABLE = 126, START_NOT_FOUND = 127 };

struct start_failure {
    int status;                /* START_*; 0: it isn't the program's fault, or there was none to be started */
    char text[START_TEXT_MAX]; /* one line without its end, for people */
};

/* Makes the thread, the current one, what the options say: where it begins, who it is; then loads the program into it.
 * 0; -1: *failure says why not. The options have HOME for that user then. */
int start_program(struct thread *thread, struct options *options, struct start_failure *failure);

#endif
