/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_image.c - see kernel_image.h. */
#include "boot/kernel_image.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

#define FLAT_HEADER 64u
#define FLAT_MAX (1ull << 30)

/* What Linux's flat images have in common: a magic word at 56, and three words of 64 bits somewhere before. */
enum { FLAT_MAGIC = 56 };

struct flat_format {
    const char *name;
    uint16_t machine;
    uint32_t magic;
    unsigned load_offset, size, flags, entry; /* offsets of the words; 0: it has none */
};

static const struct flat_format flat_formats[] = {
    {.name = "arm64", .machine = EM_AARCH64, .magic = 0x644d5241, .load_offset = 8, .size = 16, .flags = 24},
    {.name = "riscv", .machine = EM_RISCV, .magic = 0x05435352, .load_offset = 8, .size = 16, .flags = 24},
    {.name = "loongarch", .machine = EM_LOONGARCH, .magic = 0x818223cd, .entry = 8, .size = 16, .load_offset = 24},
};

static uint64_t word(const uint8_t *bytes, unsigned offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[offset + i] << 8 * i;
    return value;
}

static const struct flat_format *flat_format_of(const uint8_t *bytes, size_t size)
{
    if (size < FLAT_HEADER)
        return NULL;
    for (unsigned i = 0; i < sizeof(flat_formats) / sizeof(flat_formats[0]); i++)
        if (word(bytes, FLAT_MAGIC, 4) == flat_formats[i].magic)
            return &flat_formats[i];
    return NULL;
}

static int flat_read(const uint8_t *bytes, size_t size, const struct flat_format *format, struct flat_image *out,
                     char *why, size_t why_size)
{
    out->load_offset = word(bytes, format->load_offset, 8);
    out->mem_size = word(bytes, format->size, 8);
    out->flags = format->flags != 0 ? word(bytes, format->flags, 8) : 0;
    if (out->mem_size == 0) { /* arm64's before 3.17: unknown */
        snprintf(why, why_size, "is a %s Image that doesn't say how much memory it takes (image_size is 0)",
                 format->name);
        return -ENOEXEC;
    }
    /* LoongArch's entry is absolute in the kernel's own map; its lower bits are the physical address. */
    if (format->entry != 0)
        out->entry = (word(bytes, format->entry, 8) & 0xffffffffu) - out->load_offset;
    if (out->mem_size > FLAT_MAX || out->load_offset > FLAT_MAX || size > FLAT_MAX || out->entry >= size) {
        snprintf(why, why_size,
                 "has a bad header of a %s Image: image_size 0x%" PRIx64 ", load offset 0x%" PRIx64 ", entry 0x%" PRIx64
                 ", in a file of %zu bytes",
                 format->name, out->mem_size, out->load_offset, out->entry, size);
        return -ENOEXEC;
    }
    if (out->mem_size < size)
        out->mem_size = size; /* the file may have a signature or padding behind the image */
    return 0;
}

int kernel_image_machine(const void *bytes, size_t size)
{
    const struct flat_format *flat = flat_format_of(bytes, size);

    if (bzimage_is(bytes, size))
        return EM_X86_64;
    return flat != NULL ? flat->machine : elf_peek_machine(bytes, size);
}

int kernel_image_read(const void *bytes, size_t size, struct kernel_image *out, char *why, size_t why_size)
{
    const struct flat_format *flat = flat_format_of(bytes, size);
    int error;

    memset(out, 0, sizeof(*out));
    out->is_linux = true;
    if (bzimage_is(bytes, size)) {
        out->format = KERNEL_BZIMAGE;
        out->machine = EM_X86_64;
        return bzimage_read(bytes, size, &out->bzimage, why, why_size);
    }
    if (flat != NULL) {
        out->format = KERNEL_FLAT;
        out->machine = flat->machine;
        return flat_read(bytes, size, flat, &out->flat, why, why_size);
    }
    out->format = KERNEL_ELF;
    error = elf_read_kernel(bytes, size, &out->elf, why, why_size);
    out->machine = out->elf.machine;
    out->is_linux = out->elf.is_linux;
    return error;
}
