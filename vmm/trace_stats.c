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
#define NS_PER_US 1000u
#define ROWS (2 * SYSCALL_NUMBERS + OTHERS + 1)
#define LINE_SIZE 200u

struct row {
    uint32_t number;
    bool i386, rest;
    uint64_t time_ns;                /* in those that have come back */
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
    row->time_ns += returned ? call->end_ns - call->begin_ns : 0;
    row->unknown += (call->state & LVMM_SYSCALL_UNKNOWN) != 0;
}

/* ---- the table ---- */

/* Where most time went first; then the most calls; then in the order of the numbers. */
static int compare(const void *left, const void *right)
{
    const struct row *a = *(const struct row *const *)left, *b = *(const struct row *const *)right;

    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? 1 : -1;
    if (a->calls != b->calls)
        return a->calls < b->calls ? 1 : -1;
    return a < b ? -1 : a > b;
}

static int compare_unknown(const void *left, const void *right)
{
    const struct row *a = *(const struct row *const *)left, *b = *(const struct row *const *)right;

    if (a->unknown != b->unknown)
        return a->unknown < b->unknown ? 1 : -1;
    return a < b ? -1 : a > b;
}

static const char *row_text(const struct row *row, const char *isa, char text[SYSCALL_NAME_SIZE])
{
    if (row->rest)
        return "others";
    return syscall_text(isa, row->i386, row->number, text);
}

static void put_row(const char *name, const struct row *row, uint64_t total_ns, char text[LINE_SIZE])
{
    double part = total_ns != 0 ? 100.0 * (double)row->time_ns / (double)total_ns : 0;
    uint64_t each = row->calls != 0 ? row->time_ns / NS_PER_US / row->calls : 0;
    char count[24] = "";

    if (row->errors != 0)
        snprintf(count, sizeof(count), "%" PRIu64, row->errors);
    snprintf(text, LINE_SIZE, "%6.2f %11.6f %11" PRIu64 " %9" PRIu64 " %9s %s", part, (double)row->time_ns / 1e9, each,
             row->calls, count, name);
}

/* The rows with a count of that kind, in order. Returns how many. */
static unsigned collect(const struct trace_stats *stats, bool unknown, const struct row *rows[ROWS])
{
    unsigned count = 0;

    for (unsigned i = 0; i < ROWS; i++)
        if (unknown ? stats->row[i].unknown != 0 : stats->row[i].calls != 0)
            rows[count++] = &stats->row[i];
    qsort(rows, count, sizeof(rows[0]), unknown ? compare_unknown : compare);
    return count;
}

/* "unknown: 3 calls", and each of them. */
static void print_unknown(const struct trace_stats *stats, const char *isa, void (*line)(void *owner, const char *text),
                          void *owner)
{
    const struct row *rows[ROWS] = {NULL};
    unsigned count = collect(stats, true, rows);
    char text[LINE_SIZE], name[SYSCALL_NAME_SIZE];
    uint64_t calls = 0;

    for (unsigned i = 0; i < count; i++)
        calls += rows[i]->unknown;
    snprintf(text, sizeof(text), "unknown: %" PRIu64 " call%s", calls, calls == 1 ? "" : "s");
    line(owner, text);
    for (unsigned i = 0; i < count; i++) {
        int length = snprintf(text, sizeof(text), "%9" PRIu64 " %s", rows[i]->unknown, row_text(rows[i], isa, name));

        if (!rows[i]->rest)
            snprintf(text + length, sizeof(text) - (size_t)length, " (%" PRIu32 ")%s", rows[i]->number,
                     rows[i]->i386 ? " of i386" : "");
        line(owner, text);
    }
}

void trace_stats_print(const struct trace_stats *stats, const char *isa, void (*line)(void *owner, const char *text),
                       void *owner)
{
    static const char rule[] = "------ ----------- ----------- --------- --------- ----------------";
    const struct row *rows[ROWS] = {NULL};
    unsigned count = collect(stats, false, rows);
    char text[LINE_SIZE], name[SYSCALL_NAME_SIZE];
    struct row total = {0};

    for (unsigned i = 0; i < count; i++) {
        total.time_ns += rows[i]->time_ns;
        total.calls += rows[i]->calls;
        total.errors += rows[i]->errors;
    }
    line(owner, "% time     seconds  usecs/call     calls    errors syscall");
    line(owner, rule);
    for (unsigned i = 0; i < count; i++) {
        put_row(row_text(rows[i], isa, name), rows[i], total.time_ns, text);
        line(owner, text);
    }
    line(owner, rule);
    put_row("total", &total, total.time_ns, text);
    line(owner, text);
    print_unknown(stats, isa, line, owner);
}
