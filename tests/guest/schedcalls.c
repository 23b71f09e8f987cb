/* SPDX-License-Identifier: Apache-2.0 */
/* schedcalls.c - policies, niceness and what else sched(7) has, of oneself and of others: who may, and what is kept. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "show.h"

struct attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max;
};

#define RESET_ON_FORK 0x40000000
#define DEADLINE 6
#define NOBODY 65534

static long set(long tid, int policy, int priority)
{
    struct sched_param param = {.sched_priority = priority};

    return syscall(SYS_sched_setscheduler, tid, policy, &param);
}

static long priority_of(long tid)
{
    struct sched_param param = {.sched_priority = -5};
    long result = syscall(SYS_sched_getparam, tid, &param);

    return result == 0 ? param.sched_priority : result;
}

static void show_thread(const char *what, long tid)
{
    errno = 0;
    printf("%s: policy %#lx priority %ld nice %d\n", what, syscall(SYS_sched_getscheduler, tid), priority_of(tid),
           getpriority(PRIO_PROCESS, (id_t)tid));
}

static long attr_set(long tid, struct attr *attr)
{
    return syscall(SYS_sched_setattr, tid, attr, 0);
}

/* A child that waits until it is told to end. */
static pid_t child_start(uid_t user, int own_group)
{
    int ready[2];
    char byte;
    pid_t pid;

    fflush(stdout);
    if (pipe(ready) != 0 || (pid = fork()) < 0)
        exit(1);
    if (pid == 0) {
        if (own_group)
            setpgid(0, 0);
        if (user != 0 && (setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0))
            _exit(1);
        (void)!write(ready[1], "", 1);
        for (;;)
            pause();
    }
    if (read(ready[0], &byte, 1) != 1)
        exit(1);
    close(ready[0]), close(ready[1]);
    return pid;
}

static void child_end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void ranges(void)
{
    static const int policies[] = {SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, 4, SCHED_IDLE, DEADLINE, -1};

    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        printf("policy %d\n", policies[i]);
        show("most", sched_get_priority_max(policies[i]));
        show("least", sched_get_priority_min(policies[i]));
    }
}

static void wrong(void)
{
    struct sched_param param = {0};
    struct timespec time;

    show("set of -1", set(-1, SCHED_OTHER, 0));
    show("set of nobody", set(4194303, SCHED_OTHER, 0));
    show("set no parameters", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL));
    show("set a bad address", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 8));
    show("set policy -1", set(0, -1, 0));
    show("set policy 4", set(0, 4, 0));
    show("set policy 9 of nobody", set(4194303, 9, 0));
    show("set FIFO 0", set(0, SCHED_FIFO, 0));
    show("set FIFO 100", set(0, SCHED_FIFO, 100));
    show("set OTHER 1", set(0, SCHED_OTHER, 1));
    show("set DEADLINE", set(0, DEADLINE, 0));
    show("get of -1", syscall(SYS_sched_getscheduler, -1));
    show("get of nobody", syscall(SYS_sched_getscheduler, 4194303));
    show("param nowhere", syscall(SYS_sched_getparam, 0, NULL));
    show("param bad address", syscall(SYS_sched_getparam, 0, 8));
    show("param of -1", syscall(SYS_sched_getparam, -1, &param));
    show("interval of -1", syscall(SYS_sched_rr_get_interval, -1, &time));
    show("interval of nobody", syscall(SYS_sched_rr_get_interval, 4194303, &time));
    show("getpriority 3", syscall(SYS_getpriority, 3, 0));
    show("getpriority -1", syscall(SYS_getpriority, -1, 0));
    show("getpriority of nobody", syscall(SYS_getpriority, PRIO_PROCESS, 4194303));
    show("getpriority of no group", syscall(SYS_getpriority, PRIO_PGRP, 4194303));
    show("getpriority of no user", syscall(SYS_getpriority, PRIO_USER, 3333333));
    show("setpriority 3", syscall(SYS_setpriority, 3, 0, 0));
    show("setpriority of nobody", syscall(SYS_setpriority, PRIO_PROCESS, 4194303, 0));
    show("setpriority of no user", syscall(SYS_setpriority, PRIO_USER, 3333333, 0));
}

static void affinity(pid_t other)
{
    uint64_t mask[64] = {0}, none = 0;
    long size = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);

    show_bool("affinity", size >= 8 && size % 8 == 0 && mask[0] != 0);
    show_bool("affinity of another", syscall(SYS_sched_getaffinity, other, sizeof(mask), mask) == size);
    show("affinity of nobody", syscall(SYS_sched_getaffinity, 4194303, sizeof(mask), mask));
    show("affinity of -1", syscall(SYS_sched_getaffinity, -1, sizeof(mask), mask));
    show("affinity into 0 bytes", syscall(SYS_sched_getaffinity, 0, 0, mask));
    show("affinity into 9 bytes", syscall(SYS_sched_getaffinity, 0, 9, mask));
    show("affinity to a bad address", syscall(SYS_sched_getaffinity, 0, sizeof(mask), 8));
    show("set affinity", syscall(SYS_sched_setaffinity, other, sizeof(mask), mask));
    show("set affinity to none", syscall(SYS_sched_setaffinity, other, sizeof(none), &none));
    show("set affinity of nobody", syscall(SYS_sched_setaffinity, 4194303, sizeof(mask), mask));
    show("set affinity of -1", syscall(SYS_sched_setaffinity, -1, sizeof(mask), mask));
    show("set affinity from a bad address", syscall(SYS_sched_setaffinity, 0, 8, 8));
}

static void attributes(pid_t other)
{
    unsigned char bytes[4200];
    struct attr *attr = (struct attr *)bytes, got;

    show("getattr nowhere", syscall(SYS_sched_getattr, other, NULL, sizeof(got), 0));
    show("getattr 47 bytes", syscall(SYS_sched_getattr, other, &got, 47, 0));
    show("getattr 70000 bytes", syscall(SYS_sched_getattr, other, &got, 70000, 0));
    show("getattr flags", syscall(SYS_sched_getattr, other, &got, sizeof(got), 1));
    show("getattr of nobody", syscall(SYS_sched_getattr, 4194303, &got, sizeof(got), 0));
    show("getattr of -1", syscall(SYS_sched_getattr, -1, &got, sizeof(got), 0));
    show("getattr bad address", syscall(SYS_sched_getattr, other, 8, sizeof(got), 0));
    show("getattr 48", syscall(SYS_sched_getattr, other, &got, 48, 0));
    show("its size", got.size);

    memset(bytes, 0, sizeof(bytes));
    *attr = (struct attr){.size = 48, .policy = SCHED_RR, .priority = 7};
    show("RR 7", attr_set(other, attr));
    show_thread("other", other);
    show("getattr", syscall(SYS_sched_getattr, other, &got, sizeof(got), 0));
    printf("size %u policy %u flags %#llx nice %d priority %u\n", got.size, got.policy, (unsigned long long)got.flags,
           got.nice, got.priority);
    *attr = (struct attr){.size = 47, .policy = SCHED_RR, .priority = 7};
    show("size 47", attr_set(other, attr));
    show("ours is", attr->size);
    attr->size = 0;
    attr->priority = 8;
    show("size 0", attr_set(other, attr));
    attr->size = 1000;
    show("size 1000", attr_set(other, attr));
    bytes[999] = 1;
    show("with something there", attr_set(other, attr));
    show("ours is", attr->size);
    attr->size = 70000;
    show("size 70000", attr_set(other, attr));
    *attr = (struct attr){.size = 56, .flags = 0x8};
    attr->priority = 9;
    show("keep the policy", attr_set(other, attr));
    show_thread("other", other);
    attr->priority = 0;
    attr->flags = 0x18;
    show("keep all", attr_set(other, attr));
    show_thread("other", other);
    *attr = (struct attr){.size = 56, .policy = SCHED_BATCH, .nice = 100, .flags = 1};
    show("BATCH, nice 100, reset", attr_set(other, attr));
    show_thread("other", other);
    *attr = (struct attr){.size = 56, .policy = SCHED_OTHER, .nice = 4, .flags = 0x10};
    show("OTHER, keep the parameters", attr_set(other, attr));
    show_thread("other", other);
    attr->flags = 0x100;
    show("a flag that isn't there", attr_set(other, attr));
    *attr = (struct attr){.size = 56, .policy = 4};
    show("policy 4", attr_set(other, attr));
    attr->policy = UINT32_MAX;
    show("policy -1", attr_set(other, attr));
    *attr = (struct attr){.size = 56, .policy = SCHED_FIFO, .priority = UINT32_MAX};
    show("priority -1", attr_set(other, attr));
    *attr = (struct attr){.size = 56, .policy = DEADLINE};
    show("DEADLINE without times", attr_set(other, attr));
    attr->runtime = 10000000, attr->deadline = 5000000;
    show("a run time beyond the deadline", attr_set(other, attr));
    show("setattr flags", syscall(SYS_sched_setattr, other, attr, 1));
    show("setattr nowhere", syscall(SYS_sched_setattr, other, NULL, 0));
    show("setattr bad address", syscall(SYS_sched_setattr, other, 8, 0));
    attr->policy = SCHED_OTHER;
    show("setattr of nobody", syscall(SYS_sched_setattr, 4194303, attr, 0));
    show("OTHER", attr_set(other, attr));
    show_thread("other", other);
}

/* What a child of one that has each policy begins with. */
static void inherited(int policy, int priority, int nice)
{
    int status = 0;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        setpriority(PRIO_PROCESS, 0, nice);
        if (set(0, policy, priority) != 0)
            _exit(1);
        pid = fork();
        if (pid == 0) {
            show_thread("its child", 0);
            fflush(stdout);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    waitpid(pid, &status, 0);
    show("the child's end", WEXITSTATUS(status));
}

static void intervals(void)
{
    struct timespec time = {-1, -1};
    pid_t pid = child_start(0, 0);

    set(pid, SCHED_FIFO, 3);
    show("FIFO", sched_rr_get_interval(pid, &time));
    printf("%ld %ld\n", (long)time.tv_sec, time.tv_nsec);
    set(pid, SCHED_RR, 3);
    show("RR", sched_rr_get_interval(pid, &time));
    show_bool("some", time.tv_sec == 0 && time.tv_nsec > 0);
    child_end(pid);
}

static void groups(void)
{
    pid_t leader = child_start(0, 1), member = child_start(0, 0);

    show("into its group", setpgid(member, leader));
    show("nice 3", setpriority(PRIO_PROCESS, (id_t)leader, 3));
    show("nice 30", setpriority(PRIO_PROCESS, (id_t)member, 30));
    show("the group's", getpriority(PRIO_PGRP, (id_t)leader));
    show("the group's are 9", setpriority(PRIO_PGRP, (id_t)leader, 9));
    show("the leader's", getpriority(PRIO_PROCESS, (id_t)leader));
    show("the member's", getpriority(PRIO_PROCESS, (id_t)member));
    show("ours", getpriority(PRIO_PROCESS, 0));
    child_end(leader);
    child_end(member);
}

static void io_priorities(pid_t other)
{
    enum { PROCESS = 1, PGRP, USER, NONE = 0, RT = 1 << 13, BE = 2 << 13, IDLE = 3 << 13 };

    show("none", syscall(SYS_ioprio_get, PROCESS, other));
    show("BE 3", syscall(SYS_ioprio_set, PROCESS, other, BE | 3));
    show("it is", syscall(SYS_ioprio_get, PROCESS, other));
    show("RT 1", syscall(SYS_ioprio_set, PROCESS, other, RT | 1));
    show("it is", syscall(SYS_ioprio_get, PROCESS, other));
    show("IDLE", syscall(SYS_ioprio_set, PROCESS, other, IDLE));
    show("it is", syscall(SYS_ioprio_get, PROCESS, other));
    show("none with a level", syscall(SYS_ioprio_set, PROCESS, other, NONE | 2));
    show("class 4", syscall(SYS_ioprio_set, PROCESS, other, 4 << 13));
    show("class 7", syscall(SYS_ioprio_set, PROCESS, other, 7 << 13));
    show("of nobody", syscall(SYS_ioprio_set, PROCESS, 4194303, BE));
    show("of nobody", syscall(SYS_ioprio_get, PROCESS, 4194303));
    show("of no group", syscall(SYS_ioprio_get, PGRP, 4194303));
    show("of no user", syscall(SYS_ioprio_get, USER, 3333333));
    show("which 0", syscall(SYS_ioprio_get, 0, 0));
    show("which 4", syscall(SYS_ioprio_get, 4, 0));
    show("which 4", syscall(SYS_ioprio_set, 4, 0, BE));
    show("BE 5 of the group", syscall(SYS_ioprio_set, PGRP, other, BE | 5));
    show("it is", syscall(SYS_ioprio_get, PGRP, other));
    show("none again", syscall(SYS_ioprio_set, PROCESS, other, NONE));
    show("the group's", syscall(SYS_ioprio_get, PGRP, other));
}

/* Nobody in particular, and without capabilities. */
static void unprivileged(pid_t roots, pid_t own)
{
    struct attr attr = {.size = 56, .policy = DEADLINE, .runtime = 1000000, .deadline = 10000000, .period = 10000000};
    uint64_t mask[64] = {0};

    syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
    show("FIFO", set(0, SCHED_FIFO, 1));
    show("DEADLINE", attr_set(0, &attr));
    show("BATCH", set(0, SCHED_BATCH, 0));
    show("IDLE", set(0, SCHED_IDLE, 0));
    show("OTHER again", set(0, SCHED_OTHER, 0));
    show_thread("now", 0);
    show("reset on fork", set(0, SCHED_BATCH | RESET_ON_FORK, 0));
    show("and not any more", set(0, SCHED_BATCH, 0));
    show_thread("now", 0);
    show("nice 5", setpriority(PRIO_PROCESS, 0, 5));
    show("nice 4", setpriority(PRIO_PROCESS, 0, 4));
    show("root's nice", setpriority(PRIO_PROCESS, (id_t)roots, 10));
    show("root's policy", set(roots, SCHED_BATCH, 0));
    show("root's affinity", syscall(SYS_sched_setaffinity, roots, sizeof(mask), mask));
    show_bool("root's affinity can be seen", syscall(SYS_sched_getaffinity, roots, sizeof(mask), mask) > 0);
    show("our other's affinity", syscall(SYS_sched_setaffinity, own, sizeof(mask), mask));
    show("root's can be seen", syscall(SYS_sched_getscheduler, roots));
    show("its io", syscall(SYS_ioprio_set, 1, roots, 2 << 13));
    show("io RT", syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    show("io RT of nobody", syscall(SYS_ioprio_set, 1, 4194303, 1 << 13));
    show("our other's nice", setpriority(PRIO_PROCESS, (id_t)own, 10));
    show("our other's policy", set(own, SCHED_BATCH, 0));
    show("all of ours to 12", setpriority(PRIO_USER, 0, 12));
    show("it has", getpriority(PRIO_PROCESS, (id_t)own));
}

/* A limit of 0, which is what there is at first, leaves what one has. */
static void limited(void)
{
    struct attr attr = {.size = 56, .policy = SCHED_OTHER, .nice = 5};

    show("FIFO 5", set(0, SCHED_FIFO, 5));
    show("RR 2", set(0, SCHED_RR, 2));
    show("nice 6", setpriority(PRIO_PROCESS, 0, 6));
    show("nice 6", setpriority(PRIO_PROCESS, 0, 6));
    show("nice 5 by attributes", attr_set(0, &attr));
    attr.nice = 7;
    show("nice 7 by attributes", attr_set(0, &attr));
    show_thread("now", 0);
}

static void as_nobody(void (*what)(void))
{
    int status = 0;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
        setrlimit(RLIMIT_NICE, &(struct rlimit){0, 0});
        if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
            _exit(1);
        what();
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    show("its end", status);
}

static pid_t root_child, nobodys_child;

static void on_others(void)
{
    unprivileged(root_child, nobodys_child);
}

int main(void)
{
    ranges();
    wrong();
    root_child = child_start(0, 1);
    nobodys_child = child_start(NOBODY, 0);
    affinity(root_child);
    attributes(root_child);
    io_priorities(root_child);
    inherited(SCHED_FIFO, 4, -3);
    inherited(SCHED_FIFO | RESET_ON_FORK, 4, 3);
    inherited(SCHED_BATCH | RESET_ON_FORK, 0, 3);
    inherited(SCHED_BATCH | RESET_ON_FORK, 0, -3);
    inherited(SCHED_IDLE, 0, 0);
    intervals();
    groups();
    as_nobody(on_others);
    as_nobody(limited);
    child_end(root_child);
    child_end(nobodys_child);
    return 0;
}
