/* SPDX-License-Identifier: Apache-2.0 */
/* folders.c - reading folders: tree.h's share_opendir, share_readdir and share_list. */
#include <asm/unistd.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/handles.h"
#include "vmm/share/listing.h"
#include "vmm/share/lookup.h"
#include "vmm/share/numbers.h"
#include "vmm/share/watches.h"

#define ENTRIES_BYTES 16384u /* that the host is asked for at once */
#define ENTRIES_LEAST 1024u  /* the longest entry has room in it */

/* Where entries are written to. */
struct output {
    struct share_tree *tree;
    struct share_node *folder;
    bool plus;
    char *at;
    size_t left, done;
    bool is_full;
};

struct entry {
    const char *name;
    uint64_t ino, next; /* next: the offset behind it */
    uint32_t type;      /* DT_* */
};

/* A descriptor to read the folder, or -errno. */
static int open_folder(struct share_tree *tree, struct share_node *folder)
{
    int error = lookup_may_folder(tree, folder, 04);

    return error < 0 ? error : listing_open(tree, folder, node_top(folder));
}

static int handle_open(struct share_tree *tree, uint64_t id, struct share_handle **out)
{
    struct share_node *folder;
    int error = lookup_folder(tree, id, NULL, &folder), fd = -1;

    if (error < 0)
        return error;
    if (folder->share != NULL) {
        fd = open_folder(tree, folder);
        if (fd < 0)
            return fd;
    }
    (void)(folder->share != NULL && watches_names(tree, folder)); /* before it is read */
    error = handle_create(tree, folder, fd, O_RDONLY, out);
    if (error == 0)
        (*out)->is_folder = true;
    return error;
}

int share_opendir(struct share_tree *tree, uint64_t id, uint32_t flags, struct fuse_open_out *out)
{
    struct share_handle *handle = tree->unfinished;
    int error = 0;

    (void)flags; /* a folder is read, whatever they say */
    if (handle != NULL && handle->node->id == id)
        tree->unfinished = NULL;
    else
        error = handle_open(tree, id, &handle);
    if (error < 0)
        return error;
    memset(out, 0, sizeof(*out));
    out->fh = handle->id;
    return 0;
}

/* ---- one entry ---- */

/* A lookup that fails for another reason than that the name is gone leaves the entry without attributes. */
static int look_up(struct output *output, const char *name, struct fuse_entry_out *out)
{
    int error = -EINVAL;

    if (beneath_name_is_good(name) && output->folder->share == NULL)
        error = share_lookup(output->tree, output->folder->id, name, out);
    else if (beneath_name_is_good(name))
        error = lookup_listed(output->tree, output->folder, name, out);
    if (error < 0)
        memset(out, 0, sizeof(*out));
    return error;
}

/* Returns 1, or 0: there was no room. */
static int put(struct output *output, const struct entry *entry)
{
    size_t length = strlen(entry->name), head = output->plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET;
    size_t size = FUSE_DIRENT_ALIGN(head + length);
    struct fuse_dirent dirent = {
        .ino = entry->ino, .off = entry->next, .namelen = (uint32_t)length, .type = entry->type};
    struct fuse_entry_out attributes;

    output->is_full = size > output->left;
    if (output->is_full)
        return 0;
    if (output->plus) {
        if (look_up(output, entry->name, &attributes) == -ENOENT)
            return 1;
        if (attributes.nodeid != 0)
            dirent.ino = attributes.attr.ino;
        memcpy(output->at, &attributes, sizeof(attributes));
    }
    memcpy(output->at + head - FUSE_NAME_OFFSET, &dirent, FUSE_NAME_OFFSET);
    memcpy(output->at + head, entry->name, length);
    memset(output->at + head + length, 0, size - head - length);
    output->at += size;
    output->left -= size;
    output->done += size;
    return 1;
}

/* What is above a share is the root of all. */
static uint64_t number_above(const struct share_node *folder)
{
    bool is_top = folder->share == NULL || folder == folder->share->root || folder->parent == NULL;

    return is_top ? FUSE_ROOT_ID : folder->parent->ino;
}

/* "." and "..", with offsets from `offset` on. Returns as put does. */
static int put_dots(struct output *output, uint64_t offset)
{
    struct entry dot = {".", output->folder->ino, 1, DT_DIR};
    struct entry dots = {"..", number_above(output->folder), 2, DT_DIR};
    int put_it = 1;

    if (offset == 0)
        put_it = put(output, &dot);
    if (put_it > 0 && offset <= 1)
        put_it = put(output, &dots);
    return put_it;
}

/* ---- the three kinds of folders ---- */

static void read_root(struct output *output, uint64_t offset)
{
    if (put_dots(output, offset) == 0)
        return;
    for (uint64_t i = offset <= 2 ? 0 : offset - 2; i < output->tree->shares_n; i++) {
        const struct share_node *root = output->tree->shares[i].root;
        char name[12];
        struct entry entry = {name, root->ino, i + 3, root->is[node_top(root)].type >> 12};

        snprintf(name, sizeof(name), "%u", (unsigned)i);
        if (put(output, &entry) == 0)
            return;
    }
}

/* Listings of other handles go, those of longest ago first, until this one has room. */
static void keep_listings_small(struct share_tree *tree, const struct share_handle *but)
{
    while (tree->listed_bytes > LISTINGS_BYTES) {
        struct share_handle *oldest = NULL;

        for (uint32_t i = 0; i < tree->handles_n; i++) {
            struct share_handle *handle = tree->handles[i];

            if (handle != NULL && handle != but && handle->listing != NULL &&
                (oldest == NULL || handle->used < oldest->used))
                oldest = handle;
        }
        if (oldest == NULL)
            return;
        listing_destroy(tree, oldest->listing);
        oldest->listing = NULL;
    }
}

static int read_merged(struct output *output, struct share_handle *handle, uint64_t offset)
{
    struct share_tree *tree = output->tree;

    if (offset == 0 && handle->listing != NULL) {
        listing_destroy(tree, handle->listing);
        handle->listing = NULL;
    }
    if (handle->listing == NULL) {
        int error = listing_create(tree, handle->node, &handle->listing);

        if (error < 0)
            return error;
    }
    handle->used = ++tree->handle_sequence;
    keep_listings_small(tree, handle);
    if (put_dots(output, offset) == 0)
        return 0;
    const struct share_listing *listing = handle->listing;
    for (size_t i = listing_after(listing, offset); i < listing->names_n; i++) {
        const struct share_name *name = &listing->names[i];
        struct entry entry = {listing->text + name->at, name->ino, name->offset, name->type};

        if (put(output, &entry) == 0)
            return 0;
    }
    return 0;
}

/* What getdents64(2) gives: dirent64 is the same on all ISAs, but its name is not of fixed size. */
struct host_entry {
    uint64_t ino;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* Returns 1, or 0: there was no room. */
static int put_host_entry(struct output *output, const struct share_handle *handle, const struct host_entry *host)
{
    const struct share_node *folder = handle->node;
    bool is_dot = strcmp(host->name, ".") == 0, is_dots = strcmp(host->name, "..") == 0;
    struct entry entry = {
        host->name, number_of(&output->tree->numbers, folder->share->index, folder->is[handle->layer].dev, host->ino),
        (uint64_t)host->next, host->type};

    if (is_dot)
        entry.ino = folder->ino;
    if (is_dots)
        entry.ino = number_above(folder);
    if (folder->barred && !is_dot && !is_dots)
        return 1;
    return put(output, &entry);
}

static int read_host(struct output *output, struct share_handle *handle, uint64_t offset)
{
    _Alignas(8) char entries[ENTRIES_BYTES];

    if (offset > INT64_MAX)
        return -EINVAL;
    if (offset != handle->position && lseek(handle->fd, (off_t)offset, SEEK_SET) < 0)
        return -errno;
    for (;;) {
        size_t wanted = output->plus ? output->left / 4 : output->left;
        size_t size = wanted < ENTRIES_LEAST ? ENTRIES_LEAST : wanted < sizeof(entries) ? wanted : sizeof(entries);
        long n = syscall(__NR_getdents64, handle->fd, entries, size);

        handle->position = UINT64_MAX;
        if (n <= 0) /* what comes before an error isn't all */
            return n < 0 ? -errno : 0;
        for (long at = 0; at < n;) {
            const struct host_entry *host = (const struct host_entry *)(const void *)(entries + at);

            if (put_host_entry(output, handle, host) == 0)
                return 0;
            at += host->size;
            if (at >= n)
                handle->position = (uint64_t)host->next;
        }
    }
}

static ssize_t read_folder(struct output *output, struct share_handle *handle, uint64_t offset)
{
    const struct share_node *folder = output->folder = handle->node;
    /* A folder of a cow share may get its upper layer while it is read: its offsets are always the same. */
    bool is_merged = folder->share != NULL && folder->share->is.mode == SHARE_COW && !folder->barred;
    int error = 0;

    if (folder->share == NULL)
        read_root(output, offset);
    else
        error = is_merged ? read_merged(output, handle, offset) : read_host(output, handle, offset);
    if (error == 0 && output->done == 0 && output->is_full) /* 0 would be the end */
        error = -EINVAL;
    return error < 0 ? error : (ssize_t)output->done;
}

ssize_t share_readdir(struct share_tree *tree, uint64_t id, uint64_t offset, bool plus, void *buffer, size_t size)
{
    struct output output = {.tree = tree, .plus = plus, .at = buffer, .left = size};
    struct share_handle *handle;
    int error = handle_find(tree, id, true, &handle);

    return error < 0 ? error : read_folder(&output, handle, offset);
}

ssize_t share_list(struct share_tree *tree, uint64_t id, bool plus, void *buffer, size_t size)
{
    struct output output = {.tree = tree, .plus = plus, .at = buffer, .left = size};
    struct share_handle *handle;
    int error = handle_open(tree, id, &handle);

    if (error < 0)
        return error;
    ssize_t n = read_folder(&output, handle, 0);
    if (n <= 0 || !output.is_full) {
        handle_destroy(tree, handle);
        return n;
    }
    if (tree->unfinished != NULL)
        handle_destroy(tree, tree->unfinished);
    tree->unfinished = handle;
    return n;
}
