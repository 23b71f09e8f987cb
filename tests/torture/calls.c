/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.c - random system calls with random arguments, from a seed: each call of abi/syscalls.def, by what its kinds
 * say of its arguments, in several processes and threads, as root and as a user. Whatever they do, the supervisor ends
 * them and comes to an end of its own.
 *
 *   calls SEED ROUNDS STEPS   as a guest's program only: as root it ends all processes again and again
 */
#define _GNU_SOURCE
#include "chance.h"
#include "guest-kernel/abi/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SUPERVISOR 2 /* the process that a guest is started with */
#define USER 4711
#define AT_ONCE 10   /* processes of a round */
#define ROUND_MS 700 /* then they are killed, if they haven't come to an end */
#define END_MS 60000 /* and must be gone by then */
#define ARENA_PAGES 16
#define DESCRIPTORS 32

struct call {
    const char *name;
    int number;
    const char *handler;
    uint32_t kinds[KINDS_MAX];
};

/* SYS_read tells the two spaces of numbers apart. */
#define SYSCALL_I386(name, number, handler, ...)
#define SYSCALL(name, x86_64, generic, i386, handler, ...) \
    {#name, SYS_read == 0 ? (x86_64) : (generic), #handler, KINDS(__VA_ARGS__)},
static const struct call all_calls[] = {
#include "guest-kernel/abi/syscalls.def"
};
#define ALL_CALLS (sizeof(all_calls) / sizeof(all_calls[0]))

static const struct call *calls[ALL_CALLS];
static unsigned call_count;
static char *arena, *own_name;
static size_t page;
static bool as_root;
static long steps_left;
static _Thread_local struct chance chance;

/* ---- values ---- */

static unsigned any(unsigned below)
{
    return chance_below(&chance, below);
}

static uint64_t edge(void)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     7,
                                     8,
                                     63,
                                     64,
                                     127,
                                     255,
                                     4095,
                                     4096,
                                     4097,
                                     65535,
                                     65536,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0x100000000,
                                     0x7fffffffffff,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     0xffff800000000000,
                                     0xffffffff80000000,
                                     0xfffffffffffff000,
                                     0xffffffffffffffff,
                                     0xffffffffffffff9c,
                                     0xfffffffffffffffe};

    return edges[any(sizeof(edges) / sizeof(edges[0]))];
}

/* An address: most often of memory that is there, to its very end, or of a kind that isn't as it should be. */
static uint64_t address(void)
{
    char *end = arena + ARENA_PAGES * page; /* nothing, read-only, shared, of a file, beyond the file's end */

    switch (any(16)) {
    case 0:
        return 0;
    case 1:
        return edge();
    case 2:
        return (uintptr_t)(end - any(40));
    case 3:
        return (uintptr_t)(end + any(6) * page + 8 * any(200));
    case 4:
        return (uintptr_t)(end + any(6) * page);
    case 5:
        return (uintptr_t)edge + any(4096);
    case 6:
        return (uintptr_t)&end - 64 + any(128);
    case 7:
        return (uintptr_t)arena + any(ARENA_PAGES) * page;
    case 8:
        return (uintptr_t)arena + any(ARENA_PAGES * (unsigned)page);
    default:
        return (uintptr_t)arena + 8 * any(ARENA_PAGES * (unsigned)page / 8);
    }
}

static uint64_t process(void)
{
    switch (any(8)) {
    case 0:
        return 0;
    case 1:
        return (uint64_t)-1;
    case 2:
        return (uint64_t)getppid();
    case 3:
        return (uint64_t)gettid();
    case 4:
        return (uint64_t)getpid() + 1 + any(4);
    case 5:
        return (uint64_t)-getpid();
    default:
        return (uint64_t)getpid();
    }
}

static uint64_t number(void)
{
    switch (any(10)) {
    case 0:
        return edge();
    case 1:
        return 1ull << any(64);
    case 2:
        return 1ull << any(32) | 1ull << any(32) | any(4);
    case 3:
        return chance_next(&chance);
    case 4:
        return any(5000);
    case 5:
        return process();
    case 6:
        return any(1u << 20);
    default:
        return any(20);
    }
}

static uint64_t descriptor(void)
{
    switch (any(12)) {
    case 0:
        return edge();
    case 1:
        return (uint64_t)AT_FDCWD;
    default:
        return any(DESCRIPTORS);
    }
}

static uint64_t path(void)
{
    static const char *const paths[] = {
        "a",         "b",    "d",        "d/e",       "d/f",         "/",         "/dev",    "",
        "/dev/null", "/tmp", "/tmp/a",   "/tmp/d",    "/tmp/d/b",    "/tmp/f",    "/proc",   ".",
        "/dev/zero", "..",   "/nothing", "d/../a",    "d/e/../../b", "/room",     "/room/a", "long name of a file",
        "/tmp/link", "a/",   "/tmp/g",   "/tmp/fifo", "/dev/full",   "/dev/shm/a"};

    return any(12) == 0 ? address() : (uintptr_t)paths[any(sizeof(paths) / sizeof(paths[0]))];
}

/* Words of all kinds where the address leads: a call may take them for any structure. */
static void fill(uint64_t at)
{
    unsigned words = 1 + any(16), kind = any(6);
    uint64_t *to = (uint64_t *)(uintptr_t)at;

    if (at < (uintptr_t)arena || at + 128 > (uintptr_t)arena + ARENA_PAGES * page || at % 8 != 0)
        return;
    for (unsigned i = 0; i < words; i++) {
        if (kind == 0)
            to[i] = i % 2 == 0 ? any(2) == 0 : any(3000000); /* a time, not a long one */
        else if (kind == 1)
            to[i] = i % 2 == 0 ? address() : any(6000); /* pieces of memory */
        else if (kind == 2)
            to[i] = (uint32_t)descriptor() | number() << 32; /* descriptors */
        else if (kind == 3)
            to[i] = (uint32_t)number() | number() << 32;
        else
            to[i] = any(3) == 0 ? address() : number();
    }
}

static uint64_t argument(uint32_t kind)
{
    uint64_t value;

    switch (kind_what(kind)) {
    case KIND_fd:
        return descriptor();
    case KIND_dirfd:
        return any(2) == 0 ? (uint64_t)AT_FDCWD : descriptor();
    case KIND_signal:
        return any(10) == 0 ? number() : any(66);
    case KIND_path:
    case KIND_string:
        return path();
    case KIND_size:
        return any(4) == 0 ? number() : any(2) == 0 ? (1 + any(8)) * page : 8 * any(16);
    case KIND_POINTER:
        value = address();
        if (any(3) != 0)
            fill(value);
        return value;
    case KIND_none:
    case KIND_addr:
    case KIND_hex:
    case KIND_word:
    case KIND_depends:
    case KIND_FLAGS:
        return any(3) == 0 ? address() : number();
    default:
        return any(6) == 0 ? process() : number();
    }
}

/* ---- calls ---- */

static bool is_call(const struct call *call, const char *name)
{
    return strcmp(call->name, name) == 0;
}

static bool is_of(const struct call *call, const char *const *names)
{
    for (; *names != NULL; names++)
        if (is_call(call, *names))
            return true;
    return false;
}

/* What would end or hold up the supervisor, which is right if root does it; what ends the caller is rarely done. */
static bool refused(const struct call *call, const uint64_t *arg)
{
    static const char *const ends[] = {"exit",          "exit_group", "vfork",        "pause",
                                       "rt_sigsuspend", "mlockall",   "rt_sigreturn", NULL};
    static const char *const signals[] = {
        "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "prlimit64", "fcntl", NULL};
    static const char *const scheduling[] = {"sched_setscheduler", "sched_setparam", "sched_setattr", NULL};

    if (is_of(call, ends))
        return any(20) != 0;
    if (!as_root)
        return false;
    if (is_of(call, scheduling))
        return true;
    if (!is_of(call, signals))
        return false;
    for (int i = 0; i < 3; i++)
        if ((int)arg[i] == SUPERVISOR)
            return true;
    return is_call(call, "kill") && (int)arg[0] <= 0;
}

static void renew_chance(void)
{
    chance_seed(&chance, chance_next(&chance) ^ (uint64_t)gettid() << 32);
}

static void call_any(void)
{
    static const struct call none = {.name = "none", .number = -1, .handler = ""};
    const struct call *call = any(500) == 0 ? &none : calls[any(call_count)];
    uint64_t arg[6];
    long number_is = call == &none ? (long)edge() : call->number;

    for (size_t i = 0; i < 6; i++)
        arg[i] = argument(call->kinds[i]);
    if (refused(call, arg))
        return;
    if (syscall(number_is, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]) != 0)
        return;
    if (is_call(call, "fork") || is_call(call, "vfork") || is_call(call, "clone") || is_call(call, "clone3")) {
        renew_chance();
        steps_left /= 2;
    }
}

/* A process more, which goes on as this one does for a while, or another program in this one. */
static void become_two(void)
{
    if (fork() != 0)
        return;
    renew_chance();
    steps_left /= 3;
}

static void become_another(void)
{
    char seed[32], steps[32];
    char *const argv[] = {own_name, as_root ? "root" : "user", seed, steps, NULL}, *const envp[] = {NULL};

    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)chance_next(&chance));
    snprintf(steps, sizeof(steps), "%ld", steps_left / 2);
    execve(own_name, argv, envp);
}

static void *go(void *seed)
{
    if (seed != NULL)
        chance_seed(&chance, (uintptr_t)seed);
    while (steps_left-- > 0) {
        unsigned what = any(400);

        if (what < 3)
            become_two();
        else if (what == 3)
            become_another();
        else
            call_any();
    }
    return NULL;
}

/* ---- a process of them ---- */

static void on_signal(int signal)
{
    (void)signal;
}

static void make_arena(void)
{
    const int prot = PROT_READ | PROT_WRITE;
    int file = memfd_create("arena", 0);
    char *end;

    arena = mmap(NULL, (ARENA_PAGES + 8) * page, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    end = arena + ARENA_PAGES * page;
    mprotect(end, page, PROT_NONE);
    mprotect(end + page, page, PROT_READ);
    mmap(end + 2 * page, page, prot, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (file == -1 || ftruncate(file, (off_t)page) != 0)
        return;
    mmap(end + 3 * page, 2 * page, prot, MAP_SHARED | MAP_FIXED, file, 0);
    mprotect(end + 5 * page, page, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void open_descriptors(void)
{
    sigset_t all;
    int ends[2];

    sigfillset(&all);
    (void)!pipe(ends);
    (void)!pipe2(ends, O_NONBLOCK);
    (void)!pipe2(ends, O_DIRECT | O_NONBLOCK);
    eventfd(3, 0);
    eventfd(1, EFD_SEMAPHORE | EFD_NONBLOCK);
    timerfd_create(CLOCK_MONOTONIC, 0);
    epoll_create1(0);
    epoll_create1(EPOLL_CLOEXEC);
    signalfd(-1, &all, SFD_NONBLOCK);
    memfd_create("memory", MFD_ALLOW_SEALING);
    syscall(SYS_pidfd_open, getpid(), 0);
    open("/dev/zero", O_RDWR);
    open("/tmp/f", O_RDWR | O_CREAT, 0666);
    open("a", O_RDWR | O_CREAT, 0666);
    open(".", O_RDONLY | O_DIRECTORY);
    open("/tmp", O_RDONLY | O_DIRECTORY);
    open("/tmp", O_PATH);
}

static void run_process(uint64_t seed, long steps)
{
    const struct itimerval often = {{0, 3000}, {0, 3000}};
    const struct rlimit memory = {96 << 20, 96 << 20}, file = {1 << 20, 1 << 20}, threads = {60, 60};
    struct sigaction action = {.sa_handler = on_signal};
    unsigned others;

    chance_seed(&chance, seed);
    steps_left = steps;
    for (int i = 0; i < DESCRIPTORS; i++)
        close(i);
    open("/dev/null", O_RDWR);
    dup(0);
    dup(0);
    make_arena();
    open_descriptors();
    for (int i = 1; i < 32; i++)
        if (i == SIGALRM || i == SIGPIPE || (i != SIGSEGV && i != SIGBUS && i != SIGILL && i != SIGTERM && any(2) == 0))
            sigaction(i, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_FSIZE, &file);
    setrlimit(RLIMIT_NPROC, &threads);
    if (!as_root && (setgroups(0, NULL) != 0 || setresgid(USER, USER, USER) != 0 || setresuid(USER, USER, USER) != 0))
        _exit(1);
    others = any(3);
    for (unsigned i = 0; i < others; i++) {
        pthread_t thread;

        pthread_create(&thread, NULL, go, (void *)(uintptr_t)(chance_next(&chance) | 1));
    }
    go(NULL);
    _exit(0);
}

/* ---- the supervisor ---- */

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Before all others, or as they are. By system calls, as musl has no such functions. */
static void supervisor_first(bool first)
{
    int priority = first ? 50 : 0;

    syscall(SYS_sched_setscheduler, 0, first ? SCHED_FIFO : SCHED_OTHER, &priority);
}

/* Whether nobody is left by then. */
static bool all_gone(long until_ms)
{
    const struct timespec moment = {0, 5000000};
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);

        if (pid == -1 && errno == ECHILD)
            return true;
        if (pid > 0)
            continue;
        if (now_ms() > until_ms)
            return false;
        sigtimedwait(&child, NULL, &moment);
    }
}

static bool run_round(uint64_t seed, long steps)
{
    long end;

    for (unsigned i = 0; i < AT_ONCE; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            const uint64_t none = 0;

            syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
            setpgid(0, 0);
            supervisor_first(false);
            as_root = (seed + i) % 2 == 0;
            run_process(seed * 1000 + i, steps);
        }
    }
    if (all_gone(now_ms() + ROUND_MS))
        return true;
    end = now_ms() + END_MS;
    do {
        kill(-1, SIGKILL);
    } while (!all_gone(now_ms() + 1000) && now_ms() < end);
    return waitpid(-1, NULL, WNOHANG | __WALL) == -1;
}

static void find_calls(void)
{
    for (size_t i = 0; i < ALL_CALLS; i++)
        if (all_calls[i].number >= 0 && strncmp(all_calls[i].handler, "sys_ni_", 7) != 0)
            calls[call_count++] = &all_calls[i];
}

int main(int argc, char **argv)
{
    uint64_t seed, all = ~0ull; /* those that the library keeps for itself, too */

    if (argc < 4)
        return 2;
    own_name = argv[0];
    page = (size_t)sysconf(_SC_PAGESIZE);
    find_calls();
    seed = strtoull(argv[2], NULL, 10);
    if (strcmp(argv[1], "root") == 0 || strcmp(argv[1], "user") == 0) {
        as_root = argv[1][0] == 'r';
        run_process(seed, atol(argv[3]));
    }
    if (getpid() != SUPERVISOR) {
        fprintf(stderr, "calls: only for a guest, whose processes it ends\n");
        return 2;
    }
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof(all));
    supervisor_first(true);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    chdir("/room");
    mkdir("d", 0777);
    mkdir("/tmp/d", 0777);
    seed = strtoull(argv[1], NULL, 10);
    for (int round = 0; round < atoi(argv[2]); round++) {
        if (!run_round(seed * 1000 + (uint64_t)round, atol(argv[3]))) {
            printf("round %d: processes that were killed are still there\n", round);
            return 1;
        }
    }
    printf("all calls came to an end\n");
    return 0;
}
