/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - starts the first program, or finds out which file was the reason that it can't be started. */
#include "sys/start.h"

#include "abi/errno.h"
#include "core/abi.h"
#include "core/log.h"
#include "core/options.h"
#include "core/process.h"
#include "lib/string.h"
#include "sys/exec.h"
#include "sys/exec_image.h"
#include "vfs/fs_context.h"

/* The few errors that a program's start can have, and what a shell's status would be; 0: it has none for that. */
static const struct {
    int error, status;
    const char *text;
} reasons[] = {
    {ENOENT, START_NOT_FOUND, "no such file on the disk"},
    {ENOTDIR, START_NOT_FOUND, "a part of the path is not a directory"},
    {ENAMETOOLONG, START_NOT_FOUND, "the name is too long"},
    {ELOOP, START_NOT_FOUND, "too many links or interpreters"},
    {EACCES, START_NOT_EXECUTABLE, "not an executable file"},
    {EISDIR, START_NOT_EXECUTABLE, "is a directory"},
    {ENOEXEC, START_NOT_EXECUTABLE, "not an ELF program for " ISA_NAME},
    {E2BIG, START_NOT_EXECUTABLE, "the arguments and the environment are too long"},
    {ENOMEM, 0, "not enough memory; give the guest more with --memory"},
    {EIO, 0, "the disk can't be read"},
};

static void say(struct start_failure *failure, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void say(struct start_failure *failure, int status, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(failure->text, sizeof(failure->text), fmt, ap);
    va_end(ap);
    failure->status = status;
}

/* Whether programs for that machine run here; one that doesn't has another fault. */
static bool machine_runs(const char *name)
{
    bool runs = false;

    for (unsigned i = 0; i < abi_count; i++)
        runs = runs || strcmp(name, abis[i].name) == 0;
    return runs;
}

/* What is wrong with `culprit`, which is part of "PROGRAM path". */
static void explain(struct start_failure *failure, const char *path, const struct exec_culprit *culprit, int error,
                    bool in_memory)
{
    static const char *const roles[] = {[EXEC_PROGRAM] = "",
                                        [EXEC_SCRIPT] = ": its interpreter ",
                                        [EXEC_LOADER] = ": is linked dynamically; its loader "};
    const char *role = roles[culprit->role], *name = culprit->role == EXEC_PROGRAM ? "" : culprit->name;

    if (error == ENOEXEC && culprit->machine != NULL && !machine_runs(culprit->machine)) {
        say(failure, START_NOT_EXECUTABLE, "PROGRAM %s%s%s: is for %s, and this guest is %s", path, role, name,
            culprit->machine, ISA_NAME);
        return;
    }
    if (error == ENOENT && in_memory) {
        say(failure, START_NOT_FOUND, "PROGRAM %s%s%s: no such file in the initrd", path, role, name);
        return;
    }
    for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].error == error) {
            say(failure, reasons[i].status, "PROGRAM %s%s%s: %s", path, role, name, reasons[i].text);
            return;
        }
    say(failure, START_NOT_EXECUTABLE, "PROGRAM %s%s%s: error %d", path, role, name, error);
}

static int load(struct thread *thread, const char *path, const struct options *options)
{
    const struct strings own = {path, strlen(path) + 1, 1};

    return exec_load(thread, path, options->argv.count != 0 ? &options->argv : &own, &options->envp);
}

int start_program(struct thread *thread, const struct options *options, struct start_failure *failure)
{
    static const char *const on_disk[] = {"/sbin/init", "/sbin/hello", NULL}, *const in_memory[] = {
                                                                                  "/init", "/sbin/init", "/sbin/hello",
                                                                                  "/bin/sh", NULL};
    const char *const *defaults = options->initrd_end != 0 ? in_memory : on_disk;
    const char *path = options->argv.bytes;
    struct exec_culprit culprit;
    int error = -ENOENT;

    if (options->argv.count != 0)
        error = load(thread, path, options);
    for (unsigned i = 0; options->argv.count == 0 && defaults[i] != NULL && error == -ENOENT; i++) {
        path = defaults[i];
        error = load(thread, path, options);
    }
    if (error == 0)
        return 0;
    exec_find_culprit(&thread->fs->cwd, path, &culprit);
    if (options->argv.count == 0 && error == -ENOENT && culprit.role == EXEC_PROGRAM)
        say(failure, 0, "no PROGRAM was given, and the %s",
            options->initrd_end != 0 ? "initrd has none of /init, /sbin/init, /sbin/hello and /bin/sh"
                                     : "disk has neither /sbin/init nor /sbin/hello");
    else
        explain(failure, path, &culprit, -error, options->initrd_end != 0);
    return -1;
}
