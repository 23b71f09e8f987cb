/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial_output.h - where a guest's serial port goes: a bare kernel's console is our stdout, byte for byte; our own
 * guest kernel's messages are lines on stderr.
 *
 * stdout that isn't read holds up the vCPU that writes, as a full pipe does a process, until it is read or the run
 * ends: nothing is lost before the end. A stdout that is gone ends the run, as SIGPIPE would a process.
 */
#ifndef LVMM_SERIAL_OUTPUT_H
#define LVMM_SERIAL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "devices/hoststream.h"

#define SERIAL_LINE 512

/* What the run does for it; `owner` is handed back. Called on the thread that writes. */
struct serial_output_ops {
    bool (*has_ended)(void *owner); /* the run: who waits then gives up */
    void (*gone)(void *owner);      /* nobody reads stdout any more */
};

struct serial_output {
    bool to_stdout;
    bool gone;             /* nothing can be written to stdout any more */
    struct hoststream out; /* its meter: of lines, too */
    int stop_fd;           /* readable: has_ended may have become true. It is asked at times besides */
    const struct serial_output_ops *ops;
    void *owner;
    char line[SERIAL_LINE];
    size_t length;
};

/* to_stdout: serial_output_connect has to follow. meter: of what the guest has said; lines that it doesn't let through
 * are lost. NULL: none. */
void serial_output_init(struct serial_output *output, bool to_stdout, struct meter *meter);
void serial_output_connect(struct serial_output *output, int stop_fd, const struct serial_output_ops *ops, void *owner);
void serial_output_write(struct serial_output *output, const char *bytes, size_t count);
void serial_output_flush(struct serial_output *output); /* a last line without an end */
void serial_output_fini(struct serial_output *output);

#endif
