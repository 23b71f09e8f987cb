/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.c - see unpack.h. */
#include "boot/unpack.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "boot/unpack_stream.h"

#define KNOWN "lvmm unpacks gzip, xz, lz4 and zstd"

/* ---- what it is ---- */

/* What Linux can be packed with (lib/decompress.c), and of what we can't undo the name alone. */
struct magic {
    const char *bytes;
    size_t size;
    enum packing packing;
    const char *name;
};

static const struct magic magics[] = {
    {"\x1f\x8b", 2, PACKING_GZIP, "gzip"},
    {"\xfd"
     "7zXZ",
     6, PACKING_XZ, "xz"},
    {"\x04\x22\x4d\x18", 4, PACKING_LZ4, "lz4"},
    {"\x02\x21\x4c\x18", 4, PACKING_LZ4, "lz4"}, /* legacy */
    {"\x28\xb5\x2f\xfd", 4, PACKING_ZSTD, "zstd"},
    {"BZh", 3, PACKING_NONE, "bzip2"},
    {"\x5d\0\0", 3, PACKING_NONE, "lzma"},
    {"\x89LZO", 4, PACKING_NONE, "lzo"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct magic *find_magic(const uint8_t *bytes, size_t size)
{
    for (unsigned i = 0; i < COUNT(magics); i++)
        if (size >= magics[i].size && memcmp(bytes, magics[i].bytes, magics[i].size) == 0)
            return &magics[i];
    return NULL;
}

const char *unpack_name(enum packing packing)
{
    for (unsigned i = 0; i < COUNT(magics); i++)
        if (magics[i].packing == packing)
            return packing != PACKING_NONE ? magics[i].name : "not packed";
    return "?";
}

/* The size that it says it has, or 0. */
static uint64_t size_by_stream(enum packing packing, const uint8_t *in, size_t size)
{
    switch (packing) {
    case PACKING_GZIP: /* ISIZE, modulo 2^32, if nothing is missing */
        return size >= 18 ? unpack_le32(in + size - 4) : 0;
    case PACKING_LZ4: /* FLG has C.Size */
        return size >= 14 && in[0] == 0x04 && (in[4] & 8) != 0
                   ? (uint64_t)unpack_le32(in + 10) << 32 | unpack_le32(in + 6)
                   : 0;
    case PACKING_ZSTD:
        return unpack_zstd_size(in, size);
    default:
        return 0;
    }
}

static int identify_plain(const uint8_t *file, size_t size, struct packed *out, char *why, size_t why_size)
{
    const struct magic *magic = find_magic(file, size);

    if (magic == NULL)
        return 0;
    if (magic->packing == PACKING_NONE) {
        snprintf(why, why_size, "is %s-compressed; " KNOWN, magic->name);
        return -ENOEXEC;
    }
    out->packing = magic->packing;
    out->size = size;
    out->unpacked_size = size_by_stream(magic->packing, file, size);
    return 0;
}

/* ---- EFI zboot: drivers/firmware/efi/libstub/zboot-header.S, a DOS header up to the PE header's offset ---- */

enum { ZBOOT_TYPE = 4, ZBOOT_OFFSET = 8, ZBOOT_SIZE = 12, ZBOOT_METHOD = 24, ZBOOT_METHOD_END = 56, ZBOOT_HEADER = 64 };

static bool zboot_is(const uint8_t *file, size_t size)
{
    return size >= ZBOOT_TYPE + 4 && memcmp(file, "MZ", 2) == 0 && memcmp(file + ZBOOT_TYPE, "zimg", 4) == 0;
}

/* The Makefiles' words are gzip, xzkern, lz4 and zstd22 (or zstd): longer than ours, or the same. */
static bool zboot_method_fits(const char *method, const struct magic *magic)
{
    return magic != NULL && magic->packing != PACKING_NONE && strncmp(method, magic->name, strlen(magic->name)) == 0;
}

static int zboot_explain_method(const char *method, size_t offset, char *why, size_t why_size)
{
    for (unsigned i = 0; i < COUNT(magics); i++) {
        if (zboot_method_fits(method, &magics[i])) {
            snprintf(why, why_size,
                     "is an EFI zboot image packed by %s, but what is at byte %zu doesn't begin like that", method,
                     offset);
            return -ENOEXEC;
        }
    }
    snprintf(why, why_size, "is an EFI zboot image packed by \"%s\"; " KNOWN, method);
    return -ENOEXEC;
}

static int identify_zboot(const uint8_t *file, size_t size, struct packed *out, char *why, size_t why_size)
{
    char method[ZBOOT_METHOD_END - ZBOOT_METHOD + 1] = "";

    if (size < ZBOOT_HEADER) {
        snprintf(why, why_size, "is an EFI zboot image that is truncated: %zu bytes, the header alone has %d", size,
                 ZBOOT_HEADER);
        return -ENOEXEC;
    }
    size_t offset = unpack_le32(file + ZBOOT_OFFSET), payload = unpack_le32(file + ZBOOT_SIZE);
    if (offset < ZBOOT_HEADER || offset > size || payload > size - offset) {
        snprintf(why, why_size,
                 "is an EFI zboot image that is truncated or damaged: a payload of %zu bytes at byte %zu is not in the "
                 "file's %zu bytes",
                 payload, offset, size);
        return -ENOEXEC;
    }
    memcpy(method, file + ZBOOT_METHOD, sizeof(method) - 1);
    for (char *c = method; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c))
            *c = '?';
    const struct magic *magic = find_magic(file + offset, payload);
    if (!zboot_method_fits(method, magic))
        return zboot_explain_method(method, offset, why, why_size);
    *out =
        (struct packed){.packing = magic->packing, .offset = offset, .size = payload, .wrapper = "an EFI zboot image"};
    out->unpacked_size = size_by_stream(magic->packing, file + offset, payload);
    /* The 4 bytes behind the payload are its size, unless it ends with that itself. */
    if (out->unpacked_size == 0 && size - offset - payload >= 4)
        out->unpacked_size = unpack_le32(file + offset + payload);
    return 0;
}

int unpack_identify_at(const void *file, size_t size, size_t offset, struct packed *out, char *why, size_t why_size)
{
    *out = (struct packed){.packing = PACKING_NONE};
    int error = identify_plain((const uint8_t *)file + offset, size - offset, out, why, why_size);

    out->offset = offset;
    return error;
}

int unpack_identify(const void *file, size_t size, struct packed *out, char *why, size_t why_size)
{
    *out = (struct packed){.packing = PACKING_NONE};
    return zboot_is(file, size) ? identify_zboot(file, size, out, why, why_size)
                                : identify_plain(file, size, out, why, why_size);
}

/* ---- what is in it ---- */

static int unpack_stream(enum packing packing, struct unpack_stream *s)
{
    switch (packing) {
    case PACKING_GZIP:
        return unpack_gzip(s);
    case PACKING_XZ:
        return unpack_xz(s);
    case PACKING_LZ4:
        return unpack_lz4(s);
    case PACKING_ZSTD:
        return unpack_zstd(s);
    default:
        s->reason = "it isn't packed";
        return -ENOTSUP;
    }
}

/* May the stream be followed by this? By nothing, or by the unpacked size; gzip ends with that itself. */
static bool end_is_right(const struct unpack_stream *s, enum packing packing)
{
    size_t left = s->in_size - s->in_used;
    bool is_size = left == 4 && unpack_le32(s->in + s->in_used) == (uint32_t)s->out_used;

    return left == 0 || (is_size && packing != PACKING_GZIP);
}

/* A size in words: in units of 1 MiB where it is some. */
static const char *size_text(char text[24], uint64_t size)
{
    bool whole = size >= 1 << 20 && size % (1 << 20) == 0;

    snprintf(text, 24, "%" PRIu64 "%s", whole ? size >> 20 : size, whole ? "M" : " bytes");
    return text;
}

/* How every message begins. */
static void begin(const struct packed *what, char text[64])
{
    const char *wrapper = what->wrapper != NULL ? what->wrapper : "";

    snprintf(text, 64, "is %s%s%s-compressed, and", wrapper, *wrapper != '\0' ? ", " : "", unpack_name(what->packing));
}

static int explain(const struct packed *what, const struct unpack_stream *s, int error, char *why, size_t why_size)
{
    char start[64], max[24];

    begin(what, start);
    switch (error) {
    case -EFBIG:
        size_text(max, s->out_max);
        if (what->unpacked_size > s->out_max)
            snprintf(why, why_size, "%s expands to %" PRIu64 " bytes, more than %s", start, what->unpacked_size, max);
        else
            snprintf(why, why_size, "%s expands to more than %s", start, max);
        return error;
    case -ENODATA:
        snprintf(why, why_size, "%s is truncated: its data ends at byte %zu", start, what->offset + s->in_size);
        return -EBADMSG;
    case -EBADMSG:
        snprintf(why, why_size, "%s its data is damaged at byte %zu%s%s%s", start, what->offset + s->in_used,
                 s->reason != NULL ? " (" : "", s->reason != NULL ? s->reason : "", s->reason != NULL ? ")" : "");
        return error;
    case -ENOTSUP:
        snprintf(why, why_size, "%s can't be unpacked: %s", start, s->reason);
        return error;
    default:
        snprintf(why, why_size, "%s there is not enough memory to unpack it", start);
        return error;
    }
}

static struct unpack_stream stream_of(const void *file, const struct packed *what, void *out, size_t out_max)
{
    return (struct unpack_stream){
        .in = (const uint8_t *)file + what->offset, .in_size = what->size, .out = out, .out_max = out_max};
}

int unpack_first(const void *file, const struct packed *what, void *out, size_t out_max, size_t *out_size, size_t *end,
                 char *why, size_t why_size)
{
    struct unpack_stream s = stream_of(file, what, out, out_max);
    int error = unpack_stream(what->packing, &s);

    if (error != 0)
        return explain(what, &s, error, why, why_size);
    *out_size = s.out_used;
    *end = what->offset + s.in_used;
    return 0;
}

int unpack(const void *file, const struct packed *what, void *out, size_t out_max, size_t *out_size, char *why,
           size_t why_size)
{
    struct unpack_stream s = stream_of(file, what, out, out_max);
    int error = unpack_stream(what->packing, &s);
    char start[64];

    if (error != 0)
        return explain(what, &s, error, why, why_size);
    *out_size = s.out_used;
    begin(what, start);
    if (!end_is_right(&s, what->packing)) {
        snprintf(why, why_size, "%s something else follows its data at byte %zu", start, what->offset + s.in_used);
        return -EBADMSG;
    }
    if (s.out_used == 0) {
        snprintf(why, why_size, "%s there is nothing in it", start);
        return -EBADMSG;
    }
    return 0;
}
