/* SPDX-License-Identifier: Apache-2.0 */
/* signal_setup.h - for the tests of signals: a process with a thread, and the kernel around it, which only remembers.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_CORE_SIGNAL_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_CORE_SIGNAL_SETUP_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "core/group.h"
#include "core/log.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/residence.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/sigframe.h"
#include "core/sigqueue.h"
#include "core/threads.h"
#include "mm/kmalloc.h"

static struct process process, parent, kernel;
static struct thread thread, parent_thread;
static struct sighand sighand, parent_sighand;
static struct pid group;

/* ---- the kernel around it ---- */

static int entered[16], entered_count, enter_fails;
static int64_t result;
static bool was_restarted, was_resumed;
static unsigned allocations_left;

void *kmalloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return calloc(1, size);
}

void kfree(void *ptr)
{
    free(ptr);
}

void log_info(const char *fmt, ...)
{
    (void)fmt;
}

int arch_signal_enter(struct thread *at, int signal, const struct signal_action *action, const struct signal_info *info)
{
    (void)at, (void)action, (void)info;
    if (enter_fails != 0) {
        enter_fails--;
        return -EFAULT;
    }
    entered[entered_count++] = signal;
    return 0;
}

struct thread *arch_current(void)
{
    return &thread;
}

void sched_signal(struct thread *to)
{
    to->attention = true;
}

void sched_continue(struct thread *to)
{
    if (to->state == THREAD_STOPPED)
        to->state = THREAD_READY;
}

void sched_stop(void)
{
    arch_current()->state = THREAD_STOPPED;
}

void residence_put_down(void)
{
}

void residence_take_up(void)
{
}

static int ended_by;

void process_end(struct process *to, uint32_t code, uint32_t signal)
{
    (void)to, (void)code;
    ended_by = (int)signal;
}

struct pid *pid_from(int number)
{
    (void)number;
    return NULL;
}

unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most)
{
    (void)queue, (void)events, (void)most;
    return 0;
}

int64_t arch_syscall_result(const struct trap_frame *frame)
{
    (void)frame;
    return result;
}

void arch_syscall_return(struct trap_frame *frame, int64_t value)
{
    (void)frame;
    result = value;
}

void arch_syscall_restart(struct trap_frame *frame, uint64_t first, bool resume)
{
    (void)frame;
    result = (int64_t)first;
    was_restarted = true;
    was_resumed = resume;
}

uint64_t arch_frame_sp(const struct trap_frame *frame)
{
    return frame->rsp;
}

void arch_frame_print(const struct trap_frame *frame, char *buf, size_t size)
{
    (void)frame;
    if (size != 0)
        *buf = 0;
}

#define HANDLER 0x1000

static void setup(void)
{
    memset(&process, 0, sizeof(process));
    memset(&thread, 0, sizeof(thread));
    process.pid = 1;
    memset(&sighand, 0, sizeof(sighand));
    process.sighand = &sighand;
    list_init(&process.threads);
    list_insert(&process.threads, &thread.sibling);
    process.signals_max = 100;
    thread.process = &process;
    memset(&parent, 0, sizeof(parent));
    memset(&parent_thread, 0, sizeof(parent_thread));
    memset(&parent_sighand, 0, sizeof(parent_sighand));
    list_init(&parent.threads);
    parent.parent = &kernel;
    memset(&group, 0, sizeof(group));
    list_init(&group.members);
    list_insert(&group.members, &process.group_link);
    process.thread_count = 1;
    process.group = &group;
    process.parent = &parent;
    parent.group = &group;
    group_recount(&process);
    ended_by = 0;
    entered_count = enter_fails = 0;
    was_restarted = was_resumed = false;
    allocations_left = 1000;
}

static void teardown(void)
{
    for (int signal = 1; signal <= SIGNALS; signal++)
        signal_drop(&process, UINT64_MAX);
    ck_assert_uint_eq(process.signals_queued, 0);
    kfree(process.signal_spare);
}

static void handle(int signal, uint64_t flags)
{
    process.sighand->action[signal - 1] = (struct signal_action){.handler = HANDLER, .flags = flags};
}

static int send(int signal, int code, struct thread *to)
{
    struct signal_info info = {.signal = signal, .code = code, .sender.pid = 1};

    return signal_send_info(&process, to, &info);
}

static enum signal_verdict deliver(int *ending)
{
    *ending = -1;
    return signal_deliver(&thread, ending);
}

#endif
