/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing.h - the names in a folder of a cow share, both layers merged, as they were when the folder was read from its
 * start. They are sorted by a hash, which is a name's offset: a reader goes on where it was with a listing that was
 * made again, as the memory was needed elsewhere or the folder was opened anew, whatever names have come and gone.
 */
#ifndef LVMM_SHARE_LISTING_H
#define LVMM_SHARE_LISTING_H

#include "vmm/share/nodes.h"

#define LISTINGS_BYTES (64u << 20) /* of all that are kept; a single one may be larger */
#define LISTING_FIRST 3u           /* 0 to 2 are those of "." and ".." */

struct share_name {
    uint64_t offset; /* behind it, from LISTING_FIRST on, no two the same */
    uint64_t ino;    /* as the guest sees it */
    uint32_t at;     /* in text */
    uint8_t type;    /* DT_* */
    uint8_t layer;
};

struct share_listing {
    struct share_name *names;
    size_t names_n, names_room;
    char *text;
    size_t text_n, text_room;
};

/* A descriptor to read one layer of a folder, which is the caller's, or -errno. */
int listing_open(struct share_tree *tree, struct share_node *folder, int layer);
/* Reads the folder; ".", ".." aren't in it. */
int listing_create(struct share_tree *tree, struct share_node *folder, struct share_listing **out);
void listing_destroy(struct share_tree *tree, struct share_listing *listing); /* NULL is fine */
/* The place of the first name whose offset is beyond this one. */
size_t listing_after(const struct share_listing *listing, uint64_t offset);
/* What it takes of LISTINGS_BYTES. */
size_t listing_bytes(const struct share_listing *listing);

#endif
