/* SPDX-License-Identifier: Apache-2.0 */
/* serial_output.c - see serial_output.h. */
#include "vmm/serial_output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "vmm/log.h"

/* How often who waits for stdout asks whether the run has ended for a reason that stop_fd doesn't tell of. */
#define ASK_MS 50

void serial_output_init(struct serial_output *output, bool to_stdout, struct meter *meter)
{
    output->to_stdout = to_stdout;
    output->gone = false;
    output->length = 0;
    hoststream_init_output(&output->out, NULL, STDOUT_FILENO, NULL, NULL); /* no loop ever watches it */
    output->out.meter = meter;
}

void serial_output_connect(struct serial_output *output, int stop_fd, const struct serial_output_ops *ops, void *owner)
{
    output->stop_fd = stop_fd;
    output->ops = ops;
    output->owner = owner;
}

void serial_output_flush(struct serial_output *output)
{
    if (output->length > 0 && meter_take_all(output->out.meter, output->length + 1))
        log_warning("guest: %.*s", (int)output->length, output->line);
    output->length = 0;
}

void serial_output_fini(struct serial_output *output)
{
    serial_output_flush(output);
    hoststream_fini(&output->out);
}

/* ---- stdout ---- */

/* False: the run has ended meanwhile. */
static bool wait_for_room(struct serial_output *output)
{
    struct pollfd fds[] = {{.fd = output->out.own_fd, .events = POLLOUT}, {.fd = output->stop_fd, .events = POLLIN}};

    if (output->ops->has_ended(output->owner))
        return false;
    poll(fds, 2, ASK_MS);
    return true;
}

static void stdout_failed(struct serial_output *output, int error)
{
    output->gone = true;
    if (error == -EPIPE)
        output->ops->gone(output->owner);
    else
        log_error("stdout: can't be written: %s; what the guest's serial port says from now on is lost",
                  strerror(-error));
}

static void write_stdout(struct serial_output *output, const char *bytes, size_t count)
{
    while (count > 0 && !output->gone) {
        const struct iovec iov = {(char *)bytes, count};
        ssize_t done = hoststream_write(&output->out, &iov, 1);

        if (done >= 0) {
            bytes += done;
            count -= (size_t)done;
        } else if (done == -EAGAIN) {
            if (!wait_for_room(output))
                return;
        } else {
            stdout_failed(output, (int)done);
        }
    }
}

/* ---- lines ---- */

static void write_lines(struct serial_output *output, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n' || output->length == sizeof(output->line))
            serial_output_flush(output);
        if (bytes[i] != '\n' && bytes[i] != '\r')
            output->line[output->length++] = bytes[i] != '\0' ? bytes[i] : '?';
    }
}

void serial_output_write(struct serial_output *output, const char *bytes, size_t count)
{
    if (output->to_stdout)
        write_stdout(output, bytes, count);
    else
        write_lines(output, bytes, count);
}
