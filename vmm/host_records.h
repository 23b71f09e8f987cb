/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_records.h - what lvmm has to tell the guest on the control port (boot/abi.h).
 *
 * The latest of each kind, not a list: however late the guest looks, there is nothing to grow. Any thread.
 */
#ifndef LVMM_HOST_RECORDS_H
#define LVMM_HOST_RECORDS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/abi.h"

#define HOST_RECORD_BYTES (sizeof(struct lvmm_record) + sizeof(struct lvmm_ready)) /* of the largest */

struct host_records {
    pthread_mutex_t lock;            /* innermost; guards the rest */
    uint32_t ready_owed, error_owed; /* bit n: of port n */
    bool size_owed, trace_owed;
    struct lvmm_ready ready[LVMM_PORT_COUNT];
    uint32_t error[LVMM_PORT_COUNT];
    struct lvmm_winsize size;
    struct lvmm_trace trace;
};

/* Nothing is owed. There is nothing to give back at the end. */
void host_records_init(struct host_records *records);

/* What the guest is to be told next, in place of what it was to be told of the same port (or of the size) before. Of a
 * port that isn't one: nothing. Whoever calls these then wakes what sends. */
void host_records_ready(struct host_records *records, const struct lvmm_ready *ready);
void host_records_error(struct host_records *records, uint32_t port, int error); /* error: Linux's number */
void host_records_winsize(struct host_records *records, uint16_t rows, uint16_t columns);
void host_records_trace(struct host_records *records, uint32_t wanted); /* enum lvmm_trace_wanted */

/* Takes the next record, header and payload, into buffer[HOST_RECORD_BYTES]; its size, 0 if there is none. */
size_t host_records_next(struct host_records *records, uint8_t *buffer);

#endif
