/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/kernel_image.c boot/bzimage.c boot/image_elf.c
/* kernel_image_fuzz.c - what a kernel file is: what is accepted keeps the promises of kernel_image.h and bzimage.h. */
#include "boot/kernel_image.h"

#include "tests/fuzz/input.h"
#include "tests/unit/boot/linux_images.h"

#define GIB (1ull << 30)

static void check_bzimage(const struct bzimage *image, size_t size)
{
    must(image->version >= 0x20c);
    must(image->header_size > 0 && BZIMAGE_HEADER + image->header_size <= BZIMAGE_HEADER_END &&
         BZIMAGE_HEADER_END <= size);
    must(image->kernel_offset < size && image->kernel_size == size - image->kernel_offset);
    must(image->kernel_size > BZIMAGE_ENTRY64);
    must(image->alignment >= 4096 && (image->alignment & (image->alignment - 1)) == 0);
    must(image->pref_address <= UINT32_MAX && image->pref_address % 4096 == 0);
    must(image->init_size >= image->kernel_size && image->init_size <= GIB);
    must(image->cmdline_max > 0 && image->initrd_max > 0);
}

static void check_flat(const struct flat_image *image, size_t size)
{
    must(image->load_offset <= GIB && image->mem_size >= size && image->mem_size <= GIB && image->entry < size);
}

static void try(const void *bytes, size_t size)
{
    struct kernel_image image;
    char why[256] = "";
    int machine = kernel_image_machine(bytes, size), error = kernel_image_read(bytes, size, &image, why, sizeof(why));

    must((error == 0) == (why[0] == '\0') && strchr(why, '\n') == NULL);
    if (error != 0)
        return;
    must(machine == image.machine);
    if (image.format == KERNEL_BZIMAGE)
        check_bzimage(&image.bzimage, size);
    else if (image.format == KERNEL_FLAT)
        check_flat(&image.flat, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t flats[] = {EM_AARCH64, EM_RISCV, EM_LOONGARCH};
    struct input input = {.data = data, .size = size};
    uint8_t file[LINUX_IMAGE_SIZE], *copy;

    try(data, size);
    /* And as changes of a good one, so that the later checks are reached too. */
    unsigned kind = input_u8(&input) % 4;
    size_t file_size = input_u8(&input) % 4 == 0 ? input_u16(&input) % sizeof(file) : sizeof(file);
    if (kind < 3)
        linux_flat(file, flats[kind]);
    else
        linux_bzimage(file);
    while (input.size >= 4) { /* words of the header */
        unsigned at = input_u16(&input) % 0xa0;

        linux_put(file, kind < 3 ? at % 62 : 0x1f1 + at, 2, input_u16(&input));
    }
    copy = malloc(file_size);
    memcpy(copy, file, file_size);
    try(copy, file_size);
    free(copy);
    return 0;
}
