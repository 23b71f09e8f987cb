/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - a balanced binary tree (AVL), embedded in its members, in which each node may know a sum of its subtree.
 *
 * Who uses it keeps the order: it looks for the place of a new node itself, from tree->root down. Its function `update`
 * computes a node's sum from its own value and those of its children; it is called, bottom up, for the nodes from where
 * the tree was changed to the root. (It is an argument so that the compiler sees which one it is.) The tree takes no
 * locks and allocates nothing. All calls cost O(log n).
 */
#ifndef GK_LIB_TREE_H
#define GK_LIB_TREE_H

#include <stdint.h>

struct tree_node {
    struct tree_node *parent, *child[2]; /* child[0]: what comes before it; child[1]: after it */
    uint32_t height;                     /* 1: no children */
};

struct tree {
    struct tree_node *root;
};

typedef void tree_sum(struct tree_node *node);

/* Puts `node` below `parent` as its child[side], which is NULL. parent NULL: the tree is empty. */
void tree_insert(struct tree *tree, struct tree_node *parent, unsigned side, struct tree_node *node, tree_sum *update);
void tree_remove(struct tree *tree, struct tree_node *node, tree_sum *update);
/* The node's own value has changed: brings the sums up to date. */
void tree_update(struct tree_node *node, tree_sum *update);

/* In order; NULL: there is none. */
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_previous(const struct tree_node *node);

#endif
