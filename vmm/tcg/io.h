/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.h - between QEMU and our streams: a socket for each of the guest's ports, flows for their bytes; records and
 * messages are looked at on the way.
 */
#ifndef LVMM_TCG_IO_H
#define LVMM_TCG_IO_H

#include <poll.h>

#include "vmm/backend.h"
#include "vmm/control.h"
#include "vmm/escape.h"
#include "vmm/host_records.h"
#include "vmm/panic_watch.h"
#include "vmm/serial_output.h"
#include "vmm/tcg/args.h"
#include "vmm/tcg/flow.h"

/* Each port in each direction, the serial port in both, QEMU's stderr. */
#define TCG_FLOWS (LVMM_PORT_COUNT * 2 + 3)
#define TCG_POLL_FDS (TCG_FLOWS * 2 + 2) /* and: is there input; is there room for our records */
#define TCG_ERROR_BYTES 4096

struct tcg_io {
    const struct backend_job *job;
    struct backend_result *result; /* filled by the guest's records */
    bool protocol_error;           /* something else came where records should be */
    bool quit;                     /* Ctrl-A x */
    bool told;                     /* the guest has answered tcg_io_trace */
    struct escape escape;
    char errors[TCG_ERROR_BYTES]; /* the beginning of what QEMU said, NUL-terminated */
    size_t errors_size;
    int terminal_fd;      /* our own description of the terminal, non-blocking; -1: none */
    struct tcg_fds local; /* our ends, but those that a flow closes; no kernel, no device trees */
    struct control control;
    struct host_records records;
    uint8_t record[HOST_RECORD_BYTES]; /* on its way on the control port: [record_at, record_end) */
    size_t record_at, record_end;
    int input_fd;         /* our stdin, if it is a stream; -1 */
    bool input_is_wanted; /* the guest wants to hear when there is something */
    struct flow *stream;  /* from there to the guest; NULL: none */
    struct flow *keys;    /* from the terminal; NULL: none */
    struct serial_output serial;
    struct panic_watch panic; /* of Linux */
    struct flow flow[TCG_FLOWS];
    unsigned flow_count;
};

/* Closes the sockets and the files of the device trees; the kernel's is the job's. */
void tcg_fds_close(struct tcg_fds *fds);

/* Whether the guest will use a port of the console: one for a terminal, or one for each stream that is none. */
bool tcg_io_wants_port(const struct backend_job *job, unsigned port);

/* Makes the sockets; QEMU's ends go to `remote`, the caller's to close. 0 or -errno. tcg_io_fini either way. */
int tcg_io_init(struct tcg_io *io, const struct backend_job *job, struct backend_result *result,
                struct tcg_fds *remote);
void tcg_io_fini(struct tcg_io *io);

/* Starts to carry bytes. errors_fd: QEMU's stderr, taken over. */
void tcg_io_start(struct tcg_io *io, int errors_fd);
/* What to wait for: fills fds, returns how many. */
unsigned tcg_io_ask(const struct tcg_io *io, struct pollfd fds[TCG_POLL_FDS]);
/* The terminal may be read from now on. */
void tcg_io_take_terminal(struct tcg_io *io);
void tcg_io_resize(struct tcg_io *io, uint16_t rows, uint16_t columns);
/* Tells the guest what is wanted of its system calls. It answers: `told` is set then. */
void tcg_io_trace(struct tcg_io *io);
/* After poll: carries what is ready. */
void tcg_io_serve(struct tcg_io *io, const struct pollfd *fds);
/* The guest is gone: nothing to send it any more. */
void tcg_io_end_input(struct tcg_io *io);
/* All that the guest sent is delivered. */
bool tcg_io_is_drained(const struct tcg_io *io);
/* The last words: unfinished lines, QEMU's messages with --verbose, what could not be written. */
void tcg_io_report(struct tcg_io *io);

#endif
