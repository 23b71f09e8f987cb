/* SPDX-License-Identifier: Apache-2.0 */
/* stopwaits.c - children that stop and go on, as wait4, waitid and SIGCHLD tell of them; orphaned groups of stopped
 * ones. */
#define _GNU_SOURCE
#include <sys/prctl.h>

#include "family.h"

static struct shared *shared;

/* In a group that isn't orphaned, wherever the test was started. */
static pid_t sleeper(void)
{
    pid_t pid = branch();

    if (pid == 0)
        for (;;)
            pause();
    setpgid(pid, pid);
    return pid;
}

static void show_info(const char *what, long result, const siginfo_t *info, pid_t pid)
{
    if (result == -1)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: signo %d, code %d, %s, status %d\n", what, info->si_signo, info->si_code,
               info->si_pid == pid ? "it" : "not it", info->si_status);
}

static void by_wait4(void)
{
    pid_t pid = sleeper();
    int status;

    show("nothing yet", waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG));
    kill(pid, SIGSTOP);
    show_bool("WUNTRACED", waitpid(pid, &status, WUNTRACED) == pid);
    show_status("it", status);
    show("told once", waitpid(pid, &status, WUNTRACED | WNOHANG));
    kill(pid, SIGCONT);
    show_bool("WCONTINUED", waitpid(pid, &status, WCONTINUED) == pid);
    show_status("it", status);
    show("told once", waitpid(pid, &status, WCONTINUED | WNOHANG));
    kill(pid, SIGTSTP);
    show_bool("WUNTRACED", waitpid(pid, &status, WUNTRACED) == pid);
    show_status("it", status);
    show("no longer, for others", waitpid(pid, &status, WNOHANG));
    kill(pid, SIGKILL);
    reap("killed while it was stopped", pid);
}

static void by_waitid(void)
{
    siginfo_t info = {0};
    pid_t pid = sleeper();

    kill(pid, SIGSTOP);
    show_info("WSTOPPED, left", waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), &info, pid);
    show_info("WSTOPPED, taken", waitid(P_ALL, 0, &info, WSTOPPED | WEXITED), &info, pid);
    memset(&info, 0, sizeof(info));
    show_info("once", waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG), &info, pid);
    kill(pid, SIGCONT);
    show_info("WCONTINUED, left", waitid(P_PID, (id_t)pid, &info, WCONTINUED | WNOWAIT), &info, pid);
    show_info("WCONTINUED, taken", waitid(P_PGID, (id_t)pid, &info, WCONTINUED), &info, pid);
    kill(pid, SIGTERM);
    show_info("WEXITED", waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WCONTINUED), &info, pid);
}

/* Whom nobody could have go on isn't stopped but by SIGSTOP. */
static void alone(void)
{
    pid_t pid = branch();

    if (pid == 0) {
        setsid();
        raise(SIGTSTP);
        raise(SIGTTIN);
        _exit(9);
    }
    reap("alone in its session", pid);
}

static volatile sig_atomic_t hung_up, went_on;

static void on_signal(int signal)
{
    if (signal == SIGHUP)
        hung_up = 1;
    else
        went_on = 1;
    if (hung_up && went_on)
        atomic_store(&shared->value[0], 1);
}

/* In a group of its own, which its parent looks after until that ends. */
static void stopped_orphan(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGCONT, &action, NULL);
    raise(SIGSTOP);
    while (atomic_load(&shared->value[0]) == 0)
        sched_yield();
    _exit(51);
}

static void orphaned(int stops)
{
    pid_t pid = branch(), parent;
    int status;

    if (pid == 0) { /* a session in which there is nobody else */
        setsid();
        parent = fork();
        if (parent == 0) {
            pid_t child = fork();
            if (child == 0) {
                if (stops)
                    stopped_orphan();
                turn_wait(shared, 1);
                _exit(hung_up ? 53 : 52);
            }
            setpgid(child, child);
            if (stops)
                waitpid(child, &status, WUNTRACED);
            _exit(0);
        }
        setpgid(parent, parent);
        waitpid(parent, &status, 0);
        _exit(0);
    }
    reap("session", pid);
    turn_set(shared, 1);
    show_bool("the orphan", wait(&status) > 0);
    show_status("it", status);
}

int main(void)
{
    shared = shared_make();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    by_wait4();
    by_waitid();
    alone();
    orphaned(1);
    orphaned(0);
    return 0;
}
