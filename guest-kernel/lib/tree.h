/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - a balanced binary tree (AVL), embedded in its members, in which each node may know a bound of its subtree:
 * of some value that its members have, the largest, or more.
 *
 * Who uses it keeps the order: it looks for the place of a new node itself, from tree->root down. Its function `update`
 * computes a node's bound from its own value and the bounds of its children, and returns whether it was raised. It is
 * called, bottom up, for nodes from where the tree was changed, as far as bounds would be too low; so that those
 * further up may be too high for a while. (It is an argument so that the compiler sees which one it is.) The tree takes
 * no locks and allocates nothing. All calls cost O(log n).
 */
#ifndef GK_LIB_TREE_H
#define GK_LIB_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_node {
    struct tree_node *parent, *child[2]; /* child[0]: what comes before it; child[1]: after it */
    uint32_t height;                     /* 1: no children */
};

struct tree {
    struct tree_node *root;
};

typedef bool tree_bound(struct tree_node *node);

/* For trees whose nodes know nothing of their subtrees. */
static inline bool tree_no_bound(struct tree_node *node)
{
    (void)node;
    return false;
}

/* Puts `node` below `parent` as its child[side], which is NULL. parent NULL: the tree is empty. */
void tree_insert(struct tree *tree, struct tree_node *parent, unsigned side, struct tree_node *node,
                 tree_bound *update);
void tree_remove(struct tree *tree, struct tree_node *node, tree_bound *update);
/* The node's own value has changed: brings bounds up to date. */
void tree_update(struct tree_node *node, tree_bound *update);

/* In order; NULL: there is none. */
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_previous(const struct tree_node *node);

#endif
