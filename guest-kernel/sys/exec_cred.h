/* SPDX-License-Identifier: Apache-2.0 */
/* exec_cred.h - whose rights a program has that a process executes: its own, or the file's owner's. */
#ifndef GK_SYS_EXEC_CRED_H
#define GK_SYS_EXEC_CRED_H

#include "core/thread.h"
#include "sys/exec_image.h"

/* Makes of *cred what the thread has once it runs the program. 0; -EPERM: less than the file is to give; -EINVAL:
 * what that is can't be told. */
int exec_cred_make(const struct thread *thread, const struct exec_image *image, struct cred *cred);
/* It runs the program in `inode` with these from now on. */
void exec_cred_take(struct thread *thread, const struct cred *cred, const struct inode *inode);

#endif
