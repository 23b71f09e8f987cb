/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - see tree.h (Knuth, The Art of Computer Programming, vol. 3, 6.2.3). */
#include "lib/tree.h"

#include <stddef.h>

static uint32_t height_of(const struct tree_node *node)
{
    return node != NULL ? node->height : 0;
}

/* Puts `new`, which may be NULL, where `old` is. */
static void node_replace(struct tree *tree, struct tree_node *old, struct tree_node *new)
{
    struct tree_node *parent = old->parent;

    if (parent == NULL)
        tree->root = new;
    else
        parent->child[parent->child[1] == old] = new;
    if (new != NULL)
        new->parent = parent;
}

static void node_update(struct tree_node *node, tree_bound *update)
{
    uint32_t left = height_of(node->child[0]), right = height_of(node->child[1]);

    node->height = 1 + (left > right ? left : right);
    update(node);
}

/* Lifts the node's child on `side` above it, and returns that. */
static struct tree_node *rotate(struct tree *tree, struct tree_node *node, unsigned side, tree_bound *update)
{
    struct tree_node *up = node->child[side], *middle = up->child[side == 0];

    node_replace(tree, node, up);
    node->child[side] = middle;
    if (middle != NULL)
        middle->parent = node;
    up->child[side == 0] = node;
    node->parent = up;
    node_update(node, update);
    node_update(up, update);
    return up;
}

/* Its subtree on `side` is two higher than the other. Returns what stands in its place then. */
static __attribute__((noinline)) struct tree_node *balance(struct tree *tree, struct tree_node *node, unsigned side,
                                                           tree_bound *update)
{
    struct tree_node *high = node->child[side];

    if (height_of(high->child[side == 0]) > height_of(high->child[side]))
        rotate(tree, high, side == 0, update);
    return rotate(tree, node, side, update);
}

/* Brings heights and bounds up to date, and balance where it is lost, from `node` up to where nothing changes for those
 * above. (Not inline: it is long, and several places call it.) */
static __attribute__((noinline)) void settle(struct tree *tree, struct tree_node *node, tree_bound *update)
{
    for (; node != NULL; node = node->parent) {
        uint32_t left = height_of(node->child[0]), right = height_of(node->child[1]), before = node->height;

        if (left > right + 1 || right > left + 1) {
            node = balance(tree, node, right > left, update);
            continue; /* its bound was another node's */
        }
        node->height = 1 + (left > right ? left : right);
        if (!update(node) && node->height == before)
            return;
    }
}

void tree_insert(struct tree *tree, struct tree_node *parent, unsigned side, struct tree_node *node, tree_bound *update)
{
    node->parent = parent;
    node->child[0] = node->child[1] = NULL;
    node->height = 1;
    if (parent == NULL)
        tree->root = node;
    else
        parent->child[side] = node;
    update(node);
    if (parent != NULL)
        settle(tree, parent, update);
}

void tree_remove(struct tree *tree, struct tree_node *node, tree_bound *update)
{
    struct tree_node *lowest = node->parent; /* whose subtree changes */

    if (node->child[0] == NULL || node->child[1] == NULL) {
        node_replace(tree, node, node->child[node->child[0] == NULL]);
    } else { /* what follows it takes its place */
        struct tree_node *next = tree_next(node);

        lowest = next->parent == node ? next : next->parent;
        node_replace(tree, next, next->child[1]);
        for (unsigned side = 0; side < 2; side++) {
            next->child[side] = node->child[side];
            if (next->child[side] != NULL)
                next->child[side]->parent = next;
        }
        node_replace(tree, node, next);
        next->height = node->height;
        update(next); /* to no more than the node's, which was one for both */
    }
    if (lowest != NULL)
        settle(tree, lowest, update);
}

void tree_update(struct tree_node *node, tree_bound *update)
{
    while (node != NULL && update(node))
        node = node->parent;
}

/* The outermost node of a subtree on one side. */
static struct tree_node *outermost(struct tree_node *node, unsigned side)
{
    while (node != NULL && node->child[side] != NULL)
        node = node->child[side];
    return node;
}

static struct tree_node *neighbour(const struct tree_node *node, unsigned side)
{
    if (node->child[side] != NULL)
        return outermost(node->child[side], side == 0);
    while (node->parent != NULL && node->parent->child[side] == node)
        node = node->parent;
    return node->parent;
}

struct tree_node *tree_first(const struct tree *tree)
{
    return outermost(tree->root, 0);
}

struct tree_node *tree_last(const struct tree *tree)
{
    return outermost(tree->root, 1);
}

struct tree_node *tree_next(const struct tree_node *node)
{
    return neighbour(node, 1);
}

struct tree_node *tree_previous(const struct tree_node *node)
{
    return neighbour(node, 0);
}
