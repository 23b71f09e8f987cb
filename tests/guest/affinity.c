/* SPDX-License-Identifier: Apache-2.0 */
/* affinity.c - sched_setaffinity and sched_getaffinity: which CPUs a thread runs on, its own and others', while it runs
 * and while it waits; who inherits that, and which masks are refused. */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "family.h"
#include "racers.h"

#define MOVES 40

static struct racers_cpus cpus;
static cpu_set_t at_start;

static int is_only(pid_t tid, int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    return sched_getaffinity(tid, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1 && CPU_ISSET(cpu, &set);
}

static void refused(void)
{
    static unsigned long words[64], much[64];
    cpu_set_t set;

    CPU_ZERO(&set);
    show("no CPU", sched_setaffinity(0, sizeof(set), &set));
    show("no bytes", syscall(SYS_sched_setaffinity, 0, 0, &set));
    CPU_SET(CPU_SETSIZE - 1, &set);
    show("a CPU that isn't there", sched_setaffinity(0, sizeof(set), &set));
    CPU_SET(cpus.number[0], &set);
    show("that and one that is", sched_setaffinity(0, sizeof(set), &set));
    show_bool("that one remains", is_only(0, cpus.number[0]));
    show("nobody", sched_setaffinity(99999999, sizeof(set), &set));
    show("a bad address", syscall(SYS_sched_setaffinity, 0, sizeof(set), (void *)8));
    show("asked for nobody", sched_getaffinity(99999999, sizeof(set), &set));
    show("into no room", syscall(SYS_sched_getaffinity, 0, 0, &set));
    show("into half a word", syscall(SYS_sched_getaffinity, 0, sizeof(long) + 1, &set));
    show("to a bad address", syscall(SYS_sched_getaffinity, 0, sizeof(words), (void *)8));
    const size_t bytes = (size_t)cpus.number[0] / 8 + 1;
    CPU_ZERO(&set);
    show("none in a short one", syscall(SYS_sched_setaffinity, 0, bytes, &set));
    CPU_SET(cpus.number[0], &set);
    CPU_SET(bytes * 8, &set); /* is beyond it */
    show("a short one", syscall(SYS_sched_setaffinity, 0, bytes, &set));
    show_bool("that one remains", is_only(0, cpus.number[0]));
    much[sizeof(much) / sizeof(*much) - 1] = 1;
    show("none but in the end of a long one", syscall(SYS_sched_setaffinity, 0, sizeof(much), much));
    memset(much, 0xff, sizeof(much));
    long size = syscall(SYS_sched_getaffinity, 0, sizeof(much), much);
    show_bool("what is longer than the kernel's remains as it is", size >= 8 && size < (long)sizeof(much) &&
                                                                       ((unsigned char *)much)[size] == 0xff &&
                                                                       much[sizeof(much) / sizeof(*much) - 1] == ~0ul);
    memset(much, 0xff, sizeof(much));
    show("all that one can name", sched_setaffinity(0, sizeof(much), (cpu_set_t *)much));
    sched_getaffinity(0, sizeof(set), &set);
    show_bool("are at least those from before", CPU_COUNT(&set) >= CPU_COUNT(&at_start));
    sched_setaffinity(0, sizeof(at_start), &at_start);
}

static void oneself(void)
{
    int right = 0;

    for (int i = 0; i < MOVES; i++) {
        int cpu = cpus.number[i % cpus.count];
        right += racers_pin(0, cpu) == 0 && racers_cpu_now() == cpu && is_only(0, cpu);
    }
    printf("oneself: %d of %d moves\n", right, MOVES);
    sched_setaffinity(0, sizeof(at_start), &at_start);
}

static atomic_int tid, looks, seen, asked, stop;

/* Looks again and again where it is. */
static void *runner(void *arg)
{
    (void)arg;
    atomic_store(&tid, (int)syscall(SYS_gettid));
    while (!atomic_load(&stop)) {
        atomic_store(&seen, racers_cpu_now());
        atomic_fetch_add(&looks, 1);
        racers_spin(200);
    }
    return NULL;
}

/* Looks when it is asked, and sleeps. */
static void *sleeper(void *arg)
{
    int done = 0;

    (void)arg;
    atomic_store(&tid, (int)syscall(SYS_gettid));
    while (!atomic_load(&stop)) {
        while (atomic_load(&asked) == done)
            syscall(SYS_futex, &asked, 0, done, NULL, NULL, 0);
        done++;
        atomic_store(&seen, racers_cpu_now());
        atomic_fetch_add(&looks, 1);
    }
    return NULL;
}

static pthread_t begin(void *(*body)(void *))
{
    atomic_store(&stop, 0);
    atomic_store(&tid, 0);
    atomic_store(&looks, 0);
    atomic_store(&asked, 0);
    pthread_t thread = racers_start(body, NULL);
    racers_wait(&tid, 1);
    return thread;
}

static void another_that_runs(void)
{
    pthread_t thread = begin(runner);
    int right = 0;

    for (int i = 0; i < MOVES; i++) {
        int cpu = cpus.number[i % cpus.count], set = racers_pin(atomic_load(&tid), cpu);
        racers_wait(&looks, atomic_load(&looks) + 2); /* the first one may have begun before */
        right += set == 0 && atomic_load(&seen) == cpu;
    }
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
    printf("another that runs: %d of %d moves\n", right, MOVES);
}

static void another_that_sleeps(void)
{
    pthread_t thread = begin(sleeper);
    const struct timespec while_it_falls_asleep = {0, 2000000};
    int right = 0;

    for (int i = 0; i < MOVES; i++) {
        int cpu = cpus.number[i % cpus.count], set;
        if (i % 4 != 0)
            nanosleep(&while_it_falls_asleep, NULL);
        set = racers_pin(atomic_load(&tid), cpu);
        atomic_store(&stop, i == MOVES - 1);
        atomic_fetch_add(&asked, 1);
        syscall(SYS_futex, &asked, 1, 1, NULL, NULL, 0);
        racers_wait(&looks, i + 1);
        right += set == 0 && atomic_load(&seen) == cpu;
    }
    pthread_join(thread, NULL);
    printf("another that sleeps: %d of %d moves\n", right, MOVES);
}

static void *thread_looks(void *arg)
{
    int cpu = *(int *)arg;

    return (void *)(intptr_t)(is_only(0, cpu) && racers_cpu_now() == cpu);
}

static void inherited(const char *program)
{
    char number[16];
    int threads = 0, children = 0, programs = 0;

    for (int i = 0; i < cpus.count; i++) {
        int status = 1, cpu = cpus.number[i];
        void *right;
        racers_pin(0, cpu);
        pthread_join(racers_start(thread_looks, &cpu), &right);
        threads += right != NULL;
        pid_t pid = branch();
        if (pid == 0)
            _exit(is_only(0, cpu) && racers_cpu_now() == cpu ? 0 : 1);
        waitpid(pid, &status, 0);
        children += status == 0;
        snprintf(number, sizeof(number), "%d", cpu);
        pid = branch();
        if (pid == 0) {
            execl(program, program, "on", number, (char *)NULL);
            _exit(2);
        }
        waitpid(pid, &status, 0);
        programs += status == 0;
    }
    show_bool("threads inherit it", threads == cpus.count);
    show_bool("children do", children == cpus.count);
    show_bool("and programs keep it", programs == cpus.count);
    sched_setaffinity(0, sizeof(at_start), &at_start);
}

/* Who is in another process, and computes. */
static void process_that_computes(void)
{
    struct shared *shared = shared_make();
    int right = 0;
    pid_t pid = branch();

    if (pid == 0)
        for (;;) {
            atomic_store(&shared->value[0], racers_cpu_now());
            turn_set(shared, atomic_load(&shared->turn) + 1);
            racers_spin(200);
        }
    for (int i = 0; i < MOVES; i++) {
        int cpu = cpus.number[i % cpus.count], set = racers_pin(pid, cpu);
        turn_wait(shared, atomic_load(&shared->turn) + 2);
        right += set == 0 && atomic_load(&shared->value[0]) == cpu;
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    printf("a child that computes: %d of %d moves\n", right, MOVES);
}

int main(int argc, char **argv)
{
    cpus = racers_cpus_get();
    if (argc == 3 && strcmp(argv[1], "on") == 0)
        return is_only(0, atoi(argv[2])) && racers_cpu_now() == atoi(argv[2]) ? 0 : 1;
    sched_getaffinity(0, sizeof(at_start), &at_start);
    refused();
    oneself();
    another_that_runs();
    another_that_sleeps();
    process_that_computes();
    inherited("/proc/self/exe");
    return 0;
}
