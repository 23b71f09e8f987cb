// SPDX-License-Identifier: Apache-2.0
/* restartable.c - rseq(2): registration, a critical section that is left when its thread loses the CPU or gets a
 * signal, what fork keeps, and what is refused; membarrier(2) and getcpu(2). */
#define _GNU_SOURCE
#include <elf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "show.h"

#define SIGNATURE 0x53053053u

struct rseq {
    uint32_t cpu_id_start, cpu_id;
    uint64_t section;
    uint32_t flags, node_id, mm_cid, rest;
} __attribute__((aligned(32)));
struct section {
    uint32_t version, flags;
    uint64_t start, length, abort;
} __attribute__((aligned(32)));

/* Tells of `section` in *field and enters it; it has no end but to be aborted. */
void section_spin(uint64_t *field, const struct section *section, volatile uint32_t *runs);
extern const char section_start[], section_end[], section_abort[], section_bad_abort[];
#define SECTION(enter, loop, back)                                                                       \
    __asm__(".text\n.globl section_spin, section_start, section_end, section_abort, section_bad_abort\n" \
            "section_spin:\n" enter "\nsection_start:\n" loop                                            \
            "\nsection_end:\n.balign 4\n.long 0x53053053\nsection_abort:\n" back                         \
            "\n.balign 4\n.long 0x53053054\nsection_bad_abort:\n" back "\n")
#if defined(__x86_64__)
SECTION("mov %rsi, (%rdi)", "incl (%rdx)\njmp section_start", "ret");
#elif defined(__aarch64__)
SECTION("str x1, [x0]", "ldr w3, [x2]\nadd w3, w3, #1\nstr w3, [x2]\nb section_start", "ret");
#elif defined(__riscv)
SECTION("sd a1, 0(a0)", "lw t0, 0(a2)\naddi t0, t0, 1\nsw t0, 0(a2)\nj section_start", "ret");
#elif defined(__loongarch__)
SECTION("st.d $a1, $a0, 0", "ld.w $t0, $a2, 0\naddi.w $t0, $t0, 1\nst.w $t0, $a2, 0\nb section_start", "jr $ra");
#endif

static struct rseq own __attribute__((aligned(64)));
static struct section section;
static volatile uint32_t runs;

static long rseq(void *area, uint32_t size, int flags, uint32_t signature)
{
    return syscall(SYS_rseq, area, size, flags, signature);
}

static void section_fill(void)
{
    section = (struct section){
        .start = (uintptr_t)section_start,
        .length = (uintptr_t)(section_end - section_start),
        .abort = (uintptr_t)section_abort,
    };
}

static void registration(void)
{
    char *bytes = (char *)&own;

    show_bool("a feature size is told", getauxval(27) >= 28);
    show("alignment", (long)getauxval(28));
    own.cpu_id = 77;
    own.section = 8;
    show("not registered", rseq(&own, 32, 1, SIGNATURE));
    show("flags", rseq(&own, 32, 2, SIGNATURE));
    show("too small", rseq(&own, 31, 0, SIGNATURE));
    show("not aligned", rseq(bytes + 16, 32, 0, SIGNATURE));
    show("nowhere", rseq((void *)64, 32, 0, SIGNATURE));              /* NOLINT */
    show("above", rseq((void *)(uintptr_t)-4096l, 32, 0, SIGNATURE)); /* NOLINT */
    show("register", rseq(&own, 32, 0, SIGNATURE));
    show_bool("a CPU is told", own.cpu_id == own.cpu_id_start && own.cpu_id != 77);
    show("its section is cleared", (long)own.section);
    show("again", rseq(&own, 32, 0, SIGNATURE));
    show("again, with another signature", rseq(&own, 32, 0, SIGNATURE + 1));
    show("again, of another size", rseq(&own, 64, 0, SIGNATURE));
    show("unregister with another signature", rseq(&own, 32, 1, SIGNATURE + 1));
    show("unregister another", rseq(bytes + 32, 32, 1, SIGNATURE));
    show("unregister", rseq(&own, 32, 1, SIGNATURE));
    show("no CPU", (long)(int)own.cpu_id);
    show("register more", rseq(&own, 64, 0, SIGNATURE));
}

static atomic_int stop;

static void *rival(void *arg)
{
    (void)arg;
    while (stop == 0)
        ;
    return NULL;
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void aborts(void)
{
    const struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = on_alarm};
    pthread_t thread;
    cpu_set_t cpu;

    CPU_ZERO(&cpu);
    CPU_SET((size_t)sched_getcpu(), &cpu);
    (void)sched_setaffinity(0, sizeof(cpu), &cpu); /* a guest that hasn't this has one CPU */
    section_fill();
    if (pthread_create(&thread, NULL, rival, NULL) != 0)
        exit(1);
    for (int i = 0; i < 3; i++) {
        runs = 0;
        section_spin(&own.section, &section, &runs);
        show_bool("left as another thread ran", runs != 0 && own.section == 0);
    }
    stop = 1;
    pthread_join(thread, NULL);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL); /* the first may come before it is there */
    runs = 0;
    section_spin(&own.section, &section, &runs);
    setitimer(ITIMER_REAL, &never, NULL);
    show_bool("left by a signal", runs != 0 && own.section == 0);
    own.section = (uintptr_t)&section;
    sched_yield();
    raise(SIGALRM);
    show("outside of the section it is cleared", (long)own.section);
}

static void child_end(const char *what, void (*act)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        act();
        _exit(0);
    }
    while (waitpid(child, &status, 0) != child) /* the alarm of before may come only now */
        ;
    if (WIFSIGNALED(status))
        printf("%s: signal %d\n", what, WTERMSIG(status));
    else
        printf("%s: status %d\n", what, WEXITSTATUS(status));
}

static void spin(void)
{
    const struct itimerval often = {{0, 10000}, {0, 10000}};

    setitimer(ITIMER_REAL, &often, NULL);
    section_spin(&own.section, &section, &runs);
}

/* The alarm may come before a busy machine has got into the section, which then is left for nothing. */
static void spin_often(void)
{
    for (int i = 0; i < 20; i++)
        spin();
}

static void bad_signature(void)
{
    section.abort = (uintptr_t)section_bad_abort;
    spin_often();
}

static void bad_version(void)
{
    section.version = 1;
    spin_often();
}

static void bad_flags(void)
{
    own.flags = 1;
    spin_often();
}

static void abort_within(void)
{
    section.abort = section.start;
    spin_often();
}

static void section_nowhere(void)
{
    own.section = 64;
    raise(SIGALRM);
}

static void gone(void)
{
    void *page = mmap(NULL, (size_t)page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    rseq(&own, 64, 1, SIGNATURE);
    if (rseq(page, 32, 0, SIGNATURE) != 0)
        _exit(9);
    munmap(page, (size_t)page_size());
    raise(SIGALRM);
}

static void still_registered(void)
{
    _exit(rseq(&own, 64, 0, SIGNATURE) == -1 ? errno : 0);
}

static void *register_thread(void *arg)
{
    static struct rseq other;

    (void)arg;
    show("a new thread isn't registered", rseq(&own, 64, 1, SIGNATURE));
    show("register it", rseq(&other, 32, 0, SIGNATURE));
    return NULL;
}

static void barriers(void)
{
    long have = syscall(SYS_membarrier, 0, 0, 0);

    show_bool("the ones that matter", (have & 0x399) == 0x399);
    show("global", syscall(SYS_membarrier, 1, 0, 0));
    show("not registered", syscall(SYS_membarrier, 8, 0, 0));
    show("not registered for rseq", syscall(SYS_membarrier, 128, 0, 0));
    show("register for changed code", syscall(SYS_membarrier, 64, 0, 0));
    show("registrations", syscall(SYS_membarrier, 512, 0, 0));
    show("changed code", syscall(SYS_membarrier, 32, 0, 0));
    show("still not registered", syscall(SYS_membarrier, 8, 0, 0));
    show("register", syscall(SYS_membarrier, 16, 0, 0));
    show("private", syscall(SYS_membarrier, 8, 0, 0));
    show("still not for rseq", syscall(SYS_membarrier, 128, 0, 0));
    show("register for rseq", syscall(SYS_membarrier, 256, 0, 0));
    show("for rseq", syscall(SYS_membarrier, 128, 0, 0));
    show("for rseq, one CPU", syscall(SYS_membarrier, 128, 1, 0));
    show("registrations", syscall(SYS_membarrier, 512, 0, 0));
    show("flags", syscall(SYS_membarrier, 8, 1, 0));
    show("flags of rseq", syscall(SYS_membarrier, 128, 2, 0));
    show("no such command", syscall(SYS_membarrier, 1 << 20, 0, 0));
    show("global expedited", syscall(SYS_membarrier, 2, 0, 0));
    show("register globally", syscall(SYS_membarrier, 4, 0, 0));
    show("registrations", syscall(SYS_membarrier, 512, 0, 0));
}

static void barriers_of_child(void)
{
    _exit(syscall(SYS_membarrier, 512, 0, 0) != 0);
}

int main(void)
{
    unsigned cpu = 99, node = 99;
    pthread_t thread;

    setvbuf(stdout, NULL, _IONBF, 0);
    registration();
    aborts();
    child_end("fork keeps it", still_registered);
    if (pthread_create(&thread, NULL, register_thread, NULL) == 0)
        pthread_join(thread, NULL);
    child_end("a section that is right", spin);
    child_end("an abort address without the signature", bad_signature);
    child_end("a version to come", bad_version);
    child_end("flags", bad_flags);
    child_end("an abort address within", abort_within);
    child_end("a section that is nowhere", section_nowhere);
    child_end("an area that is gone", gone);
    barriers();
    child_end("a child has registrations", barriers_of_child);
    show("getcpu", syscall(SYS_getcpu, &cpu, &node, NULL));
    show_bool("the CPU that rseq tells", cpu == own.cpu_id && node == own.node_id);
    return 0;
}
