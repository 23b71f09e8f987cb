/* SPDX-License-Identifier: Apache-2.0 */
/* sigthreads.c - signals in a process of several threads: masks and stacks of each, who takes what, who ends and stops.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

#define THREADS 3

static pthread_t main_thread;
static volatile sig_atomic_t taken_by_main, taken_by_other;
static sem_t ready, go, done;

static void on_signal(int signal)
{
    (void)signal;
    if (pthread_equal(pthread_self(), main_thread))
        taken_by_main++;
    else
        taken_by_other++;
    sem_post(&done);
}

static void mask(int how, int signal)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(how, &set, NULL);
}

static int is_pending(int signal)
{
    sigset_t set;

    sigpending(&set);
    return sigismember(&set, signal);
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        ;
}

static void show_taken(const char *what)
{
    printf("%s: main %d, other %d\n", what, (int)taken_by_main, (int)taken_by_other);
    taken_by_main = taken_by_other = 0;
}

/* ---- who takes it ---- */

static void *open_thread(void *arg)
{
    (void)arg;
    mask(SIG_UNBLOCK, SIGUSR1);
    sem_post(&ready);
    wait_for(&go); /* which the handler interrupts */
    return NULL;
}

static void by_mask(void)
{
    pthread_t thread;

    mask(SIG_BLOCK, SIGUSR1);
    pthread_create(&thread, NULL, open_thread, NULL);
    wait_for(&ready);
    kill(getpid(), SIGUSR1);
    wait_for(&done);
    show_taken("to the process, which the other lets in");
    pthread_kill(thread, SIGUSR1);
    wait_for(&done);
    show_taken("to the other");
    pthread_kill(main_thread, SIGUSR1);
    show("waits for us", is_pending(SIGUSR1));
    show_taken("to us, who block it");
    mask(SIG_UNBLOCK, SIGUSR1);
    wait_for(&done);
    show_taken("unblocked");
    kill(getpid(), SIGUSR1);
    wait_for(&done);
    show_taken("to the process, by one who lets it in");
    sem_post(&go);
    pthread_join(thread, NULL);
}

static void *closed_thread(void *arg)
{
    (void)arg;
    sem_post(&ready);
    wait_for(&go);
    show("the process's waits for the other, too", is_pending(SIGUSR1));
    show("but not ours alone", is_pending(SIGUSR2));
    mask(SIG_UNBLOCK, SIGUSR1);
    wait_for(&done);
    return NULL;
}

static void shared(void)
{
    pthread_t thread;

    mask(SIG_BLOCK, SIGUSR1);
    mask(SIG_BLOCK, SIGUSR2);
    pthread_create(&thread, NULL, closed_thread, NULL);
    wait_for(&ready);
    kill(getpid(), SIGUSR1);
    pthread_kill(pthread_self(), SIGUSR2);
    show("both wait", is_pending(SIGUSR1) && is_pending(SIGUSR2));
    sem_post(&go);
    pthread_join(thread, NULL);
    show_taken("who unblocks it takes it");
    show("gone", is_pending(SIGUSR1));
    show("still there", is_pending(SIGUSR2));
    mask(SIG_UNBLOCK, SIGUSR2);
    wait_for(&done);
    show_taken("ours");
}

/* ---- sigwaitinfo ---- */

static int waited[THREADS];

static void *waiting_thread(void *arg)
{
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sem_post(&ready);
    while (sigwaitinfo(&set, &info) != SIGUSR1)
        ;
    waited[(long)arg] = info.si_value.sival_int;
    sem_post(&done);
    return NULL;
}

static void waiting(void)
{
    pthread_t thread[THREADS];
    int sum = 0;

    mask(SIG_BLOCK, SIGUSR1);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, waiting_thread, (void *)i);
    for (int i = 0; i < THREADS; i++)
        wait_for(&ready);
    for (int i = 0; i < THREADS; i++) {
        sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1 << i});
        wait_for(&done);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        sum += waited[i];
        show("each has one", __builtin_popcount((unsigned)waited[i]));
    }
    show("all", sum);
    show_taken("no handler has run");
    pthread_create(&thread[0], NULL, waiting_thread, (void *)0);
    wait_for(&ready);
    pthread_kill(thread[0], SIGUSR1);
    pthread_join(thread[0], NULL);
    wait_for(&done);
    show("to the thread alone", is_pending(SIGUSR1));
}

/* ---- stacks ---- */

static char first_stack[65536], second_stack[65536];

static int is_within(uintptr_t address, const char *stack)
{
    return address >= (uintptr_t)stack && address < (uintptr_t)stack + sizeof(first_stack);
}

static void where(int signal)
{
    char here;
    uintptr_t address = (uintptr_t)&here;

    (void)signal;
    printf("  on %s\n", is_within(address, first_stack)    ? "the first"
                        : is_within(address, second_stack) ? "the second"
                                                           : "none");
}

static void *stack_thread(void *arg)
{
    stack_t stack = {.ss_sp = second_stack, .ss_size = sizeof(second_stack)}, old;

    (void)arg;
    sigaltstack(NULL, &old);
    show_bool("a new thread has none", old.ss_flags == SS_DISABLE);
    raise(SIGHUP);
    sigaltstack(&stack, NULL);
    raise(SIGHUP);
    return NULL;
}

static void stacks(void)
{
    struct sigaction action = {.sa_handler = where, .sa_flags = SA_ONSTACK};
    stack_t stack = {.ss_sp = first_stack, .ss_size = sizeof(first_stack)};
    pthread_t thread;

    sigaction(SIGHUP, &action, NULL);
    sigaltstack(&stack, NULL);
    raise(SIGHUP);
    pthread_create(&thread, NULL, stack_thread, NULL);
    pthread_join(thread, NULL);
    raise(SIGHUP);
}

/* ---- the end and stops of all ---- */

static void *pausing_thread(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

static void *spinning_thread(void *arg)
{
    (void)arg;
    for (volatile int i = 0;; i++)
        ;
    return NULL;
}

static void await_news(const char *what, pid_t child)
{
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigwaitinfo(&set, &info);
    printf("%s: code %d, status %d, from %s\n", what, info.si_code, info.si_status,
           info.si_pid == child ? "the child" : "another");
}

static pid_t many_threads(void)
{
    pid_t parent = getpid(), child;
    pthread_t thread[2];
    sigset_t set;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        pthread_create(&thread[0], NULL, pausing_thread, NULL);
        pthread_create(&thread[1], NULL, spinning_thread, NULL);
        kill(parent, SIGRTMIN);
        pausing_thread(NULL);
    }
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigwaitinfo(&set, NULL);
    return child;
}

static void reap(const char *what, pid_t child)
{
    int status = 0;

    waitpid(child, &status, 0);
    show(what, WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status));
}

static void all(void)
{
    pid_t child;

    mask(SIG_BLOCK, SIGCHLD);
    mask(SIG_BLOCK, SIGRTMIN);
    child = many_threads();
    kill(child, SIGTERM);
    await_news("SIGTERM", child);
    reap("SIGTERM", child);
    child = many_threads();
    kill(child, SIGSTOP);
    await_news("SIGSTOP", child);
    kill(child, SIGCONT);
    await_news("SIGCONT", child);
    kill(child, SIGSTOP);
    await_news("SIGSTOP", child);
    kill(child, SIGKILL);
    await_news("SIGKILL", child);
    reap("SIGKILL", child);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    main_thread = pthread_self();
    sem_init(&ready, 0, 0);
    sem_init(&go, 0, 0);
    sem_init(&done, 0, 0);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    by_mask();
    shared();
    waiting();
    stacks();
    all();
    return 0;
}
