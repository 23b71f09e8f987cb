/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_zstd.c - a zstd frame, by libzstd. */
#include <errno.h>
#include <stdbool.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "boot/unpack.h"
#include "boot/unpack_stream.h"

#define WINDOW_LOG_MAX 28
_Static_assert(UNPACK_WINDOW_MAX == 1u << WINDOW_LOG_MAX, "the same for all formats");

static int explain(struct unpack_stream *s, size_t code)
{
    s->reason = ZSTD_getErrorName(code);
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        return -ENOMEM;
    case ZSTD_error_dstSize_tooSmall:
        return -EFBIG;
    case ZSTD_error_frameParameter_windowTooLarge:
        s->reason = "its window is larger than 256 MiB; zstd --ultra -22 has one of 128 MiB";
        return -ENOTSUP;
    case ZSTD_error_dictionary_wrong:
        s->reason = "it needs a dictionary";
        return -ENOTSUP;
    default:
        return -EBADMSG;
    }
}

/*
 * At once, where the library unpacks straight into `out` if the frame tells its size; or by blocks, which goes through
 * a window of its own, and takes longer, but stops at the block that is damaged.
 */
static int feed(ZSTD_DStream *stream, struct unpack_stream *s, bool at_once)
{
    ZSTD_inBuffer in = {.src = s->in};
    ZSTD_outBuffer out = {.dst = s->out, .size = s->out_max};
    size_t wanted = ZSTD_initDStream(stream);
    bool stuck = false;

    while (wanted != 0 && !ZSTD_isError(wanted) && !stuck) {
        size_t in_before = in.pos, out_before = out.pos, left = s->in_size - in.pos;

        in.size = at_once || wanted > left ? s->in_size : in.pos + wanted;
        wanted = ZSTD_decompressStream(stream, &out, &in);
        stuck = in.pos == in_before && out.pos == out_before;
    }
    s->in_used = in.pos;
    s->out_used = out.pos;
    if (ZSTD_isError(wanted))
        return explain(s, wanted);
    if (wanted == 0)
        return 0;
    return in.pos == s->in_size && out.pos < s->out_max ? -ENODATA : -EFBIG;
}

int unpack_zstd(struct unpack_stream *s)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    int error;

    if (stream == NULL)
        return -ENOMEM;
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    error = feed(stream, s, true);
    if (error == -EBADMSG)
        error = feed(stream, s, false);
    ZSTD_freeDStream(stream);
    return error;
}

uint64_t unpack_zstd_size(const uint8_t *in, size_t in_size)
{
    unsigned long long size = ZSTD_getFrameContentSize(in, in_size);

    return size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR ? size : 0;
}
