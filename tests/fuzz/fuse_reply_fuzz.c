/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_reply_fuzz.c - hostile replies of a file server: what the guest kernel takes of them is within bounds.
 *
 * A head, what was written, a node's attributes, and the rest is a listing.
 */
// sources: guest-kernel/fs/fuse/reply.c
#include "fs/fuse/reply.h"

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "tests/fuzz/input.h"

static void try_head(struct input *input)
{
    struct fuse_out out;
    uint32_t written = input_u16(input);
    size_t least = input_u8(input), most = least + input_u8(input);

    input_bytes(input, &out, sizeof(out));
    int64_t size = fuse_reply_size(&out, written, 6, least, most);
    must(size >= 0 ? (size_t)size >= least && (size_t)size <= most && (size_t)size + sizeof(out) <= written
                   : size > -512 && (size == out.error || size == -EIO));
}

static void try_entry(struct input *input)
{
    struct fuse_entry entry;

    input_bytes(input, &entry, sizeof(entry));
    uint64_t until = fuse_valid_until(1, entry.attr_valid, entry.attr_valid_ns);
    must(until >= 1 && until <= 1 + 1000000001ull * 1000000000u);
    int error = fuse_entry_check(&entry);
    must(error == 0 || error == -EIO || error == -ENOENT);
    if (error != 0)
        return;
    must(entry.node > FUSE_ROOT && entry.attr.size <= INT64_MAX && (entry.attr.mode & S_IFMT) != 0);
    must(entry.attr.mtime_ns < 1000000000u && entry.attr.atime_ns < 1000000000u);
    (void)fuse_time(entry.attr.mtime, entry.attr.mtime_ns);
    (void)fuse_time(entry.attr.atime, entry.attr.atime_ns);
}

/* In memory of just that size. */
static void try_listing(const uint8_t *data, size_t size)
{
    uint8_t *listing = malloc(size != 0 ? size : 1);
    struct fuse_name name;
    size_t at = 0, before = 0;
    int result;

    must(listing != NULL);
    if (size != 0)
        memcpy(listing, data, size);
    while ((result = fuse_name_next(listing, size, &at, &name)) == 1) {
        must(at > before && at <= size);
        must(name.length >= 1 && name.length <= 255 && memchr(name.name, '/', name.length) == NULL);
        must(memchr(name.name, 0, name.length) == NULL && name.type < 16);
        must((const uint8_t *)name.name + name.length <= listing + size);
        before = at;
    }
    must(result == 0 || result == -EIO);
    free(listing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};

    try_head(&input);
    try_entry(&input);
    try_listing(input.data, input.size);
    return 0;
}
