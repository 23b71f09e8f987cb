/* SPDX-License-Identifier: Apache-2.0 */
/* pty_pasted.c - what is typed at once, much of it, on a pseudo-terminal: its echo, which nobody reads meanwhile, is
 * complete. */
#define _GNU_SOURCE
#include "pty.h"

#define TRIES 30000 /* milliseconds, for what is lost */

/* The echo, until so many bytes of it are `what`; nothing else tells that it is complete. */
static void echo_is(int master, char what, long wanted)
{
    char bytes[1024];
    long total = 0, count = 0;

    while (count < wanted) {
        struct pollfd ready = {.fd = master, .events = POLLIN};
        long n = poll(&ready, 1, TRIES) == 1 ? read(master, bytes, sizeof(bytes)) : 0;

        if (n <= 0)
            break;
        total += n;
        for (long i = 0; i < n; i++)
            count += bytes[i] == what;
    }
    show("bytes of echo", total);
    show("of the one that was looked for", count);
}

/* Types so many of these lines at once, has them read, and then looks at their echo. */
static void paste(int master, int slave, const char *line, int times, char what, long wanted)
{
    static char bytes[8192];
    long size = 0, n, got = 0;

    for (int i = 0; i < times; i++) {
        memcpy(bytes + size, line, strlen(line));
        size += (long)strlen(line);
    }
    show("typed", write(master, bytes, (size_t)size));
    while (strchr(line, '\r') != NULL && got < size && (n = read(slave, bytes, sizeof(bytes))) > 0)
        got += n;
    show("read", got);
    echo_is(master, what, wanted);
}

int main(void)
{
    int master = pty_master(), slave = pty_slave(master, O_RDWR | O_NOCTTY);

    show_ok("the slave", slave);
    printf("%s\n", "lines");
    paste(master, slave, "a line of some words\r", 150, '\n', 150);
    printf("%s\n", "control characters, each shown as two");
    paste(master, slave, "\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\001\r", 200, '\n', 200);
    printf("%s\n", "a line that grows");
    paste(master, slave, "x", 3000, 'x', 3000);
    close(slave);
    close(master);
    return 0;
}
