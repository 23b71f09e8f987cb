/* SPDX-License-Identifier: Apache-2.0 */
/* sessions.c - process groups and sessions: who is in which, who may change it, and what is refused. */
#define _GNU_SOURCE
#include "family.h"

static struct shared *shared;

static void relation(const char *what)
{
    printf("%s: group %s, session %s\n", what,
           getpgrp() == getpid()    ? "its own"
           : getpgrp() == getppid() ? "its parent's"
                                    : "another",
           getsid(0) == getpid()    ? "its own"
           : getsid(0) == getppid() ? "its parent's"
                                    : "another");
}

/* In a session of its own, so that it doesn't matter where the test was started. */
static void leader(char *program)
{
    pid_t first, second, own = getpid();

    show_bool("setsid gives its number", setsid() == own);
    relation("leader");
    show("setsid again", setsid());
    show("setpgid of a leader", setpgid(0, 0));
    show("a group that is negative", setpgid(0, -1));
    show("of nobody", setpgid(4000000, 0));
    show("getpgid of nobody", getpgid(4000000));
    show("getsid of nobody", getsid(4000000));
    show("getpgid of a negative one", getpgid(-1));
    show_bool("getpgid by number", getpgid(own) == own);
    show_bool("getsid by number", getsid(own) == own);

    first = branch();
    if (first == 0) {
        turn_wait(shared, 1);
        relation("child, moved by its parent");
        fflush(stdout);
        turn_set(shared, 2);
        turn_wait(shared, 3);
        relation("child, moved back");
        show_bool("back itself", setpgid(0, 0) == 0 && getpgrp() == getpid());
        show("setsid of a group's leader", setsid());
        show("its parent isn't its child", setpgid(getppid(), 0));
        fflush(stdout);
        turn_set(shared, 4);
        turn_wait(shared, 7);
        execl(program, program, "exec", NULL);
        _exit(1);
    }
    show("a group for a child", setpgid(first, first));
    show_bool("it is there", getpgid(first) == first);
    turn_set(shared, 1);
    turn_wait(shared, 2);
    show("back to ours", setpgid(first, own));
    turn_set(shared, 3);
    turn_wait(shared, 4);

    second = branch();
    if (second == 0) {
        show("into its sibling's group", setpgid(0, first));
        show_bool("it is", getpgrp() == first);
        show_bool("a session of its own", setsid() == getpid());
        relation("second");
        fflush(stdout);
        turn_set(shared, 5);
        turn_wait(shared, 6);
        _exit(0);
    }
    turn_wait(shared, 5);
    show("a child of another session", setpgid(second, own));
    show("into a group of another session", setpgid(first, second));
    show("into no group", setpgid(first, 4000000));
    show("wait for that group", waitpid(-own, NULL, WNOHANG));
    turn_set(shared, 6);
    reap("second", second);
    turn_set(shared, 7);
    while (waitid(P_PID, (id_t)first, &(siginfo_t){0}, WEXITED | WNOWAIT) != 0)
        ;
    show("a child that has executed, and ended", setpgid(first, own));
    reap("first", first);
    show("one that was waited for", setpgid(first, own));
}

int main(int argc, char **argv)
{
    pid_t pid;

    if (argc > 1 && strcmp(argv[1], "exec") == 0) { /* as the first child, after it has executed this program */
        printf("executed: group %s\n", getpgrp() == getpid() ? "its own" : "another");
        return 5;
    }
    shared = shared_make();
    pid = branch();
    if (pid == 0) {
        leader(argv[0]);
        leave(0);
    }
    reap("leader", pid);
    return 0;
}
