/* SPDX-License-Identifier: Apache-2.0 */
/* child.c - see child.h. */
#include "vmm/child.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void reset_signals(void)
{
    sigset_t none;

    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

__attribute__((noreturn)) static void become(char *const *argv, const int *fds, unsigned fd_count, int err_fd,
                                             pid_t parent)
{
    int null_fd = memfd_create("nothing", 0); /* in a chroot there may be no /dev/null */

    setpgid(0, 0);
    /* It must end with us, however we end; had we ended already, getppid would tell. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && null_fd >= 0) {
        dup2(null_fd, STDIN_FILENO);
        dup2(err_fd, STDOUT_FILENO);
        dup2(err_fd, STDERR_FILENO);
        for (unsigned i = 0; i < fd_count; i++)
            if (fds[i] >= 0)
                fcntl(fds[i], F_SETFD, 0);
        reset_signals();
        execvp(argv[0], argv);
        dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    }
    _exit(127);
}

int child_start(char *const *argv, const int *fds, unsigned fd_count, int err_fd, struct child *out)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0)
        become(argv, fds, fd_count, err_fd, parent);
    *out = (struct child){.pid = pid};
    out->pid_fd = (int)syscall(__NR_pidfd_open, pid, 0);
    if (out->pid_fd < 0) {
        int error = -errno;
        child_finish(out, true);
        return error;
    }
    fcntl(out->pid_fd, F_SETFD, FD_CLOEXEC);
    return 0;
}

int child_finish(struct child *child, bool kill_it)
{
    int status = 0;

    if (child->pid != 0) {
        if (kill_it)
            kill(child->pid, SIGKILL);
        while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (child->pid_fd >= 0)
            close(child->pid_fd);
    }
    *child = (struct child){.pid_fd = -1};
    return status;
}

int child_find(const char *program, char *path, size_t path_size)
{
    const char *dirs = getenv("PATH");

    for (dirs = dirs != NULL ? dirs : "/usr/bin:/bin"; *dirs != '\0';) {
        size_t length = strcspn(dirs, ":");
        int n = snprintf(path, path_size, "%.*s/%s", (int)length, dirs, program);
        if (length > 0 && n > 0 && (size_t)n < path_size && access(path, X_OK) == 0)
            return 0;
        dirs += length + (dirs[length] == ':');
    }
    return -ENOENT;
}

bool child_ends_within(const struct child *child, int ms)
{
    struct pollfd fd = {.fd = child->pid_fd, .events = POLLIN};
    int ready;

    do {
        ready = poll(&fd, 1, ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}
