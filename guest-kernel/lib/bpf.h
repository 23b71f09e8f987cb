/* SPDX-License-Identifier: Apache-2.0 */
/* bpf.h - programs of the classic Berkeley Packet Filter, as seccomp(2) and socket(7)'s SO_ATTACH_FILTER take them:
 * checked once, then run for each system call, or packet. A program can't loop: jumps lead forward. */
#ifndef GK_LIB_BPF_H
#define GK_LIB_BPF_H

#include <stdbool.h>
#include <stdint.h>

#define BPF_LENGTH_MAX 4096u /* instructions: Linux's BPF_MAXINSNS */
#define BPF_WORDS 16u        /* of its own memory */

struct bpf_instruction { /* Linux's struct sock_filter */
    uint16_t code;
    uint8_t if_true, if_false; /* instructions to skip */
    uint32_t k;
};
_Static_assert(sizeof(struct bpf_instruction) == 8, "struct sock_filter");

/* What a socket's program looks into. */
struct bpf_packet {
    uint32_t size;    /* bytes from where the program counts */
    uint32_t network; /* those of the headers in front of that, which can be reached as well (SKF_NET_OFF) */
    /* The byte with that number, counted from the headers on: it is there. */
    uint8_t (*byte)(const struct bpf_packet *packet, uint32_t at);
    /* What is known of it beside (BPF_AD_*). False: that isn't, and the packet is dropped. */
    bool (*beside)(const struct bpf_packet *packet, unsigned what, uint32_t *out);
};
enum {
    BPF_AD_PROTOCOL = 0, /* Linux's SKF_AD_* */
    BPF_AD_KIND = 4,
    BPF_AD_INTERFACE = 8,
    BPF_AD_HARDWARE = 28,
    BPF_AD_CPU = 36,
    BPF_AD_XOR_X = 40, /* that one is an operation */
    BPF_AD_RANDOM = 56,
    BPF_AD_END = 64,
};

/* Whether it is a program that a filter of system calls may be: instructions that there are, jumps that stay within,
 * loads of whole words of the data (`data_size` bytes), own memory that was written before, an end. With BPF_PACKET in
 * place of a size: one that a socket's may be, which loads what it likes. known: room for a number of each instruction
 * (if length is in range). 0 or -EINVAL. It makes two passes. */
#define BPF_PACKET 0u
int bpf_check(const struct bpf_instruction *program, unsigned length, uint32_t data_size, uint16_t *known);

/* How long a program is that was found good, in instructions of the form that Linux runs: its limit of filters counts
 * those. At most 5 for each, and 3. */
uint32_t bpf_cost(const struct bpf_instruction *program, unsigned length);

/* What a program that was found good returns for this data. */
uint32_t bpf_run(const struct bpf_instruction *program, const uint32_t *data, uint32_t data_size);
/* How many bytes of this packet a socket's keeps; 0: it is dropped, as where the program loads what isn't there. */
uint32_t bpf_run_packet(const struct bpf_instruction *program, const struct bpf_packet *packet);

#endif
