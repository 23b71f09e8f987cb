/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pty.c - plays a terminal and the shell on it for a test: pty STEP... -- PROGRAM ARGUMENT...
 *
 * The steps, in order; the first that doesn't come true within some seconds ends the test with status 1 and what was
 * seen until then:
 *   start, start-behind  starts PROGRAM as a job in the foreground or in the background
 *   expect TEXT          the screen shows it, behind what was expected before
 *   type TEXT            keys, with \r, \n, \\ and \ooo
 *   coax KEYS TEXT       as expect, but the keys are typed again and again until it shows: of a shell that tells its
 *                        news only when it prompts
 *   signal NUMBER        to the program alone
 *   stopped              the job has been stopped; the shell takes the terminal back
 *   front, behind        the shell continues the job there
 *   lend, return         another job has the terminal, and gives it back; nobody is stopped, nor told
 *   mode raw|cooked      the terminal is in that mode
 *   same-mode            it is as it was at the start
 *   size ROWS COLUMNS    the window gets that size
 *   hangup               the terminal goes away
 *   sleep MILLISECONDS
 *   ends STATUS          the program ends so (128 and the signal's number)
 *   count NUMBER TEXT    TEXT stands so many times on the screen, from the start
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define TRIES 600 /* of 50 ms */

static int master, slave;
static struct termios sane;
static pid_t job;
static char screen[1 << 20];
static size_t shown, matched;
static char **program;

/* Takes what the terminal shows, for 50 ms; whether there was something. */
static bool look(void)
{
    struct pollfd ready = {.fd = master, .events = POLLIN};

    if (master < 0 || poll(&ready, 1, 50) <= 0) {
        if (master < 0)
            usleep(50000);
        return false;
    }
    ssize_t n = read(master, screen + shown, sizeof(screen) - 1 - shown);
    if (n > 0)
        shown += (size_t)n;
    else
        usleep(50000);
    return n > 0;
}

static void shell_takes_terminal(void)
{
    tcsetpgrp(slave, getpgrp());
    tcsetattr(slave, TCSADRAIN, &sane);
}

static bool start(bool in_front)
{
    job = fork();
    if (job != 0) {
        setpgid(job, job);
        return job > 0;
    }
    setpgid(0, 0);
    if (in_front)
        tcsetpgrp(slave, getpid());
    signal(SIGTTOU, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    for (int fd = 0; fd <= 2; fd++)
        dup2(slave, fd);
    close(slave);
    close(master);
    execv(program[0], program);
    _exit(127);
}

static bool resume(bool in_front)
{
    if (in_front)
        tcsetpgrp(slave, job);
    return kill(-job, SIGCONT) == 0;
}

static bool lend(bool back)
{
    if (!back)
        shell_takes_terminal();
    return !back || tcsetpgrp(slave, job) == 0;
}

static bool type(const char *text)
{
    for (; *text != '\0'; text++) {
        char key = *text;
        if (key == '\\' && text[1] >= '0' && text[1] <= '3') {
            key = (char)strtol((char[]){text[1], text[2], text[3], 0}, NULL, 8);
            text += 3;
        } else if (key == '\\') {
            text++;
            key = *text == 'r' ? '\r' : *text == 'n' ? '\n' : *text;
        }
        if (write(master, &key, 1) != 1)
            return false;
    }
    return true;
}

static bool shows(const char *text)
{
    const char *at = memmem(screen + matched, shown - matched, text, strlen(text));

    if (at != NULL)
        matched = (size_t)(at - screen) + strlen(text);
    return at != NULL;
}

static bool expect(const char *text)
{
    for (int i = 0; i < TRIES; i += !look()) /* one that shows much is not slow */
        if (shows(text))
            return true;
    return false;
}

static bool coax(const char *keys, const char *text)
{
    for (int i = 0; i < TRIES; i++) {
        if (i % 6 == 0 && !type(keys))
            return false;
        look();
        if (shows(text))
            return true;
    }
    return false;
}

static bool stopped(void)
{
    for (int i = 0; i < TRIES; i++) {
        int status;
        if (waitpid(job, &status, WUNTRACED | WNOHANG) == job) {
            shell_takes_terminal();
            return WIFSTOPPED(status);
        }
        look();
    }
    return false;
}

static bool is_mode(const char *mode)
{
    for (int i = 0; i < TRIES; i++) {
        struct termios now;
        tcgetattr(slave, &now);
        if (((now.c_lflag & ICANON) == 0) == (strcmp(mode, "raw") == 0))
            return true;
        look();
    }
    return false;
}

static bool is_same_mode(void)
{
    struct termios now;

    tcgetattr(slave, &now);
    return memcmp(&now, &sane, sizeof(now)) == 0;
}

static bool ends(int expected)
{
    int status;

    for (int i = 0; i < TRIES; i++) {
        if (waitpid(job, &status, WNOHANG) == job) {
            int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
            job = 0;
            if (code != expected)
                fprintf(stderr, "status %d\n", code);
            look();
            return code == expected;
        }
        look();
    }
    return false;
}

static bool set_size(const char *rows, const char *columns)
{
    const struct winsize size = {.ws_row = (unsigned short)atoi(rows), .ws_col = (unsigned short)atoi(columns)};

    return ioctl(master, TIOCSWINSZ, &size) == 0;
}

static bool count(int expected, const char *text)
{
    int n = 0;

    for (const char *at = screen; (at = strstr(at, text)) != NULL; at += strlen(text))
        n++;
    return n == expected;
}

static bool hang_up(void)
{
    close(slave);
    close(master);
    slave = master = -1;
    return true;
}

/* Runs the step at `step`; returns how many words it has, 0: it has failed. */
static int run(char **step)
{
    const char *name = step[0];

    if (strcmp(name, "start") == 0 || strcmp(name, "start-behind") == 0)
        return start(strcmp(name, "start") == 0) ? 1 : 0;
    if (strcmp(name, "front") == 0 || strcmp(name, "behind") == 0)
        return resume(strcmp(name, "front") == 0) ? 1 : 0;
    if (strcmp(name, "lend") == 0 || strcmp(name, "return") == 0)
        return lend(strcmp(name, "return") == 0) ? 1 : 0;
    if (strcmp(name, "stopped") == 0)
        return stopped() ? 1 : 0;
    if (strcmp(name, "same-mode") == 0)
        return is_same_mode() ? 1 : 0;
    if (strcmp(name, "hangup") == 0)
        return hang_up() ? 1 : 0;
    if (strcmp(name, "expect") == 0)
        return expect(step[1]) ? 2 : 0;
    if (strcmp(name, "type") == 0)
        return type(step[1]) ? 2 : 0;
    if (strcmp(name, "signal") == 0)
        return kill(job, atoi(step[1])) == 0 ? 2 : 0;
    if (strcmp(name, "mode") == 0)
        return is_mode(step[1]) ? 2 : 0;
    if (strcmp(name, "sleep") == 0)
        return usleep((useconds_t)atoi(step[1]) * 1000) == 0 ? 2 : 0;
    if (strcmp(name, "ends") == 0)
        return ends(atoi(step[1])) ? 2 : 0;
    if (strcmp(name, "size") == 0)
        return set_size(step[1], step[2]) ? 3 : 0;
    if (strcmp(name, "coax") == 0)
        return coax(step[1], step[2]) ? 3 : 0;
    if (strcmp(name, "count") == 0)
        return count(atoi(step[1]), step[2]) ? 3 : 0;
    fprintf(stderr, "no such step\n");
    return 0;
}

int main(int argc, char **argv)
{
    char **step = argv + 1;
    int failed = 0;

    for (program = argv + 1; program < argv + argc && strcmp(*program, "--") != 0; program++) {
    }
    if (program >= argv + argc)
        return 2;
    *program++ = NULL;
    if (setsid() < 0 && fork() != 0) { /* a group leader can't */
        int status;
        wait(&status);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    setsid();
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    if (openpty(&master, &slave, NULL, NULL, &size) < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
        return 2;
    fcntl(master, F_SETFD, FD_CLOEXEC);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    tcgetattr(slave, &sane);
    while (*step != NULL && failed == 0) {
        int words = run(step);
        if (words == 0) {
            fprintf(stderr, "failed: %s %s\nthe screen:\n%s\n", step[0], step[1] != NULL ? step[1] : "", screen);
            failed = 1;
        }
        step += words;
    }
    if (job > 0) {
        kill(-job, SIGKILL);
        kill(-job, SIGCONT);
        waitpid(job, NULL, 0);
    }
    return failed;
}
