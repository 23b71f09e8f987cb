/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_lz4.c - an lz4 frame and a legacy one, by liblz4. */
#include <errno.h>
#include <lz4.h>
#include <lz4frame.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "boot/unpack_stream.h"

#define ERROR_PREFIX "ERROR_"
#define LEGACY_MAGIC 0x184c2102u
#define LEGACY_BLOCK (8 << 20) /* what each block but the last one unpacks to, and none to more */

/* ---- the frame ---- */

static int explain(struct unpack_stream *s, size_t code)
{
    const char *name = LZ4F_getErrorName(code); /* "ERROR_..."; the codes themselves are not public */

    if (strncmp(name, ERROR_PREFIX, strlen(ERROR_PREFIX)) == 0)
        name += strlen(ERROR_PREFIX);
    s->reason = name;
    return strcmp(name, "allocation_failed") == 0 ? -ENOMEM : -EBADMSG;
}

static int unpack_frame(LZ4F_dctx *context, struct unpack_stream *s)
{
    const LZ4F_decompressOptions_t options = {.stableDst = 1}; /* blocks look back into `out`: no copy is needed */
    size_t wanted = LZ4F_HEADER_SIZE_MIN;
    bool stuck = false;

    while (wanted != 0 && !LZ4F_isError(wanted) && !stuck) { /* a block at a time */
        size_t in_left = s->in_size - s->in_used, in_size = wanted < in_left ? wanted : in_left;
        size_t out_size = s->out_max - s->out_used;

        wanted = LZ4F_decompress(context, s->out + s->out_used, &out_size, s->in + s->in_used, &in_size, &options);
        stuck = in_size == 0 && out_size == 0;
        if (!LZ4F_isError(wanted)) {
            s->in_used += in_size;
            s->out_used += out_size;
        }
    }
    if (LZ4F_isError(wanted))
        return explain(s, wanted);
    if (wanted == 0)
        return 0;
    return s->in_used == s->in_size && s->out_used < s->out_max ? -ENODATA : -EFBIG;
}

/* ---- the legacy frame: its magic, then blocks, each behind its size ---- */

/* Would it be right if there were room? */
static int try_elsewhere(const uint8_t *block, uint32_t size)
{
    char *room = malloc(LEGACY_BLOCK);
    int unpacked;

    if (room == NULL)
        return -ENOMEM;
    unpacked = LZ4_decompress_safe((const char *)block, room, (int)size, LEGACY_BLOCK);
    free(room);
    return unpacked < 0 ? -EBADMSG : -EFBIG;
}

static int unpack_block(struct unpack_stream *s, const uint8_t *block, uint32_t size)
{
    size_t out_left = s->out_max - s->out_used;
    int room = out_left < LEGACY_BLOCK ? (int)out_left : LEGACY_BLOCK;
    int unpacked = LZ4_decompress_safe((const char *)block, (char *)s->out + s->out_used, (int)size, room);

    if (unpacked < 0)
        return room < LEGACY_BLOCK ? try_elsewhere(block, size) : -EBADMSG;
    s->out_used += (size_t)unpacked;
    return 0;
}

static int unpack_legacy(struct unpack_stream *s)
{
    int error = 0;

    s->in_used = 4;
    while (error == 0 && s->in_used < s->in_size) {
        size_t left = s->in_size - s->in_used;
        uint32_t size = left >= 4 ? unpack_le32(s->in + s->in_used) : 0;

        if (left < 4)
            return -ENODATA;
        if (left == 4 && size == (uint32_t)s->out_used)
            break;
        if (size > (uint32_t)LZ4_compressBound(LEGACY_BLOCK)) {
            s->reason = "a block's size is too large";
            return -EBADMSG;
        }
        if (size > left - 4)
            return -ENODATA;
        error = unpack_block(s, s->in + s->in_used + 4, size);
        if (error == 0)
            s->in_used += 4 + (size_t)size;
    }
    return error;
}

int unpack_lz4(struct unpack_stream *s)
{
    LZ4F_dctx *context;
    int error;

    if (s->in_size >= 4 && unpack_le32(s->in) == LEGACY_MAGIC)
        return unpack_legacy(s);
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return -ENOMEM;
    error = unpack_frame(context, s);
    LZ4F_freeDecompressionContext(context);
    return error;
}
