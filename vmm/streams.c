/* SPDX-License-Identifier: Apache-2.0 */
/* streams.c - see streams.h. */
#include "vmm/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/log.h"

/* A closed stream's number must not become a disk's, which messages would be written over. It is the lowest that is
 * free, as those below it are open by now. Where there is no /dev/null: a pipe that nobody else has. */
static void reserve(int fd)
{
    int ends[2];

    if (open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) >= 0 || pipe(ends) < 0)
        return;
    if (fd != STDIN_FILENO)
        dup2(ends[1], fd);
    close(ends[1]);
}

/* One call tells closed (EBADF), a terminal with its size, or something else. */
static void look_at(struct streams *streams, int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
        streams->tty |= 1u << fd;
        if (streams->rows == 0) {
            streams->rows = size.ws_row;
            streams->columns = size.ws_col;
        }
    } else if (errno == EBADF) {
        reserve(fd);
    }
}

void streams_init(struct streams *streams)
{
    *streams = (struct streams){0};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        look_at(streams, fd);
}

void streams_make_raw(struct streams *streams, bool bare)
{
    if ((streams->tty & 1u << STDIN_FILENO) == 0 || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
        tcgetattr(STDIN_FILENO, &streams->saved) < 0) {
        return;
    }
    struct termios raw = streams->saved;
    cfmakeraw(&raw);
    if (bare) {
        raw.c_oflag = streams->saved.c_oflag;
        raw.c_lflag |= streams->saved.c_lflag & ISIG;
    }
    streams->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    log_set_raw(streams->raw && !bare);
}

void streams_restore(struct streams *streams)
{
    sigset_t ttou, old;

    if (!streams->raw)
        return;
    /* We may have been moved to the background meanwhile; blocked, the signal lets the call through. */
    sigemptyset(&ttou);
    sigaddset(&ttou, SIGTTOU);
    sigprocmask(SIG_BLOCK, &ttou, &old);
    tcsetattr(STDIN_FILENO, TCSANOW, &streams->saved);
    log_set_raw(false);
    sigprocmask(SIG_SETMASK, &old, NULL);
    streams->raw = false;
}
