/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/control.c vmm/trace_show.c vmm/trace_stats.c vmm/trace_args.c vmm/trace_view.c vmm/trace_pointed.c
// vmm/trace_result.c vmm/trace_line.c vmm/trace_layouts.c vmm/trace_fields.c vmm/trace_siginfo.c vmm/trace_sockaddr.c
// vmm/trace_text.c vmm/syscall_names.c vmm/syscall_sets.c vmm/syscall_struct_sets.c
/* control_fuzz.c - the control port: any bytes, cut in two ways, mean the same; system calls, signals and
 * ends are shown and counted. */
#include "vmm/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/backend.h"
#include "vmm/trace_show.h"
#include "vmm/trace_stats.h"
#include "vmm/trace_text.h"

struct listener {
    struct trace_stats *stats;
    struct trace_show *lines;
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
    check_text(text, trace_text_begin("x86_64", call, text));
    check_text(text, trace_text_end("riscv64", call, text));
    trace_show_call(listener->lines, call->pid % 2 != 0 ? "x86_64" : "aarch64", call, memory);
}

static void on_event(void *owner, const struct lvmm_event *event)
{
    struct listener *listener = owner;

    trace_show_event(listener->lines, "x86_64", event);
}

/* Pieces of lines as people read them: printable, and not longer than they may be; some are lost. */
static bool on_piece(void *owner, const char *text, size_t size, bool ends)
{
    (void)owner, (void)ends;
    if (size >= TRACE_SHOW_SIZE)
        abort();
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~')
            abort();
    return size % 8 != 0;
}

/* The sum of the table is what was counted here. */
static void on_line(void *owner, const char *text)
{
    const struct listener *listener = owner;
    unsigned long long calls;

    if (strlen(text) > 1000)
        abort();
    if (strstr(text, " total") != NULL && (sscanf(text, "%*f %*f %*u %llu", &calls) != 1 || calls != listener->begun))
        abort();
}

static int feed(const uint8_t *data, size_t size, size_t piece, struct backend_result *result)
{
    static struct control control;
    struct listener listener = {.stats = trace_stats_create(),
                                .lines = trace_show_create(size % 2 != 0, on_piece, NULL)};
    int error = 0;

    memset(&control, 0x5a, sizeof(control));
    control_init(&control);
    control.on_syscall = on_syscall;
    control.on_event = on_event;
    control.owner = &listener;
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        int now = control_feed(&control, data + at, n, result);
        error = error != 0 ? error : now;
    }
    trace_stats_print(listener.stats, "x86_64", on_line, &listener);
    trace_stats_destroy(listener.stats);
    trace_show_break(listener.lines);
    trace_show_destroy(listener.lines);
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
