/* SPDX-License-Identifier: Apache-2.0 */
/* exec_gather.h - a new program's arguments: where they come from, and how they are gathered. */
#ifndef GK_SYS_EXEC_GATHER_H
#define GK_SYS_EXEC_GATHER_H

#include <stdbool.h>

#include "lib/strings.h"
#include "lib/types.h"
#include "sys/exec_args.h"
#include "sys/exec_image.h"

/* Where the arguments come from: the kernel (at boot) or the program (execve). */
struct exec_source {
    const struct strings *argv, *envp; /* NULL: from user memory */
    uaddr_t user_argv, user_envp;
    bool is_inaccessible; /* its name is a descriptor's, which is closed by then */
};

/* Fills `args` with what a program called `path` gets, the interpreters of a script before it. 0 or -errno as
 * execve(2). */
int exec_args_gather(struct exec_args *args, const struct exec_image *image, const char *path,
                     const struct exec_source *source);

#endif
