/* SPDX-License-Identifier: Apache-2.0 */
/* archives.c - see archives.h. It goes on as Linux does (init/initramfs.c, unpack_to_rootfs). */
#include "boot/archives.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "boot/unpack.h"

/* An entry's header: 6 characters, then 13 numbers of 8 hexadecimal digits each. */
enum { MAGIC_SIZE = 6, DIGITS = 8, DATA_SIZE = 6, NAME_SIZE = 11, HEADER_SIZE = MAGIC_SIZE + 13 * DIGITS };

static uint64_t aligned(uint64_t size)
{
    return (size + 3) & ~(uint64_t)3;
}

static bool number(const uint8_t *header, unsigned field, uint64_t *out)
{
    const char *digits = (const char *)header + MAGIC_SIZE + (size_t)field * DIGITS;

    *out = 0;
    for (unsigned i = 0; i < DIGITS; i++) {
        static const char known[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = digits[i] != '\0' ? strchr(known, digits[i]) : NULL;

        if (digit == NULL)
            return false;
        *out = *out << 4 | ((uint64_t)(digit - known) & 15);
    }
    return true;
}

/* The size of an entry; 0: it is damaged, or doesn't fit. */
static uint64_t entry_size(const uint8_t *header, size_t left)
{
    uint64_t data, name;

    if (left < HEADER_SIZE || memcmp(header, "07070", 5) != 0 || (header[5] != '1' && header[5] != '2') ||
        !number(header, DATA_SIZE, &data) || !number(header, NAME_SIZE, &name))
        return 0;
    uint64_t size = aligned(HEADER_SIZE + name) + data;
    return size > left ? 0 : aligned(size) < left ? aligned(size) : left;
}

/* Where the archives that are plain, and begin at file[at], have their end. Of a damaged one nobody knows where it
 * ends: all the rest is its. */
static size_t plain_end(const uint8_t *file, size_t size, size_t at)
{
    while (at < size) {
        if (file[at] == 0) {
            at++;
        } else if (file[at] == '0' && at % 4 == 0) {
            uint64_t entry = entry_size(file + at, size - at);

            if (entry == 0)
                return size;
            at += entry;
        } else {
            break;
        }
    }
    return at;
}

/* What is compressed at file[at]. */
static int identify(const void *file, size_t size, size_t at, struct packed *out, char *why, size_t why_size)
{
    int error = unpack_identify_at(file, size, at, out, why, why_size);

    if (error != 0 || out->packing != PACKING_NONE)
        return error;
    if (((const char *)file)[at] == '0')
        snprintf(why, why_size,
                 "has at byte %zu what may be a cpio archive, but isn't at a multiple of 4; put zeros in front", at);
    else
        snprintf(why, why_size,
                 "has at byte %zu neither a cpio archive (newc) nor one that is compressed by gzip, xz, lz4 or zstd",
                 at);
    return -ENOEXEC;
}

int archives_are_plain(const void *file, size_t size, bool *out, char *why, size_t why_size)
{
    size_t end = plain_end(file, size, 0);
    struct packed what;

    *out = end == size;
    return end == size ? 0 : identify(file, size, end, &what, why, why_size);
}

struct output {
    uint8_t *bytes;
    size_t max, used;
};

/* Goes on at a multiple of 4, or as many bytes behind one as `at`. */
static int output_align(struct output *out, size_t at, char *why, size_t why_size)
{
    size_t pad = (at - out->used) % 4;

    if (pad > out->max - out->used) {
        snprintf(why, why_size, "is larger than the guest's memory; give it more by --memory");
        return -EFBIG;
    }
    memset(out->bytes + out->used, 0, pad);
    out->used += pad;
    return 0;
}

static int copy(struct output *out, const uint8_t *file, size_t at, size_t end, char *why, size_t why_size)
{
    int error = output_align(out, at, why, why_size);

    if (error == 0 && end - at > out->max - out->used) {
        snprintf(why, why_size, "is larger than the guest's memory; give it more by --memory");
        error = -EFBIG;
    }
    if (error != 0)
        return error;
    memcpy(out->bytes + out->used, file + at, end - at);
    out->used += end - at;
    return 0;
}

/* What came out of a stream: archives, which begin with a header. */
static bool is_archive(const uint8_t *bytes, size_t size)
{
    size_t at = 0;

    while (at < size && bytes[at] == 0)
        at++;
    return at == size || bytes[at] == '0';
}

static int unpack_at(struct output *out, const void *file, size_t size, size_t *at, char *why, size_t why_size)
{
    struct packed what;
    size_t more = 0;
    int error = identify(file, size, *at, &what, why, why_size);

    if (error == 0)
        error = output_align(out, 0, why, why_size);
    if (error != 0)
        return error;
    error = unpack_first(file, &what, out->bytes + out->used, out->max - out->used, &more, at, why, why_size);
    if (error == -EFBIG)
        snprintf(why, why_size,
                 "is %s-compressed, and expands to more than the guest's memory; give it more by --memory",
                 unpack_name(what.packing));
    if (error == 0 && !is_archive(out->bytes + out->used, more)) {
        snprintf(why, why_size, "is %s-compressed, and what is in it is no cpio archive (newc)",
                 unpack_name(what.packing));
        error = -ENOEXEC;
    }
    out->used += more;
    return error;
}

int archives_unpack(const void *file, size_t size, void *out, size_t out_max, size_t *out_size, char *why,
                    size_t why_size)
{
    struct output output = {.bytes = out, .max = out_max};
    int error = 0;

    for (size_t at = 0; at < size && error == 0;) {
        size_t end = plain_end(file, size, at);

        if (end > at)
            error = copy(&output, file, at, end, why, why_size);
        at = end;
        if (error == 0 && at < size)
            error = unpack_at(&output, file, size, &at, why, why_size);
    }
    *out_size = output.used;
    return error;
}
