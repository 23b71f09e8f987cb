/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_gzip.c - a gzip member, by zlib. */
#define ZLIB_CONST
#include <errno.h>
#include <limits.h>
#include <zlib.h>

#include "boot/unpack_stream.h"

#define GZIP_ALONE 16 /* inflateInit2: added to the window's bits, "only gzip" */

static uInt at_most(size_t size)
{
    return size < UINT_MAX ? (uInt)size : UINT_MAX;
}

int unpack_gzip(struct unpack_stream *s)
{
    z_stream z = {0};
    int status = inflateInit2(&z, MAX_WBITS + GZIP_ALONE);

    if (status != Z_OK)
        return -ENOMEM;
    while (status == Z_OK) { /* until it ends, or gets no further */
        z.next_in = s->in + z.total_in;
        z.avail_in = at_most(s->in_size - z.total_in);
        z.next_out = s->out + z.total_out;
        z.avail_out = at_most(s->out_max - z.total_out);
        status = inflate(&z, Z_NO_FLUSH);
    }
    s->in_used = z.total_in;
    s->out_used = z.total_out;
    s->reason = status == Z_DATA_ERROR ? z.msg : NULL;
    inflateEnd(&z);
    switch (status) {
    case Z_STREAM_END:
        return 0;
    case Z_BUF_ERROR:
        return s->in_used == s->in_size ? -ENODATA : -EFBIG;
    case Z_MEM_ERROR:
        return -ENOMEM;
    default:
        return -EBADMSG;
    }
}
