/* SPDX-License-Identifier: Apache-2.0 */
/* packers.h - packs bytes as Linux's Makefiles and users do, by the libraries' other halves. */
#ifndef TESTS_PACKERS_H
#define TESTS_PACKERS_H

#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "boot/unpack.h"

enum form { FORM_GZIP, FORM_XZ, FORM_XZ_KERNEL, FORM_LZ4, FORM_LZ4_LEGACY, FORM_ZSTD, FORM_ZSTD_PIPE, FORMS };

struct form_info {
    const char *name;
    enum packing packing;
    const char *method; /* as a zboot header has it */
    int has_size;       /* its header or trailer says how much it unpacks to */
    int has_check;      /* a checksum over what is in it */
};

static const struct form_info forms[FORMS] = {
    [FORM_GZIP] = {"gzip", PACKING_GZIP, "gzip", 1, 1},
    [FORM_XZ] = {"xz", PACKING_XZ, "xzkern", 0, 1},
    [FORM_XZ_KERNEL] = {"xz as for kernels", PACKING_XZ, "xzkern", 0, 1},
    [FORM_LZ4] = {"lz4", PACKING_LZ4, "lz4", 1, 1},
    [FORM_LZ4_LEGACY] = {"lz4 -l", PACKING_LZ4, "lz4", 0, 0},
    [FORM_ZSTD] = {"zstd", PACKING_ZSTD, "zstd22", 1, 1},
    [FORM_ZSTD_PIPE] = {"zstd from a pipe", PACKING_ZSTD, "zstd", 0, 1},
};

static inline void pack_le32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static inline size_t pack_gzip(const void *in, size_t size, uint8_t *out, size_t max)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in, .avail_in = (uInt)size, .next_out = out, .avail_out = (uInt)max};

    if (deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    deflateEnd(&z);
    return z.total_out;
}

/* The kernel's: CRC32, and a filter for its instructions (scripts/xz_wrap.sh). */
static inline size_t pack_xz(int for_kernel, const void *in, size_t size, uint8_t *out, size_t max)
{
    lzma_options_lzma options;
    lzma_filter filters[] = {{LZMA_FILTER_X86, NULL}, {LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t used = 0;

    lzma_lzma_preset(&options, 1);
    if (lzma_stream_buffer_encode(for_kernel ? filters : filters + 1, for_kernel ? LZMA_CHECK_CRC32 : LZMA_CHECK_CRC64,
                                  NULL, in, size, out, &used, max) != LZMA_OK)
        abort();
    return used;
}

static inline size_t pack_lz4(const void *in, size_t size, uint8_t *out, size_t max)
{
    LZ4F_preferences_t preferences = {.frameInfo = {.blockSizeID = LZ4F_max64KB,
                                                    .contentChecksumFlag = LZ4F_contentChecksumEnabled,
                                                    .contentSize = size}};
    size_t used = LZ4F_compressFrame(out, max, in, size, &preferences);

    if (LZ4F_isError(used))
        abort();
    return used;
}

/* Blocks of 8 MiB, each behind its size. */
static inline size_t pack_lz4_legacy(const uint8_t *in, size_t size, uint8_t *out, size_t max)
{
    size_t used = 4;

    pack_le32(out, 0x184c2102);
    for (size_t at = 0; at < size; at += 8 << 20) {
        size_t n = size - at < 8 << 20 ? size - at : 8 << 20;
        int block = LZ4_compress_default((const char *)in + at, (char *)out + used + 4, (int)n, (int)(max - used - 4));

        if (block <= 0)
            abort();
        pack_le32(out + used, (uint32_t)block);
        used += 4 + (size_t)block;
    }
    return used;
}

static inline size_t pack_zstd(int tell_size, const void *in, size_t size, uint8_t *out, size_t max)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t used;

    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, tell_size);
    used = ZSTD_compress2(context, out, max, in, size);
    if (ZSTD_isError(used))
        abort();
    ZSTD_freeCCtx(context);
    return used;
}

/* The bytes, allocated; *packed_size of them. */
static inline uint8_t *pack(enum form form, const void *in, size_t size, size_t *packed_size)
{
    size_t max = size + size / 8 + 65536, used = 0;
    uint8_t *out = malloc(max);

    switch (form) {
    case FORM_GZIP:
        used = pack_gzip(in, size, out, max);
        break;
    case FORM_XZ:
    case FORM_XZ_KERNEL:
        used = pack_xz(form == FORM_XZ_KERNEL, in, size, out, max);
        break;
    case FORM_LZ4:
        used = pack_lz4(in, size, out, max);
        break;
    case FORM_LZ4_LEGACY:
        used = pack_lz4_legacy(in, size, out, max);
        break;
    default:
        used = pack_zstd(form == FORM_ZSTD, in, size, out, max);
    }
    *packed_size = used;
    return realloc(out, used); /* so that the sanitizer sees a byte too far */
}

#define ZBOOT_PAYLOAD 0x1000u /* in these images */

/* A zboot image around a payload: header, payload, its unpacked size, and some code that unpacks it. */
static inline uint8_t *pack_zboot(const char *method, const uint8_t *payload, size_t size, size_t unpacked,
                                  size_t *image_size)
{
    uint8_t *image;

    *image_size = ZBOOT_PAYLOAD + size + 4 + 512;
    image = calloc(1, *image_size);
    memcpy(image, "MZ\0\0zimg", 8);
    pack_le32(image + 8, ZBOOT_PAYLOAD);
    pack_le32(image + 12, (uint32_t)size);
    strcpy((char *)image + 24, method);
    pack_le32(image + 56, 0x818223cd);
    pack_le32(image + 60, 64);
    memcpy(image + ZBOOT_PAYLOAD, payload, size);
    pack_le32(image + ZBOOT_PAYLOAD + size, (uint32_t)unpacked);
    return image;
}

#endif
