/* SPDX-License-Identifier: Apache-2.0 */
/* nproc.c - RLIMIT_NPROC: counted by real user, not for root; a fork bomb ends with EAGAIN; limits of others. */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/sem.h>

#include "family.h"

#define USER 54321

static struct shared *shared;

static void limit_set(unsigned most)
{
    struct rlimit limit = {most, most};

    show("limit", setrlimit(RLIMIT_NPROC, &limit));
}

/* Forks until it can't. */
static void bomb(void)
{
    int made = 0, status;
    pid_t pid;

    fflush(stdout);
    while (made < 100 && (pid = fork()) != -1) {
        if (pid == 0) {
            turn_wait(shared, 1);
            _exit(0);
        }
        made++;
    }
    printf("forked %d times, then %s\n", made, error_name(errno));
    turn_set(shared, 1);
    while (wait(&status) > 0)
        ;
}

static void as_user(void)
{
    pid_t pid = branch();

    if (pid == 0) {
        limit_set(5);
        show("setuid", setresuid(USER, USER, USER));
        bomb();
        leave(0);
    }
    reap("user", pid);
}

static void as_root(void)
{
    pid_t pid = branch();
    int status;

    if (pid == 0) {
        limit_set(0);
        pid = branch();
        if (pid == 0)
            _exit(0);
        waitpid(pid, &status, 0);
        show_status("root's", status);
        leave(0);
    }
    reap("root", pid);
}

/* Whoever takes a user's ID when that has too many may go on, but runs no other program. */
static void at_exec(char *program, int others)
{
    pid_t pid = branch();

    if (pid == 0) {
        limit_set(0);
        if (others && fork() == 0) {
            if (setresuid(USER, USER, USER) == 0)
                turn_set(shared, 2);
            turn_wait(shared, 3);
            _exit(0);
        }
        if (others)
            turn_wait(shared, 2);
        show("setuid", setresuid(USER, USER, USER));
        fflush(stdout);
        execl(program, program, "executed", NULL);
        show("execve", -1);
        leave(78);
    }
    reap("exec", pid);
    if (!others)
        return;
    turn_set(shared, 3);
    show_bool("the other is ours now", wait(NULL) > 0);
}

static void others(void)
{
    struct rlimit limit = {50, 60}, got;
    pid_t pid = branch();

    if (pid == 0) {
        turn_wait(shared, 4);
        getrlimit(RLIMIT_NOFILE, &got);
        printf("ours: %d, %d\n", (int)got.rlim_cur, (int)got.rlim_max);
        show("dup beyond", fcntl(1, F_DUPFD, 55));
        leave(0);
    }
    show("prlimit of nobody", syscall(SYS_prlimit64, 4000000, RLIMIT_NOFILE, NULL, &got));
    show("prlimit of a child", syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, &limit, NULL));
    show("prlimit of it, unknown", syscall(SYS_prlimit64, pid, 99, NULL, &got));
    turn_set(shared, 4);
    reap("child", pid);
    pid = branch();
    if (pid == 0) {
        pid_t root = getppid();
        show("setuid", setresuid(USER, USER, USER));
        show("prlimit of root's", syscall(SYS_prlimit64, root, RLIMIT_NOFILE, NULL, &got));
        show("pidfd of root's", (int)syscall(SYS_pidfd_open, root, 0) >= 0 ? 0 : -1);
        show("signal to root's", syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, root, 0), 0, NULL, 0));
        show("descriptor of root's", syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, root, 0), 1, 0));
        show("kcmp with root's", syscall(SYS_kcmp, root, getpid(), 1, 0, 0));
        leave(0);
    }
    reap("user", pid);
}

static void compare(void)
{
    enum { FILE_, VM, FILES, FS, SIGHAND, IO, SYSVSEM };
    struct sembuf undone = {.sem_op = 1, .sem_flg = SEM_UNDO};
    int set = semget(IPC_PRIVATE, 1, 0600);
    pid_t own = getpid(), pid = branch();

    if (pid == 0) {
        turn_wait(shared, 5);
        _exit(0);
    }
    show("kcmp: the same file", syscall(SYS_kcmp, own, pid, FILE_, 1, 1));
    show_bool("kcmp: another file",
              syscall(SYS_kcmp, own, own, FILE_, 0, 1) != 0 ||
                  syscall(SYS_kcmp, own, own, FILE_, 0, 1) == syscall(SYS_kcmp, own, own, FILE_, 1, 0));
    show("kcmp: no file", syscall(SYS_kcmp, own, own, FILE_, 0, 999));
    show_bool("kcmp: other memory", syscall(SYS_kcmp, own, pid, VM, 0, 0) > 0);
    show("kcmp: own memory", syscall(SYS_kcmp, own, own, VM, 0, 0));
    show_bool("kcmp: other files", syscall(SYS_kcmp, own, pid, FILES, 0, 0) > 0);
    show_bool("kcmp: other actions", syscall(SYS_kcmp, own, pid, SIGHAND, 0, 0) > 0);
    show("kcmp: nothing to undo", syscall(SYS_kcmp, own, pid, SYSVSEM, 0, 0));
    show("something to undo", semop(set, &undone, 1));
    show_bool("kcmp: other to undo", syscall(SYS_kcmp, own, pid, SYSVSEM, 0, 0) > 0);
    show("kcmp: own to undo", syscall(SYS_kcmp, own, own, SYSVSEM, 0, 0));
    show("the set goes", semctl(set, 0, IPC_RMID));
    show("kcmp: unknown", syscall(SYS_kcmp, own, pid, 50, 0, 0));
    show("kcmp: nobody", syscall(SYS_kcmp, own, 4000000, VM, 0, 0));
    turn_set(shared, 5);
    reap("it", pid);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "executed") == 0)
        return 77;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    shared = shared_make();
    as_user();
    as_root();
    at_exec(argv[0], 0);
    at_exec(argv[0], 1);
    others();
    compare();
    return 0;
}
