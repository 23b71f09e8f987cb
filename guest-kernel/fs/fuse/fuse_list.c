/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_list.c - listings of directories of the host.
 *
 * The server has one listing open for a directory, from its second piece on (without boot/abi_share.h from the first);
 * a reader who begins anew has it opened anew, as the server may have taken down what there was when it was opened. It
 * is closed when its last name has been told: places in another one needn't be the same where names have gone meanwhile
 * (an overlay counts them). That it ends there is remembered, as readers ask once more, and so is all of a short one
 * (fuse_kept.h).
 *
 * Positions are the server's, or its disk's: ext4's, which are hashes, have a bit more than there is room for here
 * (vfs/readdir.c). So of great ones two bits are left out, and what a reader was told last is remembered as it was. Who
 * comes back to another one may see a name again, of billions.
 *
 * A server that tells of changes (fuse_told.h) can list names with their files, which then needn't be asked for one by
 * one. It is asked to where they will be wanted: at a listing's beginning, some twenty of them, as each takes a node
 * here and there and python3 wants few of those that it lists; further on, and more at once, if several names were
 * asked for since the last one (`ls -l`); and without a listing where names are asked for one after the other (`git
 * status`): more each time.
 */
#include "abi/errno.h"
#include "boot/abi_share.h"
#include "fs/fuse/fuse_kept.h"
#include "fs/fuse/fuse_told.h"
#include "fs/fuse/reply.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/names_told.h"
#include "vfs/path.h"

#define LIST_SIZE (32u << 10) /* bytes of a listing that are asked for at once */
#define LIST_FIRST (4u << 10) /* with files that nobody has asked for: some twenty, each of which takes a node */
#define POS_GREAT (1ull << 61)
#define AHEAD_MISSES 8u        /* names in a row that are asked for one by one */
#define AHEAD_FIRST (4u << 10) /* bytes, of the first reply that spares more of them */
/* Who has had all files of so many directories learned goes through a tree: then fewer names, and all files of a
 * directory of a hundred or so at once. */
#define AHEAD_DIRECTORIES 1u
#define AHEAD_TREE_MISSES 3u
#define AHEAD_TREE_FIRST (20u << 10)
#define NAME_BYTES_MOST (sizeof(struct fuse_entry) + sizeof(struct fuse_dirent) + NAME_MAX + 7) /* with its file */
#define EMPTY_MOST 64u /* replies in a row of which nothing is for the reader */

/* Bytes from `pos` on, in memory that the server doesn't have. 0: the end; or -errno. `files`: with nodes. */
static int64_t listing_get(struct inode *dir, uint64_t handle, uint64_t pos, char *to, uint32_t size, bool files)
{
    struct fuse_transfer_in in = {.handle = handle, .offset = pos, .size = size};
    int64_t got = -ENOMEM;

    fuse_forget(fuse_fs_of(dir), false); /* who learns files from listings alone asks for no names */
    struct fuse_message *message = fuse_node_message(dir, files ? FUSE_READDIRPLUS : FUSE_READDIR, &in, sizeof(in));

    if (message != NULL && fuse_message_room(message, size, true) == 0) {
        fuse_message_send(message, 0);
        fuse_connection_kick(message->connection);
        got = fuse_message_wait(&message, NULL, 0, 0, size);
    }
    if (got > 0)
        fuse_message_copy_out(message, to, (size_t)got);
    fuse_message_end(message);
    return got;
}

/* The handle to list from there on. A server that tells needs none at the beginning, and many a listing ends there. */
static int reading_handle(struct fuse_node *node, enum fuse_handle_kind kind, uint64_t pos, uint64_t *out)
{
    *out = LVMM_FUSE_NO_HANDLE;
    if (pos == 0 && fuse_fs_of(&node->inode)->is_told)
        return 0;
    return fuse_handle_get(node, kind, out);
}

/* ---- learning files ---- */

struct lesson { /* a listing with files, asked for at that time, and the name that somebody waits for, if he does */
    struct inode *dir;
    uint64_t asked_at;
    const char *name;
    size_t length;
    struct inode **out;
    uint64_t *vouch;
};

/* Whether the server vouches for that name. */
static bool learn_one(const struct lesson *lesson, const struct fuse_name *name, struct fuse_entry *entry)
{
    struct fuse_fs *fs = fuse_fs_of(lesson->dir);
    struct inode *inode;

    if (entry->node == 0)
        return false;
    if (fuse_entry_check(entry) != 0) {
        if (entry->node != FUSE_ROOT)
            fuse_node_drop(fs, entry->node);
        return false;
    }
    if (fuse_node_get(fs, entry, lesson->asked_at, &inode) != 0)
        return false;
    uint64_t vouch = fuse_vouch(fuse_node_of(lesson->dir), entry->entry_valid, lesson->asked_at);
    bool is_it =
        lesson->name != NULL && name->length == lesson->length && memcmp(name->name, lesson->name, name->length) == 0;
    if (vouch == 0) {
        inode_put(inode);
    } else if (is_it && *lesson->out == NULL) {
        *lesson->out = inode;
        *lesson->vouch = vouch;
    } else if (is_it) {
        inode_put(inode);
    } else {
        struct dentry *known = names_learn(lesson->dir, name->name, name->length, inode);
        if (known == NULL)
            return true;
        known->vouched = fuse_vouch(fuse_node_of(lesson->dir), entry->entry_valid, lesson->asked_at);
        dentry_put(known);
    }
    return vouch != 0;
}

/* All of a reply, whose end is at *pos. One with all of the directory is kept, if the server vouches for its names. */
static int learn(const struct lesson *lesson, const struct fuse_listing *listing, uint64_t *pos)
{
    bool is_whole = listing->ends && listing->pos == 0, any = false;
    struct fuse_entry entry;
    struct fuse_name name;
    size_t at = 0;
    int error;

    while ((error = fuse_plus_next(listing->bytes, listing->size, &at, &name, &entry)) == 1) {
        *pos = name.next;
        if (name_is_dot(name.name, name.length) || name_is_dotdot(name.name, name.length))
            continue;
        is_whole = learn_one(lesson, &name, &entry) && is_whole;
        any = true;
    }
    if (error == 0 && is_whole && any)
        fuse_kept_make(fuse_node_of(lesson->dir), listing->bytes, listing->size, lesson->asked_at);
    return error;
}

/* A server that tells ends a reply before it is full where there is nothing more. */
static bool reply_ends(struct inode *dir, size_t got, size_t size)
{
    return got == 0 || (fuse_fs_of(dir)->is_told && got + NAME_BYTES_MOST <= size);
}

/* Behind the last one, who lists the directory isn't given all files again. */
static void ahead_take(const struct lesson *lesson, uint64_t handle, char *room)
{
    struct fuse_node *node = fuse_node_of(lesson->dir);
    struct fuse_listing listing = {.pos = node->ahead, .bytes = room};
    int64_t got = listing_get(lesson->dir, handle, node->ahead, room, node->ahead_size, true);

    if (got > 0) {
        listing.size = (size_t)got;
        listing.ends = reply_ends(lesson->dir, listing.size, node->ahead_size);
    }
    node->ahead_ends = got <= 0 || learn(lesson, &listing, &node->ahead) != 0 || listing.ends;
    node->ahead_size = 2 * node->ahead_size < LIST_SIZE ? 2 * node->ahead_size : LIST_SIZE;
}

/* One directory at a time has a listing open for that: the last one. */
static void learning_begin(struct fuse_fs *fs, struct fuse_node *node)
{
    struct fuse_node *last = fs->learns;

    fs->learns = node;
    if (last != NULL && last != node && !last->learns)
        fuse_handle_put(last, FUSE_LEARNING);
    node->learns = true;
}

static void learning_end(struct fuse_fs *fs, struct fuse_node *node)
{
    node->learns = false;
    if (fs->learns == node && !node->ahead_ends)
        return;
    fuse_handle_put(node, FUSE_LEARNING);
    if (fs->learns == node)
        fs->learns = NULL;
}

void fuse_list_ahead(struct inode *dir, const char *name, size_t length, struct inode **out, uint64_t *vouch)
{
    struct fuse_node *node = fuse_node_of(dir);
    struct fuse_fs *fs = fuse_fs_of(dir);
    const bool is_tree = fs->directories_learned >= AHEAD_DIRECTORIES;
    uint64_t handle;

    *out = NULL;
    if (!fs->is_told || node->ahead_ends || ++node->misses < (is_tree ? AHEAD_TREE_MISSES : AHEAD_MISSES))
        return;
    node->misses = 0;
    node->wants_files = true;
    if (node->ahead_size == 0)
        node->ahead_size = is_tree ? AHEAD_TREE_FIRST : AHEAD_FIRST;
    char *room = kmalloc(node->ahead_size);
    if (room == NULL)
        return;
    learning_begin(fs, node);
    if (reading_handle(node, FUSE_LEARNING, node->ahead, &handle) == 0) {
        const struct lesson lesson = {dir, fs->changes, name, length, out, vouch};
        ahead_take(&lesson, handle, room);
        fs->directories_learned += node->ahead_ends;
    }
    learning_end(fs, node);
    kfree(room);
}

/* ---- telling names ---- */

static uint64_t pos_told(uint64_t pos)
{
    return pos < POS_GREAT ? pos : POS_GREAT + (((pos & INT64_MAX) - POS_GREAT) >> 2);
}

static uint64_t pos_meant(const struct fuse_node *node, uint64_t told)
{
    if (told == pos_told(node->listed))
        return node->listed;
    return told < POS_GREAT ? told : POS_GREAT + ((told - POS_GREAT) << 2);
}

/* The next name, and whether there is one, or -EIO. */
static int listing_next(const struct fuse_listing *listing, size_t *at, struct fuse_name *name)
{
    struct fuse_entry entry;

    return listing->files ? fuse_plus_next(listing->bytes, listing->size, at, name, &entry)
                          : fuse_name_next(listing->bytes, listing->size, at, name);
}

/* Tells the names of one listing. 1: the reader has had enough, 0: there may be more, or -EIO. */
static int listing_tell(struct fuse_listing *listing, dir_emit *emit, void *arg, bool *any)
{
    struct fuse_name name;
    size_t at = listing->at;
    int error;

    while ((error = listing_next(listing, &at, &name)) == 1) {
        bool is_dots = name_is_dot(name.name, name.length) || name_is_dotdot(name.name, name.length);
        if (!is_dots && !emit(arg, name.name, name.length, name.ino, name.type, pos_told(name.next)))
            return 1;
        *any = *any || !is_dots;
        listing->pos = name.next;
        listing->at = at;
    }
    return error;
}

/* Whether a listing from there on is to have the files; `wants`: several names were asked for since the last one. */
static bool files_wanted(const struct fuse_node *node, uint64_t pos, bool wants)
{
    return fuse_fs_of(&node->inode)->is_told && !node->ahead_ends && (wants || (pos == 0 && node->ahead == 0));
}

/* Asks for what comes from listing->pos on. 0 or -errno. */
static int listing_fill(struct inode *dir, struct fuse_listing *listing, bool wants)
{
    struct fuse_node *node = fuse_node_of(dir);
    const struct lesson lesson = {.dir = dir, .asked_at = fuse_fs_of(dir)->changes};
    uint64_t handle, end = listing->pos;
    int error = reading_handle(node, FUSE_LISTING, listing->pos, &handle);

    listing->files = files_wanted(node, listing->pos, wants);
    const uint32_t size = listing->files && !wants ? LIST_FIRST : LIST_SIZE;
    int64_t got = error;
    if (error == 0)
        got = listing_get(dir, handle, listing->pos, listing->bytes, size, listing->files);
    if (got < 0)
        return (int)got;
    listing->size = (size_t)got;
    listing->at = 0;
    listing->asked_at = lesson.asked_at;
    listing->ends = reply_ends(dir, listing->size, size);
    if (!listing->files || got == 0)
        return 0;
    error = learn(&lesson, listing, &end);
    node->ahead = end; /* who asks for names that weren't told with files, asks for some behind these */
    return error;
}

static int listing_read(struct inode *dir, struct fuse_listing *listing, bool wants, dir_emit *emit, void *arg)
{
    unsigned empty = 0;
    bool any = true;
    int error = 0;

    while (error == 0) {
        if (listing->at == listing->size && !listing->ends) {
            error = listing_fill(dir, listing, wants);
            if (error != 0)
                return error;
            any = false;
        }
        if (listing->at == listing->size) {
            fuse_handle_put(fuse_node_of(dir), FUSE_LISTING);
            return 0;
        }
        error = listing_tell(listing, emit, arg, &any);
        fuse_node_of(dir)->listed = listing->pos;
        empty = any ? 0 : empty + 1;
        if (error == 1)
            return 1;
        if (error == 0 && empty == EMPTY_MOST)
            error = -EIO;
    }
    return error;
}

static void rest_drop(struct fuse_fs *fs, const struct fuse_node *node)
{
    if (fs->rest.of != node)
        return;
    kfree(fs->rest.bytes);
    fs->rest = (struct fuse_listing){0};
}

/* What is left of an earlier reply, if the reader goes on there: names that were changed meanwhile, as by who removes
 * each that it is told, are told as they were, as they are to who reads all at once. That there is nothing more holds
 * only as long as nothing can have happened. */
static bool rest_take(struct fuse_fs *fs, const struct fuse_node *node, struct fuse_listing *listing)
{
    struct fuse_listing *rest = &fs->rest;

    if (rest->of != node)
        return false;
    bool holds = rest->bytes != NULL || (fuse_is_current(fs) && fuse_names_hold(node, rest->asked_at));
    if (rest->pos != listing->pos || !holds) {
        rest_drop(fs, node);
        return false;
    }
    *listing = *rest;
    *rest = (struct fuse_listing){0};
    return true;
}

static void rest_keep(struct fuse_fs *fs, const struct fuse_node *node, struct fuse_listing *listing)
{
    kfree(fs->rest.bytes);
    if (listing->at == listing->size) { /* who has come to the end asks once more, as a rule */
        kfree(listing->bytes);
        listing->bytes = NULL;
        listing->size = listing->at = 0;
    }
    fs->rest = *listing;
    fs->rest.of = node;
}

int fuse_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    struct fuse_node *node = fuse_node_of(dir);
    struct fuse_fs *fs = fuse_fs_of(dir);
    struct fuse_listing listing = {.pos = pos_meant(node, pos)};
    bool wants = node->wants_files, any = false;
    int error;

    if (pos == 0) /* who goes on behind this isn't to get older ones */
        rest_drop(fs, node);
    if (fuse_kept_is_there(node) && !fuse_is_current(fs))
        (void)fuse_fetch_now(dir); /* any answer says that all is told */
    if (fuse_kept_take(node, &listing)) {
        error = listing_tell(&listing, emit, arg, &any);
        node->listed = listing.pos;
        fuse_kept_return(node, &listing);
        return error == 1 ? 0 : error;
    }
    if (pos == 0) {
        fuse_kept_drop(node); /* the same */
        fuse_handle_put(node, FUSE_LISTING);
    }
    if (!rest_take(fs, node, &listing)) {
        listing.bytes = kmalloc(LIST_SIZE);
        if (listing.bytes == NULL)
            return -ENOMEM;
    }
    node->wants_files = false;
    error = listing_read(dir, &listing, wants, emit, arg);
    if (error == 1 || (error == 0 && listing.ends))
        rest_keep(fs, node, &listing);
    else
        kfree(listing.bytes);
    return error == 1 ? 0 : error;
}
