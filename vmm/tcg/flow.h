/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.h - bytes on their way from one descriptor to another (or to a function), none lost and none held back.
 *
 * Driven by the owner's poll(2): it asks what to wait for, then reports what is ready. Descriptors that we share with
 * others (stdin, stdout) are never made non-blocking; the flow only touches them when poll says so.
 */
#ifndef LVMM_FLOW_H
#define LVMM_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_BYTES 16384

struct meter;

struct flow {
    int from; /* -1: has ended */
    int to;   /* -1: the sink's, or gone */
    void (*sink)(void *owner, const uint8_t *bytes, size_t size);
    /* May change the bytes that came, in place; returns how many are left. NULL: none. */
    size_t (*filter)(void *owner, uint8_t *bytes, size_t size);
    void *owner;
    bool is_input; /* this and `port` are notes of the owner's; flow.c doesn't look at them */
    unsigned port;
    bool paused; /* `from` isn't read for now */
    /* Reads only when `wanted` says so, once and at most so many bytes. */
    bool on_demand;
    uint32_t wanted;
    /* Reads on while bytes wait to be written, for the filter to see them. What there is no room for is dropped. */
    bool reads_on;
    bool dropped; /* that has happened; the owner's to reset */
    /* `to` is a socket of our own: at the end of `from` its write side is shut down. */
    bool shut_to;
    /* `from` is a socket of our own: when `to` is gone it is closed, which tells the other side. */
    bool close_from;
    /* A write has failed with something else than EPIPE, and the bytes that waited are dropped. NULL: it ends the flow.
     */
    void (*on_error)(void *owner, const struct flow *flow, int error);
    /* What came, and what was written; what the latter doesn't let through is lost. NULL: none. */
    struct meter *in_meter, *out_meter;
    int error;      /* -errno of the last write that failed, or 0 */
    size_t at, end; /* what waits to be written: buffer[at, end) */
    uint8_t buffer[FLOW_BYTES];
};

/* One at a time: it reads when there is nothing to write. -1: nothing. */
int flow_read_fd(const struct flow *flow);
int flow_write_fd(const struct flow *flow);

/* `from` is ready. */
void flow_read(struct flow *flow);
/* `to` is ready. */
void flow_write(struct flow *flow);
/* Nothing more will come and all is written. */
bool flow_has_ended(const struct flow *flow);
/* Drops what waits; closes what is the flow's to close. */
void flow_stop(struct flow *flow);

#endif
