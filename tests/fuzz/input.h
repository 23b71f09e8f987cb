/* SPDX-License-Identifier: Apache-2.0 */
/* input.h - takes a fuzzer's bytes apart. Behind their end everything is zero. */
#ifndef LVMM_TESTS_FUZZ_INPUT_H
#define LVMM_TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct input {
    const uint8_t *data;
    size_t size;
};

static inline size_t input_bytes(struct input *input, void *dst, size_t size)
{
    size_t n = size < input->size ? size : input->size;

    memset(dst, 0, size);
    if (n > 0)
        memcpy(dst, input->data, n);
    input->data += n;
    input->size -= n;
    return n;
}

static inline uint8_t input_u8(struct input *input)
{
    uint8_t value;

    input_bytes(input, &value, sizeof(value));
    return value;
}

static inline uint16_t input_u16(struct input *input)
{
    uint16_t value;

    input_bytes(input, &value, sizeof(value));
    return value;
}

static inline uint64_t input_u64(struct input *input)
{
    uint64_t value;

    input_bytes(input, &value, sizeof(value));
    return value;
}

/* A check of the fuzz target itself. */
static inline void must(int condition)
{
    if (condition == 0)
        abort();
}

#endif
