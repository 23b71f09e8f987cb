/* SPDX-License-Identifier: Apache-2.0 */
/* eventpoll_paths.c - see eventpoll_paths.h. Each walk comes to an epoll once, however many ways lead there. */
#include "vfs/eventpoll_paths.h"

#define NESTS_MAX 4u /* Linux's EP_MAX_NESTS: how often one may be in another */

static uint64_t walk;

/* How many epolls are below each other under this one; more than NESTS_MAX if `not_this` is among them. */
static unsigned depth_below(struct eventpoll *eventpoll, const struct eventpoll *not_this, unsigned level)
{
    unsigned depth = 0;

    if (eventpoll == not_this || level > NESTS_MAX)
        return NESTS_MAX + 1;
    if (eventpoll->seen == walk)
        return eventpoll->depth;
    for (struct list *at = eventpoll->nested.next; at != &eventpoll->nested; at = at->next) {
        const struct eventpoll_item *item = container_of(at, struct eventpoll_item, nested);
        unsigned below = 1 + depth_below(item->file->owner, not_this, level + 1);

        if (below > depth)
            depth = below;
    }
    eventpoll->seen = walk;
    eventpoll->depth = depth;
    return depth;
}

static struct eventpoll_item *item_of(struct file_watcher *watcher)
{
    return container_of(watcher, struct eventpoll_item, watcher);
}

/* And above it. */
static unsigned depth_above(struct eventpoll *eventpoll, unsigned level)
{
    unsigned depth = 0;

    if (level > NESTS_MAX)
        return NESTS_MAX + 1;
    if (eventpoll->seen == walk)
        return eventpoll->depth;
    for (struct file_watcher *at = eventpoll->file->watchers; at != NULL; at = at->next) {
        unsigned above = 1 + depth_above(item_of(at)->eventpoll, level + 1);

        if (above > depth)
            depth = above;
    }
    eventpoll->seen = walk;
    eventpoll->depth = depth;
    return depth;
}

bool eventpoll_may_nest(struct eventpoll *outer, struct eventpoll *inner)
{
    unsigned below;

    walk++;
    below = depth_below(inner, outer, 0);
    walk++;
    return below + 1 + depth_above(outer, 0) <= NESTS_MAX;
}

struct path_count {
    unsigned by_length[NESTS_MAX + 1];
};

/* Counts the ways from here to epolls that are in no other. */
static bool count_up(const struct file *file, unsigned length, struct path_count *count)
{
    static const unsigned most[NESTS_MAX + 1] = {1000, 500, 100, 50, 10};

    if (length > NESTS_MAX)
        return false;
    for (struct file_watcher *at = file->watchers; at != NULL; at = at->next) {
        const struct file *outer = item_of(at)->eventpoll->file;

        if (outer->watchers != NULL) {
            if (!count_up(outer, length + 1, count))
                return false;
        } else if (length != 0 && ++count->by_length[length] > most[length]) { /* directly: as many as one likes */
            return false;
        }
    }
    return true;
}

static bool paths_are_few(const struct file *file, struct eventpoll *eventpoll)
{
    struct path_count count = {0};

    if (eventpoll == NULL)
        return count_up(file, 0, &count);
    if (eventpoll->seen == walk)
        return true;
    eventpoll->seen = walk;
    for (struct tree_node *node = tree_first(&eventpoll->items); node != NULL; node = tree_next(node)) {
        const struct eventpoll_item *item = container_of(node, struct eventpoll_item, node);

        if (!paths_are_few(item->file, list_is_empty(&item->nested) ? NULL : item->file->owner))
            return false;
    }
    return true;
}

bool eventpoll_paths_are_few(const struct file *file, struct eventpoll *eventpoll)
{
    walk++;
    return paths_are_few(file, eventpoll);
}
