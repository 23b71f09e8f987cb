/* SPDX-License-Identifier: Apache-2.0 */
/* task.c - see task.h. */
#include "vmm/cli/task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies the strings one after the other. */
static int join(char *const *strings, char **out, size_t *out_size)
{
    size_t size = 0, at = 0;

    for (unsigned i = 0; strings[i] != NULL; i++)
        size += strlen(strings[i]) + 1;
    *out = malloc(size + 1);
    if (*out == NULL)
        return -ENOMEM;
    for (unsigned i = 0; strings[i] != NULL; i++) {
        size_t length = strlen(strings[i]) + 1;
        memcpy(*out + at, strings[i], length);
        at += length;
    }
    *out_size = size;
    return 0;
}

int task_init(struct task *task, char *const *program, bool has_terminal)
{
    char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    char home[] = "HOME=/";
    const char *ours = has_terminal ? getenv("TERM") : NULL;
    char *term;

    *task = (struct task){0};
    if (asprintf(&term, "TERM=%s", ours != NULL ? ours : "linux") < 0)
        return -ENOMEM;
    int error = join((char *const[]){path, home, term, NULL}, &task->envp, &task->envp_size);
    free(term);
    if (error == 0 && program != NULL)
        error = join(program, &task->argv, &task->argv_size);
    return error;
}
