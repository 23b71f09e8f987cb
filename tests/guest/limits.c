/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - the resource limits of open files and of a file's size, where they hold and what they give. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "show.h"

static volatile sig_atomic_t signals;

static void count(int signal)
{
    (void)signal;
    signals++;
}

static long limit(int resource, rlim_t soft)
{
    struct rlimit both;

    getrlimit(resource, &both);
    both.rlim_cur = soft;
    return setrlimit(resource, &both);
}

static void descriptors(void)
{
    struct pollfd set[44] = {{0}};
    int fd, last = -1;

    show("RLIMIT_NOFILE", limit(RLIMIT_NOFILE, 42));
    while ((fd = dup(1)) >= 0)
        last = fd;
    show("the end", fd);
    printf("  the last is %d\n", last);
    show("open", open(".", O_RDONLY));
    show("open what isn't there", open("none", O_RDONLY));
    show("open makes nothing", (open("made", O_CREAT | O_RDWR, 0644), access("made", F_OK)));
    show("dup2 to the last", dup2(1, 41));
    show("dup2 beyond", dup2(1, 42));
    show("dup2 of nothing beyond", dup2(77, 42));
    show("dup3 beyond", dup3(1, 42, 0));
    show("dup3 of nothing beyond", dup3(77, 42, 0));
    show("F_DUPFD", fcntl(1, F_DUPFD, 10));
    show("F_DUPFD at the limit", fcntl(1, F_DUPFD, 42));
    show("F_DUPFD_CLOEXEC at the limit", fcntl(1, F_DUPFD_CLOEXEC, 42));
    show("poll of more", poll(set, 43, 0));
    close(20);
    show("one free", open(".", O_RDONLY));
    show("lower", limit(RLIMIT_NOFILE, 10));
    show("those above stay", fcntl(41, F_GETFD));
    show("dup2 to itself above", dup2(41, 41));
    close(5);
    show("one free below", dup(41));
    show("none", limit(RLIMIT_NOFILE, 0));
    close(6);
    show("none is given out", dup(1));
    show("F_DUPFD 0", fcntl(1, F_DUPFD, 0));
    for (fd = 3; fd < 42; fd++)
        close(fd);
    show("more", limit(RLIMIT_NOFILE, 1024));
    show("more than the hard limit", limit(RLIMIT_NOFILE, RLIM_INFINITY));
}

static void sizes(void)
{
    static char bytes[200];
    int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0644), in = open("in", O_CREAT | O_RDWR | O_TRUNC, 0644);
    struct iovec vector[2] = {{bytes, 60}, {bytes, 60}};

    write(in, bytes, 200);
    lseek(in, 0, SEEK_SET);
    show("RLIMIT_FSIZE", limit(RLIMIT_FSIZE, 100));
    signals = 0;
    show("write", write(fd, bytes, 200));
    show("signals", signals);
    show("write", write(fd, bytes, 1));
    show("signals", signals);
    show("write nothing", write(fd, bytes, 0));
    show("write below", pwrite(fd, bytes, 200, 50));
    show("pwrite", pwrite(fd, bytes, 1, 100));
    show("pwritev", pwritev(fd, vector, 2, 10));
    show("pwritev beyond", pwritev(fd, vector, 2, 1000));
    show("signals", signals);
    show("ftruncate", ftruncate(fd, 100));
    show("ftruncate beyond", ftruncate(fd, 101));
    show("truncate beyond", truncate("f", 101));
    show("posix_fallocate beyond", syscall(SYS_fallocate, fd, 0, 0, 101));
    show("signals", signals);
    show("sendfile", (lseek(fd, 90, SEEK_SET), sendfile(fd, in, NULL, 50)));
    show("sendfile", sendfile(fd, in, NULL, 50));
    show("position of what was sent", lseek(in, 0, SEEK_CUR));
    show("signals", signals);
    show("a larger one keeps its size", ftruncate(in, 190));
    show("and can be written below", pwrite(in, bytes, 150, 50));
    int more = open("f", O_WRONLY | O_APPEND);
    show("append", write(more, bytes, 1));
    show("truncated", ftruncate(more, 95));
    show("append", write(more, bytes, 10));
    show("signals", signals);
    show("no more limit", limit(RLIMIT_FSIZE, RLIM_INFINITY));
    show("write", write(fd, bytes, 200));
    close(fd);
    close(in);
    close(more);
    unlink("f");
    unlink("in");
}

/* What makes a file larger beside write(2), and where the signal goes. */
static void sizes_of_others(void)
{
    static char bytes[300];
    int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0644), in = open("in", O_CREAT | O_RDWR | O_TRUNC, 0644), pipes[2];
    loff_t at = 90, from = 0;
    sigset_t xfsz, waiting;

    write(in, bytes, 300);
    limit(RLIMIT_FSIZE, 100);
    signals = 0;
    show("copy_file_range", copy_file_range(in, &from, fd, &at, 50, 0));
    at = 100;
    show("copy_file_range at the limit", copy_file_range(in, &from, fd, &at, 50, 0));
    show("signals", signals);
    show("fallocate up to the limit", fallocate(fd, 0, 0, 100));
    show("fallocate across it", fallocate(fd, 0, 50, 51));
    show("signals", signals);
    pipe(pipes);
    write(pipes[1], bytes, 60);
    at = 70;
    show("splice", splice(pipes[0], NULL, fd, &at, 60, 0));
    at = 100;
    show("splice at the limit", splice(pipes[0], NULL, fd, &at, 60, 0));
    show("signals", signals);
    show("a pipe has none", write(pipes[1], bytes, 200));
    int tmp = open(".", O_TMPFILE | O_RDWR, 0600);
    if (tmp >= 0)
        close(tmp);
    show("truncate to the same size", truncate("in", 300));
    show("truncate a large one to less", truncate("in", 200));
    show("and to more", truncate("in", 201));
    show("signals", signals);
    sigemptyset(&xfsz);
    sigaddset(&xfsz, SIGXFSZ);
    sigprocmask(SIG_BLOCK, &xfsz, NULL);
    show("write beyond", pwrite(fd, bytes, 1, 100));
    sigpending(&waiting);
    show_bool("the signal waits", sigismember(&waiting, SIGXFSZ) == 1);
    sigprocmask(SIG_UNBLOCK, &xfsz, NULL);
    show("signals", signals);
    limit(RLIMIT_FSIZE, 0);
    show("no byte at all", pwrite(fd, bytes, 1, 0));
    show("open with O_TRUNC", (close(fd), fd = open("f", O_RDWR | O_TRUNC)) >= 0);
    show("an empty file", ftruncate(fd, 0));
    show("signals", signals);
    limit(RLIMIT_FSIZE, RLIM_INFINITY);
    close(fd);
    close(in);
    close(pipes[0]);
    close(pipes[1]);
    unlink("f");
    unlink("in");
}

/* A process without a handler ends of it; one that ignores it goes on with EFBIG. */
static void sizes_of_children(void)
{
    int status;

    for (int ignored = 0; ignored < 2; ignored++) {
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            struct rlimit none = {0, 0};

            setrlimit(RLIMIT_CORE, &none);
            signal(SIGXFSZ, ignored ? SIG_IGN : SIG_DFL);
            limit(RLIMIT_FSIZE, 10);
            int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0644);
            _exit(ftruncate(fd, 11) == -1 && errno == EFBIG ? 3 : 4);
        }
        waitpid(pid, &status, 0);
        printf("a child: %s %d\n", WIFSIGNALED(status) ? "signal" : "exit",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    unlink("f");
}

static void values(void)
{
    struct rlimit both = {20, 10};

    show("soft beyond hard", setrlimit(RLIMIT_CORE, &both));
    both = (struct rlimit){1000, 1000};
    show("lower", setrlimit(RLIMIT_MSGQUEUE, &both));
    show("get", getrlimit(RLIMIT_MSGQUEUE, &both));
    printf("  %lu %lu\n", (unsigned long)both.rlim_cur, (unsigned long)both.rlim_max);
    show("of another process", syscall(SYS_prlimit64, 0x3fffffff, RLIMIT_CORE, NULL, &both));
    show("from nowhere", syscall(SYS_prlimit64, 0, RLIMIT_CORE, 8, NULL));
    show("unknown, from nowhere", syscall(SYS_prlimit64, 0, 99, 8, NULL));
    show("setrlimit from nowhere", syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, 8));
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    for (int fd = 3; fd < 100; fd++)
        close(fd); /* whatever the caller left open */
    signal(SIGXFSZ, count);
    sizes();
    sizes_of_others();
    sizes_of_children();
    values();
    descriptors();
    return 0;
}
