/* SPDX-License-Identifier: Apache-2.0 */
/*
 * killat.c - killat N COMMAND...: runs a command and kills it (SIGKILL) as soon as it has printed N lines on standard
 * output. Passes those on that had been printed until it was dead. Status 0: it was killed; 1: it ended before.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int ends[2], status;
    long lines = 0, most = argc > 2 ? atol(argv[1]) : 0;
    char text[4096];
    ssize_t got;

    if (most <= 0 || pipe(ends) != 0)
        return 2;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    close(ends[1]);
    while (pid > 0 && (got = read(ends[0], text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if (text[i] == '\n' && ++lines == most)
                kill(pid, SIGKILL);
        fwrite(text, 1, (size_t)got, stdout);
    }
    if (fflush(stdout) != 0 || waitpid(pid, &status, 0) != pid)
        return 2;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 1;
}
