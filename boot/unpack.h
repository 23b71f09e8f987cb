/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack.h - compressed kernel files: what they are packed with, and what is in them. Trusts nothing in the file; the
 * result is bounded in size, and with it the time.
 */
#ifndef LVMM_BOOT_UNPACK_H
#define LVMM_BOOT_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/* No kernel is larger once it is unpacked. */
#define UNPACKED_MAX (1ull << 30)

enum packing {
    PACKING_NONE,
    PACKING_GZIP, /* RFC 1952 */
    PACKING_XZ,   /* xz-file-format.txt */
    PACKING_LZ4,  /* lz4_Frame_format.md; also its legacy frame, which Linux's Makefiles make */
    PACKING_ZSTD, /* RFC 8878 */
};

struct packed {
    enum packing packing;
    size_t offset, size;    /* of the packed bytes in the file */
    const char *wrapper;    /* "an EFI zboot image"; NULL: the file is the packed bytes */
    uint64_t unpacked_size; /* as the file says, for messages: it may be wrong; 0: it doesn't say */
};

/*
 * What a file is by its first bytes: packed by one of these formats, or an EFI program that unpacks itself (Linux,
 * drivers/firmware/efi/libstub/zboot-header.S), or else PACKING_NONE, which is no error. 0; -ENOEXEC with a reason in
 * `why` that follows the file's name: a header that points out of the file, or a compression that is known and can't be
 * undone.
 */
int unpack_identify(const void *file, size_t size, struct packed *out, char *why, size_t why_size);

/*
 * Unpacks what unpack_identify found in `file` into out[0..out_max). Exactly one stream (or gzip member, or frame) is
 * taken, and after it only what Linux's Makefiles append: the unpacked size in 4 bytes (scripts/Makefile.lib,
 * size_append). What lies in `out` after an error is undefined, as it is beyond *out_size.
 *
 * 0 with *out_size, which is not 0; else the reason in `why`, to follow the file's name, and
 *   -EFBIG    it would be more than out_max;
 *   -EBADMSG  damaged, truncated, empty, or followed by something else;
 *   -ENOTSUP  more memory (UNPACK_WINDOW_MAX) or another feature of the format is needed than there is;
 *   -ENOMEM.
 * It may take seconds, and allocates no more than UNPACK_WINDOW_MAX and a little.
 */
int unpack(const void *file, const struct packed *what, void *out, size_t out_max, size_t *out_size, char *why,
           size_t why_size);

/* The same for what lies at file[offset]: a stream that others may follow. unpack_identify_at knows no EFI programs;
 * unpack_first takes one stream, and *end is where it ends in the file. */
int unpack_identify_at(const void *file, size_t size, size_t offset, struct packed *out, char *why, size_t why_size);
int unpack_first(const void *file, const struct packed *what, void *out, size_t out_max, size_t *out_size, size_t *end,
                 char *why, size_t why_size);

/* What a stream may want to look back at: Linux is packed with 128 MiB for xz (scripts/xz_wrap.sh) and zstd (-22). */
#define UNPACK_WINDOW_MAX (256u << 20)

/* "gzip", "xz", "lz4", "zstd". */
const char *unpack_name(enum packing packing);

#endif
