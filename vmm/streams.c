/* SPDX-License-Identifier: Apache-2.0 */
/* streams.c - see streams.h. */
#include "vmm/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/log.h"

/* Takes the lowest free number: it is `fd`, as those below it are open. 0 or -errno. */
static int fill(int fd, const char *nothing)
{
    if (open(nothing, fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) >= 0)
        return 0;
    fd = memfd_create("nothing", MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW) < 0 ? -errno : 0;
}

/* One call tells closed (EBADF), a terminal with its size, or something else. */
static int look_at(struct streams *streams, int fd, const char *nothing)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) < 0)
        return errno == EBADF ? fill(fd, nothing) : 0;
    streams->tty |= 1u << fd;
    if (streams->rows == 0) {
        streams->rows = size.ws_row;
        streams->columns = size.ws_col;
    }
    return 0;
}

int streams_init(struct streams *streams, const char *nothing)
{
    int error = 0;

    *streams = (struct streams){0};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && error == 0; fd++)
        error = look_at(streams, fd, nothing);
    return error;
}

bool streams_look_at_size(struct streams *streams)
{
    struct winsize size;
    int fd = STDIN_FILENO;

    while (fd <= STDERR_FILENO && (streams->tty & 1u << fd) == 0)
        fd++;
    if (fd > STDERR_FILENO || ioctl(fd, TIOCGWINSZ, &size) < 0)
        return false;
    if (size.ws_row == streams->rows && size.ws_col == streams->columns)
        return false;
    streams->rows = size.ws_row;
    streams->columns = size.ws_col;
    return true;
}

static bool is_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Are two modes the same? Tells whether the terminal still has our mode after we were stopped, so that it isn't saved
 * as the one to go back to. */
static bool is_same_mode(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag;
}

void streams_make_raw(struct streams *streams, bool bare)
{
    struct termios now;

    if ((streams->tty & 1u << STDIN_FILENO) == 0 || !is_foreground() || tcgetattr(STDIN_FILENO, &now) < 0) {
        streams->raw = false;
        log_set_raw(false);
        return;
    }
    if (!streams->raw || !is_same_mode(&now, &streams->ours))
        streams->saved = now;
    streams->ours = streams->saved;
    cfmakeraw(&streams->ours);
    if (bare) {
        streams->ours.c_oflag = streams->saved.c_oflag;
        streams->ours.c_lflag |= streams->saved.c_lflag & ISIG;
    }
    streams->raw = tcsetattr(STDIN_FILENO, TCSANOW, &streams->ours) == 0;
    log_set_raw(streams->raw && !bare);
}

void streams_restore(struct streams *streams)
{
    sigset_t ttou, old;

    if (!streams->raw)
        return;
    /* We may be moved to the background meanwhile; blocked, the signal lets the call through. */
    sigemptyset(&ttou);
    sigaddset(&ttou, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &ttou, &old);
    if (is_foreground())
        tcsetattr(STDIN_FILENO, TCSANOW, &streams->saved);
    log_set_raw(false);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    streams->raw = false;
}
