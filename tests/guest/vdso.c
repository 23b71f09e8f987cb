/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso.c - the vDSO is a shared library with Linux's names and version, its clocks are the system calls', and nobody
 * can write it.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "racers.h"
#include "show.h"

#define ROUNDS 1000
#define SECOND 1000000000ll

#if defined __x86_64__
#define PREFIX "__vdso_"
#define VERSION "LINUX_2.6"
#elif defined __aarch64__
#define PREFIX "__kernel_"
#define VERSION "LINUX_2.6.39"
#elif defined __riscv
#define PREFIX "__vdso_"
#define VERSION "LINUX_4.15"
#else
#define PREFIX "__vdso_"
#define VERSION "LINUX_5.10"
#endif

/* ---- the library ---- */

static struct {
    const char *base;
    const Elf64_Sym *symbol;
    const char *strings;
    const uint32_t *hash; /* buckets, entries, ... */
    const uint16_t *version;
    const Elf64_Verdef *verdef;
} lib;

static void read_dynamic(const Elf64_Dyn *dynamic)
{
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        const void *at = lib.base + dynamic->d_un.d_ptr;
        switch (dynamic->d_tag) {
        case DT_SYMTAB:
            lib.symbol = at;
            break;
        case DT_STRTAB:
            lib.strings = at;
            break;
        case DT_HASH:
            lib.hash = at;
            break;
        case DT_VERSYM:
            lib.version = at;
            break;
        case DT_VERDEF:
            lib.verdef = at;
            break;
        default:
            break;
        }
    }
}

static int lib_open(const char *base)
{
    const Elf64_Ehdr *header = (const void *)base;
    const Elf64_Phdr *program = (const void *)(base + header->e_phoff);

    if (memcmp(base, ELFMAG, SELFMAG) != 0 || header->e_type != ET_DYN)
        return 0;
    lib.base = base;
    for (int i = 0; i < header->e_phnum; i++)
        if (program[i].p_type == PT_DYNAMIC)
            read_dynamic((const void *)(base + program[i].p_offset));
    return lib.symbol != NULL && lib.strings != NULL && lib.hash != NULL && lib.version != NULL && lib.verdef != NULL;
}

static int has_version(uint16_t index)
{
    const Elf64_Verdef *def = lib.verdef;

    for (;; def = (const void *)((const char *)def + def->vd_next)) {
        const Elf64_Verdaux *aux = (const void *)((const char *)def + def->vd_aux);
        if (def->vd_ndx == (index & 0x7fff))
            return strcmp(lib.strings + aux->vda_name, VERSION) == 0;
        if (def->vd_next == 0)
            return 0;
    }
}

static const void *lib_find(const char *name)
{
    for (uint32_t i = 0; i < lib.hash[1]; i++) {
        const char *own = lib.strings + lib.symbol[i].st_name;
        if (strncmp(own, PREFIX, strlen(PREFIX)) == 0 && strcmp(own + strlen(PREFIX), name) == 0 &&
            has_version(lib.version[i]))
            return lib.base + lib.symbol[i].st_value;
    }
    return NULL;
}

/* ---- its functions ---- */

static int (*lib_clock_gettime)(clockid_t clock, struct timespec *out);
static int (*lib_clock_getres)(clockid_t clock, struct timespec *out);
static int (*lib_gettimeofday)(struct timeval *out, struct timezone *zone);
static int (*lib_getcpu)(unsigned *cpu, unsigned *node, void *unused);
static time_t (*lib_time)(time_t *out);

static int64_t ns_of(const struct timespec *time)
{
    return time->tv_sec * SECOND + time->tv_nsec;
}

static int64_t kernel_now(clockid_t clock)
{
    struct timespec time;

    return syscall(SYS_clock_gettime, clock, &time) != 0 ? -1 : ns_of(&time);
}

static int64_t lib_now(clockid_t clock)
{
    struct timespec time = {0, -1};

    return lib_clock_gettime(clock, &time) != 0 || time.tv_nsec < 0 || time.tv_nsec >= SECOND ? -1 : ns_of(&time);
}

/* What the library says lies between what the kernel says before and after. */
static void compare_clock(const char *name, clockid_t clock)
{
    struct timespec own = {0}, kernels = {0};
    int wrong = 0, results[2] = {lib_clock_getres(clock, &own), (int)syscall(SYS_clock_getres, clock, &kernels)};

    for (int i = 0; i < ROUNDS; i++) {
        int64_t before = kernel_now(clock), time = lib_now(clock), next = lib_now(clock), after = kernel_now(clock);
        wrong += before < 0 || time < before || next < time || after < next;
    }
    printf("%s: wrong %d of %d times, resolution %s\n", name, wrong, ROUNDS,
           results[0] == results[1] && ns_of(&own) == ns_of(&kernels) ? "the same" : "another");
}

static void compare_day(void)
{
    int wrong = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct timeval day = {0, -1};
        struct timezone zone = {1, 1};
        int64_t before = kernel_now(CLOCK_REALTIME) / 1000;
        int failed =
            lib_gettimeofday(&day, &zone) != 0 || lib_gettimeofday(NULL, NULL) != 0 || zone.tz_minuteswest != 0;
        int64_t after = kernel_now(CLOCK_REALTIME) / 1000, time = day.tv_sec * 1000000ll + day.tv_usec;
        wrong += failed != 0 || day.tv_usec < 0 || day.tv_usec >= 1000000 || time < before || time > after;
    }
    printf("gettimeofday: wrong %d of %d times\n", wrong, ROUNDS);
}

/* Linux's time() goes by the clock's last tick. */
static void compare_time(void)
{
    time_t stored = 0, before = kernel_now(CLOCK_REALTIME_COARSE) / SECOND, now = lib_time(&stored);

    show_bool("time", before <= now && now <= kernel_now(CLOCK_REALTIME_COARSE) / SECOND && stored == now &&
                          lib_time(NULL) >= now);
}

/* On each of the CPUs, and back again: it is the one that the kernel says. */
static void compare_cpu(void)
{
    struct racers_cpus cpus = racers_cpus_get();
    unsigned cpu = ~0u, node = ~0u;
    int wrong = 0;

    for (int i = 0; i < 3 * cpus.count; i++) {
        int number = cpus.number[i % cpus.count];
        wrong += racers_pin(0, number) != 0 || lib_getcpu(&cpu, &node, NULL) != 0 || cpu != (unsigned)number ||
                 node >= 4096 || racers_cpu_now() != number;
        wrong += lib_getcpu(NULL, &node, NULL) != 0 || lib_getcpu(&cpu, NULL, NULL) != 0 ||
                 lib_getcpu(NULL, NULL, NULL) != 0;
    }
    show_bool("getcpu", wrong == 0);
}

/* ---- a thread that others move from CPU to CPU ---- */

#define MOVES 24

static atomic_int target, said, asker; /* a CPU; what the library says there; the thread */

static void *say_cpu(void *arg)
{
    unsigned cpu;

    (void)arg;
    atomic_store(&asker, gettid());
    while (atomic_load(&target) != -2) {
        if (lib_getcpu(&cpu, NULL, NULL) == 0)
            atomic_store(&said, (int)cpu);
        if (atomic_load(&target) == (int)cpu)
            sched_yield();
    }
    return NULL;
}

/* The thread makes no call that would tell it: it is moved while it asks. */
static void compare_moved(void)
{
    struct racers_cpus cpus = racers_cpus_get();
    pthread_t thread;

    atomic_store(&target, -1);
    thread = racers_start(say_cpu, NULL);
    racers_wait(&asker, 1);
    for (int i = 0; i < MOVES; i++) {
        int number = cpus.number[i % cpus.count];
        if (racers_pin((pid_t)atomic_load(&asker), number) != 0)
            show_bool("pinned", 0);
        atomic_store(&said, -1);
        atomic_store(&target, number);
        while (atomic_load(&said) != number) /* for ever if it is told another one */
            sched_yield();
    }
    atomic_store(&target, -2);
    pthread_join(thread, NULL);
    show_bool("getcpu on the way", 1);
}

/* ---- what it refuses ---- */

static sigjmp_buf out;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    siglongjmp(out, signal == SIGSEGV && info->si_code == SEGV_ACCERR ? 1 : 2);
}

static void try_to_write(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    int result;

    sigaction(SIGSEGV, &action, NULL);
    result = sigsetjmp(out, 1);
    if (result == 0)
        *(volatile char *)lib.base = 1;
    show("a write", result);
}

int main(void)
{
    struct timespec time;
    int has_linux_names;

    show_bool("a library", lib_open((const char *)getauxval(AT_SYSINFO_EHDR)));
    *(const void **)&lib_clock_gettime = lib_find("clock_gettime");
    *(const void **)&lib_clock_getres = lib_find("clock_getres");
    *(const void **)&lib_gettimeofday = lib_find("gettimeofday");
    *(const void **)&lib_time = lib_find("time");
    *(const void **)&lib_getcpu = lib_find("getcpu");
    has_linux_names = lib_clock_gettime != NULL && lib_clock_getres != NULL && lib_gettimeofday != NULL;
#if defined __x86_64__
    has_linux_names &= lib_time != NULL && lib_getcpu != NULL;
#endif
    show_bool("Linux's names", has_linux_names);
    compare_clock("CLOCK_REALTIME", CLOCK_REALTIME);
    compare_clock("CLOCK_MONOTONIC", CLOCK_MONOTONIC);
    compare_clock("CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW);
    compare_clock("CLOCK_REALTIME_COARSE", CLOCK_REALTIME_COARSE);
    compare_clock("CLOCK_MONOTONIC_COARSE", CLOCK_MONOTONIC_COARSE);
    compare_clock("CLOCK_BOOTTIME", CLOCK_BOOTTIME);
    compare_clock("CLOCK_TAI", CLOCK_TAI);
    compare_clock("CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID);
    compare_clock("CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID);
    show("another clock", lib_clock_gettime(77, &time));
    show("a negative clock", lib_clock_gettime(-77, &time));
    compare_day();
    if (lib_time != NULL)
        compare_time();
    else
        show_bool("time", 1);
    if (lib_getcpu != NULL) {
        compare_moved();
        compare_cpu();
    } else {
        show_bool("getcpu on the way", 1);
        show_bool("getcpu", 1);
    }
    try_to_write();
    return 0;
}
