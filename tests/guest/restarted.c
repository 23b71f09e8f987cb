/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restarted.c - on a terminal: calls that Ctrl-C interrupts, whose handler runs. With SA_RESTART some go on, some never
 * do (signal(7)). tests/cli/restart.sh presses the keys. Elsewhere it does nothing.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

#include "show.h"

#define FUTEX_WAIT 0

static volatile int word;

static void handler(int signal)
{
    (void)signal;
    word = 1;
    write(1, "\ncaught\n", 8);
}

/* What follows waits. */
static void begin(int step, int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigaction(SIGINT, &action, NULL);
    word = 0;
    printf("\nstep %d\n", step);
    fflush(stdout);
}

static void end(const char *what, long result)
{
    int error = errno;

    printf("\n"); /* behind what the terminal has echoed */
    errno = error;
    show(what, result);
}

int main(void)
{
    struct pollfd entry = {.fd = 0, .events = POLLIN};
    struct timespec left = {1000, 0};
    fd_set set;
    char line[100];

    if (!isatty(0)) {
        printf("not a terminal\n");
        return 0;
    }
    begin(1, SA_RESTART);
    end("read is made again", read(0, line, sizeof(line)));
    begin(2, 0);
    end("read without SA_RESTART", read(0, line, sizeof(line)));
    begin(3, SA_RESTART);
    end("poll", poll(&entry, 1, -1));
    begin(4, SA_RESTART);
    end("poll with a timeout", poll(&entry, 1, 1000000));
    begin(5, SA_RESTART);
    FD_ZERO(&set);
    FD_SET(0, &set);
    end("select", select(1, &set, NULL, NULL, NULL));
    begin(6, SA_RESTART);
    end("pause", pause());
    begin(7, SA_RESTART);
    end("nanosleep", nanosleep(&left, &left));
    show_bool("what is left is less", left.tv_sec < 1000 && left.tv_sec > 100);
    begin(8, SA_RESTART);
    end("futex is made again, and the word has changed", syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0));
    begin(9, 0);
    end("futex without SA_RESTART", syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0));
    begin(10, SA_RESTART);
    left.tv_sec = 1000;
    end("futex with a timeout", syscall(SYS_futex, &word, FUTEX_WAIT, 0, &left, NULL, 0));
    return 0;
}
