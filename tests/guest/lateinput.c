/* SPDX-License-Identifier: Apache-2.0 */
/* lateinput.c - a read of standard input that a signal ends before there is input; FIONREAD then sees what comes later.
 */
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "show.h"

#define TRIES 2000 /* of 10 ms */

static void handler(int number)
{
    (void)number;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    struct itimerval often = {.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000};
    char bytes[16];
    int count = 0;

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    long got = read(STDIN_FILENO, bytes, sizeof(bytes));
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    if (got >= 0) { /* where nobody types */
        printf("input or its end at once\n");
        return 0;
    }
    show("read", got);
    fflush(stdout); /* whoever types waits for it */
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
