/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/control.c vmm/trace_text.c vmm/trace_args.c vmm/trace_layouts.c vmm/trace_stats.c vmm/syscall_names.c
// vmm/syscall_sets.c
/* control_fuzz.c - the control port: any bytes, cut in two ways, mean the same; system calls are shown and counted. */
#include "vmm/control.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/backend.h"
#include "vmm/trace_stats.h"
#include "vmm/trace_text.h"

struct listener {
    struct trace_stats *stats;
    uint64_t begun;
};

static void check_text(const char *text, size_t length)
{
    if (length >= TRACE_TEXT_SIZE || strlen(text) != length || strncmp(text, "[TRACE] pid=", 12) != 0)
        abort();
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            abort();
}

static void on_syscall(void *owner, const struct lvmm_syscall *call, const struct trace_memory *memory, uint64_t now_ns)
{
    struct listener *listener = owner;
    char text[TRACE_TEXT_SIZE];

    if (call->begin_ns > now_ns)
        abort();
    listener->begun += (call->state & LVMM_SYSCALL_BEGUN) != 0;
    trace_stats_add(listener->stats, call);
    check_text(text, trace_text_begin("x86_64", call, memory, text));
    check_text(text, trace_text_end("riscv64", call, memory, text));
}

/* The sum of the table is what was counted here. */
static void on_line(void *owner, const char *text)
{
    const struct listener *listener = owner;

    if (strlen(text) > 1000)
        abort();
    if (strstr(text, " total") != NULL && strtoull(text, NULL, 10) != listener->begun)
        abort();
}

static int feed(const uint8_t *data, size_t size, size_t piece, struct backend_result *result)
{
    static struct control control;
    struct listener listener = {.stats = trace_stats_create()};
    int error = 0;

    memset(&control, 0x5a, sizeof(control));
    control_init(&control);
    control.on_syscall = on_syscall;
    control.owner = &listener;
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        int now = control_feed(&control, data + at, n, result);
        error = error != 0 ? error : now;
    }
    trace_stats_print(listener.stats, "x86_64", on_line, &listener);
    trace_stats_destroy(listener.stats);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct backend_result whole = {0}, pieces = {0};

    if (size == 0)
        return 0;
    int error = feed(data, size, size, &whole);
    if (feed(data, size, data[0] % 7 + 1, &pieces) != error || memcmp(&whole, &pieces, sizeof(whole)) != 0)
        abort();
    if (whole.exited && (whole.status < 0 || whole.status > 255))
        abort();
    for (const char *c = whole.failure; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            abort();
    return 0;
}
