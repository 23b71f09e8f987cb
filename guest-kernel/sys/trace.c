/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - see trace.h. A record as large as the control port takes is filled and sent. */
#include "sys/trace.h"

#include <stddef.h>

#include "boot/abi.h"
#include "core/clock.h"
#include "core/process.h"
#include "drv/virtio_console.h"

#define CALLS ((LVMM_RECORD_MAX - sizeof(struct lvmm_syscalls)) / sizeof(struct lvmm_syscall))

static struct { /* struct lvmm_syscalls, with its room */
    uint64_t now_ns;
    struct lvmm_syscall call[CALLS];
} record;
_Static_assert(sizeof(record) <= LVMM_RECORD_MAX, "one record");
_Static_assert(offsetof(struct lvmm_syscalls, call) == sizeof(uint64_t), "struct lvmm_syscalls");
static unsigned count;

bool trace_is_on;

void trace_flush(void)
{
    if (count == 0)
        return;
    record.now_ns = clock_monotonic_ns();
    console_control_send(LVMM_RECORD_SYSCALLS, &record, sizeof(record.now_ns) + count * sizeof(record.call[0]));
    count = 0;
}

void trace_call(enum trap_kind kind, void (*carry_out)(enum trap_kind kind))
{
    struct lvmm_syscall *call = &record.call[count];

    call->number = (uint32_t)arch_syscall_number(&current_thread()->frame);
    call->begin_ns = clock_monotonic_ns();
    carry_out(kind);
    call->end_ns = clock_monotonic_ns();
    if (++count == CALLS)
        trace_flush();
}
