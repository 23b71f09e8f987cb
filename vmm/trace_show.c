/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_show.c - see trace_show.h.
 *
 * Of a call that has begun its thread's slot keeps what is to be shown at its end. A thread's slot is that of its
 * number, of which so many are enough that there are few that two threads want; then the later one has it.
 */
#include "vmm/trace_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/syscall_names.h"
#include "vmm/trace_args.h"
#include "vmm/trace_line.h"
#include "vmm/trace_siginfo.h"

#define SLOTS 4096u
#define RESULT_COLUMN 40u

struct slot {
    uint32_t tid; /* 0: free */
    uint32_t number;
    bool begun; /* a call of it was shown, and has not ended */
    unsigned shown;
    struct trace_memory before; /* its pieces are this slot's own */
};

struct trace_show {
    bool numbered;
    trace_show_put *put;
    void *owner;
    struct slot slot[SLOTS];
    unsigned threads;  /* slots that aren't free */
    uint32_t open_tid; /* whose line isn't whole; 0: nobody's */
    size_t column;     /* its length */
};

struct trace_show *trace_show_create(bool numbered, trace_show_put *put, void *owner)
{
    struct trace_show *show = calloc(1, sizeof(*show));

    if (show != NULL) {
        show->numbered = numbered;
        show->put = put;
        show->owner = owner;
    }
    return show;
}

/* ---- slots ---- */

static void forget_call(struct slot *slot)
{
    free((void *)(uintptr_t)slot->before.pieces);
    slot->before = (struct trace_memory){0};
    slot->begun = false;
}

static void slot_free(struct trace_show *show, struct slot *slot)
{
    forget_call(slot);
    show->threads -= slot->tid != 0;
    slot->tid = 0;
}

void trace_show_destroy(struct trace_show *show)
{
    for (unsigned i = 0; show != NULL && i < SLOTS; i++)
        forget_call(&show->slot[i]);
    free(show);
}

static struct slot *slot_of(struct trace_show *show, uint32_t tid)
{
    struct slot *slot = &show->slot[tid % SLOTS];

    if (slot->tid == tid)
        return slot;
    slot_free(show, slot);
    slot->tid = tid;
    show->threads++;
    return slot;
}

/* Without memory it is shown as if there had been nothing. */
static void keep_memory(struct slot *slot, const struct trace_memory *memory)
{
    uint8_t *copy = memory != NULL && memory->size != 0 ? malloc(memory->size) : NULL;

    if (copy != NULL) {
        memcpy(copy, memory->pieces, memory->size);
        slot->before = (struct trace_memory){copy, memory->size};
    }
}

/* ---- lines ---- */

static void put(struct trace_show *show, uint32_t tid, const struct trace_line *line, bool ends)
{
    bool done = show->put(show->owner, line->text, line->length, ends);

    show->column = show->open_tid == tid ? show->column + line->length : line->length;
    show->open_tid = ends || !done ? 0 : tid;
}

void trace_show_break(struct trace_show *show)
{
    static const char text[] = " <unfinished ...>";

    if (show->open_tid == 0)
        return;
    show->open_tid = 0;
    (void)show->put(show->owner, text, sizeof(text) - 1, true);
}

static void put_head(const struct trace_show *show, struct trace_line *line, uint32_t tid)
{
    if (show->numbered)
        trace_put(line, "%-5" PRIu32 " ", tid);
    else if (show->threads > 1)
        trace_put(line, "[pid %5" PRIu32 "] ", tid);
}

static void put_piece(struct trace_line *line, size_t length)
{
    line->length += length;
}

static void begin(struct trace_show *show, struct slot *slot, const char *isa, const struct lvmm_syscall *call,
                  const struct trace_memory *memory, struct trace_line *line)
{
    static const struct trace_memory nothing;

    trace_show_break(show);
    forget_call(slot);
    put_head(show, line, slot->tid);
    put_piece(line, trace_args_begin(isa, call, memory != NULL ? memory : &nothing, line->text + line->length,
                                     line->size - line->length, &slot->shown));
    slot->begun = true;
    slot->number = call->number;
}

static void end(struct trace_show *show, struct slot *slot, const char *isa, const struct lvmm_syscall *call,
                const struct trace_memory *memory, struct trace_line *line)
{
    static const struct trace_memory nothing;
    bool known = slot->begun && slot->number == call->number, goes_on = show->open_tid == slot->tid;
    size_t column;
    const char *name = syscall_name(isa, (call->state & LVMM_SYSCALL_I386) != 0, call->number);

    memory = memory != NULL ? memory : &nothing;
    if (line->length == 0 && !goes_on) {
        trace_show_break(show);
        put_head(show, line, slot->tid);
        trace_put(line, "<... %s resumed>", name != NULL ? name : "system call");
    }
    put_piece(line, trace_args_end(isa, call, known ? &slot->before : &nothing, memory, known ? slot->shown : 0,
                                   line->text + line->length, line->size - line->length));
    column = line->length + (goes_on ? show->column : 0);
    trace_put(line, "%*s= ", column + 1 < RESULT_COLUMN ? (int)(RESULT_COLUMN - column) : 1, "");
    put_piece(line, trace_args_result(isa, call, memory, line->text + line->length, line->size - line->length));
    forget_call(slot);
}

void trace_show_call(struct trace_show *show, const char *isa, const struct lvmm_syscall *call,
                     const struct trace_memory *memory)
{
    bool begins = (call->state & LVMM_SYSCALL_BEGUN) != 0, ends = (call->state & LVMM_SYSCALL_ENDED) != 0;
    uint32_t tid = call->tid != 0 ? call->tid : call->pid;
    char text[TRACE_SHOW_SIZE];
    struct trace_line line = {text, sizeof(text), 0};
    struct slot *slot;

    if (tid == 0)
        return;
    slot = slot_of(show, tid);
    if (begins)
        begin(show, slot, isa, call, ends ? NULL : memory, &line);
    if (ends)
        end(show, slot, isa, call, memory, &line);
    else
        keep_memory(slot, memory);
    put(show, tid, &line, ends);
}

void trace_show_event(struct trace_show *show, const char *isa, const struct lvmm_event *event)
{
    uint32_t tid = event->tid != 0 ? event->tid : event->pid;
    char text[TRACE_SHOW_SIZE];
    struct trace_line line = {text, sizeof(text), 0};
    struct slot *slot;

    if (tid == 0)
        return;
    slot = slot_of(show, tid);
    trace_show_break(show);
    put_head(show, &line, tid);
    if (event->kind == LVMM_EVENT_SIGNAL) {
        trace_put(&line, "--- ");
        trace_put_signal(&line, event->value);
        trace_put(&line, " ");
        trace_put_siginfo(&line, isa, event->siginfo);
        trace_put(&line, " ---");
    } else if (event->kind == LVMM_EVENT_EXIT) {
        trace_put(&line, "+++ exited with %" PRIu32 " +++", event->value);
    } else {
        trace_put(&line, "+++ killed by ");
        trace_put_signal(&line, event->value);
        trace_put(&line, " +++");
    }
    put(show, tid, &line, true);
    if (event->kind != LVMM_EVENT_SIGNAL)
        slot_free(show, slot);
}
