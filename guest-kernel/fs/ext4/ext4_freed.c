/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_freed.c - blocks that were given back, and that nobody may have yet: after a crash before the commit they belong
 * to whom they belonged, so others' data must not be there. In their group's bitmap they are free; a second bitmap, in
 * memory, keeps them.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"
#include "mm/kmalloc.h"

struct ext4_freed {
    struct list link;
    uint32_t tid, group;
    struct ext4_span span;
};

/* Files are mostly freed in order: block after block, or, where they get shorter, block before block. */
static bool join(struct ext4_freed *freed, uint32_t tid, uint32_t group, const struct ext4_span *span)
{
    bool is_behind = freed->span.start + freed->span.count == span->start;
    bool is_before = span->start + span->count == freed->span.start;

    if (freed->tid != tid || freed->group != group || (!is_behind && !is_before))
        return false;
    if (is_before)
        freed->span.start = span->start;
    freed->span.count += span->count;
    return true;
}

int ext4_freed_prepare(struct ext4_fs *e4, uint32_t group)
{
    struct ext4_group_info *info;
    int error = ext4_group_info_get(e4, group, &info);

    if (error != 0 || e4->journal == NULL)
        return error;
    if (info->kept == NULL)
        info->kept = kmalloc(e4->block_size);
    if (e4->alloc->spare == NULL)
        e4->alloc->spare = kmalloc(sizeof(*e4->alloc->spare));
    return info->kept == NULL || e4->alloc->spare == NULL ? -ENOMEM : 0;
}

void ext4_freed_add(struct ext4_handle *handle, uint32_t group, const struct ext4_span *span)
{
    struct ext4_alloc *alloc = handle->e4->alloc;
    struct ext4_window *window = ext4_window_find(handle->e4, group);
    struct ext4_group_info *info = &window->groups[group - window->first];
    struct ext4_freed *last = container_of(alloc->freed.prev, struct ext4_freed, link);

    if (handle->e4->journal == NULL)
        return;
    if (list_is_empty(&alloc->freed) || !join(last, ext4_tid(handle), group, span)) {
        struct ext4_freed *freed = alloc->spare;
        alloc->spare = NULL;
        *freed = (struct ext4_freed){.tid = ext4_tid(handle), .group = group, .span = *span};
        list_insert(&alloc->freed, &freed->link);
    }
    ext4_bits_set(info->kept, span->start, span->count);
    info->kept_count += span->count;
    alloc->kept += span->count;
}

void ext4_group_gained(struct ext4_fs *e4, uint32_t group, const struct ext4_bits *bits, uint32_t start, uint32_t count)
{
    struct ext4_window *window = ext4_window_find(e4, group);
    struct ext4_group_info *info = &window->groups[group - window->first];
    uint32_t run = bits->count;

    if (bits->words != NULL)
        run = ext4_bits_used(bits, start + count, bits->count) - ext4_bits_free_before(bits, start);
    if (!e4->discards || e4->journal == NULL) /* else they were discarded just now */
        info->is_trimmed = false;
    if (start < info->first_block)
        info->first_block = start;
    if (run > info->longest)
        info->longest = run;
    if (run > window->longest)
        window->longest = run;
}

/* They can be had. Their bitmap may have left memory, and isn't read for this: how long a run they make is seen when
 * somebody looks. */
static void let_go(struct ext4_fs *e4, const struct ext4_freed *freed)
{
    struct ext4_window *window = ext4_window_find(e4, freed->group);
    struct ext4_group_info *info = &window->groups[freed->group - window->first];
    struct ext4_bits bits = {.count = ext4_group_size(e4, freed->group)};

    ext4_bits_clear(info->kept, freed->span.start, freed->span.count);
    info->kept_count -= freed->span.count;
    e4->alloc->kept -= freed->span.count;
    if (info->kept_count == 0) {
        kfree(info->kept);
        info->kept = NULL;
    }
    ext4_group_gained(e4, freed->group, &bits, freed->span.start, freed->span.count);
}

void ext4_blocks_committed(struct ext4_fs *e4, uint32_t tid)
{
    struct ext4_alloc *alloc = e4->alloc;
    struct list *at, *next;

    if (alloc == NULL)
        return;
    for (at = alloc->freed.next; at != &alloc->freed; at = next) {
        struct ext4_freed *freed = container_of(at, struct ext4_freed, link);
        if (jbd2_tid_before(tid, freed->tid))
            return;
        next = at->next;
        ext4_freed_discard(e4, freed->group, &freed->span);
        let_go(e4, freed);
        list_remove(at);
        kfree(freed);
    }
}

void ext4_alloc_fini(struct ext4_fs *e4)
{
    struct ext4_alloc *alloc = e4->alloc;
    struct list *at, *next;

    if (alloc == NULL)
        return;
    for (at = alloc->freed.next; at != &alloc->freed; at = next) {
        next = at->next;
        kfree(container_of(at, struct ext4_freed, link));
    }
    kfree(alloc->spare);
    ext4_windows_fini(alloc);
    kfree(alloc);
    e4->alloc = NULL;
}
