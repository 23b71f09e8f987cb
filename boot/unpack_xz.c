/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_xz.c - an xz stream, by liblzma. */
#include <errno.h>
#include <lzma.h>

#include "boot/unpack.h"
#include "boot/unpack_stream.h"

/* liblzma's own needs beside the dictionary are some hundreds of KiB. */
#define MEMORY_MAX (UNPACK_WINDOW_MAX + (4ull << 20))

static int explain(struct unpack_stream *s, lzma_ret status)
{
    switch (status) {
    case LZMA_STREAM_END:
        return 0;
    case LZMA_BUF_ERROR:
        return -ENODATA;
    case LZMA_MEM_ERROR:
        return -ENOMEM;
    case LZMA_MEMLIMIT_ERROR:
        s->reason = "its dictionary is larger than 256 MiB; xz -9 has one of 64 MiB";
        return -ENOTSUP;
    case LZMA_OPTIONS_ERROR:
        s->reason = "it has a filter or an option that liblzma " LZMA_VERSION_STRING " doesn't know";
        return -ENOTSUP;
    case LZMA_UNSUPPORTED_CHECK:
        s->reason = "its kind of checksum is not known to liblzma " LZMA_VERSION_STRING;
        return -ENOTSUP;
    default:
        return -EBADMSG;
    }
}

int unpack_xz(struct unpack_stream *s)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret status = lzma_stream_decoder(&stream, MEMORY_MAX, LZMA_TELL_UNSUPPORTED_CHECK);
    uint8_t beyond; /* takes one byte more than there is room for: a stream's end is seen only by asking for more */

    if (status != LZMA_OK)
        return -ENOMEM;
    stream.next_in = s->in;
    stream.avail_in = s->in_size;
    stream.next_out = s->out;
    stream.avail_out = s->out_max;
    while (status == LZMA_OK && stream.total_out <= s->out_max) {
        if (stream.avail_out == 0) {
            stream.next_out = &beyond;
            stream.avail_out = 1;
        }
        status = lzma_code(&stream, LZMA_FINISH);
    }
    s->in_used = stream.total_in;
    s->out_used = stream.total_out;
    lzma_end(&stream);
    return s->out_used > s->out_max ? -EFBIG : explain(s, status);
}
