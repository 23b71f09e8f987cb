/* SPDX-License-Identifier: Apache-2.0 */
/* winsize.c - on a terminal: its size, and each new one as SIGWINCH tells it, until the end of input. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void show(int signal)
{
    struct winsize size;
    char line[80];
    int length;

    (void)signal;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
        length = snprintf(line, sizeof(line), "no terminal: %s\n", strerror(errno));
    else
        length = snprintf(line, sizeof(line), "size %d %d\n", size.ws_row, size.ws_col);
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        _exit(1);
}

int main(void)
{
    const struct sigaction action = {.sa_handler = show};
    char byte;
    ssize_t n;

    sigaction(SIGWINCH, &action, NULL);
    show(0);
    do
        n = read(STDIN_FILENO, &byte, 1);
    while (n > 0 || (n < 0 && errno == EINTR));
    return 0;
}
