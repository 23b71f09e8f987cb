/* SPDX-License-Identifier: Apache-2.0 */
/* exec_gather.c - copies a program's arguments and environment, from the kernel or from who calls execve. */
#include "sys/exec_gather.h"

#include "abi/errno.h"
#include "core/process.h"
#include "lib/string.h"
#include "mm/usercopy.h"

/* For a script, what comes before its arguments: the interpreters, outermost first, and the script's own name. */
static int scripts_add(struct exec_args *args, const struct exec_image *image, const char *path)
{
    int error = 0;

    for (unsigned i = image->script_count; i-- != 0 && error == 0;) {
        error = exec_args_add(args, image->script[i].name);
        if (error == 0 && image->script[i].argument != NULL)
            error = exec_args_add(args, image->script[i].argument);
    }
    return error != 0 || image->script_count == 0 ? error : exec_args_add(args, path);
}

static int strings_add(struct exec_args *args, const struct strings *strings, unsigned skip)
{
    const char *string = strings->bytes;
    int error = 0;

    for (unsigned i = 0; i < strings->count && error == 0; i++) {
        size_t before = args->strings.size;

        if (i < skip) {
            string += strlen(string) + 1;
            continue;
        }
        error = exec_args_add(args, string);
        string += args->strings.size - before; /* its length was counted there */
    }
    return error;
}

/* A pointer of the caller's, who may be a 32-bit program. 0 or -EFAULT. */
static int pointer_get(uaddr_t address, unsigned size, uaddr_t *out)
{
    *out = 0;
    return copy_from_user(out, address, size);
}

static int strings_add_user(struct exec_args *args, uaddr_t vector, unsigned skip, unsigned *count)
{
    unsigned i, size = call_is_32bit() ? sizeof(uint32_t) : sizeof(uint64_t);
    uaddr_t string;

    for (i = 0; vector != 0; i++, vector += size) { /* Linux takes NULL for an empty vector */
        if (pointer_get(vector, size, &string))
            return -EFAULT;
        if (string == 0)
            break;
        int error = i < skip ? 0 : exec_args_add_user(args, string);
        if (error != 0)
            return error;
    }
    *count = i;
    return 0;
}

int exec_args_gather(struct exec_args *args, const struct exec_image *image, const char *path,
                     const struct exec_source *source)
{
    unsigned skip = image->script_count != 0, count; /* a script's own argv[0] goes */
    int error = scripts_add(args, image, path);

    if (error == 0 && source->argv != NULL) {
        count = source->argv->count;
        error = strings_add(args, source->argv, skip);
    } else if (error == 0) {
        error = strings_add_user(args, source->user_argv, skip, &count);
    }
    if (error == 0 && count == 0 && skip == 0)
        error = exec_args_add(args, ""); /* argc is never 0 (execve(2), since Linux 5.18) */
    if (error == 0)
        error = exec_args_end_argv(args);
    if (error == 0)
        error = source->envp != NULL ? strings_add(args, source->envp, 0)
                                     : strings_add_user(args, source->user_envp, 0, &count);
    if (error == 0)
        error = exec_args_end_envp(args);
    return error != 0 ? error : exec_args_set_file(args, path);
}
