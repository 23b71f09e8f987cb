/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_notify.h - a filter that asks another program about system calls (seccomp_unotify(2)): who has its listener,
 * an open file, is given each call on which the filter says so, and answers in the kernel's place.
 */
#ifndef GK_SYS_SECCOMP_NOTIFY_H
#define GK_SYS_SECCOMP_NOTIFY_H

#include <stdbool.h>

struct file;
struct program;
struct seccomp_data;

/* The program, which nobody has yet, gets a listener; *out: its open file. waits_killable: once a call was given out
 * only a signal that ends the process gets its thread away. 0 or -ENOMEM. */
int seccomp_notify_open(struct program *program, bool waits_killable, struct file **out);

/* The current thread's call: waits for the answer. True: it is to be carried out; false: it isn't, and the result is in
 * the frame. Without a listener that is -ENOSYS. */
bool seccomp_notify_ask(const struct program *program, const struct seccomp_data *data);

/* No thread has the program any more: who listens is told. It doesn't wait. */
void seccomp_notify_orphan(const struct program *program);

#endif
