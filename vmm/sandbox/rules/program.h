/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - a filter program (classic BPF, as seccomp takes it) that is written from its end to its beginning: all
 * jumps of such a program lead forward, so that a step's targets are known when it is written.
 */
#ifndef LVMM_SANDBOX_RULES_PROGRAM_H
#define LVMM_SANDBOX_RULES_PROGRAM_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#define PROGRAM_MAX 512u

/* Begins as all zero. */
struct program {
    struct sock_filter step[PROGRAM_MAX]; /* the last one first */
    unsigned count;
    bool failed; /* a jump is too far, or there are too many steps: the program is of no use */
};

/* Both put a step before those that are there, and return it, for jumps that come before it. */
unsigned program_put(struct program *program, uint16_t code, uint32_t value);
/* code: a comparison with BPF_JMP; to `yes` where it holds, else to `no`. */
unsigned program_compare(struct program *program, uint16_t code, uint32_t value, unsigned yes, unsigned no);

/* Makes sure that the next step that is put is followed by `to`: by a jump, unless it is so anyway. Returns where that
 * leads. */
unsigned program_go(struct program *program, unsigned to);

/* A return from the program. It may be there several times, as what costs the kernel most is a jump of which it sees
 * only after some passes that it is short: where many jumps lead to it, it is near. */
struct program_end {
    uint32_t value;
    unsigned step; /* the last one that was put */
};

/* Puts one. */
struct program_end program_end(struct program *program, uint32_t value);
/* Where it is for a jump from the step that is put next: it is put once more if it was too far. */
unsigned program_end_near(struct program *program, struct program_end *end);

/* Step n as it is run, from 0. */
const struct sock_filter *program_step(const struct program *program, unsigned n);

#endif
