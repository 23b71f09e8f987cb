/* SPDX-License-Identifier: Apache-2.0 */
/* control.c - see control.h. */
#include "vmm/control.h"

#include <errno.h>
#include <string.h>

#include "vmm/backend.h"
#include "vmm/trace_args.h"

#define HEADER_BYTES ((uint32_t)sizeof(struct lvmm_record))

void control_init(struct control *control)
{
    control->have = 0;
    control->over = false;
    control->on_syscall = NULL;
    control->on_event = NULL;
    control->on_syscalls_told = NULL;
    control->on_read = NULL;
    control->on_poll = NULL;
}

static int take_exit(struct control *control, struct backend_result *result)
{
    struct lvmm_exit end;

    if (control->header.size != sizeof(end))
        return -EPROTO;
    memcpy(&end, control->payload, sizeof(end));
    if (end.code > 255)
        return -EPROTO;
    result->exited = true;
    result->status = (int)end.code;
    result->signal = end.signal < LVMM_SIGNALS ? (int)end.signal : 0;
    control->over = true;
    return 0;
}

/* Times and sizes that can't be so become the most that can: a guest of a few CPUs that has run for centuries. */
static int take_usage(const struct control *control, struct backend_result *result)
{
    struct lvmm_usage *usage = &result->usage;
    uint64_t *const values[] = {&usage->user_ns, &usage->system_ns, &usage->peak_memory_bytes, &usage->oom_kills,
                                &usage->refused_threads};

    if (control->header.size != sizeof(*usage))
        return -EPROTO;
    memcpy(usage, control->payload, sizeof(*usage));
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (*values[i] > CONTROL_USAGE_MOST)
            *values[i] = CONTROL_USAGE_MOST;
    result->has_usage = true;
    return 0;
}

/* The text ends up on a terminal as part of one line. */
static int take_fail(struct control *control, struct backend_result *result)
{
    size_t size = control->header.size;

    if (size >= sizeof(result->failure))
        size = sizeof(result->failure) - 1;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = control->payload[i];
        result->failure[i] = c < ' ' || c == 0x7f ? '?' : (char)c;
    }
    result->failure[size] = '\0';
    if (size == 0)
        strcpy(result->failure, "the guest kernel failed without a reason");
    control->over = true;
    return 0;
}

/* What can't be so is left out: the numbers are the guest's. */
static bool is_sound(const struct lvmm_syscall *call, uint64_t now_ns)
{
    const uint32_t states =
        LVMM_SYSCALL_BEGUN | LVMM_SYSCALL_ENDED | LVMM_SYSCALL_GONE | LVMM_SYSCALL_UNKNOWN | LVMM_SYSCALL_I386;
    bool ended = (call->state & LVMM_SYSCALL_ENDED) != 0;

    if ((call->state & ~states) != 0 || (call->state & ~(uint32_t)LVMM_SYSCALL_I386) == 0)
        return false;
    if ((call->state & LVMM_SYSCALL_GONE) != 0 && !ended)
        return false;
    return call->begin_ns <= now_ns && (!ended || (call->begin_ns <= call->end_ns && call->end_ns <= now_ns));
}

static int take_syscalls(const struct control *control)
{
    const size_t head = sizeof(struct lvmm_syscalls);
    uint32_t size = control->header.size;
    struct lvmm_syscall call;
    uint64_t now_ns;

    if (size < head || (size - head) % sizeof(call) != 0)
        return -EPROTO;
    memcpy(&now_ns, control->payload, sizeof(now_ns));
    for (size_t at = head; at < size && control->on_syscall != NULL; at += sizeof(call)) {
        memcpy(&call, control->payload + at, sizeof(call));
        if (is_sound(&call, now_ns))
            control->on_syscall(control->owner, &call, NULL, now_ns);
    }
    if (size == head && control->on_syscalls_told != NULL)
        control->on_syscalls_told(control->owner);
    return 0;
}

static int take_decoded(const struct control *control)
{
    const size_t head = sizeof(struct lvmm_syscall_memory);
    struct trace_memory memory = {control->payload + head, 0};
    struct lvmm_syscall_memory given;

    if (control->header.size < head)
        return -EPROTO;
    memcpy(&given, control->payload, head);
    memory.size = control->header.size - head;
    if (control->on_syscall != NULL && is_sound(&given.call, given.now_ns))
        control->on_syscall(control->owner, &given.call, &memory, given.now_ns);
    return 0;
}

static int take_event(const struct control *control)
{
    struct lvmm_event event;

    if (control->header.size != sizeof(event))
        return -EPROTO;
    memcpy(&event, control->payload, sizeof(event));
    if (control->on_event != NULL && event.kind >= LVMM_EVENT_SIGNAL && event.kind <= LVMM_EVENT_KILLED)
        control->on_event(control->owner, &event);
    return 0;
}

static int take_read(const struct control *control)
{
    struct lvmm_read read;

    if (control->header.size != sizeof(read))
        return -EPROTO;
    memcpy(&read, control->payload, sizeof(read));
    if (read.port >= LVMM_PORT_COUNT || read.bytes == 0 || read.bytes > LVMM_READ_MAX)
        return -EPROTO;
    if (control->on_read != NULL)
        control->on_read(control->owner, read.port, read.bytes);
    return 0;
}

static int take_poll(const struct control *control)
{
    struct lvmm_poll poll;

    if (control->header.size != sizeof(poll))
        return -EPROTO;
    memcpy(&poll, control->payload, sizeof(poll));
    if (poll.port >= LVMM_PORT_COUNT)
        return -EPROTO;
    if (control->on_poll != NULL)
        control->on_poll(control->owner, poll.port);
    return 0;
}

static int take_record(struct control *control, struct backend_result *result)
{
    control->have = 0;
    switch (control->header.type) {
    case LVMM_RECORD_EXIT:
        return take_exit(control, result);
    case LVMM_RECORD_FAIL:
        return take_fail(control, result);
    case LVMM_RECORD_USAGE:
        return take_usage(control, result);
    case LVMM_RECORD_SYSCALLS:
        return take_syscalls(control);
    case LVMM_RECORD_DECODED:
        return take_decoded(control);
    case LVMM_RECORD_EVENT:
        return take_event(control);
    case LVMM_RECORD_READ:
        return take_read(control);
    case LVMM_RECORD_POLL:
        return take_poll(control);
    default:
        return 0;
    }
}

/* Copies what fits of `size` bytes to where `wanted` bytes of the record belong; returns how many. */
static size_t gather(struct control *control, void *to, uint32_t wanted, const uint8_t *bytes, size_t size)
{
    size_t n = size < wanted ? size : wanted;

    memcpy(to, bytes, n);
    control->have += (uint32_t)n;
    return n;
}

int control_feed(struct control *control, const uint8_t *bytes, size_t size, struct backend_result *result)
{
    int error = 0;

    while (size > 0 && !control->over && error == 0) {
        size_t n;
        if (control->have < HEADER_BYTES) {
            n = gather(control, (uint8_t *)&control->header + control->have, HEADER_BYTES - control->have, bytes, size);
        } else {
            uint32_t at = control->have - HEADER_BYTES;
            n = gather(control, control->payload + at, control->header.size - at, bytes, size);
        }
        bytes += n;
        size -= n;
        if (control->have >= HEADER_BYTES && control->header.size > LVMM_RECORD_MAX)
            error = -EPROTO;
        else if (control->have >= HEADER_BYTES && control->have == HEADER_BYTES + control->header.size)
            error = take_record(control, result);
    }
    control->over = control->over || error != 0;
    return error;
}
