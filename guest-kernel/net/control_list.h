/* SPDX-License-Identifier: Apache-2.0 */
/* control_list.h - the form of a list of ancillary data that was copied from a program (cmsg(3)): pure. */
#ifndef GK_NET_CONTROL_LIST_H
#define GK_NET_CONTROL_LIST_H

#include <stdint.h>

struct control_message {
    int32_t level, type;
    const void *data; /* within the list */
    uint32_t size;    /* of data */
};

/* The message at *at of a list of `size` bytes in the form of 64-bit programs. 1: *out is it, and *at the next one's
 * place; 0: the end; -EINVAL: it isn't well formed. */
int control_parse(const void *bytes, uint32_t size, uint32_t *at, struct control_message *out);
/* Brings a list in 32-bit programs' form into that one. Its size then, or -EINVAL. `out` has room for
 * control_wide_size(size) bytes. */
int64_t control_widen(const void *bytes, uint32_t size, void *out);
/* A message grows by 4 bytes and at most 4 of padding, and takes 12 at least. */
static inline uint32_t control_wide_size(uint32_t size)
{
    return 2 * size + 16;
}

#endif
