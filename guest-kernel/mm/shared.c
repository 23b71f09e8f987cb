/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared.c - see shared.h. The pages are found through a tree of nodes of one page each, as high as the memory's size
 * asks for; where nothing was touched it has no nodes.
 */
#include "mm/shared.h"

#include "abi/errno.h"
#include "core/wait.h"
#include "lib/list.h"
#include "mm/commit.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "mm/turns.h"

#define NODE_SHIFT (PAGE_SHIFT - 3u)
#define NODE_SLOTS (1u << NODE_SHIFT) /* pointers in a node */

struct shared {
    struct vm_object object;
    uint32_t refs;
    unsigned height; /* of the tree; 1: the root's slots are pages */
    uint64_t pages;
    void *root; /* NULL: nothing was touched */
};

static struct shared *shared_of(struct vm_object *object)
{
    return container_of(object, struct shared, object);
}

/* The slot that `link` points to, as a node, which is made if need be. NULL: no memory. */
static void **node_get(void **link)
{
    if (*link == NULL)
        *link = kmalloc(NODE_SLOTS * sizeof(void *));
    return *link;
}

static int shared_page(struct vm_object *object, uint64_t index, int will_write, struct page **out)
{
    struct shared *shared = shared_of(object);
    void **slot = &shared->root;

    (void)will_write;
    if (index >= shared->pages)
        return -ENXIO;
    for (unsigned level = shared->height; level-- > 0;) {
        void **node = node_get(slot);
        if (node == NULL)
            return -ENOMEM;
        slot = &node[index >> (level * NODE_SHIFT) & (NODE_SLOTS - 1)];
    }
    if (*slot == NULL)
        *slot = page_alloc();
    *out = *slot;
    if (*out == NULL)
        return -ENOMEM;
    page_get(*out);
    return 0;
}

/* The slot of a page, where there are nodes for it; else NULL. */
static void **slot_find(struct shared *shared, uint64_t index)
{
    void **slot = &shared->root;

    for (unsigned level = shared->height; level-- > 0;) {
        if (*slot == NULL)
            return NULL;
        slot = (void **)*slot + (index >> (level * NODE_SHIFT) & (NODE_SLOTS - 1));
    }
    return slot;
}

static struct page *shared_find(struct vm_object *object, uint64_t index)
{
    struct shared *shared = shared_of(object);
    void **slot = index < shared->pages ? slot_find(shared, index) : NULL;

    if (slot == NULL || *slot == NULL)
        return NULL;
    page_get(*slot);
    return *slot;
}

static int shared_punch(struct vm_object *object, uint64_t first, uint64_t end)
{
    struct shared *shared = shared_of(object);

    if (end > shared->pages)
        end = shared->pages;
    for (uint64_t index = first; index < end; index++) {
        void **slot = slot_find(shared, index);

        if ((index - first) % SPACE_TURN == SPACE_TURN - 1 && wait_loop_ends(true)) /* slots stay */
            return -EINTR;
        if (slot == NULL || *slot == NULL)
            continue;
        object_unmap_page(object, index, *slot);
        page_put(*slot);
        *slot = NULL;
    }
    return 0;
}

/* Of memory that nobody has any more: in turns, as it may be large. `nodes` were freed before. */
static void node_free(void **node, unsigned level, unsigned *nodes)
{
    if (node == NULL)
        return;
    if ((*nodes)++ != 0)
        (void)wait_loop_ends(true);
    for (unsigned i = 0; i < NODE_SLOTS; i++) {
        if (level > 0)
            node_free(node[i], level - 1, nodes);
        else if (node[i] != NULL)
            page_put(node[i]);
    }
    kfree(node);
}

static void shared_get(struct vm_object *object)
{
    shared_of(object)->refs++;
}

static void shared_put(struct vm_object *object)
{
    struct shared *shared = shared_of(object);
    unsigned nodes = 0;

    if (--shared->refs != 0)
        return;
    commit_bytes -= shared->pages << PAGE_SHIFT;
    node_free(shared->root, shared->height - 1, &nodes);
    kfree(shared);
}

static const struct vm_object_ops shared_ops = {.page = shared_page,
                                                .find = shared_find,
                                                .punch = shared_punch,
                                                .is_memory = true,
                                                .get = shared_get,
                                                .put = shared_put};

struct vm_object *shared_create(uint64_t length)
{
    struct shared *shared = kmalloc(sizeof(*shared));

    if (shared == NULL)
        return NULL;
    shared->object.ops = &shared_ops;
    shared->refs = 1;
    shared->pages = page_up(length) >> PAGE_SHIFT;
    commit_bytes += shared->pages << PAGE_SHIFT;
    shared->height = 1;
    while (((shared->pages - 1) >> (shared->height * NODE_SHIFT)) != 0)
        shared->height++;
    return &shared->object;
}
