/* SPDX-License-Identifier: Apache-2.0 */
/* do_diff.c - see do_diff.h. */
#include "vmm/cli/do_diff.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/cli/do_files.h"
#include "vmm/log.h"

#define NONE "/dev/null"
/* diff holds both files in its memory. */
#define SHOWN_BYTES_MAX (64ll << 20)

/* One side: its file, and how diff is to call it. */
struct side {
    bool there;
    struct stat stat; /* if it is */
    int fd;           /* of a file that diff can show; -1: it is none */
    char file[32], label[DO_FILE_SHOWN + 4];
};

static void open_side(struct side *side, const char *prefix, int folder, const char *path)
{
    char full[DO_FILE_SHOWN];

    *side = (struct side){.fd = -1, .file = NONE, .label = NONE};
    if (folder < 0)
        return;
    side->there = do_file_stat(folder, path, &side->stat) == 0;
    if (side->there && S_ISREG(side->stat.st_mode) && side->stat.st_size <= SHOWN_BYTES_MAX)
        side->fd = do_file_open(folder, path);
    if (side->fd < 0)
        return;
    snprintf(side->file, sizeof(side->file), "/proc/self/fd/%d", side->fd);
    snprintf(full, sizeof(full), "%s/%s", prefix, path);
    do_file_shown(full, side->label);
}

static void close_side(const struct side *side)
{
    if (side->fd >= 0)
        close(side->fd);
}

static _Noreturn void run_diff(const struct side *old, const struct side *new)
{
    signal(SIGPIPE, SIG_DFL); /* lvmm ignores it */
    if (old->fd >= 0)
        fcntl(old->fd, F_SETFD, 0);
    if (new->fd >= 0)
        fcntl(new->fd, F_SETFD, 0);
    signal(SIGPIPE, SIG_DFL); /* lvmm ignores it */
    execlp("diff", "diff", "-u", "--label", old->label, "--label", new->label, old->file, new->file, (char *)NULL);
    _exit(127);
}

/* 0: there is no difference in what they hold; 1: it was shown; -errno. */
static int show(const struct side *old, const struct side *new)
{
    int status;

    if (fflush(stdout) != 0)
        return -EPIPE;
    pid_t pid = fork();
    if (pid == 0)
        run_diff(old, new);
    if (pid < 0)
        return -errno;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
        return WEXITSTATUS(status);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
        return -EPIPE;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
        return -EINTR;
    log_error("--diff: diff doesn't work%s",
              WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ": it is not installed" : "");
    return -ENOENT;
}

static const char *kind(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "folder";
    case S_IFLNK:
        return "link";
    case S_IFREG:
        return "file";
    default:
        return "special file";
    }
}

/* Where a link leads. */
static void tell_target(int folder, const char *path)
{
    char target[PATH_MAX], shown[DO_FILE_SHOWN];
    const char *name;
    int parent = do_file_parent(folder, path, &name);
    ssize_t length = parent < 0 ? -1 : readlinkat(parent, name, target, sizeof(target) - 1);

    if (parent >= 0)
        close(parent);
    if (length < 0)
        return;
    target[length] = '\0';
    printf(" -> %s", do_file_shown(target, shown));
}

/* What diff can't say, in a line. patch takes it for a remark. */
static void tell(const struct side *old, const struct side *new, int upper, enum share_change change, const char *path)
{
    static const char *const what[] = {
        [SHARE_ADDED] = "Added", [SHARE_CHANGED] = "Changed", [SHARE_REMOVED] = "Removed"};
    const struct side *side = new->there ? new : old;
    char shown[DO_FILE_SHOWN];

    printf("%s %s: %s", what[change], kind(side->there ? side->stat.st_mode : 0), do_file_shown(path, shown));
    if (new->there && S_ISLNK(new->stat.st_mode))
        tell_target(upper, path);
    if (side->there && S_ISREG(side->stat.st_mode) && side->fd < 0)
        printf(side->stat.st_size > SHOWN_BYTES_MAX ? ", too large to be shown" : ", which can't be read");
    if (old->there && new->there && (old->stat.st_mode & S_IFMT) != (new->stat.st_mode &S_IFMT))
        printf(", was a %s", kind(old->stat.st_mode));
    else if (old->there && new->there && (old->stat.st_mode & 07777) != (new->stat.st_mode & 07777))
        printf(", mode %04o is %04o", old->stat.st_mode & 07777, new->stat.st_mode & 07777);
    else if (!old->there && new->there && S_ISREG(new->stat.st_mode) && (new->stat.st_mode & 0111) != 0)
        printf(", mode %04o", new->stat.st_mode & 07777);
    printf("\n");
}

/* Is there more to say than what the files hold? */
static bool has_other_mode(const struct side *old, const struct side *new)
{
    return new->there &&
           (old->there ? (old->stat.st_mode & 07777) != (new->stat.st_mode & 07777) : (new->stat.st_mode & 0111) != 0);
}

int do_diff(int lower, int upper, enum share_change change, const char *path)
{
    struct side old, new;
    int shown = 0;

    open_side(&old, "a", change != SHARE_ADDED ? lower : -1, path);
    open_side(&new, "b", change != SHARE_REMOVED ? upper : -1, path);
    /* One that can't be shown isn't to look as if it were gone. */
    if ((old.there || new.there) && old.there == (old.fd >= 0) && new.there == (new.fd >= 0))
        shown = show(&old, &new);
    if (shown == 0 || (shown > 0 && has_other_mode(&old, &new)))
        tell(&old, &new, upper, change, path);
    close_side(&old);
    close_side(&new);
    return shown < 0 ? shown : 0;
}
