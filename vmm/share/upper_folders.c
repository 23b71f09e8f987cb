/* SPDX-License-Identifier: Apache-2.0 */
/* upper_folders.c - see upper_folders.h. */
#include "vmm/share/upper_folders.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "vmm/sandbox/mounts.h"
#include "vmm/share/remove.h"

#define NAME_BYTES 16
#define PATH_BYTES 4096
#define FINISH_MS 5000

enum { OWNER_FOLDER, OWNER_DESCRIPTORS };

/* What was deleted is kept as attributes (layers.h). */
static int check_attributes(int fd)
{
    static const char name[] = "user.lvmm.probe";

    if (fsetxattr(fd, name, "", 0, 0) < 0)
        return errno == EOPNOTSUPP || errno == EPERM ? -ENOTSUP : -errno;
    fremovexattr(fd, name);
    return 0;
}

/* A folder that is made for changes looks like the one whose place it takes; its owner is ours to give only as root.
 * What has its name by then may be somebody else's, where others can write: a link is not followed. */
static int make_like(int parent, const char *name, int like)
{
    struct stat st;
    int error = 0;

    if (fstat(like, &st) < 0 || mkdirat(parent, name, 0700) < 0)
        return -errno;
    const struct timespec times[2] = {st.st_atim, st.st_mtim};
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0) ||
        fchmod(fd, (st.st_mode & 07777) | 0700) < 0 || futimens(fd, times) < 0)
        error = -errno;
    if (fd >= 0)
        close(fd);
    if (error != 0)
        unlinkat(parent, name, AT_REMOVEDIR);
    return error;
}

/* The same folder in a mount of its own, if that can be had; else as it was. */
static int part(int fd, bool *apart)
{
    int path = openat(fd, ".", O_PATH | O_CLOEXEC), folder = -1;

    if (path >= 0 && mounts_part(&path) == 0)
        folder = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (path >= 0)
        close(path);
    *apart = folder >= 0;
    if (folder < 0)
        return fd;
    close(fd);
    return folder;
}

/* The lock is of the descriptor that is given out: it lasts as long as anybody has that. */
static int open_locked(int parent, const char *name, bool *apart)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 ? -errno : check_attributes(fd);

    if (error == 0 && *apart)
        fd = part(fd, apart);

    if (error == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
        error = -errno;
    if (error == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return error;
}

int share_upper_open(const char *path, int like, bool *apart)
{
    int error = make_like(AT_FDCWD, path, like);

    return error != 0 && error != -EEXIST ? error : open_locked(AT_FDCWD, path, apart);
}

/* ---- those that are forgotten ---- */

void share_uppers_init(struct share_uppers *uppers, unsigned end)
{
    *uppers = (struct share_uppers){.end = end, .folder = -1, .owner = {.pid_fd = -1}};
}

/* Waits until nobody has any of the folders open: each is locked by who has. The first one is there now, the others are
 * once it isn't locked. */
static void wait_for_all(int folder, unsigned first, unsigned end)
{
    char name[NAME_BYTES];

    for (unsigned i = first; i < end; i++) {
        snprintf(name, sizeof(name), "%u", i);
        int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            continue;
        while (flock(fd, LOCK_EX) < 0 && errno == EINTR) {
        }
        close(fd);
    }
}

/* The other process: of no job and no terminal, with all signals blocked and no descriptor of ours, so that nobody
 * waits for it. */
static _Noreturn void own(int folder, const char *path, unsigned first, unsigned end)
{
    prctl(PR_SET_NAME, "lvmm-tmp");
    setsid();
    dup2(folder, OWNER_FOLDER); /* it has no such number itself: the standard streams are open */
    close_range(OWNER_DESCRIPTORS, ~0u, 0);
    wait_for_all(OWNER_FOLDER, first, end);
    share_remove_all(OWNER_FOLDER);
    rmdir(path);
    _exit(0);
}

/* The first of the folders is there, and locked. */
static int start_owner(struct share_uppers *uppers, const char *path, unsigned first)
{
    sigset_t all, old;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    pid_t pid = fork();
    if (pid == 0)
        own(uppers->folder, path, first, uppers->end);
    int error = pid < 0 ? -errno : 0;
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (error == 0)
        uppers->owner = (struct child){.pid = pid, .pid_fd = (int)syscall(__NR_pidfd_open, pid, 0)};
    return error;
}

static int add_in(struct share_uppers *uppers, unsigned number, int like, bool *apart)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof(name), "%u", number);
    int error = make_like(uppers->folder, name, like);
    return error != 0 ? error : open_locked(uppers->folder, name, apart);
}

/* The first one, in a new folder below `parent`. */
static int add_first(struct share_uppers *uppers, const char *parent, unsigned number, int like, bool *apart)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof(path), "%s%s/lvmm-XXXXXX", *parent == '/' ? "" : "./", parent);

    if (length < 0 || (size_t)length >= sizeof(path))
        return -ENAMETOOLONG;
    if (mkdtemp(path) == NULL)
        return -errno;
    uppers->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = uppers->folder < 0 ? -errno : add_in(uppers, number, like, apart);
    int error = fd < 0 ? fd : start_owner(uppers, path, number);
    if (error == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    if (uppers->folder >= 0) {
        share_remove_all(uppers->folder);
        close(uppers->folder);
    }
    uppers->folder = -1;
    rmdir(path);
    return error;
}

int share_uppers_add(struct share_uppers *uppers, unsigned number, int like, bool *apart)
{
    const char *const parents[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    int first_error = 0;

    if (uppers->folder >= 0)
        return add_in(uppers, number, like, apart);
    for (unsigned i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
        if (parents[i] == NULL || *parents[i] == '\0')
            continue;
        bool part_it = *apart;
        int fd = add_first(uppers, parents[i], number, like, &part_it);
        if (fd >= 0) {
            *apart = part_it;
            return fd;
        }
        if (first_error == 0)
            first_error = fd;
    }
    return first_error;
}

void share_uppers_finish(struct share_uppers *uppers)
{
    struct pollfd owner = {.fd = uppers->owner.pid_fd, .events = POLLIN};
    int ready = 0;

    do {
        ready = owner.fd >= 0 ? poll(&owner, 1, FINISH_MS) : 0;
    } while (ready < 0 && errno == EINTR);
    if (ready > 0)
        waitpid(uppers->owner.pid, NULL, 0);
    if (owner.fd >= 0)
        close(owner.fd);
    if (uppers->folder >= 0)
        close(uppers->folder);
    share_uppers_init(uppers, uppers->end);
}
