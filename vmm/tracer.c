/* SPDX-License-Identifier: Apache-2.0 */
/* tracer.c - see tracer.h. */
#include "vmm/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm/cli/config.h"
#include "vmm/stop.h"
#include "vmm/syscall_sets.h"
#include "vmm/timeline.h"
#include "vmm/trace_args.h"
#include "vmm/trace_filter.h"
#include "vmm/trace_show.h"
#include "vmm/trace_stats.h"
#include "vmm/trace_text.h"

#define OTHERS_NAMED 8u

/* ---- lines ---- */

/* A line, or a part of one, for the file. False: it is lost. A reader that doesn't read must not hold up a run that is
 * to end. */
static bool put_to_file(struct tracer *tracer, const char *text, size_t size)
{
    bool patient = stop_reason(tracer->stop) == STOP_NONE;

    if (tracer->file_failed)
        return false;
    int error = log_try_put(&tracer->file, text, size, patient);
    if (error != 0 && error != -EAGAIN) {
        tracer->file_failed = true;
        log_error("--trace-file %s: can't be written: %s; the rest of the trace is lost", tracer->path,
                  strerror(-error));
    }
    return error == 0;
}

static void put_line(struct tracer *tracer, char text[TRACE_TEXT_SIZE + 1], size_t length)
{
    if (tracer->path == NULL) {
        log_text(stop_reason(tracer->stop) == STOP_NONE, "%s", text);
        return;
    }
    text[length++] = '\n';
    (void)put_to_file(tracer, text, length);
}

static bool put_part(void *owner, const char *text, size_t size, bool ends)
{
    struct tracer *tracer = owner;
    char line[TRACE_SHOW_SIZE + 1];

    if (tracer->path == NULL)
        return log_part(stop_reason(tracer->stop) == STOP_NONE, text, size, ends);
    memcpy(line, text, size);
    if (ends)
        line[size++] = '\n';
    return put_to_file(tracer, line, size);
}

static void show(struct tracer *tracer, const struct lvmm_syscall *call, const struct trace_memory *memory)
{
    char text[TRACE_TEXT_SIZE + 1];

    if (!trace_filter_has(tracer->filter, tracer->isa, (call->state & LVMM_SYSCALL_I386) != 0, call->number))
        return;
    if (tracer->lines != NULL) {
        trace_show_call(tracer->lines, tracer->isa, call, memory);
        return;
    }
    if (call->state & LVMM_SYSCALL_BEGUN)
        put_line(tracer, text, trace_text_begin(tracer->isa, call, text));
    if ((call->state & LVMM_SYSCALL_ENDED) && !(call->state & LVMM_SYSCALL_GONE))
        put_line(tracer, text, trace_text_end(tracer->isa, call, text));
}

/* ---- options ---- */

/* Is `word` one of those of --append, which are apart by spaces? */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (; text != NULL && *text != '\0'; text += strcspn(text, " ")) {
        text += strspn(text, " ");
        if (strcspn(text, " ") == length && memcmp(text, word, length) == 0)
            return true;
    }
    return false;
}

const char *tracer_option(const struct config *config)
{
    if (config->trace_file != NULL)
        return "--trace-file";
    if (config->trace_raw)
        return "--trace-raw";
    if (config->trace)
        return "--trace";
    return config->stats ? "--stats" : NULL;
}

/* What is needed to show lines, be it that they are turned on later. */
static int make_lines(struct tracer *tracer, const struct config *config)
{
    char why[300];

    if (config->trace_calls != NULL) {
        tracer->filter = trace_filter_create(config->trace_calls, why, sizeof(why));
        if (tracer->filter == NULL) {
            log_error("--trace=%s: %s", config->trace_calls, why);
            return -EINVAL;
        }
    }
    if (config->trace_raw)
        return 0;
    tracer->lines = trace_show_create(tracer->path != NULL, put_part, tracer);
    if (tracer->lines == NULL) {
        log_error("--trace: no memory");
        return -ENOMEM;
    }
    return 0;
}

int tracer_init(struct tracer *tracer, const struct config *config, struct timeline *timeline, struct stop *stop)
{
    const char *path = config->trace_file;

    *tracer = (struct tracer){.timeline = timeline, .stop = stop, .path = path, .file = LOG_OUTPUT(-1)};
    tracer->shows_at_first =
        config->trace || config->trace_raw || path != NULL || has_word(config->append, "lvmm.trace");
    atomic_init(&tracer->shows, tracer->shows_at_first);
    int wrong = make_lines(tracer, config);
    if (wrong != 0)
        return wrong;
    if (path != NULL) {
        tracer->file.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
        if (tracer->file.fd < 0) {
            int error = -errno;
            log_error("--trace-file %s: can't be written: %s", path, strerror(-error));
            return error;
        }
    }
    if (config->stats)
        tracer->stats = trace_stats_create();
    if (config->stats && tracer->stats == NULL) {
        log_error("--stats: no memory");
        return -ENOMEM;
    }
    return 0;
}

uint32_t tracer_wanted(const struct tracer *tracer)
{
    uint32_t wanted = atomic_load(&tracer->shows) ? LVMM_TRACE_AT_ONCE : 0;

    if (wanted != 0 && tracer->lines != NULL)
        wanted |= LVMM_TRACE_MEMORY | LVMM_TRACE_EVENTS;
    if (tracer->stats != NULL || tracer->timeline != NULL)
        wanted |= LVMM_TRACE_LATER;
    if (tracer->timeline != NULL)
        wanted |= LVMM_TRACE_EVENTS;
    return wanted;
}

bool tracer_signals(struct tracer *tracer, unsigned count)
{
    bool shows = tracer->shows_at_first != (count % 2 != 0);

    return atomic_exchange(&tracer->shows, shows) != shows;
}

bool tracer_wants_answer(const struct tracer *tracer)
{
    return tracer->stats != NULL;
}

/* ---- missing calls ---- */

/* The guest tells of each missing call once; were it another guest kernel, there would still be an end. */
static void name_unknown(struct tracer *tracer, const struct lvmm_syscall *call)
{
    bool i386 = call->state & LVMM_SYSCALL_I386;
    const char *name = syscall_name(tracer->isa, i386, call->number);
    uint64_t *word = &tracer->named[i386][call->number % SYSCALL_NUMBERS / 64], bit = UINT64_C(1) << call->number % 64;

    if (call->number < SYSCALL_NUMBERS ? (*word & bit) != 0 : tracer->others_named++ >= OTHERS_NAMED)
        return;
    if (call->number < SYSCALL_NUMBERS)
        *word |= bit;
    if (tracer->lines != NULL && tracer->path == NULL)
        trace_show_break(tracer->lines);
    if (name != NULL)
        log_warning("the guest kernel has no system call %s (%u)%s; it gets ENOSYS", name, call->number,
                    i386 ? " of i386" : "");
    else
        log_warning("the guest kernel has no system call %u%s; it gets ENOSYS", call->number, i386 ? " of i386" : "");
}

/* ---- from the guest ---- */

static void add_to_timeline(struct tracer *tracer, const struct lvmm_syscall *call, uint64_t now_ns)
{
    const char *name = syscall_name(tracer->isa, (call->state & LVMM_SYSCALL_I386) != 0, call->number);
    uint64_t now = timeline_now();

    timeline_add_of(tracer->timeline, TIMELINE_SYSCALLS, call->pid, call->tid != 0 ? call->tid : call->pid,
                    name != NULL ? name : "unknown", name != NULL ? 0 : call->number, now - (now_ns - call->begin_ns),
                    now - (now_ns - call->end_ns));
}

void tracer_take(struct tracer *tracer, const struct lvmm_syscall *call, const struct trace_memory *memory,
                 uint64_t now_ns)
{
    if ((call->state & (LVMM_SYSCALL_BEGUN | LVMM_SYSCALL_ENDED)) == 0) {
        name_unknown(tracer, call);
        return;
    }
    if (atomic_load(&tracer->shows))
        show(tracer, call, memory);
    if (tracer->stats != NULL)
        trace_stats_add(tracer->stats, call);
    if (tracer->timeline != NULL && (call->state & LVMM_SYSCALL_ENDED))
        add_to_timeline(tracer, call, now_ns);
}

/* What has no length: a signal, or an end with its status. */
static void add_event_to_timeline(struct tracer *tracer, const struct lvmm_event *event)
{
    uint64_t now = timeline_now();
    char room[16];
    const char *name = event->value < 32 ? syscall_signal_name(event->value, room) : NULL;

    if (event->kind == LVMM_EVENT_EXIT)
        name = "exited";
    else if (event->kind == LVMM_EVENT_KILLED)
        name = "killed";
    else if (name == NULL)
        name = "signal";
    timeline_add_of(tracer->timeline, TIMELINE_SIGNALS, event->pid, event->tid, name, event->value, now, now);
}

void tracer_take_event(struct tracer *tracer, const struct lvmm_event *event)
{
    if (tracer->timeline != NULL)
        add_event_to_timeline(tracer, event);
    if (atomic_load(&tracer->shows) && tracer->lines != NULL)
        trace_show_event(tracer->lines, tracer->isa, event);
}

void tracer_complete(struct tracer *tracer)
{
    atomic_store(&tracer->complete, true);
}

/* ---- the end ---- */

static void stats_line(void *owner, const char *text)
{
    const struct tracer *tracer = owner;

    log_text(stop_reason(tracer->stop) == STOP_NONE, "%s", text);
}

void tracer_finish(struct tracer *tracer)
{
    if (tracer->lines != NULL)
        trace_show_break(tracer->lines);
    trace_show_destroy(tracer->lines);
    tracer->lines = NULL;
    trace_filter_destroy(tracer->filter);
    tracer->filter = NULL;
    if (tracer->stats != NULL && tracer->isa != NULL) { /* there was a run */
        trace_stats_print(tracer->stats, tracer->isa, stats_line, tracer);
        if (!atomic_load(&tracer->complete))
            log_warning("--stats: the guest kernel could not be asked at the end; its last calls may be missing");
        trace_stats_destroy(tracer->stats);
        tracer->stats = NULL;
    }
    if (tracer->path != NULL && close(tracer->file.fd) != 0 && !tracer->file_failed)
        log_error("--trace-file %s: can't be written: %s", tracer->path, strerror(errno));
}
