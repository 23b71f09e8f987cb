/* SPDX-License-Identifier: Apache-2.0 */
/* do_apply.c - see do_apply.h. */
#include "vmm/cli/do_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "vmm/cli/do_files.h"
#include "vmm/cli/do_git.h"
#include "vmm/log.h"
#include "vmm/share/copy.h"
#include "vmm/share/remove.h"

#define TEMPORARY_BYTES 32u

/* A name that a file has until it takes its place: another one each time, as one that was killed may have left its. */
static void name_temporary(char name[TEMPORARY_BYTES])
{
    uint64_t number = 0;

    (void)!getrandom(&number, sizeof(number), GRND_NONBLOCK);
    snprintf(name, TEMPORARY_BYTES, ".lvmm-%016" PRIx64, number);
}

/* What makes git run commands, in this folder or in a repository below it. A .git that is no folder leads git somewhere
 * else; one that was made anew is not without the settings of the one before. */
static bool is_protected(int lower, int upper, enum share_change change, const char *path)
{
    struct stat stat;

    if (do_git_is_command(path))
        return true;
    if (do_git_is_within(path)) /* git makes no links there, but follows them */
        return do_file_stat(upper, path, &stat) == 0 && S_ISLNK(stat.st_mode);
    if (!do_git_is_repository(path))
        return false;
    return change == SHARE_REMOVED || do_file_stat(upper, path, &stat) != 0 || !S_ISDIR(stat.st_mode) ||
           (do_file_stat(lower, path, &stat) == 0 && !S_ISDIR(stat.st_mode));
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

/* Who owned what was there goes on owning it, as far as we may give it away. */
static void keep_owner(int parent, const char *name, int to)
{
    struct stat old;

    if (fstatat(parent, name, &old, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(old.st_mode))
        (void)!fchown(to, old.st_uid, old.st_gid);
}

/* What is in its place is replaced at once; a folder that was there has gone before. Holes stay holes. */
static int put_file(int parent, const char *name, int from, const struct stat *stat)
{
    const struct timespec times[] = {stat->st_atim, stat->st_mtim};
    char temporary[TEMPORARY_BYTES];

    name_temporary(temporary);
    int to = openat(parent, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = to < 0 ? -errno : copy_data(from, to, stat->st_size);
    if (error == 0)
        keep_owner(parent, name, to);
    if (error == 0 && (fchmod(to, stat->st_mode & 0777) != 0 || futimens(to, times) != 0))
        error = -errno;
    if (error == 0 && renameat(parent, temporary, parent, name) != 0)
        error = -errno;
    if (to >= 0 && error != 0)
        unlinkat(parent, temporary, 0);
    if (to >= 0)
        close(to);
    return error;
}

static int put_link(int upper, const char *path, int parent, const char *name)
{
    char target[PATH_MAX], temporary[TEMPORARY_BYTES];
    const char *last;
    int from = do_file_parent(upper, path, &last);
    ssize_t length = from < 0 ? from : readlinkat(from, last, target, sizeof(target) - 1);
    int error = from < 0 ? from : length < 0 ? -errno : 0;

    if (from >= 0)
        close(from);
    if (error != 0)
        return error;
    target[length] = '\0';
    name_temporary(temporary);
    if (symlinkat(target, parent, temporary) != 0)
        return -errno;
    if (renameat(parent, temporary, parent, name) == 0)
        return 0;
    error = -errno;
    unlinkat(parent, temporary, 0);
    return error;
}

/* Its mode comes at the end (do_apply_mode): what is in it has to be put there first. */
static int put_folder(int parent, const char *name, const struct stat *stat)
{
    mode_t mode = (stat->st_mode & 0777) | 0700;
    struct stat now;

    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
        return -errno;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = fd < 0 || fstat(fd, &now) != 0 ? -errno : 0;

    if (error == 0 && (now.st_mode & 0777) != mode && fchmod(fd, mode) != 0)
        error = -errno;

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

    if (is_protected(lower, upper, change, path)) {
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

int do_apply_mode(int lower, int upper, enum share_change change, const char *path)
{
    struct stat stat;
    const char *name;

    if (change == SHARE_REMOVED || do_file_stat(upper, path, &stat) != 0 || !S_ISDIR(stat.st_mode) ||
        (stat.st_mode & 0700) == 0700)
        return 0;
    int parent = do_file_parent(lower, path, &name);
    int fd = parent < 0 ? parent : openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && !is_protected(lower, upper, change, path))
        (void)!fchmod(fd, stat.st_mode & 0777);
    if (fd >= 0)
        close(fd);
    if (parent >= 0)
        close(parent);
    return 0;
}
