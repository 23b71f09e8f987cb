/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_later.c - blocks that are given back when a replay of fast commits is done: until then they stay in use, as what
 * is replayed later may say that another file has them. */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"
#include "mm/kmalloc.h"

int ext4_later_add(struct list *later, uint64_t block, uint32_t count)
{
    struct ext4_later *last = container_of(later->prev, struct ext4_later, link);

    if (!list_is_empty(later) && last->block + last->count == block && count <= UINT32_MAX - last->count) {
        last->count += count;
        return 0;
    }
    if (!list_is_empty(later) && block + count == last->block && count <= UINT32_MAX - last->count) {
        last->block = block;
        last->count += count;
        return 0;
    }
    last = kmalloc(sizeof(*last));
    if (last == NULL)
        return -ENOMEM;
    last->block = block;
    last->count = count;
    list_insert(later, &last->link);
    return 0;
}

void ext4_later_drop(struct list *later)
{
    struct list *next;

    for (struct list *at = later->next; at != later; at = next) {
        next = at->next;
        kfree(container_of(at, struct ext4_later, link));
    }
    list_init(later);
}
