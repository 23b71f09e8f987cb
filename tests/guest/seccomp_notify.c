/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp_notify.c - seccomp_unotify(2): a program that answers another one's system calls. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

/* What <linux/filter.h> and <linux/seccomp.h> have. */
struct sock_filter {
    unsigned short code;
    unsigned char jt, jf;
    unsigned k;
};
struct sock_fprog {
    unsigned short len;
    struct sock_filter *filter;
};
struct notif {
    uint64_t id;
    uint32_t pid, flags;
    struct {
        int nr;
        uint32_t arch;
        uint64_t pc, arg[6];
    } data;
};
struct response {
    uint64_t id;
    int64_t value;
    int32_t error;
    uint32_t flags;
};
struct addfd {
    uint64_t id;
    uint32_t flags, from, to, to_flags;
};
enum { TSYNC = 1, NEW_LISTENER = 8, TSYNC_ESRCH = 16, WAIT_KILLABLE = 32 };
enum { CONTINUE = 1, ADD_AT = 1, ADD_AND_SEND = 2 };
#define RECEIVE 0xc0502100u
#define SEND 0xc0182101u
#define ID_VALID 0x40082102u
#define ADDFD 0x40182103u
#define SET_FLAGS 0x40082104u

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#define ASKS SYS_umask /* which C libraries don't call by themselves */

static long listen_with(unsigned flags)
{
    static struct sock_filter code[] = {
        {0x20, 0, 0, 0},          /* the call's number */
        {0x15, 0, 1, ASKS},       /* one of which others decide */
        {0x06, 0, 0, 0x7fc00000}, /* SECCOMP_RET_USER_NOTIF */
        {0x06, 0, 0, 0x7fff0000}, /* SECCOMP_RET_ALLOW */
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

    return syscall(SYS_seccomp, 1, flags, &program);
}

/* ---- a child whose calls are answered ---- */

static int said[2]; /* by the child */
static int go[2];   /* its listener is its parent's as well */
static int listener;

static void say(long word)
{
    if (write(said[1], &word, sizeof(word)) != sizeof(word))
        _exit(98);
}

static long heard(void)
{
    long word = -99;

    if (read(said[0], &word, sizeof(word)) != sizeof(word))
        printf("nothing was said\n");
    return word;
}

/* Its result, or its errno as a negative number. */
static long ask(long number)
{
    long result = syscall(ASKS, number);

    return result == -1 ? -errno : result;
}

static pid_t begin(void (*child)(void), unsigned flags)
{
    pid_t pid;
    int pidfd;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        say(listen_with(NEW_LISTENER | flags));
        if (read(go[0], &(char){0}, 1) != 1)
            _exit(97);
        child();
        _exit(0);
    }
    pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    listener = (int)syscall(SYS_pidfd_getfd, pidfd, (int)heard(), 0);
    close(pidfd);
    if (write(go[1], "", 1) != 1)
        exit(1);
    return pid;
}

static void end(const char *what, pid_t pid)
{
    int status;

    waitpid(pid, &status, 0);
    printf("%s: %s %d\n", what, WIFEXITED(status) ? "exited" : "killed",
           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static void show_events(const char *what)
{
    struct pollfd poll_fd = {listener, POLLIN | POLLOUT, 0};

    poll(&poll_fd, 1, 0);
    printf("%s: events %x\n", what, (unsigned)poll_fd.revents);
}

static struct notif received(pid_t pid)
{
    struct notif notif = {0};
    long result = ioctl(listener, RECEIVE, &notif);

    if (result != 0)
        show("receive", result);
    else
        printf("asked: call %d, argument %d, of the child %d, flags %u\n", notif.data.nr == ASKS,
               (int)notif.data.arg[0], (pid_t)notif.pid == pid, notif.flags);
    return notif;
}

static long answer(uint64_t id, int64_t value, int32_t error, uint32_t flags)
{
    struct response response = {id, value, error, flags};

    return ioctl(listener, SEND, &response);
}

static void asking_child(void)
{
    for (int i = 1; i <= 4; i++)
        say(ask(i));
}

static void answers(void)
{
    pid_t pid = begin(asking_child, 0);
    struct notif notif = {.pid = 1};
    uint64_t wrong = 1ull << 62;
    char path[64], link[64] = "";

    snprintf(path, sizeof(path), "/proc/self/fd/%d", listener);
    (void)!readlink(path, link, sizeof(link) - 1);
    printf("%s\n", link);
    while (poll(&(struct pollfd){listener, POLLIN, 0}, 1, -1) == 0) /* until it asks */
        ;
    show_events("asked");
    show("receive into what isn't empty", ioctl(listener, RECEIVE, &notif));
    show("receive at a bad address", ioctl(listener, RECEIVE, 8));
    notif = received(pid);
    show_events("received");
    show("valid", ioctl(listener, ID_VALID, &notif.id));
    show("not valid", ioctl(listener, ID_VALID, &wrong));
    show("valid at a bad address", ioctl(listener, ID_VALID, 8));
    show("answer to nobody", answer(wrong, 0, 0, 0));
    show("answer with unknown flags", answer(notif.id, 0, 0, 2));
    show("go on, with a value", answer(notif.id, 1, 0, CONTINUE));
    show("go on, with an error", answer(notif.id, 0, -1, CONTINUE));
    show("answer at a bad address", ioctl(listener, SEND, 8));
    show("an error", answer(notif.id, 0, -EXDEV, 0));
    show("said", heard());
    show("answer too late", answer(notif.id, 0, 0, 0));
    notif = received(pid);
    show("a value", answer(notif.id, 4242, 0, 0));
    show("said", heard());
    notif = received(pid);
    show("both", answer(notif.id, 4242, -ENOENT, 0));
    show("said", heard());
    notif = received(pid);
    umask(027);
    show("go on", answer(notif.id, 0, 0, CONTINUE));
    show("said", heard()); /* what it had as a child: the usual one */
    end("it", pid);
    show_events("ended");
    memset(&notif, 0, sizeof(notif));
    show("receive", ioctl(listener, RECEIVE, &notif));
    show("unknown", ioctl(listener, 0x40082109, &wrong));
    show("flags", ioctl(listener, SET_FLAGS, 1));
    show("unknown flags", ioctl(listener, SET_FLAGS, 2));
    show("read", read(listener, &notif, sizeof(notif)));
    show("seek", lseek(listener, 0, SEEK_SET));
    close(listener);
}

/* ---- descriptors ---- */

static void adding_child(void)
{
    for (int i = 0; i < 3; i++) {
        long fd = ask(i);
        say(fd);
        say(fd > 0 ? write((int)fd, "x", 1) : -1);
        say(fd > 0 ? fcntl((int)fd, F_GETFD) : -1);
    }
}

static long add(uint64_t id, uint32_t flags, int from, uint32_t to, uint32_t to_flags)
{
    struct addfd addfd = {id, flags, (uint32_t)from, to, to_flags};

    return ioctl(listener, ADDFD, &addfd);
}

static void descriptors(void)
{
    struct notif notif;
    int pair[2];
    char byte[4];
    pid_t pid;
    long fd;

    if (pipe(pair) != 0)
        return;
    pid = begin(adding_child, 0);
    notif = received(pid);
    show("for nobody", add(notif.id + 99, 0, pair[1], 0, 0));
    show("unknown flags", add(notif.id, 4, pair[1], 0, 0));
    show("unknown flags of a descriptor", add(notif.id, 0, pair[1], 0, O_NONBLOCK));
    show("at a place, without saying so", add(notif.id, 0, pair[1], 60, 0));
    show("of no file", add(notif.id, 0, 99, 0, 0));
    show("far beyond", add(notif.id, ADD_AT, pair[1], 1u << 30, 0));
    show("of another size", ioctl(listener, 0x40102103, &notif));
    show("at a bad address", ioctl(listener, ADDFD, 8));
    fd = add(notif.id, 0, pair[1], 0, 0);
    show_bool("the lowest", fd > 2);
    show("answered with it", answer(notif.id, fd, 0, 0));
    show_bool("the same", heard() == fd);
    show("written", heard());
    show("closed at exec", heard());
    notif = received(pid);
    show("at a place", add(notif.id, ADD_AT, pair[1], 60, O_CLOEXEC));
    show("once more", add(notif.id, ADD_AT, pair[1], 60, O_CLOEXEC));
    show("answered with it", answer(notif.id, 60, 0, 0));
    show("said", heard());
    show("written", heard());
    show("closed at exec", heard());
    notif = received(pid);
    show("as an answer", add(notif.id, ADD_AT | ADD_AND_SEND, pair[1], 61, 0));
    show("said", heard());
    show("written", heard());
    show("closed at exec", heard());
    end("it", pid);
    show("too late", add(notif.id, 0, pair[1], 0, 0));
    close(pair[1]);
    show("bytes", read(pair[0], byte, sizeof(byte)));
    close(pair[0]);
    close(listener);
}

/* ---- signals ---- */

static volatile int handled;

static void on_signal(int signal)
{
    handled = signal;
}

static void signal_child(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGUSR1, &action, NULL);
    say(ask(1));
    say(handled);
}

static void signals(void)
{
    pid_t pid = begin(signal_child, 0);
    struct notif notif = received(pid);

    show("signal", kill(pid, SIGUSR1));
    show("said", heard());
    show("handled", heard());
    show("valid", ioctl(listener, ID_VALID, &notif.id));
    show("answer", answer(notif.id, 1, 0, 0));
    end("it", pid);
    close(listener);
}

/* Once its call was received no such signal gets it away. */
static void killable(void)
{
    pid_t pid = begin(signal_child, WAIT_KILLABLE);
    struct notif notif = received(pid);

    show("signal", kill(pid, SIGUSR1));
    show("valid", ioctl(listener, ID_VALID, &notif.id));
    show("answer", answer(notif.id, 7, 0, 0));
    show("said", heard());
    show("handled", heard());
    end("it", pid);
    close(listener);
    pid = begin(signal_child, WAIT_KILLABLE);
    notif = received(pid);
    show("kill", kill(pid, SIGKILL));
    end("it", pid);
    show("valid", ioctl(listener, ID_VALID, &notif.id));
    close(listener);
}

/* ---- ends ---- */

static void alone_child(void)
{
    say(ask(1));
    say(ask(2));
}

/* The child's own descriptor is one more; it closes that first. */
static void closing_child(void)
{
    for (int fd = 3; fd < 20; fd++)
        if (fd != said[1])
            close(fd);
    alone_child();
}

static void ends(void)
{
    pid_t pid = begin(closing_child, 0);

    (void)received(pid);
    close(listener); /* it has waited long enough */
    show("said", heard());
    show("said", heard());
    end("it", pid);
}

/* ---- what is refused ---- */

static void refused(void)
{
    unsigned action = 0x7fc00000;
    pid_t pid;

    show("available", syscall(SYS_seccomp, 2, 0, &action));
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        show("with all threads", listen_with(NEW_LISTENER | TSYNC));
        show("killable, of nobody", listen_with(WAIT_KILLABLE));
        show("unknown", listen_with(64));
        long fd = listen_with(NEW_LISTENER | TSYNC | TSYNC_ESRCH);
        show_bool("a descriptor", fd > 2);
        show("closed at exec", fcntl((int)fd, F_GETFD));
        show("another", listen_with(NEW_LISTENER));
        show("one without", listen_with(0));
        fflush(stdout);
        _exit(0);
    }
    end("it", pid);
}

int main(void)
{
    if (pipe(said) != 0 || pipe(go) != 0)
        return 1;
    umask(022);
    refused();
    answers();
    umask(022);
    descriptors();
    signals();
    killable();
    ends();
    return 0;
}
