/* SPDX-License-Identifier: Apache-2.0 */
/* trace_text.c - see trace_text.h. */
#include "vmm/trace_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmm/syscall_names.h"

#define ERRNO_MAX 4095

bool trace_text_is_error(int64_t result)
{
    return result < 0 && result >= -ERRNO_MAX;
}

/* What programs never see: the call is made again once a signal is delivered, or gives EINTR (Linux, linux/errno.h). */
static const struct {
    int error;
    const char *name;
} restarts[] = {{512, "ERESTARTSYS"}, {513, "ERESTARTNOINTR"}, {514, "ERESTARTNOHAND"}, {516, "ERESTART_RESTARTBLOCK"}};

/* All guests' numbers are the host's (asm-generic/errno.h). */
static const char *error_name(int error)
{
    const char *name = strerrorname_np(error);

    for (unsigned i = 0; i < sizeof(restarts) / sizeof(restarts[0]) && name == NULL; i++)
        if (restarts[i].error == error)
            name = restarts[i].name;
    return name != NULL ? name : "no error's number";
}

static size_t put_head(const char *isa, const struct lvmm_syscall *call, char text[TRACE_TEXT_SIZE])
{
    char name[SYSCALL_NAME_SIZE], tid[sizeof(" tid=4294967295")] = "";

    if (call->tid != 0 && call->tid != call->pid)
        snprintf(tid, sizeof(tid), " tid=%" PRIu32, call->tid);
    return (size_t)snprintf(text, TRACE_TEXT_SIZE, "[TRACE] pid=%" PRIu32 "%s %s(%" PRIu32 ")", call->pid, tid,
                            syscall_text(isa, (call->state & LVMM_SYSCALL_I386) != 0, call->number, name),
                            call->number);
}

size_t trace_text_begin(const char *isa, const struct lvmm_syscall *call, char text[TRACE_TEXT_SIZE])
{
    size_t length = put_head(isa, call, text);

    length += (size_t)snprintf(text + length, TRACE_TEXT_SIZE - length,
                               " args=(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
                               ", 0x%" PRIx64 ")",
                               call->arg[0], call->arg[1], call->arg[2], call->arg[3], call->arg[4], call->arg[5]);
    return length;
}

size_t trace_text_end(const char *isa, const struct lvmm_syscall *call, char text[TRACE_TEXT_SIZE])
{
    size_t length = put_head(isa, call, text);

    if (trace_text_is_error(call->result))
        length += (size_t)snprintf(text + length, TRACE_TEXT_SIZE - length, " -> %" PRId64 " (%s)", call->result,
                                   error_name((int)-call->result));
    else
        length += (size_t)snprintf(text + length, TRACE_TEXT_SIZE - length, " -> 0x%" PRIx64 " (%" PRId64 ")",
                                   (uint64_t)call->result, call->result);
    return length;
}
