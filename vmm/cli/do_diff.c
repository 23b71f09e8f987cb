/* SPDX-License-Identifier: Apache-2.0 */
/* do_diff.c - see do_diff.h. */
#include "vmm/cli/do_diff.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/cli/do_files.h"
#include "vmm/log.h"

#define NONE "/dev/null"

/* One side: its file, and how diff is to call it. */
struct side {
    int fd; /* -1: it has none */
    char file[32], label[DO_FILE_SHOWN + 4];
};

static void set_side(struct side *side, const char *prefix, int fd, const char *path)
{
    char full[DO_FILE_SHOWN];

    side->fd = fd;
    snprintf(side->file, sizeof(side->file), "/proc/self/fd/%d", fd);
    if (fd < 0) {
        snprintf(side->file, sizeof(side->file), NONE);
        snprintf(side->label, sizeof(side->label), NONE);
        return;
    }
    snprintf(full, sizeof(full), "%s/%s", prefix, path);
    do_file_shown(full, side->label);
}

static _Noreturn void run_diff(const struct side *old, const struct side *new)
{
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

/* What diff can't say. patch takes such lines for a remark. */
static void tell(int lower, int upper, enum share_change change, const char *path)
{
    static const char *const what[] = {
        [SHARE_ADDED] = "Added", [SHARE_CHANGED] = "Changed", [SHARE_REMOVED] = "Removed"};
    char shown[DO_FILE_SHOWN];
    struct stat old, new;
    bool has_old = do_file_stat(lower, path, &old) == 0, has_new = do_file_stat(upper, path, &new) == 0;

    printf("%s %s: %s", what[change],
           kind(change != SHARE_REMOVED && has_new ? new.st_mode
                : has_old                          ? old.st_mode
                                                   : 0),
           do_file_shown(path, shown));
    if (change == SHARE_CHANGED && has_old && has_new && (old.st_mode & 07777) != (new.st_mode & 07777))
        printf(", mode %04o is %04o", old.st_mode & 07777, new.st_mode & 07777);
    printf("\n");
}

int do_diff(int lower, int upper, enum share_change change, const char *path)
{
    struct side old, new;
    int shown = 0;

    set_side(&old, "a", change != SHARE_ADDED ? do_file_open(lower, path) : -1, path);
    set_side(&new, "b", change != SHARE_REMOVED ? do_file_open(upper, path) : -1, path);
    if (old.fd >= 0 || new.fd >= 0)
        shown = show(&old, &new);
    if (shown == 0)
        tell(lower, upper, change, path);
    if (old.fd >= 0)
        close(old.fd);
    if (new.fd >= 0)
        close(new.fd);
    return shown < 0 ? shown : 0;
}
