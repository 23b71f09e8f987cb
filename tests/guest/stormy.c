/* SPDX-License-Identifier: Apache-2.0 */
/* stormy.c - writes 100,000 bytes (or as many as an argument says) to stdout while an alarm goes off all the time: what
 * write(2) has said to have written arrives, and nothing else, also if the program ends at once. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static void on_alarm(int signal)
{
    (void)signal;
}

static char byte_at(long at)
{
    return (char)('a' + (at + at / 1000) % 26);
}

int main(int argc, char **argv)
{
    static char bytes[70000];
    const struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
    const struct itimerval often = {{0, 700}, {0, 700}};
    long left = argc > 1 ? atol(argv[1]) : 100000, at = 0;

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (left > 0) {
        size_t size = left < (long)sizeof(bytes) ? (size_t)left : sizeof(bytes);
        ssize_t n;

        for (size_t i = 0; i < size; i++)
            bytes[i] = byte_at(at + (long)i);
        n = write(STDOUT_FILENO, bytes, size);
        if (n < 0 && errno != EINTR)
            return 1;
        at += n > 0 ? n : 0;
        left -= n > 0 ? n : 0;
    }
    _exit(0);
}
