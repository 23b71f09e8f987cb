/* SPDX-License-Identifier: Apache-2.0 */
/* stop.c - see stop.h. What handlers call is on signal-safety(7)'s list, or a plain system call. */
#include "vmm/stop.h"

#include <asm/unistd.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/sandbox/seccomp.h"

#define NS_PER_US 1000u

/* The one that signals are for: a handler has no argument that could tell it. */
static struct stop *_Atomic current;

/* signal(7): what ends a process by default, but for SIGKILL, faults and what is ignored. Real-time signals do, too. */
static const int endings[] = {SIGHUP,  SIGINT,  SIGQUIT,   SIGUSR1, SIGUSR2, SIGALRM,   SIGTERM,
                              SIGXCPU, SIGPROF, SIGVTALRM, SIGIO,   SIGPWR,  SIGSTKFLT, SIGABRT};
/* A fault of lvmm's own, or what the kernel makes of a mapped file that became shorter. */
static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the timer ---- */

/* The C library's timer_create isn't for handlers. A system that lacks the memory, or a user whose RLIMIT_SIGPENDING is
 * used up, still has the one timer that each process has. */
static void timer_make(struct stop *stop)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = STOP_DEADLINE_SIGNAL};
    int id;

    if (stop->timer >= 0 || stop->by_alarm)
        return;
    if (syscall(__NR_timer_create, CLOCK_MONOTONIC, &event, &id) == 0)
        stop->timer = id;
    else
        stop->by_alarm = true;
}

static void timer_set(struct stop *stop, uint64_t after_ns)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(after_ns / NS_PER_S), .tv_nsec = (long)(after_ns % NS_PER_S)}};
    const struct itimerval alarm = {
        .it_value = {.tv_sec = when.it_value.tv_sec, .tv_usec = when.it_value.tv_nsec / NS_PER_US}};

    timer_make(stop);
    if (stop->by_alarm)
        setitimer(ITIMER_REAL, &alarm, NULL);
    else
        syscall(__NR_timer_settime, stop->timer, 0, &when, NULL);
}

/* ---- the end ---- */

_Noreturn void stop_die(int number)
{
    const struct rlimit none = {0, 0};
    sigset_t set;

    setrlimit(RLIMIT_CORE, &none);
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    kill(getpid(), number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + number);
}

static void call_at_end(struct stop *stop)
{
    void (*at_end)(void *) = atomic_load(&stop->at_end);

    if (at_end != NULL)
        at_end(stop->at_end_owner);
}

/* Writes to stderr, unless that would block: the process ends now. */
static void say(const char *text)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0)
        (void)(write(STDERR_FILENO, text, strlen(text)) == 0);
}

static _Noreturn void end_now(struct stop *stop, int reason)
{
    call_at_end(stop);
    if (reason > 0) {
        say("lvmm: the run takes too long to end; lvmm ends without it\n");
        stop_die(reason);
    }
    say(reason == STOP_TIMEOUT
            ? "lvmm: --timeout: the time is over, and the run takes too long to end; lvmm ends without it\n"
            : "lvmm: a limit is reached, and the run takes too long to end; lvmm ends without it\n");
    _exit(stop->timeout_status);
}

/* Asks the run to end. Of several reasons the first counts. */
static void request(struct stop *stop, int reason)
{
    const uint64_t one = 1;
    int none = STOP_NONE;
    void (*ended)(void *) = atomic_load(&stop->ended);

    if (ended != NULL && reason > 0)
        ended(stop->ended_owner);
    if (ended != NULL || atomic_load(&stop->reason) != STOP_NONE)
        return;
    atomic_store(&stop->grace_end_ns,
                 clock_ns(CLOCK_MONOTONIC) + STOP_GRACE_NS); /* before the timer's handler may ask for it */
    if (!atomic_compare_exchange_strong(&stop->reason, &none, reason))
        return;
    timer_set(stop, STOP_GRACE_NS);
    (void)(write(stop->fd, &one, sizeof(one)) == 0);
    void (*call)(void *) = atomic_load(&stop->call);
    if (call != NULL)
        call(stop->call_owner);
}

static void trace(struct stop *stop)
{
    void (*call)(void *) = atomic_load(&stop->trace);

    atomic_fetch_add(&stop->traces, 1);
    if (call != NULL)
        call(stop->trace_owner);
}

static void limit(struct stop *stop, bool by_timer)
{
    bool (*is_limit)(void *, bool) = atomic_load(&stop->is_limit);

    request(stop, is_limit != NULL && is_limit(stop->limit_owner, by_timer) ? STOP_LIMIT : STOP_LIMIT_SIGNAL);
}

/* The timer's signal: --timeout is over, or the grace period is. It comes too early where it was on its way as
 * the timer was set anew: then the rest of the time is waited for. */
static void deadline(struct stop *stop)
{
    int reason = atomic_load(&stop->reason);
    uint64_t now = clock_ns(CLOCK_MONOTONIC), end = atomic_load(&stop->grace_end_ns);

    if (atomic_load(&stop->ended) != NULL)
        return;
    if (reason == STOP_NONE)
        request(stop, STOP_TIMEOUT);
    else if (now >= end)
        end_now(stop, reason);
    else
        timer_set(stop, end - now);
}

/* ---- handlers ---- */

static void on_ending(int number, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    struct stop *stop = atomic_load(&current);
    bool ours = info->si_code == SI_TKILL && info->si_pid == getpid();

    (void)context;
    if (number == STOP_KICK_SIGNAL && ours)
        return;                      /* its only effect: KVM_RUN returns */
    if (number == SIGABRT && ours) { /* abort(3) */
        atomic_store(&stop->fatal, number);
        call_at_end(stop);
        stop_die(number);
    }
    if ((number == STOP_DEADLINE_SIGNAL && info->si_code == SI_TIMER) || (number == SIGALRM && stop->by_alarm))
        deadline(stop);
    else if (number == STOP_TRACE_SIGNAL)
        trace(stop);
    else if (number == STOP_LIMIT_SIGNAL)
        limit(stop, info->si_code == SI_TIMER);
    else
        request(stop, number);
    errno = saved_errno;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    struct stop *stop = atomic_load(&current);

    (void)context;
    if (number == SIGSYS)
        sandbox_name_call(info);
    atomic_store(&stop->fatal, number);
    call_at_end(stop);
    stop_die(number);
}

/* Handles a signal, unless it is handled already. Then somebody wants it so: our caller, who has us ignore it (nohup),
 * or a sanitizer. */
static void take(int number, const struct sigaction *action)
{
    struct sigaction before;

    if (sigaction(number, action, &before) == 0 && before.sa_handler != SIG_DFL)
        sigaction(number, &before, NULL);
}

static void take_all(void)
{
    struct sigaction ending = {.sa_sigaction = on_ending, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    for (unsigned i = 0; i < COUNT(endings); i++)
        sigaddset(&ending.sa_mask, endings[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        sigaddset(&ending.sa_mask, number);
    for (unsigned i = 0; i < COUNT(endings); i++)
        take(endings[i], &ending);
    for (int number = STOP_LIMIT_SIGNAL + 1; number <= SIGRTMAX; number++)
        take(number, &ending);
    sigaction(STOP_DEADLINE_SIGNAL, &ending, NULL); /* these three work, whatever our caller has us ignore */
    sigaction(STOP_LIMIT_SIGNAL, &ending, NULL);
    ending.sa_flags &= ~SA_RESTART;
    sigaction(STOP_KICK_SIGNAL, &ending, NULL);
    for (unsigned i = 0; i < COUNT(faults); i++)
        take(faults[i], &fault);
}

/* ---- for the others ---- */

int stop_init(struct stop *stop, uint64_t timeout_ns, int timeout_status)
{
    sigset_t none;

    *stop = (struct stop){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .timer = -1, .timeout_status = timeout_status};
    if (stop->fd < 0)
        return -errno;
    atomic_store(&current, stop);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    take_all();
    if (timeout_ns != 0)
        timer_set(stop, timeout_ns);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return 0;
}

void stop_on_request(struct stop *stop, void (*call)(void *owner), void *owner)
{
    stop->call_owner = owner;
    atomic_store(&stop->call, call);
    if (call != NULL && atomic_load(&stop->reason) != STOP_NONE)
        call(owner);
}

void stop_on_trace(struct stop *stop, void (*call)(void *owner), void *owner)
{
    stop->trace_owner = owner;
    atomic_store(&stop->trace, call);
    if (call != NULL && atomic_load(&stop->traces) != 0)
        call(owner);
}

unsigned stop_traces(const struct stop *stop)
{
    return atomic_load(&stop->traces);
}

void stop_on_limit(struct stop *stop, bool (*is_limit)(void *owner, bool by_timer), void *owner)
{
    stop->limit_owner = owner;
    atomic_store(&stop->is_limit, is_limit);
}

int stop_fatal(const struct stop *stop)
{
    return atomic_load(&stop->fatal);
}

void stop_at_end(struct stop *stop, void (*at_end)(void *owner), void *owner)
{
    stop->at_end_owner = owner;
    atomic_store(&stop->at_end, at_end);
}

void stop_guest_ended(struct stop *stop, void (*call)(void *owner), void *owner)
{
    stop->ended_owner = owner;
    atomic_store(&stop->ended, call);
    if (stop->timer >= 0 || stop->by_alarm)
        timer_set(stop, 0);
}

int stop_reason(struct stop *stop)
{
    return atomic_load(&stop->reason);
}
