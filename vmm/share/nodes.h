/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodes.h - the files that a guest knows of, by number and by what they are on the host.
 *
 * A node has up to two layers: UPPER is what can be changed (all of an rw share; with cow the folder of changes), LOWER
 * what is only read (all of a ro share; with cow the host's folder). A directory of a cow share may have both: it is
 * then the merge of the two. The upper-most layer that there is, is what the guest sees of any other file.
 *
 * A layer is known by (file system, inode, mount, time of birth), and has an O_PATH descriptor. There may be many more
 * nodes than descriptors: those that were not used for longest are closed, and opened anew by name in the parent, where
 * what is there must be the same file, or the node is stale. A node that has lost its name keeps its descriptors.
 *
 * A node is there until the guest forgets it, which it need not: there are NODES_MAX at most, a gigabyte or two, and
 * what a lookup finds beyond gives -ENOMEM. A guest that behaves has more memory of its own in each file that it knows.
 */
#ifndef LVMM_SHARE_NODES_H
#define LVMM_SHARE_NODES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "vmm/share/echoes.h"
#include "vmm/share/numbers.h"
#include "vmm/share/rights.h"
#include "vmm/share/tree.h"

#define NODES_MAX (1u << 22)
#define WATCH_SLOTS 1024u

enum { UPPER, LOWER, LAYERS };

struct share_identity {
    uint64_t dev, ino, mount;
    int64_t born_s;
    uint32_t born_ns, type; /* type: S_IFMT */
};

struct share_node {
    uint64_t id;
    struct tree_share *share; /* NULL: the root of all */
    struct share_node *parent;
    char *name;        /* in parent; NULL: it has none any more */
    char *was;         /* then: the last one, which the host's events of it still have */
    uint64_t named_at; /* by tree.names_by_others: it had the name then */
    int fd[LAYERS];
    bool has[LAYERS]; /* its descriptor may be closed nevertheless */
    bool barred;      /* a file system of the host's kernel, or a share's folder of changes: shown empty */
    struct share_identity is[LAYERS];
    uint64_t ino; /* the number that the guest sees, for ever */
    uint64_t lookups;
    unsigned holds;                   /* children, open files */
    int locks;                        /* ro, cow: the file that its locks are of, -1: none yet (locks.c) */
    struct share_node *next;          /* of the same hash */
    struct share_node *newer, *older; /* by use, if it has descriptors that may be closed */
    bool listed;
    int watch;                       /* the host's number of the watch on it; 0: there is none (watches.h) */
    struct share_node *watched_next; /* of the same slot */
};

struct tree_share {
    struct share is;
    unsigned index;
    int work;                      /* cow: where files are made before they get their place (upper_work); or -1 */
    uint64_t upper_dev, upper_ino; /* cow: which folder `upper` is */
    struct share_node *root;
    bool has_git; /* git_guard.h: the share itself was a repository from the start */
};

struct share_tree {
    struct tree_share shares[SHARE_MAX];
    unsigned shares_n;
    int proc; /* /proc/self/fd */
    bool apart;
    uint32_t uid, gid;
    struct share_caller asks; /* share_asks */
    struct rights rights;

    struct share_node **slots; /* by the id's lower half; [0] is never used */
    uint32_t *sequences;       /* the id's upper half, of the slot's next node */
    uint32_t slots_n, slots_free;
    struct share_node **hash;
    uint32_t hash_n, nodes_n; /* hash_n: a power of two */
    uint32_t nodes_max;
    struct share_node newest; /* the head of a ring by use */
    unsigned open_n, open_max;
    unsigned others_n, others_max; /* descriptors that aren't nodes': open files and what is locked */

    struct numbers numbers;

    struct share_handle **handles;
    uint32_t handles_n;
    uint64_t handle_sequence;
    struct share_handle *unfinished; /* share_list's: of a folder that it hasn't told all of; NULL: none */
    /* What a handle has open of a node's layer, opened once more with O_PATH: -ESTALE if there is none. */
    int (*opened_anew)(struct share_tree *tree, const struct share_node *node, int layer);
    struct share_lock *locks;
    size_t listed_bytes;             /* of merged folders' names (listing.h) */
    uint64_t made;                   /* names in `work` */
    struct share_identity *git_made; /* repositories of the guest's own: git_guard.h */
    unsigned git_made_n;
    void (*raised)(void *owner, uint64_t id); /* share_on_raise's */
    void *raised_owner;

    bool tells;                                                             /* the guest wants to be told of changes */
    int inotify;                                                            /* -1: the host has none for us */
    void (*watched_goes)(struct share_tree *tree, struct share_node *node); /* a node with a watch goes */
    unsigned watches_n, watches_most;                                       /* folders with a watch */
    struct share_node *watched[WATCH_SLOTS];                                /* by the host's number */
    struct share_echoes echoes;
    uint64_t names_by_others; /* how often others have changed names, as far as they were heard of */
};

/* What a lookup has found of one name. */
struct share_found {
    int fd[LAYERS]; /* -1: it isn't there */
    struct statx st[LAYERS];
    bool only_stated; /* without a descriptor: a name of a folder of one layer, on the folder's own file system */
    uint64_t origin;  /* of a file that was copied up: the number that it had before; 0 else */
};

/* Of tree->slots and so on. -ENOMEM. */
int nodes_init(struct share_tree *tree);
void nodes_fini(struct share_tree *tree); /* closes all, and frees them */

/* Those of who asks; all: over files of anybody as well. */
static inline struct rights_of node_rights_of(const struct share_caller *caller, bool all)
{
    return (struct rights_of){
        .uid = caller->uid, .gid = caller->gid, .has_group = caller->has_group, .group = caller->group, .all = all};
}
/* What is of this share from now on is reached with the rights that it is served with; NULL: the root of all, of which
 * nothing is the host's. Nothing happens where lvmm isn't root. */
void node_take_rights(struct share_tree *tree, const struct tree_share *share);
/* The node of a number, whose share's rights are taken. -ESTALE. */
int node_find(struct share_tree *tree, uint64_t id, struct share_node **out);
/* Whether it is in this layer. */
static inline bool found_has(const struct share_found *found, int layer)
{
    return found->fd[layer] >= 0 || (found->only_stated && found->st[layer].stx_mask != 0);
}
/* The node of what was found, made if need be, which from now on has this name; takes the descriptors in any case. */
int node_take(struct share_tree *tree, struct tree_share *share, struct share_node *parent, const char *name,
              struct share_found *found, struct share_node **out);
/* Another holder, and one less: lookups and holds of 0 are a node's end. */
void node_hold(struct share_node *node);
void node_let_go(struct share_tree *tree, struct share_node *node);
void node_forget(struct share_tree *tree, struct share_node *node, uint64_t lookups);

/* A layer's descriptor, the node's: good until another node is used. -ENOENT: there is no such layer. -ESTALE. */
int node_fd(struct share_tree *tree, struct share_node *node, int layer);
/* The upper-most layer, and its descriptor. */
int node_top(const struct share_node *node);
/* What a cow share's upper layer has the guest has made, and its own kernel says who may do what with it. */
static inline bool node_is_guests(const struct share_node *node, int layer)
{
    return layer == UPPER && node->share->is.mode == SHARE_COW;
}
int node_top_fd(struct share_tree *tree, struct share_node *node);
/* Gives the node its upper layer (takes fd). */
void node_raise(struct share_tree *tree, struct share_node *node, int fd, const struct statx *st);
/* The node is called otherwise from now on; name NULL: nothing any more. -ENOMEM: it has lost its name. */
int node_rename(struct share_tree *tree, struct share_node *node, struct share_node *parent, const char *name);
/* The node that is known of what was found, or NULL. */
struct share_node *node_known(struct share_tree *tree, const struct tree_share *share, const struct share_found *found);
/* Counts a descriptor that isn't a node's but is kept: fd, or -EMFILE and it is closed, or the error that fd is. */
int node_other(struct share_tree *tree, int fd);
/* Closes one; fd may be an error. */
void node_close_other(struct share_tree *tree, int fd);
/* Opens all of a node's layers and keeps them open: it is about to lose its name. */
int node_keep(struct share_tree *tree, struct share_node *node);
/* The node is of something that was removed: nobody will find it, and a folder shows nothing of its lower layer. */
void node_bury(struct share_tree *tree, struct share_node *node);

/* What statx has told of, by what files are known; and whether two are the same. */
void node_identify(const struct statx *st, struct share_identity *out);
bool node_is_same(const struct share_identity *a, const struct share_identity *b);

/* The device number of a statx result. */
uint64_t node_dev(const struct statx *st);

#endif
