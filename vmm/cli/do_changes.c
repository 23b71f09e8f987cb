/* SPDX-License-Identifier: Apache-2.0 */
/* do_changes.c - see do_changes.h. */
#include "vmm/cli/do_changes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

struct work {
    const struct config *config;
    int lower, upper;
    int go; /* its other end is closed: lvmm has gone, or was told to */
    unsigned long count;
    unsigned failed;
    bool exited;
};

/* What is written to `go`. */
enum { ENDED, EXITED };

static bool is_over(const struct work *work)
{
    struct pollfd other = {.fd = work->go};

    return poll(&other, 1, 0) > 0;
}

/* ---- the walks, one after the other: what is shown isn't affected by what was taken over ---- */

static int look(void *context, enum share_change change, const char *path)
{
    struct work *work = context;

    work->count++;
    return is_over(work) ? -EINTR : work->config->diff ? do_diff(work->lower, work->upper, change, path) : 0;
}

/* A signal comes before a file or after it. */
static int apply(void *context, enum share_change change, const char *path)
{
    struct work *work = context;
    sigset_t all, before;

    if (is_over(work))
        return -EINTR;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    if (do_apply(work->lower, work->upper, change, path) != 0)
        work->failed++;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return 0;
}

static int apply_mode(void *context, enum share_change change, const char *path)
{
    struct work *work = context;

    return is_over(work) ? -EINTR : do_apply_mode(work->lower, work->upper, change, path);
}

static void say(const struct work *work)
{
    if (work->count == 0 || work->config->diff || work->config->apply)
        return;
    log_warning("%lu file%s changed, and %s; --diff shows what, --apply takes it over", work->count,
                work->count == 1 ? " was" : "s were", work->config->keep != NULL ? "kept apart" : "forgotten");
}

/* As far as who is asked can do it: what fails is named, one by one. Nothing is taken over of what can't be shown,
 * unless nobody wants to read on. */
static int carry_out(struct work *work)
{
    int shown = share_changes(work->lower, work->upper, look, work);
    int error = shown == -EPIPE ? 0 : shown;

    if (error == 0 && work->config->apply && !work->exited && work->count != 0)
        log_warning("--apply: CMD was ended before its end: nothing is taken over");
    if (error == 0 && work->config->apply && work->exited) {
        error = share_changes(work->lower, work->upper, apply, work);
        error = error != 0 ? error : share_changes(work->lower, work->upper, apply_mode, work);
    }
    if (error != 0)
        log_error("what was changed can't be looked through: %s", strerror(-error));
    else
        say(work);
    return error != 0 || shown != 0 || work->failed != 0 || fflush(stdout) != 0 ? -EIO : 0;
}

/* lvmm's handlers would end lvmm's run, or write its report: here a signal does what it does to any process. */
static void forget_handlers(void)
{
    struct sigaction action;

    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            signal(number, SIG_DFL);
}

/* Those that come from the terminal, or with its end. */
static const int terminal_signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP};
#define SIGNALS (sizeof(terminal_signals) / sizeof(terminal_signals[0]))

static _Noreturn void wait_and_work(struct work *work)
{
    void (*before[SIGNALS])(int);
    char byte;
    ssize_t n;

    prctl(PR_SET_NAME, "lvmm-changes");
    forget_handlers();
    for (unsigned i = 0; i < SIGNALS; i++) /* they are for CMD, and this comes after its end */
        before[i] = signal(terminal_signals[i], SIG_IGN);
    do
        n = read(work->go, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1)
        _exit(1);
    for (unsigned i = 0; i < SIGNALS; i++) /* but nohup's */
        signal(terminal_signals[i], before[i] == SIG_IGN ? SIG_IGN : SIG_DFL);
    work->exited = byte == EXITED;
    _exit(carry_out(work) != 0);
}

/* They are told of on a terminal, where somebody may wonder where a file has gone. */
bool do_changes_matter(const struct config *config)
{
    return config->diff || config->apply || isatty(STDERR_FILENO);
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
        work.go = go[0];
        wait_and_work(&work);
    }
    int error = pid < 0 ? -errno : 0;
    close(go[0]);
    if (pid < 0) {
        close(go[1]);
        return error;
    }
    changes->pid = pid;
    atomic_init(&changes->go, go[1]);
    return 0;
}

void do_changes_cancel(void *owner)
{
    struct do_changes *changes = owner;
    int go = atomic_exchange(&changes->go, -1);

    if (go >= 0)
        close(go);
}

int do_changes_finish(struct do_changes *changes, bool exited)
{
    const char byte = exited ? EXITED : ENDED;
    int status = 0;

    if (changes->pid == 0)
        return 0;
    (void)!write(atomic_load(&changes->go), &byte, 1); /* where it has ended, its status tells */
    while (waitpid(changes->pid, &status, 0) < 0 && errno == EINTR) {
    }
    do_changes_cancel(changes);
    changes->pid = 0;
    return status == 0 ? 0 : -EIO;
}
