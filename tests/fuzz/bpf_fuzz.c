/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf_fuzz.c - hostile filters of system calls, and of packets: what is found good ends, reads no word of its own that
 * wasn't written, and nothing beyond the data.
 *
 * The data (64 bytes), then instructions; the last one is made to return.
 */
// sources: guest-kernel/lib/bpf.c
#include <stdlib.h>
#include <string.h>

#include "lib/bpf.h"
#include "tests/fuzz/input.h"

#define DATA 64u

#define HEADERS 20u /* of the data, as a packet */

static const uint8_t *packet_bytes;

static uint8_t byte_of(const struct bpf_packet *packet, uint32_t at)
{
    (void)packet;
    must(at < DATA);
    return packet_bytes[at];
}

static bool beside(const struct bpf_packet *packet, unsigned what, uint32_t *out)
{
    (void)packet;
    must(what < BPF_AD_END && what != BPF_AD_XOR_X);
    *out = what;
    return what != BPF_AD_RANDOM;
}

static void run_packet(const struct bpf_instruction *program)
{
    const struct bpf_packet packet = {.size = DATA - HEADERS, .network = HEADERS, .byte = byte_of, .beside = beside};

    (void)bpf_run_packet(program, &packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint32_t *data = malloc(DATA); /* of just that size: the sanitizer sees a word too far */
    unsigned length = size < DATA ? 0 : (unsigned)((size - DATA) / sizeof(struct bpf_instruction));
    struct bpf_instruction *program;
    uint16_t *known;

    length = length < BPF_LENGTH_MAX ? length : BPF_LENGTH_MAX;
    program = malloc(length * sizeof(*program) + 1);
    known = malloc(length * sizeof(*known) + 1);
    must(data != NULL && program != NULL && known != NULL);
    if (length > 0) {
        memcpy(data, bytes, DATA);
        memcpy(program, bytes + DATA, length * sizeof(*program));
        if (bytes[0] & 1)
            program[length - 1].code = 0x06; /* RET of k */
        if (bpf_check(program, length, DATA, known) == 0) {
            must(bpf_cost(program, length) >= length && bpf_cost(program, length) <= 5 * length + 3);
            (void)bpf_run(program, data, DATA);
        }
        packet_bytes = bytes;
        if (bpf_check(program, length, BPF_PACKET, known) == 0)
            run_packet(program);
    } else {
        must(bpf_check(program, 0, DATA, known) != 0);
    }
    free(known);
    free(program);
    free(data);
    return 0;
}
