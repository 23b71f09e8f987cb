/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_index_entries.c - what a block of the index has: hashes, and where they lead (ext4 layout, "Hash Tree
 * Directories").
 */
#include "fs/ext4/ext4_dir.h"
#include "lib/string.h"

void ext4_index_count(struct ext4_dx_entry *entries, unsigned limit, unsigned count)
{
    entries[0].hash = (uint32_t)count << 16 | limit;
}

struct ext4_dx_entry *ext4_index_entries(struct ext4_frame *frame)
{
    size_t offset = (size_t)((const char *)frame->entries - (const char *)frame->buffer->data);

    return (struct ext4_dx_entry *)(void *)((char *)frame->buffer->data + offset);
}

void ext4_index_insert(struct ext4_frame *frame, uint32_t hash, uint32_t block)
{
    struct ext4_dx_entry *entries = ext4_index_entries(frame), *at = entries + frame->at + 1;

    memmove(at + 1, at, (frame->count - frame->at - 1) * sizeof(*at));
    *at = (struct ext4_dx_entry){hash, block};
    ext4_index_count(entries, frame->limit, ++frame->count);
}
