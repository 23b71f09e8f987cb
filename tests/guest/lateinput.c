/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lateinput.c - FIONREAD sees input that comes after a signal has ended a read of standard input.
 *
 * With "late" somebody types once the read has said EINTR. Otherwise nobody does, and it only waits for the end.
 */
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "show.h"

#define TRIES 2000 /* of 10 ms */

static char bytes[1 << 16];

static void handler(int number)
{
    (void)number;
}

static long read_until_signal(void)
{
    struct sigaction action = {.sa_handler = handler};
    struct itimerval often = {.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    long got = read(STDIN_FILENO, bytes, sizeof(bytes));
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    return got;
}

int main(int argc, char **argv)
{
    int count = 0;
    long got;

    if (argc < 2 || strcmp(argv[1], "late") != 0) {
        while ((got = read_until_signal()) > 0 || (got < 0 && errno == EINTR))
            ;
        show("the end", got);
        return 0;
    }
    show("read", read_until_signal());
    fflush(stdout); /* who types waits for it */
    for (int i = 0; i < TRIES && count == 0; i++) {
        if (ioctl(STDIN_FILENO, FIONREAD, &count) != 0)
            break;
        usleep(10000);
    }
    show("FIONREAD", count);
    show("read", got = read(STDIN_FILENO, bytes, sizeof(bytes)));
    printf("%.*s\n", got < 0 ? 0 : (int)got, bytes);
    return 0;
}
