/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writers.c - several processes write to one standard output at once: each write is whole, and when nobody reads any
 * more it is who writes that learns of it, not who happens to run. For tests/cli/streams.sh: which of the two is its
 * argument.
 */
#define _GNU_SOURCE
#include "family.h"

enum { WRITERS = 3, LINES = 200 };

static void lines(char letter)
{
    char line[60];

    memset(line, letter, sizeof(line) - 1);
    line[sizeof(line) - 1] = '\n';
    for (int i = 0; i < LINES; i++)
        if (write(STDOUT_FILENO, line, sizeof(line)) != sizeof(line))
            _exit(1);
}

/* One computes meanwhile; it is told on standard error what became of whom. */
static void until_nobody_reads(void)
{
    pid_t writer, other = branch();
    int status;

    if (other == 0)
        for (;;) {
        }
    writer = branch();
    if (writer == 0)
        for (;;)
            lines('x');
    waitpid(writer, &status, 0);
    fprintf(stderr, "the writer: %s\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE ? "SIGPIPE" : "another end");
    fprintf(stderr, "the other: %s\n", waitpid(other, &status, WNOHANG) == 0 ? "runs" : "has ended");
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
}

int main(int argc, char **argv)
{
    pid_t pid[WRITERS];
    const char *what = argc > 1 ? argv[1] : "";
    int failed = 0, status;

    if (strcmp(what, "until-nobody-reads") == 0)
        until_nobody_reads();
    if (strcmp(what, "at-once") != 0)
        return 0;
    for (int i = 0; i < WRITERS; i++) {
        pid[i] = branch();
        if (pid[i] == 0) {
            lines((char)('a' + i));
            _exit(0);
        }
    }
    for (int i = 0; i < WRITERS; i++)
        failed += waitpid(pid[i], &status, 0) != pid[i] || status != 0;
    return failed;
}
