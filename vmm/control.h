/* SPDX-License-Identifier: Apache-2.0 */
/* control.h - takes the guest's records (boot/abi.h) out of the control port's bytes. Pure; the guest is hostile. */
#ifndef LVMM_CONTROL_H
#define LVMM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/abi.h"

struct backend_result;
struct trace_memory;

/* Of each number that the guest gives of what it has used. JSON's readers take such a number exactly. */
#define CONTROL_USAGE_MOST ((UINT64_C(1) << 53) - 1)

struct control {
    struct lvmm_record header;
    uint8_t payload[LVMM_RECORD_MAX];
    uint32_t have; /* bytes of the current record, header included */
    bool over;     /* there was an end or an error: the rest is not looked at */
    /* For each thing that the guest says of a system call. Its state is one of those of boot/abi.h, and its times are
     * not later than now_ns, on the guest's clock. memory: NULL, or what its arguments lead to, which is the guest's
     * and may be anything (vmm/trace_args.h); for the time of the call only. on_syscall NULL: not wanted. */
    void (*on_syscall)(void *owner, const struct lvmm_syscall *call, const struct trace_memory *memory,
                       uint64_t now_ns);
    void (*on_event)(void *owner, const struct lvmm_event *event); /* its kind is one of boot/abi.h. NULL: not wanted */
    void (*on_syscalls_told)(void *owner);                       /* the answer to LVMM_RECORD_TRACE. NULL: not wanted */
    void (*on_read)(void *owner, uint32_t port, uint32_t bytes); /* NULL: the port's device knows by itself */
    void (*on_poll)(void *owner, uint32_t port);                 /* NULL: not wanted */
    void *owner;
};

/* Before the first byte. No callback is set: those that are wanted, and `owner`, are the caller's to set afterwards. */
void control_init(struct control *control);

/*
 * The next bytes, cut anywhere. LVMM_RECORD_EXIT sets result->exited and status, LVMM_RECORD_FAIL sets failure; the
 * first of them counts. LVMM_RECORD_USAGE sets usage; the last one before them counts. Types that it doesn't know are
 * skipped, and LVMM_RECORD_SYSCALLS where it isn't wanted. 0; -EPROTO if these are no records (once, then 0).
 */
int control_feed(struct control *control, const uint8_t *bytes, size_t size, struct backend_result *result);

#endif
