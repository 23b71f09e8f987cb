/* SPDX-License-Identifier: Apache-2.0 */
/* lockwaits.c - processes and threads that wait for each other's locks and leases. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "meanwhile.h"
#include "show.h"

#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

static const char name[] = "locked";

static int record(int fd, int command, int type, off_t start, off_t length)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    return fcntl(fd, command, &lock);
}

/* Two ends that tell each other to go on. */
static int to_child[2], to_parent[2];

static void tell(const int *ends)
{
    if (write(ends[1], "x", 1) != 1)
        printf("pipe: %s\n", error_name(errno));
}

static void hear(const int *ends)
{
    char byte;

    if (read(ends[0], &byte, 1) != 1)
        printf("pipe: %s\n", error_name(errno));
}

static pid_t begin(void)
{
    fflush(stdout);
    return fork();
}

static void end(pid_t child, const char *what)
{
    int status;

    waitpid(child, &status, 0);
    printf("%s: %d\n", what, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static void leave(int status)
{
    fflush(stdout);
    _exit(status);
}

static void records(void)
{
    int fd = open(name, O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    pid_t child = begin();

    if (child == 0) {
        show("the child's", record(fd, F_SETLK, F_WRLCK, 10, 10));
        fflush(stdout);
        tell(to_parent);
        hear(to_child);
        usleep(20000);
        leave(0);
    }
    hear(to_parent);
    show("get", fcntl(fd, F_GETLK, &lock));
    printf("  type %d from %d length %d, of the child: %d\n", lock.l_type, (int)lock.l_start, (int)lock.l_len,
           lock.l_pid == child);
    show("what it has", record(fd, F_SETLK, F_RDLCK, 15, 1));
    show("what it hasn't", record(fd, F_SETLK, F_WRLCK, 20, 1));
    tell(to_child);
    show("wait for its end", record(fd, F_SETLKW, F_RDLCK, 15, 1));
    end(child, "it ended");
    child = begin();
    if (child == 0) {
        show("a child hasn't its parent's", record(fd, F_SETLK, F_WRLCK, 15, 1));
        close(open(name, O_RDONLY));
        show("nor lets it go", record(fd, F_SETLK, F_WRLCK, 15, 1));
        leave(0);
    }
    end(child, "it ended");
    close(open(name, O_RDONLY));
    child = begin();
    if (child == 0) {
        show("the parent has closed one", record(fd, F_SETLK, F_WRLCK, 15, 1));
        leave(0);
    }
    end(child, "it ended");
    close(fd);
}

static void circle(void)
{
    int fd = open(name, O_RDWR);
    pid_t child;

    show("the parent's", record(fd, F_SETLK, F_WRLCK, 0, 1));
    child = begin();
    if (child == 0) {
        show("the child's", record(fd, F_SETLK, F_WRLCK, 1, 1));
        fflush(stdout);
        tell(to_parent);
        long got = record(fd, F_SETLKW, F_WRLCK, 0, 1);
        leave(got == 0 ? 0 : errno);
    }
    hear(to_parent);
    until_asleep(child);
    show("each would wait for the other", record(fd, F_SETLKW, F_WRLCK, 1, 1));
    show("give it up", record(fd, F_SETLK, F_UNLCK, 0, 1));
    end(child, "it got that");
    show("and we this", record(fd, F_SETLKW, F_WRLCK, 1, 1));
    close(fd);
}

static void wholes(void)
{
    int fd = open(name, O_RDWR), other;
    pid_t child;

    show("exclusive", flock(fd, LOCK_EX));
    child = begin();
    if (child == 0) {
        other = open(name, O_RDWR);
        show("another file", flock(other, LOCK_SH | LOCK_NB));
        show("the same file", flock(fd, LOCK_SH | LOCK_NB));
        show("shared now", flock(other, LOCK_SH | LOCK_NB));
        show("not exclusive", flock(other, LOCK_EX | LOCK_NB));
        fflush(stdout);
        tell(to_parent);
        long got = flock(other, LOCK_EX);
        leave(got == 0 ? 0 : errno);
    }
    hear(to_parent);
    until_asleep(child);
    close(fd); /* the child has it, too */
    usleep(20000);
    show("it waits still", waitpid(child, NULL, WNOHANG));
    fd = open(name, O_RDWR);
    kill(child, SIGKILL);
    end(child, "killed as it waits");
    show("free", flock(fd, LOCK_EX | LOCK_NB));
    child = begin();
    if (child == 0) {
        close(fd);
        fd = open(name, O_RDWR);
        tell(to_parent);
        leave(flock(fd, LOCK_EX) == 0 ? 0 : errno);
    }
    hear(to_parent);
    until_asleep(child);
    show("unlock", flock(fd, LOCK_UN));
    end(child, "it got it");
    close(fd);
}

static void files(void)
{
    int fd = open(name, O_RDWR), other = open(name, O_RDWR);
    pid_t child;

    show("of an open file", record(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
    show("against another", record(other, F_OFD_SETLK, F_RDLCK, 5, 1));
    show("against the process", record(fd, F_SETLK, F_WRLCK, 5, 1));
    child = begin();
    if (child == 0) {
        show("a child has the file", record(fd, F_OFD_SETLK, F_RDLCK, 0, 10));
        close(open(name, O_RDONLY));
        show("both read", record(other, F_OFD_SETLK, F_RDLCK, 5, 1));
        show("one writes", record(other, F_OFD_SETLK, F_WRLCK, 5, 1));
        fflush(stdout);
        close(fd);
        tell(to_parent);
        leave(record(other, F_OFD_SETLKW, F_WRLCK, 5, 1) == 0 ? 0 : errno);
    }
    hear(to_parent);
    until_asleep(child);
    close(fd);
    end(child, "it waited for our close");
    close(other);
}

static int shared;

static void *locks(void *arg)
{
    int fd = open(name, O_RDWR);

    *(long *)arg = record(fd, F_OFD_SETLKW, F_WRLCK, 0, 1);
    usleep(1000);
    close(fd);
    return NULL;
}

static void *closes(void *arg)
{
    (void)arg;
    usleep(20000);
    close(shared);
    return NULL;
}

static void on_signal(int signal)
{
    (void)signal;
}

static void threads(void)
{
    pthread_t thread[4];
    long result[4] = {9, 9, 9, 9};
    int fd = open(name, O_RDWR);

    show("the first", record(fd, F_OFD_SETLK, F_WRLCK, 0, 1));
    for (int i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, locks, &result[i]);
    usleep(10000);
    close(fd);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    printf("threads got %ld %ld %ld %ld\n", result[0], result[1], result[2], result[3]);
}

/* A file that is closed while its descriptor waits for a lock; and a signal. */
static void ended(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t thread;
    pid_t child;
    int fd;

    child = begin();
    if (child == 0) {
        fd = open(name, O_RDWR);
        record(fd, F_SETLK, F_WRLCK, 0, 1);
        tell(to_parent);
        hear(to_child);
        leave(0);
    }
    hear(to_parent);
    fd = open(name, O_RDWR);
    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    show("a signal ends the wait", record(fd, F_SETLKW, F_WRLCK, 0, 1));
    show("and that of the other kind", record(fd, F_OFD_SETLKW, F_WRLCK, 0, 1));
    alarms_end();
    close(fd);
    shared = open(name, O_RDWR);
    pthread_create(&thread, NULL, closes, NULL);
    pthread_join(thread, NULL);
    tell(to_child);
    end(child, "it ended");
}

static volatile sig_atomic_t signals;

static void on_break(int signal)
{
    (void)signal;
    signals++;
}

static void leases(void)
{
    struct sigaction action = {.sa_handler = on_break};
    int fd = open("leased", O_RDWR | O_CREAT, 0600);
    pid_t child;
    sigset_t blocked, old;

    sigaction(SIGIO, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGIO);
    sigprocmask(SIG_BLOCK, &blocked, &old);
    show("a lease", fcntl(fd, F_SETLEASE, F_WRLCK));
    child = begin();
    if (child == 0) {
        show("without waiting", open("leased", O_RDONLY | O_NONBLOCK));
        fflush(stdout);
        tell(to_parent);
        int other = open("leased", O_RDONLY);
        tell(to_parent);
        hear(to_child);
        leave(other >= 0 ? 0 : errno);
    }
    hear(to_parent);
    while (signals == 0)
        sigsuspend(&old);
    show("signals", signals);
    show("what is left of it", fcntl(fd, F_GETLEASE));
    show("give it up", fcntl(fd, F_SETLEASE, F_UNLCK));
    hear(to_parent);
    show("another has it open", fcntl(fd, F_SETLEASE, F_WRLCK));
    tell(to_child);
    end(child, "it got in");
    show("nobody has", fcntl(fd, F_SETLEASE, F_WRLCK));
    child = begin();
    if (child == 0)
        leave(fcntl(fd, F_GETLEASE) == F_WRLCK ? 0 : 1);
    end(child, "a child has the lease with the file");
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(fd);
    unlink("leased");
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    close(open(name, O_RDWR | O_CREAT, 0600));
    if (pipe(to_child) != 0 || pipe(to_parent) != 0)
        return 1;
    records();
    circle();
    wholes();
    files();
    threads();
    ended();
    leases();
    unlink(name);
    return 0;
}
