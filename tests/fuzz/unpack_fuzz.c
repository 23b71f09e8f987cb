/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/unpack*.c
/* unpack_fuzz.c - compressed kernels: what is refused is explained, and nothing is written beyond what there is room
 * for. The bytes themselves; and as changes of a packed text, with its checksums right where that is easy. */
#include "boot/unpack.h"

#include "tests/fuzz/input.h"
#include "tests/unit/boot/packers.h"

#define OUT_MAX (256u << 10)
#define PLAIN_SIZE 70000u /* two blocks of lz4 */

static void try(const void *file, size_t size, size_t out_max)
{
    struct packed what;
    uint8_t *copy = malloc(size), *out = malloc(out_max);
    char why[256] = "";
    size_t out_size = 0;

    if (size > 0)
        memcpy(copy, file, size);
    int error = unpack_identify(copy, size, &what, why, sizeof(why));
    must(what.offset <= size && what.size <= size - what.offset);
    if (error == 0 && what.packing != PACKING_NONE) {
        error = unpack(copy, &what, out, out_max, &out_size, why, sizeof(why));
        must(error != 0 || (out_size > 0 && out_size <= out_max));
    }
    must((error == 0) == (why[0] == '\0') && strchr(why, '\n') == NULL);
    for (const char *c = why; *c != '\0'; c++)
        must(*c >= ' ' && *c < 0x7f);
    free(out);
    free(copy);
}

/* The text, packed in each form, once. */
static const uint8_t *packed_text(enum form form, size_t *size)
{
    static uint8_t *packed[FORMS];
    static size_t sizes[FORMS];

    if (packed[form] == NULL) {
        uint8_t *text = malloc(PLAIN_SIZE);

        for (size_t i = 0; i < PLAIN_SIZE; i++)
            text[i] = (uint8_t)(i * i >> 7 ^ i / 300);
        packed[form] = pack(form, text, PLAIN_SIZE, &sizes[form]);
        free(text);
    }
    *size = sizes[form];
    return packed[form];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.data = data, .size = size};
    enum form form;
    size_t packed_size, max, file_size;
    const uint8_t *packed;
    uint8_t *file;

    try(data, size, OUT_MAX);
    form = (enum form)(input_u8(&input) % FORMS);
    packed = packed_text(form, &packed_size);
    max = input_u8(&input) % 2 != 0 ? PLAIN_SIZE - 1 + input_u8(&input) % 3 : input_u16(&input) + 1u;
    if (input_u8(&input) % 2 != 0) {
        file = pack_zboot(forms[form].method, packed, packed_size, PLAIN_SIZE, &file_size);
    } else {
        file_size = packed_size;
        file = malloc(file_size);
        memcpy(file, packed, file_size);
    }
    while (input.size >= 3) { /* most changes near the beginning, where the headers are */
        uint16_t at = input_u16(&input);
        size_t room = at % 4 != 0 && file_size > 128 ? 128 : file_size;

        file[at / 4 % room] ^= input_u8(&input);
    }
    try(file, input_u8(&input) % 8 == 7 ? file_size / 2 : file_size, max);
    free(file);
    return 0;
}
