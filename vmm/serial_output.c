/* SPDX-License-Identifier: Apache-2.0 */
/* serial_output.c - see serial_output.h. */
#include "vmm/serial_output.h"

#include <errno.h>
#include <unistd.h>

#include "vmm/log.h"

void serial_output_init(struct serial_output *output, bool to_stdout)
{
    output->to_stdout = to_stdout;
    output->length = 0;
}

static void write_all(int fd, const char *bytes, size_t count)
{
    while (count) {
        ssize_t done = write(fd, bytes, count);
        if (done < 0 && errno != EINTR)
            return; /* nobody reads any more */
        if (done > 0) {
            bytes += done;
            count -= (size_t)done;
        }
    }
}

void serial_output_flush(struct serial_output *output)
{
    if (output->length)
        log_warning("guest: %.*s", (int)output->length, output->line);
    output->length = 0;
}

void serial_output_write(struct serial_output *output, const char *bytes, size_t count)
{
    if (output->to_stdout) {
        write_all(STDOUT_FILENO, bytes, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n' || output->length == sizeof(output->line))
            serial_output_flush(output);
        if (bytes[i] != '\n' && bytes[i] != '\r')
            output->line[output->length++] = bytes[i] >= ' ' || bytes[i] == '\t' ? bytes[i] : '?';
    }
}
