/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timeline.h - where a run's time goes, as a trace that Perfetto and chrome://tracing open (Trace Event Format, JSON).
 *
 * A timeline is NULL unless --timeline is given; all functions take that, and what is in the guest's way asks first, so
 * that it costs one branch. timeline_add may be called on any thread; the rest on the one that runs main and the first
 * vCPU, whose exits are the ones that are shown.
 */
#ifndef LVMM_TIMELINE_H
#define LVMM_TIMELINE_H

#include <stdint.h>

struct timeline;

/* Those of lvmm itself, and of a guest's threads: its system calls and its signals. */
enum timeline_track { TIMELINE_PHASES = 1, TIMELINE_EXITS, TIMELINE_SYSCALLS, TIMELINE_SIGNALS, TIMELINE_TRACKS };

/* Numbers of guest processes and threads are below it: Linux's highest limit. In the file it is lvmm's own. */
#define TIMELINE_THREADS_MAX 4194304u

#define TIMELINE_EVENTS_MAX 65536u /* of exits and system calls together; later ones are counted only */

/* Opens FILE and begins: with the process's start, as far as its CPU time tells. 0, or -errno after a message. */
int timeline_create(const char *path, struct timeline **out);

/* Ends the phase that was going on and begins another one; `name` is a constant string. */
void timeline_phase(struct timeline *timeline, const char *name);

uint64_t timeline_now(void); /* ns */

/* Adds what began at `begin_ns` and took until `end_ns`. `name` is a constant string. */
void timeline_add(struct timeline *timeline, enum timeline_track track, const char *name, uint64_t address,
                  uint64_t begin_ns, uint64_t end_ns);
/* The same of a thread of the guest, which has a track of its own in that of its process. Numbers that can't be are 0.
 */
void timeline_add_of(struct timeline *timeline, enum timeline_track track, uint32_t process, uint32_t thread,
                     const char *name, uint64_t number, uint64_t begin_ns, uint64_t end_ns);

/* Ends the last phase, writes the file, frees all of it. A message if it can't be written. */
void timeline_finish(struct timeline *timeline);

#endif
