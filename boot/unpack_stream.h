/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_stream.h - one compressed stream of each format: between unpack.c and the files that know a library. */
#ifndef LVMM_BOOT_UNPACK_STREAM_H
#define LVMM_BOOT_UNPACK_STREAM_H

#include <stddef.h>
#include <stdint.h>

struct unpack_stream {
    const uint8_t *in;
    size_t in_size;
    uint8_t *out;
    size_t out_max;
    /* Set by the unpacker: how far it got. After an error it is about there, at most a block further on. */
    size_t in_used, out_used;
    const char *reason; /* after -EBADMSG and -ENOTSUP, a static string; NULL: there is no more to say */
};

/*
 * Each unpacks the stream that begins at in[0] and checks its checksums. 0: it ended at in_used. -EFBIG: more would
 * come than out_max; -ENODATA: in_size bytes are not all of it; -EBADMSG: it is damaged; -ENOTSUP: it needs what there
 * isn't (UNPACK_WINDOW_MAX); -ENOMEM.
 */
int unpack_gzip(struct unpack_stream *s);
int unpack_xz(struct unpack_stream *s);
int unpack_lz4(struct unpack_stream *s); /* by its first bytes also a legacy frame; of that nothing says where it ends:
                                            at in_size, or before the last 4 bytes if they are the unpacked size */
int unpack_zstd(struct unpack_stream *s);

/* The unpacked size that a zstd frame's header tells, or 0. */
uint64_t unpack_zstd_size(const uint8_t *in, size_t in_size);

/* 32 bits, little-endian, as all of these formats have them. */
static inline uint32_t unpack_le32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

#endif
