/* SPDX-License-Identifier: Apache-2.0 */
/* call_ranges.c - see call_ranges.h. */
#include "vmm/sandbox/rules/call_ranges.h"

#define WORD_BITS (CALL_BITS + 1)
#define WORD_STEPS 2u /* to load it and to go where its bit is looked at */
#define NEVER (CALLS_END * 4)

enum kind { KIND_KILL, KIND_ALLOW, KIND_WORD };

/* A range that ends before some number, as the last one of the best that are there up to it. */
struct range {
    enum kind kind;
    unsigned from;
    unsigned steps; /* of all of them */
};

/* How many numbers of a range there are of each sort. */
struct sorts {
    unsigned killed, passing, looked_at;
};

bool call_is_looked_at(const struct call_rules *call)
{
    return call->count > 0 && !call->passes;
}

static void sort_one(const struct call_rules *call, struct sorts *sorts)
{
    sorts->killed += call->count == 0;
    sorts->passing += call->passes;
    sorts->looked_at += call_is_looked_at(call);
}

/* ---- parting them ---- */

static void take_better(struct range *best, enum kind kind, unsigned from, unsigned steps)
{
    if (steps < best->steps)
        *best = (struct range){.kind = kind, .from = from, .steps = steps};
}

/* best[n]: the range that ends before n. Each one is one comparison of the tree. What is beyond the last number is
 * killed. */
static void part_up_to(const struct call_ranges *ranges, unsigned end, struct range *best)
{
    struct sorts sorts = {0};

    best[end].steps = NEVER;
    for (unsigned from = end; from-- > 0;) {
        sort_one(&ranges->calls[from], &sorts);
        unsigned before = best[from].steps + 1 + sorts.looked_at;

        take_better(&best[end], KIND_KILL, from, before + sorts.passing);
        if (end < CALLS_END)
            take_better(&best[end], KIND_ALLOW, from, before + sorts.killed);
        if (end < CALLS_END && end - from <= WORD_BITS)
            take_better(&best[end], KIND_WORD, from, before + WORD_STEPS);
    }
}

/* ---- writing them ---- */

static unsigned put_word(struct program *program, const struct call_ranges *ranges, unsigned from, unsigned end)
{
    uint32_t bits = 0;

    for (unsigned i = from; i < end; i++)
        bits |= ranges->calls[i].passes ? 1u << (i % WORD_BITS) : 0;
    program_go(program, ranges->bit);
    return program_put(program, BPF_LD | BPF_IMM, bits);
}

static unsigned put_range(struct program *program, const struct call_ranges *ranges, const struct range *range,
                          unsigned end)
{
    unsigned step = range->kind == KIND_KILL    ? ranges->kill
                    : range->kind == KIND_ALLOW ? ranges->allow
                                                : put_word(program, ranges, range->from, end);

    for (unsigned i = range->from; i < end; i++) {
        const struct call_rules *call = &ranges->calls[i];
        unsigned found;

        if (call_is_looked_at(call))
            found = ranges->arguments[i];
        else if (range->kind == KIND_KILL && call->passes)
            found = ranges->allow;
        else if (range->kind == KIND_ALLOW && !call->passes)
            found = ranges->kill;
        else
            continue;
        step = program_compare(program, BPF_JMP | BPF_JEQ | BPF_K, i, found, step);
    }
    return step;
}

/* ends: where each of them ends, and best[] has them. */
static unsigned put_tree(struct program *program, const struct call_ranges *ranges, const struct range *best,
                         const unsigned *ends, unsigned count)
{
    if (count == 1)
        return put_range(program, ranges, &best[ends[0]], ends[0]);
    unsigned half = count / 2;
    unsigned high = put_tree(program, ranges, best, ends + half, count - half);
    unsigned low = put_tree(program, ranges, best, ends, half);
    return program_compare(program, BPF_JMP | BPF_JGE | BPF_K, best[ends[half]].from, high, low);
}

unsigned call_ranges_put(struct program *program, const struct call_ranges *ranges)
{
    struct range best[CALLS_END + 1] = {{.steps = 0}};
    unsigned ends[CALLS_END], first = CALLS_END;

    for (unsigned end = 1; end <= CALLS_END; end++)
        part_up_to(ranges, end, best);
    for (unsigned end = CALLS_END; end != 0; end = best[end].from)
        ends[--first] = end;
    return put_tree(program, ranges, best, ends + first, CALLS_END - first);
}
