/* SPDX-License-Identifier: Apache-2.0 */
/* do_changes.c - see do_changes.h. */
#include "vmm/cli/do_changes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/cli/do_apply.h"
#include "vmm/cli/do_diff.h"
#include "vmm/log.h"
#include "vmm/share/tree.h"

/* What is done with each change, in this order. */
struct work {
    const struct config *config;
    int lower, upper;
    unsigned long count;
    unsigned failed;
};

static int look(void *context, enum share_change change, const char *path)
{
    struct work *work = context;
    int error = 0;

    work->count++;
    if (work->config->diff)
        error = do_diff(work->lower, work->upper, change, path);
    if (error == 0 && work->config->apply && do_apply(work->lower, work->upper, change, path) != 0)
        work->failed++;
    return error;
}

/* On a terminal, where somebody may wonder where a file has gone. */
static void say(const struct work *work)
{
    if (work->count == 0 || work->config->diff || work->config->apply || !isatty(STDERR_FILENO))
        return;
    log_warning("%lu file%s changed, and %s; --diff shows what, --apply takes it over", work->count,
                work->count == 1 ? " was" : "s were", work->config->keep != NULL ? "kept apart" : "forgotten");
}

/* As far as who is asked can do it: what fails is named, one by one. */
static int carry_out(struct work *work)
{
    int error = share_changes(work->lower, work->upper, look, work);

    if (error == -EPIPE)
        return -EPIPE; /* nobody reads the differences any more */
    if (error != 0)
        log_error("what was changed can't be looked through: %s", strerror(-error));
    else if (work->failed == 0)
        say(work);
    return error != 0 || work->failed != 0 || fflush(stdout) != 0 ? -EIO : 0;
}

/* lvmm's handlers would end lvmm's run, or write its report: here a signal does what it does to any process. */
static void forget_handlers(void)
{
    struct sigaction action;

    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            signal(number, SIG_DFL);
}

static _Noreturn void wait_and_work(struct work *work, int go)
{
    char byte;
    ssize_t n;

    prctl(PR_SET_NAME, "lvmm-changes");
    forget_handlers();
    signal(SIGINT, SIG_IGN); /* of the terminal: they are for CMD, and this comes after its end */
    signal(SIGQUIT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    do
        n = read(go, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1)
        _exit(1);
    close(go);
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    _exit(carry_out(work) != 0);
}

int do_changes_begin(struct do_changes *changes, const struct config *config, int lower, int upper)
{
    struct work work = {.config = config, .lower = lower, .upper = upper};
    int go[2];

    if (pipe2(go, O_CLOEXEC) != 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        wait_and_work(&work, go[0]);
    }
    int error = pid < 0 ? -errno : 0;
    close(go[0]);
    if (pid < 0) {
        close(go[1]);
        return error;
    }
    *changes = (struct do_changes){.pid = pid, .go = go[1]};
    return 0;
}

int do_changes_finish(struct do_changes *changes)
{
    int status = 0;

    if (changes->pid == 0)
        return 0;
    if (write(changes->go, "", 1) != 1)
        status = -1;
    close(changes->go);
    while (waitpid(changes->pid, &status, 0) < 0 && errno == EINTR) {
    }
    changes->pid = 0;
    return status == 0 ? 0 : -EIO;
}
