/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial_output.h - where a guest's serial port goes: a bare kernel's console is our stdout, byte for byte; our own
 * guest kernel's messages are lines on stderr.
 */
#ifndef LVMM_SERIAL_OUTPUT_H
#define LVMM_SERIAL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#define SERIAL_LINE 512

struct serial_output {
    bool to_stdout;
    char line[SERIAL_LINE];
    size_t length;
};

void serial_output_init(struct serial_output *output, bool to_stdout);
void serial_output_write(struct serial_output *output, const char *bytes, size_t count);
void serial_output_flush(struct serial_output *output); /* a last line without an end */

#endif
