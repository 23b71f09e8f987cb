/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_image.h - what a kernel file is, found out from its content: an ELF file, or one of the forms in which Linux
 * comes. Trusts nothing in the file. Packed kernels are unpacked before (boot/unpack.h).
 */
#ifndef LVMM_BOOT_KERNEL_IMAGE_H
#define LVMM_BOOT_KERNEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/bzimage.h"
#include "boot/image_elf.h"

enum kernel_format {
    KERNEL_ELF,
    KERNEL_BZIMAGE, /* Linux for x86 */
    KERNEL_FLAT,    /* Linux's "Image" for arm64, riscv and loongarch: a header of 64 bytes, the rest is memory */
};

/*
 * A flat image's header: Linux, Documentation/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst,
 * arch/loongarch/kernel/head.S.
 */
struct flat_image {
    uint64_t load_offset; /* from a base that the ISA defines: the start of memory, or of its 2 MiB; at most 1 GiB */
    uint64_t mem_size;    /* with .bss; at least the file's size, at most 1 GiB */
    uint64_t entry;       /* offset in the image of its first instruction */
    uint64_t flags;       /* the ISA's */
};

struct kernel_image {
    enum kernel_format format;
    uint16_t machine;       /* EM_... */
    bool is_linux;          /* as far as the file says: an ELF file by its notes, the other forms always */
    struct elf_kernel elf;  /* KERNEL_ELF */
    struct bzimage bzimage; /* KERNEL_BZIMAGE */
    struct flat_image flat; /* KERNEL_FLAT */
};

/* The EM_... of a kernel file by its first bytes, or -ENOEXEC if it is none that we know. */
int kernel_image_machine(const void *bytes, size_t size);

/* Checks and reads its headers. 0, or -ENOEXEC with the reason in `why`. */
int kernel_image_read(const void *bytes, size_t size, struct kernel_image *out, char *why, size_t why_size);

#endif
