/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - starts the first program, or finds out which file was the reason that it can't be started. */
#include "sys/start.h"

#include "abi/errno.h"
#include "core/abi.h"
#include "core/log.h"
#include "core/options.h"
#include "core/process.h"
#include "core/system.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sys/exec.h"
#include "sys/exec_image.h"
#include "sys/identity.h"
#include "sys/start_user.h"
#include "vfs/fdtable.h"
#include "vfs/fs_context.h"
#include "vfs/path.h"
#include "vfs/vfs.h"

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

/* What follows "NAME=" in the environment; NULL: it isn't there. */
static const char *environment(const struct options *options, const char *name)
{
    size_t length = strlen(name);
    const char *at = options->envp.bytes;

    for (unsigned i = 0; i < options->envp.count; i++, at += strlen(at) + 1)
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    return NULL;
}

/* ---- where it begins, and as whom ---- */

/* --workdir. 0 or -1. */
static int begin_at(const char *name, struct start_failure *failure)
{
    struct path dir;
    int error = path_lookup(&current_thread()->fs->cwd, name, LOOKUP_DIRECTORY, &dir);

    if (error != 0) {
        say(failure, 0, "--workdir %s: %s", name,
            error == -ENOENT    ? "there is no such folder in the guest"
            : error == -ENOTDIR ? "is not a folder in the guest"
                                : "can't be reached in the guest");
        return -1;
    }
    fs_context_set(&current_thread()->fs->cwd, &dir);
    return 0;
}

/* Adds HOME to the environment, unless lvmm was told another one: then the text is kmalloc's. */
static int home_add(struct options *options, const char *home)
{
    size_t size = options->envp.size + sizeof("HOME=") + strlen(home);
    char *bytes;

    if (environment(options, "HOME") != NULL)
        return 0;
    bytes = kmalloc(size);
    if (bytes == NULL)
        return -ENOMEM;
    memcpy(bytes, options->envp.bytes, options->envp.size);
    snprintf(bytes + options->envp.size, size - options->envp.size, "HOME=%s", home);
    options->envp = (struct strings){bytes, size, options->envp.count + 1};
    return 0;
}

/* The standard streams are his, so that he may open them by their names (/dev/stdout), as docker's users know it. */
static void give_streams(uint32_t user)
{
    for (int fd = 0; fd < 3; fd++) {
        struct file *file = fd_get(current_thread()->files, fd);

        if (file != NULL)
            file->inode->uid = user;
    }
}

/* --user. 0 or -1. */
static int begin_as(struct options *options, struct start_failure *failure)
{
    struct start_user user;
    bool no_group;
    int error = start_user_find(options->user, &user, &no_group);

    if (error == 0) {
        error = home_add(options, user.home);
        if (error != 0)
            cred_groups_put(user.groups);
    }
    if (error == -ENOENT)
        say(failure, 0, "--user %s: there is no such %s in the guest's %s", options->user, no_group ? "group" : "user",
            no_group ? "/etc/group" : "/etc/passwd");
    else if (error != 0)
        say(failure, 0, "--user %s: %s", options->user,
            error == -ENOMEM ? "not enough memory; give the guest more with --memory"
                             : "the guest's /etc/passwd or /etc/group can't be read");
    if (error != 0)
        return -1;
    give_streams(user.user);
    identity_become(user.user, user.group, user.groups);
    return 0;
}

/* ---- the program itself ---- */

/* Whether a file has that name; when it can't be executed all the same, what it asks for is what is missing. */
static bool is_there(const char *path)
{
    struct path file;
    int error = path_lookup(&current_thread()->fs->cwd, path, 0, &file);

    if (error == 0)
        path_put(&file);
    return error == 0;
}

/* As execvp(3) goes through the folders of PATH for a name without a slash. `path` has room for PATH_MAX bytes: the
 * file whose error it is; empty: it is in none of them. */
static int load_by_name(struct thread *thread, const struct options *options, char *path)
{
    const char *folder = environment(options, "PATH");
    bool is_denied = false;

    while (folder != NULL) {
        const char *end = strchr(folder, ':');
        int length = end != NULL ? (int)(end - folder) : (int)strlen(folder), error = -ENAMETOOLONG;

        if (snprintf(path, PATH_MAX, "%.*s%s%s", length, folder, length != 0 ? "/" : "", options->argv.bytes) <
            PATH_MAX)
            error = load(thread, path, options);
        if (error == 0 || (error == -ENOENT && is_there(path)) ||
            (error != -ENOENT && error != -ENOTDIR && error != -ENAMETOOLONG && error != -EACCES))
            return error;
        is_denied = is_denied || error == -EACCES;
        folder = end != NULL ? end + 1 : NULL;
    }
    *path = 0;
    return is_denied ? -EACCES : -ENOENT;
}

/* Whether PROGRAM was given as a name that is looked up in PATH. */
static bool is_by_name(const struct options *options)
{
    return options->argv.count != 0 && options->argv.bytes[0] != 0 && strchr(options->argv.bytes, '/') == NULL;
}

/* The first of these that is there. */
static int load_default(struct thread *thread, const struct options *options, const char **path)
{
    static const char *const on_disk[] = {"/sbin/init", "/sbin/hello", NULL}, *const in_memory[] = {
                                                                                  "/init", "/sbin/init", "/sbin/hello",
                                                                                  "/bin/sh", NULL};
    const char *const *defaults = options->initrd_end != 0 ? in_memory : on_disk;
    int error = -ENOENT;

    for (unsigned i = 0; defaults[i] != NULL && error == -ENOENT; i++) {
        *path = defaults[i];
        error = load(thread, *path, options);
    }
    return error;
}

static void explain_start(struct start_failure *failure, const struct options *options, const char *path, int error)
{
    bool in_memory = options->initrd_end != 0;
    struct exec_culprit culprit;

    exec_find_culprit(&current_thread()->fs->cwd, path, &culprit);
    if (options->argv.count == 0 && error == -ENOENT && culprit.role == EXEC_PROGRAM)
        say(failure, 0, "no PROGRAM was given, and the %s",
            in_memory ? "initrd has none of /init, /sbin/init, /sbin/hello and /bin/sh"
                      : "disk has neither /sbin/init nor /sbin/hello");
    else if (error == -ENOENT && strchr(path, '/') == NULL && *path != 0)
        say(failure, START_NOT_FOUND, "PROGRAM %s: is in no folder of PATH, %s", path,
            environment(options, "PATH") != NULL ? environment(options, "PATH") : "which isn't set");
    else
        explain(failure, path, &culprit, -error, in_memory);
}

/* What the options name, or a default. 0 or -1. */
static int begin_program(struct thread *thread, const struct options *options, struct start_failure *failure)
{
    const char *path = options->argv.bytes;
    char *room = is_by_name(options) ? kmalloc(PATH_MAX) : NULL; /* a page, which is cleared: not for who needs none */
    int error = -ENOMEM;

    if (room != NULL) {
        error = load_by_name(thread, options, room);
        path = *room != 0 ? room : path;
    } else if (!is_by_name(options)) {
        error = options->argv.count != 0 ? load(thread, path, options) : load_default(thread, options, &path);
    }
    if (error != 0)
        explain_start(failure, options, path, error);
    kfree(room);
    return error != 0 ? -1 : 0;
}

int start_program(struct thread *thread, const struct options *options, struct start_failure *failure)
{
    struct options its = *options; /* with HOME, for as long as it is being loaded */
    int error = -1;

    if (options->hostname != NULL)
        snprintf(system_name.nodename, sizeof(system_name.nodename), "%s", options->hostname);
    if ((options->cwd == NULL || begin_at(options->cwd, failure) == 0) &&
        (options->user == NULL || begin_as(&its, failure) == 0))
        error = begin_program(thread, &its, failure);
    if (its.envp.bytes != options->envp.bytes)
        kfree((void *)(uintptr_t)its.envp.bytes);
    return error;
}
