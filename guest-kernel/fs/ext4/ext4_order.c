/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_order.c - the smallest of some entries, in order: a heap with the largest on top, in whose place a smaller one
 * comes when it is full.
 */
#include "fs/ext4/ext4_dir.h"

/* What is at `at` goes down among the first `count` until nothing below is larger. */
static void sink(struct ext4_order_item *items, unsigned count, unsigned at)
{
    struct ext4_order_item item = items[at];

    for (;;) {
        unsigned child = 2 * at + 1;
        if (child + 1 < count && items[child + 1].key > items[child].key)
            child++;
        if (child >= count || items[child].key <= item.key)
            break;
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}

static void rise(struct ext4_order_item *items, unsigned at)
{
    struct ext4_order_item item = items[at];

    while (at != 0 && items[(at - 1) / 2].key < item.key) {
        items[at] = items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    items[at] = item;
}

void ext4_order_add(struct ext4_order *order, const struct ext4_order_item *item)
{
    if (order->count < EXT4_ORDER_MOST) {
        order->items[order->count] = *item;
        rise(order->items, order->count++);
        return;
    }
    order->is_cut = true;
    if (item->key >= order->items[0].key)
        return;
    order->items[0] = *item;
    sink(order->items, order->count, 0);
}

void ext4_order_sort(struct ext4_order *order)
{
    for (unsigned left = order->count; left > 1; left--) {
        struct ext4_order_item largest = order->items[0];
        order->items[0] = order->items[left - 1];
        order->items[left - 1] = largest;
        sink(order->items, left - 1, 0);
    }
}
