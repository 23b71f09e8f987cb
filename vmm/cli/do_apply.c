/* SPDX-License-Identifier: Apache-2.0 */
/* do_apply.c - see do_apply.h. */
#include "vmm/cli/do_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "vmm/cli/do_files.h"
#include "vmm/log.h"
#include "vmm/share/remove.h"

#define TEMPORARY ".lvmm-apply" /* what a file is called until it takes its place */
#define PIECE (1u << 30)

/* Is the first part of the path among these words, each with a blank behind it? */
static bool is_among(const char *path, const char *words)
{
    size_t length = strcspn(path, "/");

    for (const char *at = words; *at != '\0'; at += strcspn(at, " ") + 1)
        if (strcspn(at, " ") == length && memcmp(at, path, length) == 0)
            return true;
    return false;
}

/* A path below .git: what git runs, takes for its settings, or looks for them at; also of a submodule. References and
 * objects may be called the same. */
static bool is_protected_in_git(const char *path)
{
    if (is_among(path, "refs logs objects "))
        return false;
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (is_among(at, "hooks config config.lock config.worktree config.worktree.lock commondir "))
            return true;
    }
    return false;
}

/* Does the path lead to that, in this folder or in a repository below it? A .git that is no folder leads git somewhere
 * else, and so does a link in one, where git itself makes none. */
static bool is_protected(int upper, const char *path)
{
    const char *last = strrchr(path, '/');
    bool in_git = false;
    struct stat stat;

    last = last != NULL ? last + 1 : path;
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, ".git/", 5) != 0)
            continue;
        if (is_protected_in_git(at + 5))
            return true;
        in_git = true;
    }
    if ((!in_git && strcmp(last, ".git") != 0) || do_file_stat(upper, path, &stat) != 0)
        return false;
    return strcmp(last, ".git") == 0 ? !S_ISDIR(stat.st_mode) : S_ISLNK(stat.st_mode);
}

static int remove_name(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    share_remove_all(fd);
    close(fd);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : -errno;
}

static int copy_bytes(int from, int to)
{
    ssize_t n;

    while ((n = sendfile(to, from, NULL, PIECE)) > 0) {
    }
    return n < 0 ? -errno : 0;
}

/* What is in its place is replaced at once; a folder that was there has gone before. */
static int put_file(int parent, const char *name, int from, const struct stat *stat)
{
    const struct timespec times[] = {stat->st_atim, stat->st_mtim};
    int to = openat(parent, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = to < 0 ? -errno : copy_bytes(from, to);

    if (error == 0 && (fchmod(to, stat->st_mode & 0777) != 0 || futimens(to, times) != 0))
        error = -errno;
    if (error == 0 && renameat(parent, TEMPORARY, parent, name) != 0)
        error = -errno;
    if (to >= 0 && error != 0)
        unlinkat(parent, TEMPORARY, 0);
    if (to >= 0)
        close(to);
    return error;
}

static int put_link(int upper, const char *path, int parent, const char *name)
{
    char target[PATH_MAX];
    const char *last;
    int from = do_file_parent(upper, path, &last);
    ssize_t length = from < 0 ? from : readlinkat(from, last, target, sizeof(target) - 1);
    int error = from < 0 ? from : length < 0 ? -errno : 0;

    if (from >= 0)
        close(from);
    if (error != 0)
        return error;
    target[length] = '\0';
    if (symlinkat(target, parent, TEMPORARY) != 0)
        return -errno;
    if (renameat(parent, TEMPORARY, parent, name) == 0)
        return 0;
    error = -errno;
    unlinkat(parent, TEMPORARY, 0);
    return error;
}

static int put_folder(int parent, const char *name, const struct stat *stat)
{
    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
        return -errno;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = fd < 0 ? -errno : fchmod(fd, stat->st_mode & 0777) != 0 ? -errno : 0;

    if (fd >= 0)
        close(fd);
    return error;
}

/* What has the name in the folder gives way if it is of another kind. */
static int make_way(int parent, const char *name, const struct stat *new)
{
    struct stat old;

    if (fstatat(parent, name, &old, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -errno;
    return S_ISDIR(old.st_mode) != S_ISDIR(new->st_mode) ? remove_name(parent, name) : 0;
}

static int put(int upper, const char *path, int parent, const char *name)
{
    struct stat stat;
    int error = do_file_stat(upper, path, &stat);

    error = error != 0 ? error : make_way(parent, name, &stat);
    if (error != 0)
        return error;
    if (S_ISDIR(stat.st_mode))
        return put_folder(parent, name, &stat);
    if (S_ISLNK(stat.st_mode))
        return put_link(upper, path, parent, name);
    if (!S_ISREG(stat.st_mode))
        return -EOPNOTSUPP;
    int from = do_file_open(upper, path);
    if (from < 0)
        return from;
    error = put_file(parent, name, from, &stat);
    close(from);
    return error;
}

int do_apply(int lower, int upper, enum share_change change, const char *path)
{
    char shown[DO_FILE_SHOWN];
    const char *name;

    if (is_protected(upper, path)) {
        log_warning("--apply: %s is left as it was: it would let CMD run commands outside, by git",
                    do_file_shown(path, shown));
        return 0;
    }
    int parent = do_file_parent(lower, path, &name);
    int error = parent < 0                ? parent
                : change == SHARE_REMOVED ? remove_name(parent, name)
                                          : put(upper, path, parent, name);

    if (parent >= 0)
        close(parent);
    if (error != 0)
        log_error("--apply: %s: %s", do_file_shown(path, shown),
                  error == -EOPNOTSUPP ? "is neither a file, a folder nor a link" : strerror(-error));
    return error;
}
