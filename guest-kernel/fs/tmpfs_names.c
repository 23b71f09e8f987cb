/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs_names.c - the entries of a directory in memory: a tree by name, and one by position.
 *
 * The one by name is ordered by a hash first, so that few names are compared. Names made so that their hashes are the
 * same cost a comparison each on the way down, and no more.
 */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/tmpfs.h"
#include "lib/name.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/pagecache.h"

static struct tmpfs_entry *entry_by_name(struct tree_node *node)
{
    return container_of(node, struct tmpfs_entry, by_name);
}

static struct tmpfs_entry *entry_by_position(struct tree_node *node)
{
    return container_of(node, struct tmpfs_entry, by_position);
}

static uint32_t hash_of(const char *name, size_t length)
{
    return (uint32_t)name_hash(0, name, length);
}

/* Less than, equal to or more than 0, as the name comes before the entry's in the tree, is the same, or comes after. */
static int name_compare(uint32_t hash, const char *name, size_t length, const struct tmpfs_entry *entry)
{
    if (hash != entry->hash)
        return hash < entry->hash ? -1 : 1;
    if (length != entry->length)
        return length < entry->length ? -1 : 1;
    return name_equal(name, entry->name, length) ? 0 : memcmp(name, entry->name, length);
}

struct tmpfs_entry *tmpfs_name_find(const struct inode *dir, const char *name, size_t length)
{
    struct tree_node *node = tmpfs_inode_of(dir)->by_name.root;
    uint32_t hash = hash_of(name, length);

    while (node != NULL) {
        struct tmpfs_entry *entry = entry_by_name(node);
        int order = name_compare(hash, name, length, entry);
        if (order == 0)
            return entry;
        node = node->child[order > 0];
    }
    return NULL;
}

static void insert_by_name(struct tree *tree, struct tmpfs_entry *entry)
{
    struct tree_node *parent = NULL, *node = tree->root;
    unsigned side = 0;

    while (node != NULL) {
        parent = node;
        side = name_compare(entry->hash, entry->name, entry->length, entry_by_name(node)) > 0;
        node = node->child[side];
    }
    tree_insert(tree, parent, side, &entry->by_name, tree_no_bound);
}

int tmpfs_name_add(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
    struct tmpfs_inode *ti = tmpfs_inode_of(dir);
    struct tmpfs_entry *entry = kmalloc(sizeof(*entry) + length);

    if (entry == NULL)
        return -ENOMEM;
    memcpy(entry->name, name, length);
    entry->length = (uint32_t)length;
    entry->hash = hash_of(name, length);
    entry->inode = inode;
    entry->position = ++ti->last_position;
    insert_by_name(&ti->by_name, entry);
    tree_insert(&ti->by_position, tree_last(&ti->by_position), 1, &entry->by_position, tree_no_bound);
    dir->size += TMPFS_ENTRY_SIZE;
    return 0;
}

void tmpfs_name_remove(struct inode *dir, struct tmpfs_entry *entry)
{
    struct tmpfs_inode *ti = tmpfs_inode_of(dir);

    tree_remove(&ti->by_name, &entry->by_name, tree_no_bound);
    tree_remove(&ti->by_position, &entry->by_position, tree_no_bound);
    dir->size -= TMPFS_ENTRY_SIZE;
    kfree(entry);
}

struct tmpfs_entry *tmpfs_name_after(const struct inode *dir, uint64_t position)
{
    struct tree_node *node = tmpfs_inode_of(dir)->by_position.root;
    struct tmpfs_entry *found = NULL;

    while (node != NULL) {
        struct tmpfs_entry *entry = entry_by_position(node);
        bool is_after = entry->position > position;
        if (is_after)
            found = entry;
        node = node->child[!is_after];
    }
    return found;
}

/* Takes all entries of a directory, whose trees are not in order any more, and puts them before `chain` (by position's
 * parent). Each node is taken once it has no children, on the way back up to its parent. */
static struct tree_node *chain_all(struct inode *dir, struct tree_node *chain)
{
    struct tmpfs_inode *ti = tmpfs_inode_of(dir);
    struct tree_node *node = ti->by_position.root;

    while (node != NULL) {
        struct tree_node *child = node->child[0] != NULL ? node->child[0] : node->child[1], *parent = node->parent;

        if (child != NULL) {
            node->child[node->child[0] == NULL] = NULL;
            node = child;
            continue;
        }
        node->parent = chain;
        chain = node;
        node = parent;
    }
    ti->by_name.root = ti->by_position.root = NULL;
    dir->size = 2 * TMPFS_ENTRY_SIZE;
    return chain;
}

#define NAMES_AT_ONCE 64u /* then others have a turn */

void tmpfs_names_clear(struct inode *dir)
{
    struct tree_node *chain = chain_all(dir, NULL);
    unsigned names = 0;

    while (chain != NULL) {
        struct tmpfs_entry *entry = entry_by_position(chain);
        struct inode *inode = entry->inode;

        chain = chain->parent;
        kfree(entry);
        if (S_ISDIR(inode->mode))
            chain = chain_all(inode, chain);
        else if (inode->refs == 1) /* a directory with names goes where all is unmounted, which may wait */
            pagecache_drop_in_turns(inode);
        inode_put(inode);
        if (++names % NAMES_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
}
