/* SPDX-License-Identifier: Apache-2.0 */
/* lat_tasks.c - what several processes or threads do together. */
#define _GNU_SOURCE
#include "lat.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- processes ---- */

/* a plain fork: no libc handlers, the same call with every libc */
static pid_t raw_fork(void)
{
    return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int reap(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid)
        return lat_error();
    return WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

static int run_fork(long n)
{
    while (n-- != 0) {
        pid_t pid = raw_fork();
        int error;

        if (pid < 0)
            return lat_error();
        if (pid == 0)
            _exit(0);
        error = reap(pid);
        if (error != 0)
            return error;
    }
    return 0;
}

static int run_fork_exec(long n)
{
    char *args[] = {(char *)lat_file, LAT_EXIT_ARG, NULL};

    while (n-- != 0) {
        pid_t pid = raw_fork();
        int error;

        if (pid < 0)
            return lat_error();
        if (pid == 0) {
            execve(lat_file, args, environ);
            _exit(errno);
        }
        error = reap(pid);
        if (error != 0)
            return error;
    }
    return 0;
}

/* ---- round trips through two pipes ---- */

static int ping[2] = {-1, -1}, pong[2] = {-1, -1};
static pid_t peer_pid;
static pthread_t peer_thread;

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

static int open_pipes(void)
{
    if (pipe(ping) != 0 || pipe(pong) != 0)
        return lat_error();
    return 0;
}

/* sends back each byte until the other side closes or sends a zero */
static void echo(void)
{
    char c;

    while (read(ping[0], &c, 1) == 1 && c != 0)
        if (write(pong[1], &c, 1) != 1)
            break;
}

static int run_pipe(long n)
{
    char c = 1;

    while (n-- != 0)
        if (write(ping[1], &c, 1) != 1 || read(pong[0], &c, 1) != 1)
            return lat_error();
    return 0;
}

static int setup_pipe_proc(void)
{
    int error = open_pipes();

    if (error != 0)
        return error;
    peer_pid = raw_fork();
    if (peer_pid < 0)
        return lat_error();
    if (peer_pid == 0) {
        close(ping[1]);
        close(pong[0]);
        echo();
        _exit(0);
    }
    close_end(&ping[0]);
    close_end(&pong[1]);
    return 0;
}

static void end_pipe_proc(void)
{
    close_end(&ping[1]);
    close_end(&pong[0]);
    close_end(&ping[0]);
    close_end(&pong[1]);
    if (peer_pid > 0)
        reap(peer_pid);
    peer_pid = 0;
}

static void *echo_thread(void *arg)
{
    echo();
    return arg;
}

static int peer_started;

static int setup_pipe_thread(void)
{
    int error = open_pipes();

    if (error == 0)
        error = pthread_create(&peer_thread, NULL, echo_thread, NULL);
    peer_started = error == 0;
    return error;
}

static void end_pipe_thread(void)
{
    char stop = 0;

    if (peer_started != 0 && write(ping[1], &stop, 1) == 1)
        pthread_join(peer_thread, NULL);
    peer_started = 0;
    end_pipe_proc();
}

/* ---- switches between two processes, each of which does nothing but yield ---- */

static int setup_switch(void)
{
    peer_pid = raw_fork();
    if (peer_pid < 0)
        return lat_error();
    while (peer_pid == 0)
        sched_yield();
    return 0;
}

static void end_switch(void)
{
    if (peer_pid > 0) {
        kill(peer_pid, SIGKILL);
        waitpid(peer_pid, NULL, 0);
    }
    peer_pid = 0;
}

/* there and back, with one CPU */
static int run_switch(long n)
{
    for (; n > 0; n -= 2)
        if (sched_yield() != 0)
            return lat_error();
    return 0;
}

/* ---- threads ---- */

static void *return_at_once(void *arg)
{
    return arg;
}

static int run_thread(long n)
{
    while (n-- != 0) {
        pthread_t t;
        int error = pthread_create(&t, NULL, return_at_once, NULL);

        if (error == 0)
            error = pthread_join(t, NULL);
        if (error != 0)
            return error;
    }
    return 0;
}

/* <linux/futex.h> is not at hand with every libc */
enum { WAIT_PRIVATE = 128, WAKE_PRIVATE = 129 };

enum { TURN_MAIN, TURN_PEER, TURN_STOP };

static int turn; /* the futex word: whose turn it is */

static long futex(int *word, int op, int value)
{
    return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

/* waits while the word holds `from`; gives what it holds then, or -errno */
static int await_change(int from)
{
    int v;

    while ((v = __atomic_load_n(&turn, __ATOMIC_ACQUIRE)) == from)
        if (futex(&turn, WAIT_PRIVATE, from) < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
    return v;
}

static int hand_over(int to)
{
    __atomic_store_n(&turn, to, __ATOMIC_RELEASE);
    return futex(&turn, WAKE_PRIVATE, 1) < 0 ? lat_error() : 0;
}

static void *futex_peer(void *arg)
{
    while (await_change(TURN_MAIN) == TURN_PEER)
        if (hand_over(TURN_MAIN) != 0)
            break;
    return arg;
}

static int setup_futex(void)
{
    int error;

    turn = TURN_MAIN;
    error = futex(&turn, WAKE_PRIVATE, 1) < 0 ? lat_error() : 0;
    if (error == 0)
        error = pthread_create(&peer_thread, NULL, futex_peer, NULL);
    peer_started = error == 0;
    return error;
}

static void end_futex(void)
{
    if (peer_started == 0)
        return;
    hand_over(TURN_STOP);
    pthread_join(peer_thread, NULL);
    peer_started = 0;
}

static int run_futex(long n)
{
    while (n-- != 0) {
        int error = hand_over(TURN_PEER);
        int v;

        if (error != 0)
            return error;
        v = await_change(TURN_PEER);
        if (v != TURN_MAIN)
            return v < 0 ? -v : EIO;
    }
    return 0;
}

const struct bench lat_tasks[] = {
    {"switch_proc", run_switch, setup_switch, end_switch, 2},
    {"pipe_rtt_proc", run_pipe, setup_pipe_proc, end_pipe_proc, 1},
    {"pipe_rtt_thread", run_pipe, setup_pipe_thread, end_pipe_thread, 1},
    {"futex_rtt", run_futex, setup_futex, end_futex, 1},
    {"thread_join", run_thread, NULL, NULL, 1},
    {"fork_exit_wait", run_fork, NULL, NULL, 1},
    {"fork_exec_wait", run_fork_exec, NULL, NULL, 1},
    {0},
};
