/* SPDX-License-Identifier: Apache-2.0 */
/* mq_notify.c - who is told of a message in an empty queue: once, and not after it has closed the queue. */
#define _GNU_SOURCE
#include <mqueue.h>
#include <sys/stat.h>

#include "meanwhile.h"
#include "sysv.h"

static char name[64];
static mqd_t queue;
static siginfo_t got;
static int count;

static void handle(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    got = *info;
    count++;
}

static int ask(mqd_t mq, int notify, int signal, int value)
{
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = signal, .sigev_value = {.sival_int = value}};

    return (int)syscall(SYS_mq_notify, mq, &event);
}

static void show_told(const char *what)
{
    printf("%s: %d told", what, count);
    if (count != 0)
        printf(", signal %d, code %d, value %d, %s, user %u", got.si_signo == SIGUSR1, got.si_code,
               got.si_value.sival_int, got.si_pid == getpid() ? "by itself" : "by another", got.si_uid);
    printf("\n");
    count = 0;
}

static void show_text(const char *what)
{
    char text[128], *pid;
    ssize_t size = pread(queue, text, sizeof(text) - 1, 0);

    text[size > 0 ? size : 0] = 0;
    pid = strstr(text, "NOTIFY_PID:");
    if (pid == NULL)
        return;
    printf("%s: %.*s%s\n", what, (int)(pid - text), text,
           atoi(pid + 11) == getpid() ? "me"
           : atoi(pid + 11) == 0      ? "nobody"
                                      : "another");
}

static void put(void)
{
    mq_send(queue, "x", 1, 0);
}

static void get(void)
{
    char text[32];

    mq_receive(queue, text, sizeof(text), NULL);
}

static void wrong_ones(void)
{
    show("another kind", ask(queue, 9, SIGUSR1, 0));
    show("no signal", ask(queue, SIGEV_SIGNAL, 65, 0));
    show("a negative one", ask(queue, SIGEV_SIGNAL, -1, 0));
    show("no queue", ask(0, SIGEV_SIGNAL, SIGUSR1, 0));
    show("nothing", ask(999, SIGEV_SIGNAL, SIGUSR1, 0));
    show("nowhere", syscall(SYS_mq_notify, queue, (void *)8));
    show("a thread, without a socket", ask(queue, SIGEV_THREAD, 999, 0));
    show("not asked", syscall(SYS_mq_notify, queue, NULL));
}

static void another(int arg)
{
    (void)arg;
    show("another asks", ask(queue, SIGEV_SIGNAL, SIGUSR1, 2));
    show("another doesn't", syscall(SYS_mq_notify, queue, NULL));
    put();
}

static void told(void)
{
    show("ask", ask(queue, SIGEV_SIGNAL, SIGUSR1, 1));
    show("twice", ask(queue, SIGEV_SIGNAL, SIGUSR1, 1));
    show_text("it says");
    put();
    show_told("one message");
    show_text("it says");
    show("ask with a message there", ask(queue, SIGEV_SIGNAL, SIGUSR1, 3));
    put();
    show_told("one more");
    get();
    get();
    show_told("none is left");
    show_end("another", in_child(another, 0, 0));
    show_told("another's");
    get();
    show("ask", ask(queue, SIGEV_NONE, 0, 0));
    show_text("it says");
    show("twice", ask(queue, SIGEV_SIGNAL, SIGUSR1, 1));
    put();
    show_told("silently");
    show_text("it says");
    get();
    show("ask", ask(queue, SIGEV_SIGNAL, 0, 0));
    put();
    show_told("by no signal");
    get();
    show("ask", ask(queue, SIGEV_SIGNAL, SIGUSR1, 4));
    show("take it back", syscall(SYS_mq_notify, queue, NULL));
    put();
    show_told("taken back");
    get();
}

/* Who waits gets it, and nobody is told. */
static void awaited(void)
{
    int status;

    show("ask", ask(queue, SIGEV_SIGNAL, SIGUSR1, 5));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        get();
        _exit(0);
    }
    until_asleep(child);
    put();
    waitpid(child, &status, 0);
    show_told("a message for who waits");
    put();
    show_told("the next");
    get();
}

static void closes(int how)
{
    show("a child asks", ask(queue, SIGEV_SIGNAL, SIGUSR1, 6));
    if (how == 1)
        close(dup(queue));
    if (how == 1)
        show_text("after a close");
    fflush(stdout);
    if (how == 2)
        kill(getpid(), SIGKILL);
}

static void closed(void)
{
    for (int how = 0; how < 3; how++) {
        show_end("a child", in_child(closes, how, 0));
        show_text("after it");
    }
    show("ask", ask(queue, SIGEV_SIGNAL, SIGUSR1, 7));
    mqd_t other = mq_open(name, O_RDONLY);
    show_text("opened again");
    mq_close(other);
    show_text("and closed");
    put();
    show_told("nobody");
    get();
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 32};

    own_ipc();
    snprintf(name, sizeof(name), "/lvmm-test-%d", (int)getpid());
    sigaction(SIGUSR1, &action, NULL);
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    show_ok("open", queue);
    wrong_ones();
    told();
    awaited();
    closed();
    mq_close(queue);
    show("unlink", mq_unlink(name));
    return 0;
}
