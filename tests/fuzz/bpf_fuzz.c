/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf_fuzz.c - hostile filters of system calls: what is found good ends, reads no word of its own that wasn't written,
 * and nothing beyond the data.
 *
 * The data (64 bytes), then instructions; the last one is made to return.
 */
// sources: guest-kernel/sys/bpf.c
#include <stdlib.h>
#include <string.h>

#include "sys/bpf.h"
#include "tests/fuzz/input.h"

#define DATA 64u

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
    } else {
        must(bpf_check(program, 0, DATA, known) != 0);
    }
    free(known);
    free(program);
    free(data);
    return 0;
}
