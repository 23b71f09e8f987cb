/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archives_fuzz.c - hostile initramfs files, on the host's side: nothing is read or written beyond what there is, and
 * what is refused is explained.
 *
 * The bytes themselves; and as a row of good archives, plain and packed, with changes.
 */
// sources: boot/unpack*.c boot/archives.c
#include "boot/archives.h"

#include "tests/fuzz/input.h"
#include "tests/unit/boot/packers.h"
#include "tests/unit/guest-kernel/fs/cpio_builder.h"

#define FILE_MAX 20000u
#define OUT_MAX 30000u

static void try(const void *bytes, size_t size, size_t out_max)
{
    uint8_t *copy = malloc(size), *out = malloc(out_max);
    size_t out_size = 0;
    bool is_plain;
    char why[256] = "";

    if (size > 0)
        memcpy(copy, bytes, size);
    int error = archives_are_plain(copy, size, &is_plain, why, sizeof(why));
    if (error == 0 && !is_plain) {
        error = archives_unpack(copy, size, out, out_max, &out_size, why, sizeof(why));
        must(error != 0 || out_size <= out_max);
    }
    must((error == 0) == (why[0] == '\0') && strchr(why, '\n') == NULL);
    for (const char *c = why; *c != '\0'; c++)
        must(*c >= ' ' && *c < 0x7f);
    free(out);
    free(copy);
}

static void build(struct cpio_builder *b)
{
    static char data[3000];

    b->size = 0;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * i >> 7);
    cpio_builder_dir(b, "dir");
    cpio_builder_add(b, &(struct cpio_fields){.mode = 0100600}, "dir/file", data, sizeof(data));
    cpio_builder_end(b);
}

/* The archives, packed in each form, once; the form after the last is as they are. */
static const uint8_t *packed_archives(unsigned form, size_t *size)
{
    static struct cpio_builder b;
    static uint8_t *packed[FORMS];
    static size_t sizes[FORMS];

    if (b.size == 0)
        build(&b);
    *size = b.size;
    if (form >= FORMS)
        return (const uint8_t *)b.bytes;
    if (packed[form] == NULL)
        packed[form] = pack((enum form)form, b.bytes, b.size, &sizes[form]);
    *size = sizes[form];
    return packed[form];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[FILE_MAX];
    struct input input = {.data = data, .size = size};
    size_t used = 0, max;

    try(data, size, OUT_MAX);
    for (unsigned i = input_u8(&input) % 4; i > 0; i--) {
        size_t packed_size, zeros = input_u8(&input) % 16;
        const uint8_t *packed = packed_archives(input_u8(&input) % (FORMS + 1), &packed_size);

        if (packed_size + zeros > FILE_MAX - used)
            packed_size = FILE_MAX - used - zeros;
        memcpy(file + used, packed, packed_size);
        used += packed_size;
        memset(file + used, 0, zeros);
        used += zeros;
    }
    max = input_u8(&input) % 2 != 0 ? OUT_MAX : input_u16(&input) % OUT_MAX + 1u;
    while (input.size >= 3 && used > 0) {
        uint16_t at = input_u16(&input);

        file[at % used] ^= input_u8(&input);
    }
    try(file, used, max);
    return 0;
}
