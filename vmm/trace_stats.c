/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_stats.c - see trace_stats.h.
 *
 * The numbers are the guest's: those that Linux has are counted by number, of others the first few, and the rest in one
 * row.
 */
#include "vmm/trace_stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/syscall_names.h"
#include "vmm/trace_text.h"

#define OTHERS 32u
#define ROWS (2 * SYSCALL_NUMBERS + OTHERS + 1)
#define LINE_SIZE 900u /* less than a message may have */

struct row {
    uint32_t number;
    bool i386, rest;
    uint64_t calls, errors, unknown; /* unknown: what the guest kernel doesn't have, be it a part of the call */
};

struct trace_stats {
    struct row row[ROWS]; /* native numbers, i386's, others, the rest */
    unsigned others;
};

struct trace_stats *trace_stats_create(void)
{
    struct trace_stats *stats = calloc(1, sizeof(*stats));

    for (unsigned i = 0; stats != NULL && i < 2 * SYSCALL_NUMBERS; i++) {
        stats->row[i].number = i % SYSCALL_NUMBERS;
        stats->row[i].i386 = i >= SYSCALL_NUMBERS;
    }
    if (stats != NULL)
        stats->row[ROWS - 1].rest = true;
    return stats;
}

void trace_stats_destroy(struct trace_stats *stats)
{
    free(stats);
}

static struct row *find_row(struct trace_stats *stats, uint32_t number, bool i386)
{
    struct row *other = &stats->row[2 * SYSCALL_NUMBERS];

    if (number < SYSCALL_NUMBERS)
        return &stats->row[number + (i386 ? SYSCALL_NUMBERS : 0)];
    for (unsigned i = 0; i < stats->others; i++)
        if (other[i].number == number && other[i].i386 == i386)
            return &other[i];
    if (stats->others == OTHERS)
        return &stats->row[ROWS - 1];
    other[stats->others] = (struct row){.number = number, .i386 = i386};
    return &other[stats->others++];
}

void trace_stats_add(struct trace_stats *stats, const struct lvmm_syscall *call)
{
    struct row *row = find_row(stats, call->number, (call->state & LVMM_SYSCALL_I386) != 0);
    bool returned = (call->state & (LVMM_SYSCALL_ENDED | LVMM_SYSCALL_GONE)) == LVMM_SYSCALL_ENDED;

    row->calls += (call->state & LVMM_SYSCALL_BEGUN) != 0;
    row->errors += returned && trace_text_is_error(call->result);
    row->unknown += (call->state & LVMM_SYSCALL_UNKNOWN) != 0;
}

/* ---- the table ---- */

/* The most calls first; of as many, in the order of the numbers. */
static int compare(const void *left, const void *right)
{
    const struct row *a = *(const struct row *const *)left, *b = *(const struct row *const *)right;

    if (a->calls != b->calls)
        return a->calls < b->calls ? 1 : -1;
    return a < b ? -1 : a > b;
}

static const char *row_text(const struct row *row, const char *isa, char text[SYSCALL_NAME_SIZE])
{
    if (row->rest)
        return "others";
    return syscall_text(isa, row->i386, row->number, text);
}

static void put_row(const char *name, uint64_t calls, uint64_t errors, char *text, size_t size)
{
    char count[24] = "";

    if (errors != 0)
        snprintf(count, sizeof(count), "%" PRIu64, errors);
    snprintf(text, size, "%9" PRIu64 " %9s %s", calls, count, name);
}

/* "unknown: 3 calls: memfd_create (319), syscall_999 (999)" */
static void put_unknown(const struct row *const *rows, unsigned count, const char *isa, char *text, size_t size)
{
    char name[SYSCALL_NAME_SIZE];
    size_t length = 0;
    uint64_t calls = 0;

    for (unsigned i = 0; i < count; i++)
        calls += rows[i]->unknown;
    length = (size_t)snprintf(text, size, "unknown: %" PRIu64 " call%s", calls, calls == 1 ? "" : "s");
    for (unsigned i = 0, n = 0; i < count && length + 64 < size; i++) {
        if (rows[i]->unknown == 0)
            continue;
        length += (size_t)snprintf(text + length, size - length, "%s%s", n++ == 0 ? ": " : ", ",
                                   row_text(rows[i], isa, name));
        if (!rows[i]->rest)
            length += (size_t)snprintf(text + length, size - length, " (%" PRIu32 ")", rows[i]->number);
    }
}

void trace_stats_print(const struct trace_stats *stats, const char *isa, void (*line)(void *owner, const char *text),
                       void *owner)
{
    static const char rule[] = "--------- --------- ----------------";
    const struct row *rows[ROWS] = {NULL};
    char text[LINE_SIZE], name[SYSCALL_NAME_SIZE];
    uint64_t calls = 0, errors = 0;
    unsigned count = 0;

    for (unsigned i = 0; i < ROWS; i++)
        if (stats->row[i].calls != 0)
            rows[count++] = &stats->row[i];
    qsort(rows, count, sizeof(rows[0]), compare);
    line(owner, "    calls    errors system call");
    line(owner, rule);
    for (unsigned i = 0; i < count; i++) {
        put_row(row_text(rows[i], isa, name), rows[i]->calls, rows[i]->errors, text, sizeof(text));
        line(owner, text);
        calls += rows[i]->calls;
        errors += rows[i]->errors;
    }
    line(owner, rule);
    put_row("total", calls, errors, text, sizeof(text));
    line(owner, text);
    put_unknown(rows, count, isa, text, sizeof(text));
    line(owner, text);
}
