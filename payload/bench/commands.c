/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.c - the first process of the Linux guest that ci/bench/do.sh compares `lvmm do` with: its root becomes the
 * virtio-fs file system "root", in which it runs the commands that come by the console.
 *
 * A command is a line: the folder to be in and the words, with a tab between any two. It is answered by "ready", and
 * begins with the next line, whatever that says; "done" or "failed" says that it has ended. So who counts what it costs
 * sends the words beforehand: each byte of a serial port costs exits. What a command prints goes to a file in memory
 * for the same reason. The line "end" ends the machine.
 */
#include "machine.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define MAX_WORDS 16

/* With /dev and /proc in it, and the environment that the same commands have elsewhere (ci/bench/in-do.sh). */
static bool enter_share(void)
{
    mkdir("/mnt", 0755);
    if (mount("root", "/mnt", "virtiofs", 0, NULL) != 0 || mount("/dev", "/mnt/dev", NULL, MS_MOVE, NULL) != 0 ||
        mount("/proc", "/mnt/proc", NULL, MS_MOVE, NULL) != 0 || chroot("/mnt") != 0)
        return false;
    setenv("HOME", "/root", 1);
    setenv("PATH", "/usr/bin:/bin", 1);
    setenv("LANG", "C", 1);
    return true;
}

/* The console gives bytes as they come, and doesn't echo them. */
static void make_plain(void)
{
    struct termios settings;

    if (tcgetattr(STDIN_FILENO, &settings) != 0)
        return;
    settings.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

/* By standard error, which the commands have as well: it says why one fails. */
static void say(const char *answer)
{
    dprintf(STDERR_FILENO, "%s\n", answer);
}

static bool read_line(char *line, size_t size)
{
    if (fgets(line, (int)size, stdin) == NULL)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static bool run_line(char *line)
{
    char *words[MAX_WORDS + 1] = {NULL};
    size_t count = 0;
    const char *folder = strsep(&line, "\t");

    while (line != NULL && count < MAX_WORDS)
        words[count++] = strsep(&line, "\t");
    return count > 0 && chdir(folder) == 0 && freopen("/dev/output", "w", stdout) != NULL && machine_run(words) == 0;
}

int main(void)
{
    char line[512], begin[16];

    machine_begin();
    make_plain();
    if (!enter_share()) {
        perror("commands: virtio-fs");
        machine_end();
    }
    say("ready");
    while (read_line(line, sizeof(line)) && strcmp(line, "end") != 0) {
        say("ready");
        if (!read_line(begin, sizeof(begin)))
            break;
        say(run_line(line) ? "done" : "failed");
    }
    machine_end();
}
