/* SPDX-License-Identifier: Apache-2.0 */
/* bpf.h - programs of the classic Berkeley Packet Filter, as seccomp(2) takes them: checked once, then run for each
 * system call. A program can't loop: jumps lead forward. */
#ifndef GK_SYS_BPF_H
#define GK_SYS_BPF_H

#include <stdint.h>

#define BPF_LENGTH_MAX 4096u /* instructions: Linux's BPF_MAXINSNS */
#define BPF_WORDS 16u        /* of its own memory */

struct bpf_instruction { /* Linux's struct sock_filter */
    uint16_t code;
    uint8_t if_true, if_false; /* instructions to skip */
    uint32_t k;
};
_Static_assert(sizeof(struct bpf_instruction) == 8, "struct sock_filter");

/* Whether it is a program that a filter of system calls may be: instructions that there are, jumps that stay within,
 * loads of whole words of the data (`data_size` bytes), own memory that was written before, an end. known: room for a
 * number of each instruction (if length is in range). 0 or -EINVAL. It makes two passes. */
int bpf_check(const struct bpf_instruction *program, unsigned length, uint32_t data_size, uint16_t *known);

/* How long a program is that was found good, in instructions of the form that Linux runs: its limit of filters counts
 * those. At most 5 for each, and 3. */
uint32_t bpf_cost(const struct bpf_instruction *program, unsigned length);

/* What a program that was found good returns for this data. */
uint32_t bpf_run(const struct bpf_instruction *program, const uint32_t *data, uint32_t data_size);

#endif
