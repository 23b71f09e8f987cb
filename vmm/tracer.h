/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tracer.h - what becomes of the system calls that the guest kernel tells of: lines of --trace, counts of --stats,
 * events of --timeline; and the names of calls that it doesn't have.
 *
 * What is not asked for is not shown, whatever the guest sends.
 */
#ifndef LVMM_TRACER_H
#define LVMM_TRACER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "boot/abi.h"
#include "vmm/log.h"
#include "vmm/syscall_names.h"

struct config;
struct stop;
struct timeline;
struct trace_filter;
struct trace_memory;
struct trace_show;
struct trace_stats;

/* How long a run that is ended from outside waits for the guest's last calls, where they are counted. */
#define TRACER_ANSWER_NS 200000000u

struct tracer {
    const char *isa;           /* the guest's, "x86_64": the caller's to set when there is to be one */
    struct timeline *timeline; /* NULL: none */
    struct stop *stop;
    const char *path; /* --trace-file; NULL: stderr */
    struct log_output file;
    bool file_failed;                        /* its error was said */
    struct trace_show *lines;                /* as people read them; NULL: raw ones */
    struct trace_filter *filter;             /* which calls they show; NULL: all */
    bool shows_at_first;                     /* --trace or its like: the signal changes it */
    atomic_bool shows;                       /* there are lines now */
    struct trace_stats *stats;               /* NULL: not wanted */
    atomic_bool complete;                    /* nothing is outstanding at the guest */
    uint64_t named[2][SYSCALL_NUMBERS / 64]; /* bit n: the missing call n (of i386) was named */
    unsigned others_named;                   /* of greater numbers */
};

/* As the options say; opens the file. `timeline` and `stop` must live as long. 0, or -errno after a message. */
int tracer_init(struct tracer *tracer, const struct config *config, struct timeline *timeline, struct stop *stop);
/* After STOP_TRACE_SIGNAL where the guest is another one. */
#define TRACER_NOT_OURS "SIGUSR2: no trace, as only lvmm's own guest kernel tells of its system calls"

/* What only our own guest kernel can do: the option that asks for it, or NULL. */
const char *tracer_option(const struct config *config);

/* What the guest is to tell of now: enum lvmm_trace_wanted. Any thread. */
uint32_t tracer_wanted(const struct tracer *tracer);
/* After signals: there were so many so far. True: tracer_wanted has changed. Any thread. */
bool tracer_signals(struct tracer *tracer, unsigned count);
/* Is it worth TRACER_ANSWER_NS to ask for the last calls? */
bool tracer_wants_answer(const struct tracer *tracer);

/* What the guest says of one call (control.h). One thread at a time. memory: what its arguments lead to, or NULL;
 * now_ns: of its clock, when it was sent. */
void tracer_take(struct tracer *tracer, const struct lvmm_syscall *call, const struct trace_memory *memory,
                 uint64_t now_ns);
/* What it says of a signal or a thread's end. One thread at a time, the same as calls. */
void tracer_take_event(struct tracer *tracer, const struct lvmm_event *event);
/* Nothing is outstanding: the guest has answered, or ended. */
void tracer_complete(struct tracer *tracer);

/* At the end: prints the statistics, closes the file. */
void tracer_finish(struct tracer *tracer);

#endif
