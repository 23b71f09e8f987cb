/* SPDX-License-Identifier: Apache-2.0 */
/* bzimage.c - see bzimage.h. */
#include "boot/bzimage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SECTOR 512u
#define VERSION_MIN 0x20c /* xloadflags */
#define XLF_KERNEL_64 1u
#define ALIGNMENT_MIN 4096u
#define SIZE_MAX_BYTES (1u << 30)

/* Offsets in the file (Documentation/arch/x86/boot.rst, "Details of Header Fields"). */
enum {
    SETUP_SECTS = 0x1f1,
    SYSSIZE = 0x1f4, /* the kernel behind the setup, in 16 bytes; a signature may follow it */
    BOOT_FLAG = 0x1fe,
    JUMP_DISTANCE = 0x201, /* of the jump over the header: it ends where that goes */
    MAGIC = 0x202,
    VERSION = 0x206,
    LOADFLAGS = 0x211,
    INITRD_MAX = 0x22c,
    ALIGNMENT = 0x230,
    RELOCATABLE = 0x234,
    XLOADFLAGS = 0x236,
    CMDLINE_MAX = 0x238,
    PREF_ADDRESS = 0x258,
    INIT_SIZE = 0x260,
    FIELDS_END = 0x264,
};

static uint64_t field(const uint8_t *bytes, unsigned offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[offset + i] << 8 * i;
    return value;
}

bool bzimage_is(const void *bytes, size_t size)
{
    const uint8_t *file = bytes;

    return size >= VERSION + 2 && field(file, BOOT_FLAG, 2) == 0xaa55 && memcmp(file + MAGIC, "HdrS", 4) == 0;
}

__attribute__((format(printf, 3, 4))) static int refuse(char *why, size_t why_size, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, why_size, fmt, args);
    va_end(args);
    return -ENOEXEC;
}

static int check(const struct bzimage *image, size_t size, char *why, size_t why_size)
{
    if (image->kernel_offset >= size)
        return refuse(why, why_size, "is a truncated bzImage: its kernel begins at byte %llu, and the file has %zu",
                      (unsigned long long)image->kernel_offset, size);
    if (image->kernel_size < BZIMAGE_ENTRY64 + 1)
        return refuse(why, why_size, "is a truncated bzImage: %llu bytes of kernel have no 64-bit entry",
                      (unsigned long long)image->kernel_size);
    if (image->header_size < FIELDS_END - BZIMAGE_HEADER || image->header_size > BZIMAGE_HEADER_END - BZIMAGE_HEADER)
        return refuse(why, why_size, "has a setup header of %u bytes, not %u to %u", image->header_size,
                      FIELDS_END - BZIMAGE_HEADER, BZIMAGE_HEADER_END - BZIMAGE_HEADER);
    if (image->alignment < ALIGNMENT_MIN || (image->alignment & (image->alignment - 1)) != 0)
        return refuse(why, why_size, "has a bad setup header: kernel_alignment 0x%x is no power of two of 4096 or more",
                      image->alignment);
    if (image->pref_address >= UINT32_MAX || image->pref_address % ALIGNMENT_MIN != 0)
        return refuse(why, why_size, "has a bad setup header: pref_address 0x%llx",
                      (unsigned long long)image->pref_address);
    if (image->init_size > SIZE_MAX_BYTES || image->init_size < image->kernel_size)
        return refuse(why, why_size, "has a bad setup header: init_size 0x%x for a kernel of %llu bytes",
                      image->init_size, (unsigned long long)image->kernel_size);
    if (image->cmdline_max == 0 || image->initrd_max == 0)
        return refuse(why, why_size, "has a bad setup header: cmdline_size %u, initrd_addr_max 0x%x",
                      image->cmdline_max, image->initrd_max);
    return 0;
}

int bzimage_read(const void *bytes, size_t size, struct bzimage *out, char *why, size_t why_size)
{
    const uint8_t *file = bytes;

    memset(out, 0, sizeof(*out));
    if (size < BZIMAGE_HEADER_END)
        return refuse(why, why_size, "is a truncated bzImage: %zu bytes", size);
    out->version = (uint16_t)field(file, VERSION, 2);
    if (out->version < VERSION_MIN)
        return refuse(why, why_size, "is a bzImage of boot protocol %u.%02u; 2.12 is the first with a 64-bit entry",
                      out->version >> 8, out->version & 0xff);
    if ((field(file, LOADFLAGS, 1) & 1) == 0)
        return refuse(why, why_size, "is a zImage, which is loaded below 1 MiB; a bzImage is wanted");
    if ((field(file, XLOADFLAGS, 2) & XLF_KERNEL_64) == 0)
        return refuse(why, why_size, "is a 32-bit kernel: it has no 64-bit entry (XLF_KERNEL_64)");
    uint64_t sectors = field(file, SETUP_SECTS, 1);
    out->kernel_offset = ((sectors != 0 ? sectors : 4) + 1) * SECTOR;
    out->kernel_size = out->kernel_offset < size ? size - out->kernel_offset : 0;
    out->header = file + BZIMAGE_HEADER;
    out->header_size = (uint32_t)(MAGIC + field(file, JUMP_DISTANCE, 1) - BZIMAGE_HEADER);
    out->initrd_max = (uint32_t)field(file, INITRD_MAX, 4);
    out->alignment = (uint32_t)field(file, ALIGNMENT, 4);
    out->relocatable = field(file, RELOCATABLE, 1) != 0;
    out->cmdline_max = (uint32_t)field(file, CMDLINE_MAX, 4);
    out->pref_address = field(file, PREF_ADDRESS, 8);
    out->init_size = (uint32_t)field(file, INIT_SIZE, 4);
    uint64_t wanted = out->kernel_offset + field(file, SYSSIZE, 4) * 16;
    if (wanted >= size + 16) /* what is not of 16 bytes is rounded up */
        return refuse(why, why_size, "is a truncated bzImage: its kernel ends at byte %llu, and the file has %zu",
                      (unsigned long long)wanted, size);
    return check(out, size, why, why_size);
}
