/* SPDX-License-Identifier: Apache-2.0 */
/* control.h - takes the guest's records (boot/abi.h) out of the control port's bytes. Pure; the guest is hostile. */
#ifndef LVMM_CONTROL_H
#define LVMM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/abi.h"

struct backend_result;

struct control {
    struct lvmm_record header;
    uint8_t payload[LVMM_RECORD_MAX];
    uint32_t have; /* bytes of the current record, header included */
    bool over;     /* there was an end or an error: the rest is not looked at */
    /* For each system call that the guest tells of: how long ago it began and ended. NULL: not wanted. */
    void (*on_syscall)(void *owner, uint32_t number, uint64_t begin_ago_ns, uint64_t end_ago_ns);
    void (*on_read)(void *owner, uint32_t port, uint32_t bytes); /* NULL: the port's device knows by itself */
    void (*on_poll)(void *owner, uint32_t port);                 /* NULL: not wanted */
    void *owner;
};

/* Before the first byte. No callback is set: those that are wanted, and `owner`, are the caller's to set afterwards. */
void control_init(struct control *control);

/*
 * The next bytes, cut anywhere. LVMM_RECORD_EXIT sets result->exited and status, LVMM_RECORD_FAIL sets failure; the
 * first of them counts. Types that it doesn't know are skipped,
 * and LVMM_RECORD_SYSCALLS where it isn't wanted. 0; -EPROTO if these are no records (once, then 0).
 */
int control_feed(struct control *control, const uint8_t *bytes, size_t size, struct backend_result *result);

#endif
