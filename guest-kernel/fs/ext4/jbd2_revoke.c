/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_revoke.c - sets of revoked blocks, ordered by number. */
#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"
#include "mm/kmalloc.h"

/* The one with this number, or NULL, and then the place where it would be. */
static struct jbd2_revoked *find(const struct tree *revoked, uint64_t block, struct tree_node **parent, unsigned *side)
{
    struct tree_node *node = revoked->root;

    *parent = NULL;
    *side = 0;
    while (node != NULL) {
        struct jbd2_revoked *here = jbd2_revoked_of(node);

        if (here->block == block)
            return here;
        *parent = node;
        *side = here->block < block;
        node = node->child[*side];
    }
    return NULL;
}

int jbd2_revoked_add(struct tree *revoked, uint64_t block, uint32_t tid, uint32_t *count)
{
    struct tree_node *parent;
    unsigned side;
    struct jbd2_revoked *here = find(revoked, block, &parent, &side);

    if (here != NULL) {
        if (jbd2_tid_before(here->tid, tid))
            here->tid = tid;
        return 0;
    }
    here = kmalloc(sizeof(*here));
    if (here == NULL)
        return -ENOMEM;
    here->block = block;
    here->tid = tid;
    tree_insert(revoked, parent, side, &here->node, tree_no_bound);
    if (count != NULL)
        ++*count;
    return 0;
}

bool jbd2_revoked_has(const struct tree *revoked, uint64_t block, uint32_t tid)
{
    struct tree_node *parent;
    unsigned side;
    const struct jbd2_revoked *here = find(revoked, block, &parent, &side);

    return here != NULL && !jbd2_tid_before(here->tid, tid);
}

bool jbd2_revoked_remove(struct tree *revoked, uint64_t block)
{
    struct tree_node *parent;
    unsigned side;
    struct jbd2_revoked *here = find(revoked, block, &parent, &side);

    if (here == NULL)
        return false;
    tree_remove(revoked, &here->node, tree_no_bound);
    kfree(here);
    return true;
}

void jbd2_revoked_clear(struct tree *revoked)
{
    struct tree_node *node = tree_first(revoked);

    while (node != NULL) {
        struct jbd2_revoked *here = jbd2_revoked_of(node);

        node = tree_next(node);
        tree_remove(revoked, &here->node, tree_no_bound);
        kfree(here);
    }
}
