/* SPDX-License-Identifier: Apache-2.0 */
/* timeline.c - see timeline.h. Memory is set aside at the start; pages of it exist when they are used. */
#include "vmm/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/log.h"

/* A plan that is made anew, for the interrupt controller and for the clock, adds six each time. */
#define PHASES_MAX 32

struct event {
    const char *name;
    uint64_t begin_ns, duration_ns;
    uint64_t address : 60, track : 4;
    uint32_t process, thread; /* of the guest; 0, 0: lvmm's own */
};

struct timeline {
    const char *path;
    FILE *file;
    uint64_t start_ns;
    struct event phase[PHASES_MAX]; /* the last one is going on */
    unsigned phase_count;
    atomic_uint_fast64_t event_count; /* that there were; those from TIMELINE_EVENTS_MAX on aren't kept */
    struct event event[TIMELINE_EVENTS_MAX];
};

uint64_t timeline_now(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static FILE *open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

int timeline_create(const char *path, struct timeline **out)
{
    uint64_t now = timeline_now(), used = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    FILE *file = open_file(path);

    if (file == NULL) {
        int error = -errno;
        log_error("--timeline %s: can't be written: %s", path, strerror(-error));
        return error;
    }
    struct timeline *t =
        mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (t == MAP_FAILED) {
        log_error("--timeline %s: no memory", path);
        fclose(file);
        return -ENOMEM;
    }
    t->path = path;
    t->file = file;
    t->start_ns = now - used;
    t->phase[t->phase_count++] = (struct event){.name = "config", .begin_ns = t->start_ns, .track = TIMELINE_PHASES};
    *out = t;
    return 0;
}

static void end_phase(struct timeline *timeline, uint64_t now)
{
    struct event *last = &timeline->phase[timeline->phase_count - 1];

    last->duration_ns = now - last->begin_ns;
}

void timeline_phase(struct timeline *timeline, const char *name)
{
    if (timeline == NULL || timeline->phase_count == PHASES_MAX)
        return;
    uint64_t now = timeline_now();
    end_phase(timeline, now);
    timeline->phase[timeline->phase_count++] = (struct event){.name = name, .begin_ns = now, .track = TIMELINE_PHASES};
}

void timeline_add(struct timeline *timeline, enum timeline_track track, const char *name, uint64_t address,
                  uint64_t begin_ns, uint64_t end_ns)
{
    timeline_add_of(timeline, track, 0, 0, name, address, begin_ns, end_ns);
}

void timeline_add_of(struct timeline *timeline, enum timeline_track track, uint32_t process, uint32_t thread,
                     const char *name, uint64_t number, uint64_t begin_ns, uint64_t end_ns)
{
    if (timeline == NULL)
        return;
    uint64_t slot = atomic_fetch_add(&timeline->event_count, 1);
    if (slot >= TIMELINE_EVENTS_MAX)
        return;
    if (begin_ns < timeline->start_ns || begin_ns > end_ns) /* the guest's numbers can't be true */
        begin_ns = timeline->start_ns < end_ns ? timeline->start_ns : end_ns;
    timeline->event[slot] = (struct event){
        .name = name,
        .begin_ns = begin_ns,
        .duration_ns = end_ns - begin_ns,
        .address = number & ((UINT64_C(1) << 60) - 1),
        .track = track,
        .process = process < TIMELINE_THREADS_MAX ? process : 0,
        .thread = thread < TIMELINE_THREADS_MAX ? thread : 0,
    };
}

static bool is_guests(const struct event *event)
{
    return event->track == TIMELINE_SYSCALLS || event->track == TIMELINE_SIGNALS;
}

/* Times are microseconds in this format; three digits more keep the nanoseconds. */
static void print_event(const struct timeline *timeline, const struct event *event)
{
    static const char *const categories[TIMELINE_TRACKS] = {[TIMELINE_PHASES] = "phase",
                                                            [TIMELINE_EXITS] = "exit",
                                                            [TIMELINE_SYSCALLS] = "syscall",
                                                            [TIMELINE_SIGNALS] = "signal"};
    uint64_t begin = event->begin_ns > timeline->start_ns ? event->begin_ns - timeline->start_ns : 0;

    fprintf(timeline->file,
            ",\n{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"X\",\"ts\":%" PRIu64 ".%03u,\"dur\":%" PRIu64
            ".%03u,\"pid\":%u,\"tid\":%u",
            event->name, categories[event->track], begin / 1000, (unsigned)(begin % 1000), event->duration_ns / 1000,
            (unsigned)(event->duration_ns % 1000), is_guests(event) ? event->process : TIMELINE_THREADS_MAX,
            is_guests(event) ? event->thread : event->track);
    if (event->address != 0)
        fprintf(timeline->file, ",\"args\":{\"address\":\"0x%" PRIx64 "\"}", (uint64_t)event->address);
    fputc('}', timeline->file);
}

/* what: "process_name" or "thread_name"; number 0: none. */
static void print_name(const struct timeline *timeline, const char *what, unsigned process, unsigned track,
                       const char *name, unsigned number)
{
    fprintf(timeline->file, "{\"name\":\"%s\",\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":\"%s", what,
            process, track, name);
    if (number != 0)
        fprintf(timeline->file, " %u", number);
    fputs("\"}}", timeline->file);
}

/* Marks a number; false: it was marked. */
static bool mark(uint8_t *seen, uint32_t number)
{
    uint8_t bit = (uint8_t)(1u << number % 8);
    bool is_new = (seen[number / 8] & bit) == 0;

    seen[number / 8] |= bit;
    return is_new;
}

/* Each guest process and thread that there is an event of, once. Without memory for that they have no names. */
static void print_threads(const struct timeline *timeline, uint64_t count)
{
    uint8_t *seen = calloc(2, TIMELINE_THREADS_MAX / 8);

    for (uint64_t i = 0; i < count && seen != NULL; i++) {
        const struct event *event = &timeline->event[i];

        if (!is_guests(event))
            continue;
        if (mark(seen, event->process)) {
            fputs(",\n", timeline->file);
            print_name(timeline, "process_name", event->process, event->process, "guest process", event->process);
        }
        if (mark(seen + TIMELINE_THREADS_MAX / 8, event->thread)) {
            fputs(",\n", timeline->file);
            print_name(timeline, "thread_name", event->process, event->thread, "thread", event->thread);
        }
    }
    free(seen);
}

static void print_names(const struct timeline *timeline)
{
    static const char *const names[] = {[TIMELINE_PHASES] = "phases", [TIMELINE_EXITS] = "exits"};

    print_name(timeline, "process_name", TIMELINE_THREADS_MAX, TIMELINE_PHASES, "lvmm", 0);
    for (unsigned i = TIMELINE_PHASES; i <= TIMELINE_EXITS; i++) {
        fputs(",\n", timeline->file);
        print_name(timeline, "thread_name", TIMELINE_THREADS_MAX, i, names[i], 0);
    }
}

void timeline_finish(struct timeline *timeline)
{
    if (timeline == NULL)
        return;
    end_phase(timeline, timeline_now());
    uint64_t wanted = timeline->event_count;
    uint64_t count = wanted < TIMELINE_EVENTS_MAX ? wanted : TIMELINE_EVENTS_MAX;
    fprintf(timeline->file, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"dropped\":%" PRIu64 "},\"traceEvents\":[\n",
            wanted - count);
    print_names(timeline);
    print_threads(timeline, count);
    for (unsigned i = 0; i < timeline->phase_count; i++)
        print_event(timeline, &timeline->phase[i]);
    for (uint64_t i = 0; i < count; i++)
        print_event(timeline, &timeline->event[i]);
    fputs("\n]}\n", timeline->file);
    bool bad = ferror(timeline->file) != 0;
    if (fclose(timeline->file) != 0 || bad)
        log_error("--timeline %s: could not be written: %s", timeline->path, strerror(errno));
    munmap(timeline, sizeof(*timeline));
}
