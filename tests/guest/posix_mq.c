/* SPDX-License-Identifier: Apache-2.0 */
/* posix_mq.c - POSIX message queues: names, priorities, limits, who waits, and what poll says. */
#define _GNU_SOURCE
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>

#include "meanwhile.h"
#include "sysv.h"

static char name[64];
static mqd_t queue;

static mqd_t open_sized(int flags, long messages, long size)
{
    struct mq_attr attr = {.mq_maxmsg = messages, .mq_msgsize = size};

    return mq_open(name, flags, 0600, &attr);
}

static void show_attr(const char *what, mqd_t mq)
{
    struct mq_attr attr;

    if (mq_getattr(mq, &attr) != 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: flags %lo, %ld messages of %ld bytes, %ld there\n", what, attr.mq_flags, attr.mq_maxmsg,
               attr.mq_msgsize, attr.mq_curmsgs);
}

static void get(const char *what, size_t size)
{
    char text[16384];
    unsigned priority = 99;
    ssize_t got = mq_receive(queue, text, size, &priority);

    if (got < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %.*s, %zd bytes of priority %u\n", what, (int)got, text, got, priority);
}

static int put(const char *text, unsigned priority)
{
    return mq_send(queue, text, strlen(text), priority);
}

/* ---- names ---- */

static void show_open(const char *what, long given)
{
    show_ok(what, given);
    if (given >= 0)
        mq_close((mqd_t)given);
}

static void names(void)
{
    char long_name[300];
    struct stat stat;
    struct statfs statfs;

    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[0] = '/';
    long_name[sizeof(long_name) - 1] = 0;
    show_open("none there", mq_open(name, O_RDWR));
    show("unlink none", mq_unlink(name));
    show_open("no name", syscall(SYS_mq_open, "", O_RDWR | O_CREAT, 0600, NULL));
    show_open("nowhere", syscall(SYS_mq_open, (void *)8, O_RDWR | O_CREAT, 0600, NULL));
    show_open("attributes from nowhere", syscall(SYS_mq_open, name + 1, O_RDWR | O_CREAT, 0600, (void *)8));
    show_open("a slash", syscall(SYS_mq_open, "a/b", O_RDWR | O_CREAT, 0600, NULL));
    show_open("itself", syscall(SYS_mq_open, ".", O_RDWR, 0600, NULL));
    show_open("above", syscall(SYS_mq_open, "..", O_RDWR | O_CREAT, 0600, NULL));
    show_open("a long one", syscall(SYS_mq_open, long_name + 1, O_RDWR | O_CREAT, 0600, NULL));
    show("unlink a slash", syscall(SYS_mq_unlink, "a/b"));
    queue = open_sized(O_RDWR | O_CREAT | O_EXCL, 4, 32);
    show_ok("made", queue);
    show_open("alone", open_sized(O_RDWR | O_CREAT | O_EXCL, 4, 32));
    show_open("the same", open_sized(O_RDWR | O_CREAT, 100, 1 << 20));
    show_attr("it", queue);
    show("it closes with exec", fcntl(queue, F_GETFD));
    fstat(queue, &stat);
    fstatfs(queue, &statfs);
    printf("mode %o, size %ld, links %lu, type %lx\n", stat.st_mode, (long)stat.st_size, (unsigned long)stat.st_nlink,
           (unsigned long)statfs.f_type);
    show_attr("no queue", 0);
    show("nor this", mq_send(0, "x", 1, 0));
    show("nor this", mq_receive(0, long_name, 300, NULL));
    show_attr("nothing", 999);
}

/* ---- messages ---- */

static void priorities(void)
{
    show("one", put("one", 1));
    show("five", put("five", 5));
    show("one again", put("one again", 1));
    show("the most", put("the most", 32767));
    show("too many", put("x", 32768));
    show("too long", put("123456789012345678901234567890123", 0));
    show_attr("full", queue);
    get("too short", 31);
    for (int i = 0; i < 4; i++)
        get("got", 32);
    show("from nowhere", mq_send(queue, (void *)8, 4, 0));
    show("nothing", put("", 0));
    get("got", 32);
    put("lost", 0);
    show("to nowhere", mq_receive(queue, (void *)8, 32, NULL));
    show_attr("empty", queue);
}

static void flags(void)
{
    struct mq_attr attr = {.mq_flags = O_NONBLOCK, .mq_maxmsg = 9}, old;
    mqd_t other;

    show("set", mq_setattr(queue, &attr, &old));
    printf("was %lo\n", old.mq_flags);
    show_attr("now", queue);
    get("none", 32);
    for (int i = 0; i < 4; i++)
        put("fill", 0);
    show("no room", put("x", 0));
    attr.mq_flags = O_APPEND;
    show("another flag", mq_setattr(queue, &attr, NULL));
    attr.mq_flags = 0;
    show("back", mq_setattr(queue, &attr, &old));
    printf("was %lo\n", old.mq_flags);
    for (int i = 0; i < 4; i++)
        get("got", 32);
    other = mq_open(name, O_RDONLY | O_NONBLOCK);
    show_attr("to read", other);
    show("write to it", mq_send(other, "x", 1, 0));
    mq_close(other);
    other = mq_open(name, O_WRONLY);
    show("read from it", mq_receive(other, name, 32, NULL));
    show("write(2)", write(other, "x", 1));
    mq_close(other);
}

static void reads(void)
{
    char text[128];
    ssize_t got;

    put("hello", 3);
    got = read(queue, text, sizeof(text) - 1);
    text[got > 0 ? got : 0] = 0;
    printf("%s", text);
    show("again", read(queue, text, sizeof(text)));
    show("seek", lseek(queue, 0, SEEK_SET));
    show("part", read(queue, text, 9));
    printf("%.9s\n", text);
    get("got", 32);
}

static void polled(void)
{
    struct pollfd pollfd = {queue, POLLIN | POLLOUT, 0};

    show("poll", poll(&pollfd, 1, 0));
    printf("empty: %x\n", pollfd.revents);
    put("x", 0);
    show("poll", poll(&pollfd, 1, 0));
    printf("one: %x\n", pollfd.revents);
    for (int i = 0; i < 3; i++)
        put("x", 0);
    show("poll", poll(&pollfd, 1, 0));
    printf("full: %x\n", pollfd.revents);
    pollfd.events = POLLOUT;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(poll(&pollfd, 1, -1) == 1 && pollfd.revents == POLLOUT ? 0 : 1);
    until_asleep(child);
    for (int i = 0; i < 4; i++)
        get("got", 32);
    int status;
    waitpid(child, &status, 0);
    show_end("who polls for room", status);
}

/* ---- waiting ---- */

static void nothing(int signal)
{
    (void)signal;
}

static pid_t receiver(void)
{
    fflush(stdout);
    pid_t child = fork();

    if (child == 0) {
        get("received", 32);
        fflush(stdout);
        _exit(0);
    }
    until_asleep(child);
    return child;
}

static void show_child(const char *what, pid_t child)
{
    int status;

    waitpid(child, &status, 0);
    show_end(what, status);
}

static void waits(void)
{
    struct sigaction action = {.sa_handler = nothing, .sa_flags = 0};
    const struct timespec past = {1, 0}, wrong = {0, -1};
    char text[32];
    pid_t child = receiver();

    show("to who waits", put("awaited", 7));
    show_child("receiver", child);
    show_attr("empty", queue);
    for (int i = 0; i < 4; i++)
        put("full", 5);
    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(put("at last", 9) == 0 ? 0 : errno);
    until_asleep(child);
    get("room", 32);
    show_child("sender", child);
    get("the sender's", 32);
    show("no time", mq_timedsend(queue, "x", 1, 0, &past));
    show("for this either", mq_timedsend(queue, "x", 1, 0, &past));
    show("no right time", mq_timedsend(queue, "x", 1, 0, &wrong));
    while (mq_timedreceive(queue, text, sizeof(text), NULL, &past) >= 0)
        ;
    show("no time to receive", mq_timedreceive(queue, text, sizeof(text), NULL, &past));
    show("no right time", mq_timedreceive(queue, text, sizeof(text), NULL, &wrong));
    show("nowhere", mq_timedreceive(queue, text, sizeof(text), NULL, (void *)8));
    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    get("a signal", 32);
    alarms_end();
    child = receiver();
    kill(child, SIGSTOP);
    kill(child, SIGCONT);
    put("after a stop", 0);
    show_child("receiver", child);
    child = receiver();
    kill(child, SIGKILL);
    show_child("killed", child);
    put("stays", 0);
    get("it does", 32);
}

/* ---- limits and rights ---- */

static void limits(int arg)
{
    struct rlimit limit = {5000, 5000};
    mqd_t mq;

    (void)arg;
    drop_resource_right();
    show_open("nothing", open_sized(O_RDWR | O_CREAT, 0, 10));
    show_open("of nothing", open_sized(O_RDWR | O_CREAT, 10, 0));
    show_open("less", open_sized(O_RDWR | O_CREAT, -1, 10));
    show_open("the least", open_sized(O_RDWR | O_CREAT, LONG_MIN, 10));
    show_open("of the least", open_sized(O_RDWR | O_CREAT, 10, LONG_MIN));
    show_open("too many", open_sized(O_RDWR | O_CREAT, 11, 10));
    show_open("too large", open_sized(O_RDWR | O_CREAT, 1, 8193));
    mq = mq_open(name, O_RDWR | O_CREAT, 0600, NULL);
    show_attr("what nobody asks for", mq);
    mq_close(mq);
    show("unlink", mq_unlink(name));
    setrlimit(RLIMIT_MSGQUEUE, &limit);
    show_open("more than may be", open_sized(O_RDWR | O_CREAT, 10, 500));
    mq = open_sized(O_RDWR | O_CREAT, 10, 404);
    show_ok("just", mq);
    mq_unlink(name);
    show_open("no more", open_sized(O_RDWR | O_CREAT, 1, 1));
    mq_close(mq);
    mq = open_sized(O_RDWR | O_CREAT, 10, 404);
    show_ok("again", mq);
    mq_close(mq);
    show("unlink", mq_unlink(name));
}

static void as_nobody(int arg)
{
    (void)arg;
    show_open("to read", mq_open(name, O_RDONLY));
    show_open("to write", mq_open(name, O_WRONLY));
    show_open("both", mq_open(name, O_RDWR));
    show_open("make it", open_sized(O_WRONLY | O_CREAT, 1, 1));
    show("unlink", mq_unlink(name));
    show("chmod", fchmod(queue, 0666));
}

static void rights(void)
{
    show("chmod", fchmod(queue, 0602));
    show_end("nobody", in_child(as_nobody, 0, 1));
    show("chown", fchown(queue, 65534, 65534));
    show_end("its owner", in_child(as_nobody, 0, 1));
    show_open("gone", mq_open(name, O_RDONLY));
    put("still there", 1);
    get("open", 32);
    struct stat stat;
    fstat(queue, &stat);
    printf("links %lu\n", (unsigned long)stat.st_nlink);
    mq_close(queue);
}

int main(void)
{
    own_ipc();
    snprintf(name, sizeof(name), "/lvmm-test-%d", (int)getpid());
    umask(022);
    names();
    priorities();
    flags();
    reads();
    polled();
    waits();
    rights();
    show_end("limits", in_child(limits, 0, 1));
    return 0;
}
