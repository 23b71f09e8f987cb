/* SPDX-License-Identifier: Apache-2.0 */
/* nodes.c - see nodes.h. */
#include "vmm/share/nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/numbers.h"

#define SLOTS_FIRST 256u
#define HASH_FIRST 256u
#define DEPTH_MAX 1000u /* folders that are opened anew for one file */

/* The root of all is the first node, which has no end. */
static int make_root(struct share_tree *tree)
{
    struct share_node *root = calloc(1, sizeof(*root));

    if (root == NULL)
        return -ENOMEM;
    *root = (struct share_node){.id = FUSE_ROOT_ID, .ino = FUSE_ROOT_ID, .fd = {-1, -1}, .locks = -1, .holds = 1};
    tree->slots[FUSE_ROOT_ID] = root;
    tree->nodes_n = 1;
    tree->slots_free = FUSE_ROOT_ID + 1;
    return 0;
}

int nodes_init(struct share_tree *tree)
{
    tree->newest.newer = tree->newest.older = &tree->newest;
    tree->slots = calloc(SLOTS_FIRST, sizeof(struct share_node *));
    tree->sequences = calloc(SLOTS_FIRST, sizeof(tree->sequences[0]));
    tree->hash = calloc(HASH_FIRST, sizeof(struct share_node *));
    tree->slots_n = SLOTS_FIRST;
    tree->hash_n = HASH_FIRST;
    tree->nodes_max = NODES_MAX;
    return tree->slots == NULL || tree->sequences == NULL || tree->hash == NULL ? -ENOMEM : make_root(tree);
}

/* ---- which descriptors were used last ---- */

static void unlist(struct share_node *node)
{
    if (!node->listed)
        return;
    node->newer->older = node->older;
    node->older->newer = node->newer;
    node->listed = false;
}

/* What can't be opened by a name again isn't on the list. */
static void list_as_newest(struct share_tree *tree, struct share_node *node)
{
    unlist(node);
    if (node->name == NULL || node->parent == NULL || node == node->share->root)
        return;
    node->newer = &tree->newest;
    node->older = tree->newest.older;
    tree->newest.older->newer = node;
    tree->newest.older = node;
    node->listed = true;
}

static void close_layers(struct share_tree *tree, struct share_node *node)
{
    for (int layer = 0; layer < LAYERS; layer++)
        if (node->fd[layer] >= 0) {
            close(node->fd[layer]);
            node->fd[layer] = -1;
            tree->open_n--;
        }
    unlist(node);
}

int node_other(struct share_tree *tree, int fd)
{
    if (fd >= 0 && tree->others_n == tree->others_max) {
        close(fd);
        return -EMFILE;
    }
    tree->others_n += fd >= 0;
    return fd;
}

void node_close_other(struct share_tree *tree, int fd)
{
    if (fd < 0)
        return;
    close(fd);
    tree->others_n--;
}

static void close_oldest(struct share_tree *tree)
{
    while (tree->open_n > tree->open_max && tree->newest.newer != &tree->newest)
        close_layers(tree, tree->newest.newer);
}

/* ---- by identity ---- */

static uint32_t hash_of(const struct share_tree *tree, const struct tree_share *share,
                        const struct share_identity *identity)
{
    uint64_t mixed = identity->ino + identity->dev * 31 + identity->mount * 1021 + share->index * 65537ull;

    mixed *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32) & (tree->hash_n - 1);
}

/* The layer by which a node is found: a merged folder is known by what stays when it is copied up. */
static const struct share_identity *key_of(const struct share_node *node)
{
    bool is_lower = node->has[LOWER] && (!node->has[UPPER] || node->is[LOWER].type == S_IFDIR);

    return &node->is[is_lower ? LOWER : UPPER];
}

static void hash_in(struct share_tree *tree, struct share_node *node)
{
    struct share_node **head = &tree->hash[hash_of(tree, node->share, key_of(node))];

    node->next = *head;
    *head = node;
}

static void hash_out(struct share_tree *tree, const struct share_node *node)
{
    if (node->share == NULL)
        return;
    for (struct share_node **at = &tree->hash[hash_of(tree, node->share, key_of(node))]; *at != NULL; at = &(*at)->next)
        if (*at == node) {
            *at = node->next;
            return;
        }
}

static struct share_node *hash_find(const struct share_tree *tree, const struct tree_share *share,
                                    const struct share_identity *identity)
{
    struct share_node *node = tree->hash[hash_of(tree, share, identity)];

    while (node != NULL && !(node->share == share && node_is_same(key_of(node), identity)))
        node = node->next;
    return node;
}

/* Stays as it is where there is no memory for more: it is slower then. */
static void hash_grow(struct share_tree *tree)
{
    uint32_t old_n = tree->hash_n;
    struct share_node **old = tree->hash, **bigger = calloc(2 * (size_t)old_n, sizeof(struct share_node *));

    if (bigger == NULL)
        return;
    tree->hash = bigger;
    tree->hash_n = 2 * old_n;
    for (uint32_t i = 0; i < old_n; i++)
        for (struct share_node *node = old[i], *next; node != NULL; node = next) {
            next = node->next;
            hash_in(tree, node);
        }
    free(old);
}

/* ---- numbers ---- */

static int slots_grow(struct share_tree *tree)
{
    uint32_t bigger = tree->slots_n * 2;
    struct share_node **slots = realloc(tree->slots, bigger * sizeof(struct share_node *));

    if (slots == NULL)
        return -ENOMEM;
    tree->slots = slots;
    uint32_t *sequences = realloc(tree->sequences, bigger * sizeof(sequences[0]));
    if (sequences == NULL)
        return -ENOMEM;
    tree->sequences = sequences;
    memset((void *)(tree->slots + tree->slots_n), 0, (bigger - tree->slots_n) * sizeof(struct share_node *));
    memset(tree->sequences + tree->slots_n, 0, (bigger - tree->slots_n) * sizeof(sequences[0]));
    tree->slots_n = bigger;
    return 0;
}

/* A slot's numbers differ in their upper half, so that an old one isn't taken for a new one. */
static int number(struct share_tree *tree, struct share_node *node)
{
    uint32_t slot = tree->slots_free;

    if (tree->nodes_n >= tree->nodes_max)
        return -ENOMEM;
    if (tree->nodes_n + 1 >= tree->slots_n) {
        int error = slots_grow(tree);

        if (error < 0)
            return error;
    }
    while (slot == 0 || tree->slots[slot] != NULL)
        slot = slot + 1 < tree->slots_n ? slot + 1 : 1;
    tree->slots[slot] = node;
    tree->slots_free = slot + 1 < tree->slots_n ? slot + 1 : 1;
    node->id = slot | (uint64_t)tree->sequences[slot] << 32;
    tree->nodes_n++;
    return 0;
}

/* Owners and modes of an rw share are the guest's to change, so there each request has the rights of the guest's user
 * that it is for: what a user of the guest makes for itself, it can use. What is only read, it would read with them,
 * too, if it lied about who asks. A user that there can't be here, as in a user namespace, has ours. */
void node_take_rights(struct share_tree *tree, const struct tree_share *share)
{
    if (share == NULL || !share->is.own)
        return;
    const struct rights_of ours = {.uid = tree->uid, .gid = tree->gid, .all = share->is.all_rights};
    const struct rights_of users = node_rights_of(&tree->asks, false);
    bool is_users = share->is.mode == SHARE_RW && !share->is.all_rights;
    if (!is_users || rights_take(&tree->rights, &users) < 0)
        rights_take(&tree->rights, &ours);
}

int node_find(struct share_tree *tree, uint64_t id, struct share_node **out)
{
    uint32_t slot = (uint32_t)id;
    struct share_node *node = slot < tree->slots_n ? tree->slots[slot] : NULL;

    if (node == NULL || node->id != id)
        return -ESTALE;
    node_take_rights(tree, node->share);
    *out = node;
    return 0;
}

/* ---- life ---- */

static void node_free(struct share_tree *tree, struct share_node *node)
{
    uint32_t slot = (uint32_t)node->id;

    hash_out(tree, node);
    if (node->watch != 0)
        tree->watched_goes(tree, node);
    close_layers(tree, node);
    tree->slots[slot] = NULL;
    tree->sequences[slot]++;
    tree->nodes_n--;
    node_close_other(tree, node->locks);
    free(node->name);
    free(node->was);
    free(node);
}

/* The host may have moved a folder into one of its own children: a ring of parents has no end. */
static bool is_within(const struct share_node *node, const struct share_node *folder)
{
    for (unsigned depth = 0; node != NULL && depth < DEPTH_MAX; depth++, node = node->parent)
        if (node == folder)
            return true;
    return node != NULL;
}

/* A node's end may be that of the folder it was in. */
static void free_unused(struct share_tree *tree, struct share_node *node)
{
    while (node != NULL && node->lookups == 0 && node->holds == 0) {
        struct share_node *parent = node->parent;

        node_free(tree, node);
        if (parent != NULL)
            parent->holds--;
        node = parent;
    }
}

void node_hold(struct share_node *node)
{
    node->holds++;
}

void node_let_go(struct share_tree *tree, struct share_node *node)
{
    node->holds--;
    free_unused(tree, node);
}

void node_forget(struct share_tree *tree, struct share_node *node, uint64_t lookups)
{
    node->lookups -= lookups < node->lookups ? lookups : node->lookups;
    free_unused(tree, node);
}

void nodes_fini(struct share_tree *tree)
{
    for (uint32_t i = 0; tree->slots != NULL && i < tree->slots_n; i++)
        if (tree->slots[i] != NULL)
            node_free(tree, tree->slots[i]);
    free((void *)tree->slots);
    free(tree->sequences);
    free((void *)tree->hash);
}

/* ---- layers ---- */

int node_top(const struct share_node *node)
{
    return node->has[UPPER] ? UPPER : LOWER;
}

static int node_open(struct share_tree *tree, struct share_node *node, int layer, unsigned depth);

/* Opens a layer by its name in the parent, which may have to be opened first. */
static int open_by_name(struct share_tree *tree, struct share_node *node, int layer, unsigned depth)
{
    struct share_identity identity;
    struct statx st;

    if (node->parent == NULL || node->name == NULL || depth > DEPTH_MAX)
        return -ESTALE;
    int dir = node_open(tree, node->parent, layer, depth + 1);
    if (dir < 0)
        return dir == -ENOENT ? -ESTALE : dir;
    /* In `upper` the guest knows it, by whatever way and whoever went there. */
    int fd = layer == UPPER ? rights_open(&tree->rights, dir, node->name) : beneath_open(dir, node->name);
    if (fd < 0)
        return fd == -ENOENT ? -ESTALE : fd;
    int error = beneath_stat(fd, &st);
    if (error == 0)
        node_identify(&st, &identity);
    if (error == 0 && !node_is_same(&identity, &node->is[layer]))
        error = -ESTALE;
    if (error < 0) {
        close(fd);
        return error;
    }
    tree->open_n++;
    node->fd[layer] = fd;
    return fd;
}

/* The host has taken the name of a file that the guest has open. */
static int open_by_handle(struct share_tree *tree, struct share_node *node, int layer)
{
    int fd = tree->opened_anew(tree, node, layer);

    if (fd < 0)
        return fd;
    tree->open_n++;
    node->fd[layer] = fd;
    return fd;
}

static int node_open(struct share_tree *tree, struct share_node *node, int layer, unsigned depth)
{
    if (!node->has[layer])
        return -ENOENT;
    int fd = node->fd[layer] >= 0 ? node->fd[layer] : open_by_name(tree, node, layer, depth);
    if (fd == -ESTALE && node->is[layer].type == S_IFREG)
        fd = open_by_handle(tree, node, layer);
    if (fd >= 0)
        list_as_newest(tree, node);
    return fd;
}

int node_fd(struct share_tree *tree, struct share_node *node, int layer)
{
    int fd = node_open(tree, node, layer, 0);

    close_oldest(tree);
    return fd >= 0 && node->fd[layer] != fd ? -EMFILE : fd;
}

int node_top_fd(struct share_tree *tree, struct share_node *node)
{
    return node_fd(tree, node, node_top(node));
}

int node_keep(struct share_tree *tree, struct share_node *node)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        int fd = node->has[layer] ? node_fd(tree, node, layer) : 0;

        if (fd < 0)
            return fd;
    }
    unlist(node);
    return 0;
}

static void drop_layer(struct share_tree *tree, struct share_node *node, int layer)
{
    if (node->fd[layer] >= 0) {
        close(node->fd[layer]);
        tree->open_n--;
    }
    node->fd[layer] = -1;
    node->has[layer] = false;
}

void node_raise(struct share_tree *tree, struct share_node *node, int fd, const struct statx *st)
{
    hash_out(tree, node);
    if (node->fd[UPPER] >= 0)
        close(node->fd[UPPER]);
    else
        tree->open_n++;
    node->fd[UPPER] = fd;
    node->has[UPPER] = true;
    node_identify(st, &node->is[UPPER]);
    if (node->is[UPPER].type != S_IFDIR)
        drop_layer(tree, node, LOWER);
    hash_in(tree, node);
    list_as_newest(tree, node);
}

void node_bury(struct share_tree *tree, struct share_node *node)
{
    hash_out(tree, node);
    if (node->has[UPPER])
        drop_layer(tree, node, LOWER);
}

/* Takes over `name`; NULL: it has none any more. */
static void set_name(struct share_node *node, char *name)
{
    if (name == NULL && node->name == NULL)
        return;
    free(node->was);
    node->was = NULL;
    if (name == NULL)
        node->was = node->name;
    else
        free(node->name);
    node->name = name;
}

int node_rename(struct share_tree *tree, struct share_node *node, struct share_node *parent, const char *name)
{
    struct share_node *old = node->parent;
    char *copy = name == NULL ? NULL : strdup(name);

    if (name != NULL && is_within(parent, node)) { /* what we know of it was wrong already */
        free(copy);
        return 0;
    }
    set_name(node, copy);
    node->named_at = tree->names_by_others;
    if (parent != old) {
        node_hold(parent);
        node->parent = parent;
        node_let_go(tree, old);
    }
    if (copy == NULL)
        unlist(node);
    return copy == NULL && name != NULL ? -ENOMEM : 0;
}

/* ---- from a lookup ---- */

static void drop(struct share_found *found)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        if (found->fd[layer] >= 0)
            close(found->fd[layer]);
        found->fd[layer] = -1;
    }
}

/* The node has what was found; where it has a descriptor already, that one stays. */
static void adopt(struct share_tree *tree, struct share_node *node, struct share_found *found)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        if (found->fd[layer] < 0 || node->fd[layer] >= 0)
            continue;
        node->fd[layer] = found->fd[layer];
        found->fd[layer] = -1;
        tree->open_n++;
    }
    drop(found);
    list_as_newest(tree, node);
    close_oldest(tree);
}

/* A node of which one layer is another one now, as somebody has changed `upper` beside us, is found no more. */
static bool still_fits(const struct share_node *node, const struct share_found *found)
{
    struct share_identity identity;

    for (int layer = 0; layer < LAYERS; layer++) {
        if (node->has[layer] != found_has(found, layer))
            return false;
        if (!node->has[layer])
            continue;
        node_identify(&found->st[layer], &identity);
        if (!node_is_same(&identity, &node->is[layer]))
            return false;
    }
    return true;
}

struct share_node *node_known(struct share_tree *tree, const struct tree_share *share, const struct share_found *found)
{
    struct share_identity identity;
    bool is_lower = found_has(found, LOWER) && (!found_has(found, UPPER) || S_ISDIR(found->st[LOWER].stx_mode));

    node_identify(&found->st[is_lower ? LOWER : UPPER], &identity);
    struct share_node *node = hash_find(tree, share, &identity);
    return node != NULL && still_fits(node, found) ? node : NULL;
}

/* What is changed in a cow share isn't what the host has there, though the folder of changes may lie in a share, as
 * TMPDIR does in all of the host: copied up, it would be in itself. */
static bool is_folder_of_changes(const struct share_tree *tree, const struct share_identity *identity)
{
    for (unsigned i = 0; i < tree->shares_n; i++) {
        const struct tree_share *share = &tree->shares[i];

        if (share->is.mode == SHARE_COW && share->upper_dev == identity->dev && share->upper_ino == identity->ino)
            return true;
    }
    return false;
}

static int node_make(struct share_tree *tree, struct tree_share *share, struct share_node *parent, const char *name,
                     struct share_found *found, struct share_node **out)
{
    struct share_node *node = calloc(1, sizeof(*node));
    int error = node == NULL ? -ENOMEM : 0;

    if (error == 0 && (node->name = strdup(name)) == NULL)
        error = -ENOMEM;
    if (error == 0)
        error = number(tree, node);
    if (error < 0) {
        if (node != NULL)
            free(node->name);
        free(node);
        return error;
    }
    node->share = share;
    node->parent = parent;
    node->locks = -1;
    for (int layer = 0; layer < LAYERS; layer++) {
        node->fd[layer] = -1;
        node->has[layer] = found_has(found, layer);
        if (node->has[layer])
            node_identify(&found->st[layer], &node->is[layer]);
    }
    if (parent != NULL)
        node_hold(parent);
    if (tree->nodes_n > tree->hash_n)
        hash_grow(tree);
    hash_in(tree, node);
    const struct share_identity *key = key_of(node);
    int fd = found->fd[node_top(node)];
    /* What was only stated is on the file system of its folder, which isn't barred. */
    node->barred = (!found->only_stated && number_is_barred(&tree->numbers, share->index, key->dev, fd)) ||
                   (parent != NULL && node->has[LOWER] && is_folder_of_changes(tree, &node->is[LOWER]));
    node->ino = found->origin != 0 ? found->origin : number_of(&tree->numbers, share->index, key->dev, key->ino);
    *out = node;
    return 0;
}

static bool needs_name(const struct share_node *node, const struct share_node *parent, const char *name)
{
    if (node == node->share->root)
        return false;
    return node->name == NULL || node->parent != parent || strcmp(node->name, name) != 0;
}

int node_take(struct share_tree *tree, struct tree_share *share, struct share_node *parent, const char *name,
              struct share_found *found, struct share_node **out)
{
    struct share_node *node = node_known(tree, share, found);
    int error = 0;

    if (node == NULL)
        error = node_make(tree, share, parent, name, found, &node);
    else if (needs_name(node, parent, name))
        error = node_rename(tree, node, parent, name);
    if (error < 0) {
        drop(found);
        return error;
    }
    node->named_at = tree->names_by_others;
    adopt(tree, node, found);
    *out = node;
    return 0;
}
