/* SPDX-License-Identifier: Apache-2.0 */
/* bzimage.h - reads the setup header of Linux's bzImage (Linux, Documentation/arch/x86/boot.rst). */
#ifndef LVMM_BOOT_BZIMAGE_H
#define LVMM_BOOT_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BZIMAGE_HEADER 0x1f1u     /* where the setup header begins, in the file and in the zero page */
#define BZIMAGE_HEADER_END 0x290u /* the zero page has room for it up to here */
#define BZIMAGE_ENTRY64 0x200u    /* the 64-bit entry, from where the kernel is loaded */

struct bzimage {
    uint16_t version;       /* of the protocol, e.g. 0x20f: at least 2.12, which has the 64-bit entry */
    const void *header;     /* in the file: what goes into the zero page at BZIMAGE_HEADER */
    uint32_t header_size;   /* bytes of it */
    uint64_t kernel_offset; /* the protected-mode kernel in the file, to the file's end */
    uint64_t kernel_size;   /* bytes */
    uint64_t pref_address;  /* where it wants to be loaded */
    uint32_t alignment;     /* of its place, if it isn't that; a power of two */
    bool relocatable;
    uint32_t init_size;   /* bytes of memory from its place on that it uses before it reads the memory map */
    uint32_t cmdline_max; /* bytes of command line without the NUL */
    uint32_t initrd_max;  /* highest address of an initrd's last byte */
};

/* Whether the file begins like one: "HdrS" and the boot flag. */
bool bzimage_is(const void *bytes, size_t size);

/* Checks and reads the setup header. 0, or -ENOEXEC with the reason in `why`. */
int bzimage_read(const void *bytes, size_t size, struct bzimage *out, char *why, size_t why_size);

#endif
