/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - see limits.h. */
#include "vmm/limits.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "vmm/clock.h"

#define NS_PER_US 1000u

const char *const limit_names[LIMIT_COUNT] = {
    [LIMIT_CPU_TIME] = "cpu-time", [LIMIT_OUTPUT] = "max-output", [LIMIT_DISK] = "max-disk"};

/* A signal reaches lvmm from each of its threads and from the processes that serve disks alike. Once is enough. */
static void reach(struct limits *limits, enum limit limit)
{
    if ((atomic_fetch_or(&limits->hit, 1u << limit) & 1u << limit) == 0)
        kill(limits->pid, STOP_LIMIT_SIGNAL);
}

static void output_over(void *owner)
{
    reach(owner, LIMIT_OUTPUT);
}

static void disk_over(void *owner)
{
    reach(owner, LIMIT_DISK);
}

/* In a signal handler: was it one of ours? */
static bool on_signal(void *owner, bool by_timer)
{
    struct limits *limits = owner;

    if (by_timer && limits->cpu_ns != 0)
        atomic_fetch_or(&limits->hit, 1u << LIMIT_CPU_TIME);
    return atomic_load(&limits->hit) != 0;
}

int limits_create(const struct limits_wanted *wanted, struct stop *stop, struct limits **out)
{
    struct limits *limits;

    *out = NULL;
    if (wanted->cpu_ns == 0 && wanted->output_bytes == METER_NO_LIMIT && wanted->disk_bytes == METER_NO_LIMIT &&
        !wanted->report)
        return 0;
    limits = mmap(NULL, sizeof(*limits), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (limits == MAP_FAILED)
        return -errno;
    limits->pid = getpid();
    limits->cpu_ns = wanted->cpu_ns;
    limits->meters_disks = wanted->report || wanted->disk_bytes != METER_NO_LIMIT;
    limits->input.most = limits->disks.read.most = METER_NO_LIMIT;
    limits->output.most = wanted->output_bytes;
    limits->output.over = output_over;
    limits->disks.written.most = wanted->disk_bytes;
    limits->disks.written.over = disk_over;
    limits->output.owner = limits->disks.written.owner = limits;
    stop_on_limit(stop, on_signal, limits);
    *out = limits;
    return 0;
}

/* The kernel's timer on the process's CPU clock: nobody has to look at the time, and it stands still while the guest
 * sleeps. */
static int timer_start(clockid_t clock, uint64_t after_ns)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(after_ns / NS_PER_S), .tv_nsec = (long)(after_ns % NS_PER_S)}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = STOP_LIMIT_SIGNAL};
    timer_t timer;

    if (timer_create(clock, &event, &timer) < 0 || timer_settime(timer, 0, &when, NULL) < 0)
        return -errno;
    return 0;
}

int limits_guest_begins(struct limits *limits, pid_t pid)
{
    clockid_t clock;

    if (limits == NULL)
        return 0;
    limits->cpu_start_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (limits->cpu_ns == 0)
        return 0;
    int error = clock_getcpuclockid(pid, &clock);
    return error != 0 ? -error : timer_start(clock, limits->cpu_ns);
}

static uint64_t time_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * NS_PER_US;
}

uint64_t limits_cpu_ns(const struct limits *limits)
{
    struct rusage children = {0};

    if (limits->cpu_start_ns == 0)
        return 0;
    getrusage(RUSAGE_CHILDREN, &children);
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID) - limits->cpu_start_ns + time_ns(children.ru_utime) +
           time_ns(children.ru_stime);
}

bool limits_is_hit(const struct limits *limits, enum limit limit)
{
    return limits != NULL && (atomic_load(&limits->hit) & 1u << limit) != 0;
}

struct meter *limits_input(struct limits *limits)
{
    return limits != NULL ? &limits->input : NULL;
}

struct meter *limits_output(struct limits *limits)
{
    return limits != NULL ? &limits->output : NULL;
}

struct disk_meters *limits_disks(struct limits *limits)
{
    return limits != NULL && limits->meters_disks ? &limits->disks : NULL;
}
