/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/image_elf.c
/* image_elf_fuzz.c - the kernel's headers: what is accepted keeps the promises of image_elf.h. */
#include "boot/image_elf.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/boot/elf_builder.h"

static void check(const struct elf_kernel *kernel, size_t size)
{
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct elf_segment *a = &kernel->segment[i];
        if (a->offset > size || a->file_size > size - a->offset || a->mem_size < a->file_size ||
            a->paddr + a->mem_size < a->paddr || a->vaddr + a->mem_size < a->vaddr)
            abort();
        for (unsigned j = 0; j < i; j++) {
            const struct elf_segment *b = &kernel->segment[j];
            if (a->paddr < b->paddr + b->mem_size && b->paddr < a->paddr + a->mem_size)
                abort();
        }
    }
}

static void read_kernel(const void *bytes, size_t size)
{
    struct elf_kernel kernel;
    char why[256] = "";
    int error = elf_read_kernel(bytes, size, &kernel, why, sizeof(why));

    if (error == 0)
        check(&kernel, size);
    else if (why[0] == '\0' || strchr(why, '\n') != NULL)
        abort();
    elf_peek_machine(bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_builder file;

    read_kernel(data, size);
    /* And as changes of a good kernel, so that the later checks are reached too. */
    elf_builder_init(&file, true);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        size_t at = (size_t)(data[i] | data[i + 1] << 8) % (KERNEL_NOTES + 64);
        memcpy((uint8_t *)&file + at, data + i + 2, 2);
    }
    uint8_t *copy = malloc(sizeof(file));
    memcpy(copy, &file, sizeof(file));
    read_kernel(copy, sizeof(file));
    free(copy);
    return 0;
}
