/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fc_orphan.c - a file without a name (O_TMPFILE) that got one by a fast commit. On the disk it is still in the
 * list of those that go, which is done with before the replay: other inodes of the list were removed before the fast
 * commits, and their numbers may be others' there.
 */
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_fc.h"
#include "lib/string.h"

/* What an INODE record says, as far as it matters here. */
struct named {
    uint32_t number;
    struct ext4_raw_inode raw; /* its old part alone */
};

/* Whether it is the same file, not another one that has its number now. */
static bool got_name(const struct named *named, const struct ext4_raw_inode *old)
{
    return old->links_count == 0 && S_ISREG(old->mode) && S_ISREG(named->raw.mode) &&
           old->generation == named->raw.generation;
}

/* It has as many links as the record says; its names come with other records. */
static int links_put(struct ext4_fs *e4, const struct named *named)
{
    struct ext4_handle handle;
    struct ext4_raw_inode *raw;
    struct ext4_buffer *buffer;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_INODE);

    if (error != 0)
        return error;
    error = ext4_itable_change(&handle, named->number, &buffer, &raw);
    if (error == 0) {
        raw->links_count = named->raw.links_count;
        ext4_buffer_put(&e4->buffers, buffer);
    }
    ext4_end(&handle);
    return error;
}

int ext4_fc_orphan_keep(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    struct ext4_fs *e4 = fc->e4;
    struct named named;
    struct ext4_raw_inode *raw;
    struct ext4_buffer *buffer;
    bool is_used;

    memcpy(&named.number, record->value, sizeof(named.number));
    memcpy(&named.raw, record->value + EXT4_FC_INODE_AT, EXT4_OLD_INODE_SIZE);
    if (named.number < e4->first_inode || named.number > e4->inodes || named.raw.links_count == 0)
        return 0;
    int error = ext4_number_is_used(e4, named.number, &is_used);
    if (error != 0 || !is_used)
        return error;
    error = ext4_itable_get(e4, named.number, &buffer, &raw);
    if (error != 0)
        return error;
    bool is_kept = got_name(&named, raw);
    ext4_buffer_put(&e4->buffers, buffer);
    return is_kept ? links_put(e4, &named) : 0;
}
