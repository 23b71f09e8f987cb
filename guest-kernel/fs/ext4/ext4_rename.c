/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_rename.c - rename(2) and renameat2(2): one operation, of which the entries are changed last, when nothing can
 * fail any more.
 */
#include "abi/errno.h"
#include "core/clock.h"
#include "fs/ext4/ext4_dir.h"
#include "vfs/acl.h"
#include "vfs/pagecache.h"

#define WHITEOUT_MODE S_IFCHR /* what stands for "nothing there" in an overlay: device 0:0 */
#define FLAGS_KNOWN (RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)
/* Names in both directories, four inodes, two ".."; the whiteout. */
#define CREDITS_RENAME \
    (EXT4_CREDITS_DIR + 3 + 4 * EXT4_CREDITS_INODE + EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE_NEW + EXT4_CREDITS_INODE)

struct side {                  /* one of the two names */
    struct inode *dir, *inode; /* what has it; NULL: nothing */
    const char *name;
    size_t length;
    struct ext4_spot spot, dotdot; /* buffer NULL: not there */
};

struct renaming {
    struct ext4_handle handle;
    struct side from, to;
    struct inode *whiteout;
    unsigned flags;
    int64_t now;
};

static bool is_dir(const struct inode *inode)
{
    return inode != NULL && S_ISDIR(inode->mode);
}

static bool crosses(const struct renaming *renaming)
{
    return renaming->from.dir != renaming->to.dir;
}

/* ---- before the operation ---- */

/* A directory more in one of the two. */
static int check_links(const struct renaming *renaming)
{
    const struct side *from = &renaming->from, *to = &renaming->to;

    if (!crosses(renaming))
        return 0;
    if (is_dir(from->inode) && !is_dir(to->inode) && ext4_links_are_full(to->dir))
        return -EMLINK;
    if ((renaming->flags & RENAME_EXCHANGE) && is_dir(to->inode) && !is_dir(from->inode) &&
        ext4_links_are_full(from->dir))
        return -EMLINK;
    return 0;
}

/* Who replaces a file by a new one doesn't expect to find it empty after a crash: its data go first, as on Linux. If
 * that fails, whoever syncs the file is told. */
static void data_first(const struct renaming *renaming)
{
    struct inode *inode = renaming->from.inode;

    if (renaming->to.inode != NULL && !(renaming->flags & RENAME_EXCHANGE) && S_ISREG(inode->mode) && inode->dirty)
        (void)pagecache_write_back(inode);
}

static int source_get(struct side *from)
{
    uint32_t number;
    int error = ext4_dir_find(ext4_inode_of(from->dir), from->name, from->length, &number);

    return error != 0 ? error : ext4_inode_get(ext4_of(from->dir), number, EXT4_FOR_FILES, &from->inode);
}

static int prepare(struct renaming *renaming)
{
    int error = check_links(renaming);

    if (error == 0 && is_dir(renaming->to.inode) && !(renaming->flags & RENAME_EXCHANGE))
        error = ext4_dir_is_empty(ext4_inode_of(renaming->to.inode));
    if (error == 0)
        data_first(renaming);
    return error;
}

static unsigned credits_of(const struct renaming *renaming)
{
    const struct inode *const inodes[] = {renaming->from.dir, renaming->to.dir, renaming->from.inode,
                                          renaming->to.inode};
    unsigned credits = CREDITS_RENAME;

    if ((renaming->flags & RENAME_WHITEOUT) && inode_acl(renaming->from.dir, true) != NULL)
        credits += 2 * EXT4_CREDITS_XATTR;
    for (unsigned i = 0; i < sizeof(inodes) / sizeof(inodes[0]); i++)
        if (is_dir(inodes[i]) && ext4_inode_is_inline(ext4_inode_of(inodes[i])))
            credits += EXT4_CREDITS_MAP;
    return credits;
}

/* ---- entries are found and declared ---- */

static int spot_of(struct renaming *renaming, struct side *side)
{
    int error = ext4_dir_spot(&renaming->handle, ext4_inode_of(side->dir), side->name, side->length, &side->spot);

    return error == 0 && ext4_spot_entry(&side->spot)->inode != side->inode->number ? -ENOENT : error;
}

/* Making room moves entries, so the others are found afterwards. */
static int spots_find(struct renaming *renaming)
{
    struct side *from = &renaming->from, *to = &renaming->to;
    int error;

    if (to->inode != NULL)
        error = spot_of(renaming, to);
    else
        error = ext4_dir_room(&renaming->handle, ext4_inode_of(to->dir), to->name, to->length, &to->spot);
    if (error == 0)
        error = spot_of(renaming, from);
    if (error == 0 && is_dir(from->inode) && crosses(renaming))
        error = ext4_dir_dotdot(&renaming->handle, ext4_inode_of(from->inode), &from->dotdot);
    if (error == 0 && is_dir(to->inode) && crosses(renaming) && (renaming->flags & RENAME_EXCHANGE))
        error = ext4_dir_dotdot(&renaming->handle, ext4_inode_of(to->inode), &to->dotdot);
    return error;
}

static void spots_put(struct renaming *renaming)
{
    struct ext4_spot *const spots[] = {&renaming->from.spot, &renaming->to.spot, &renaming->from.dotdot,
                                       &renaming->to.dotdot};

    for (unsigned i = 0; i < sizeof(spots) / sizeof(spots[0]); i++)
        if (spots[i]->buffer != NULL)
            ext4_spot_put(&renaming->handle, spots[i]);
}

/* ---- inodes ---- */

/* A directory leaves one, and comes into the other. */
static void count_move(const struct side *side, struct inode *to)
{
    if (!is_dir(side->inode))
        return;
    ext4_links_drop(side->dir);
    ext4_links_add(to);
}

static int inodes_store(struct renaming *renaming)
{
    struct side *from = &renaming->from, *to = &renaming->to;
    bool exchange = renaming->flags & RENAME_EXCHANGE;
    struct ext4_undo undo = {0};

    ext4_undo_keep(&undo, from->dir);
    ext4_undo_keep(&undo, to->dir);
    ext4_undo_keep(&undo, from->inode);
    if (exchange)
        ext4_undo_keep(&undo, to->inode);
    from->dir->mtime = from->dir->ctime = to->dir->mtime = to->dir->ctime = from->inode->ctime = renaming->now;
    if (exchange)
        to->inode->ctime = renaming->now;
    if (is_dir(to->inode) && !exchange)
        ext4_links_drop(to->dir); /* it goes */
    if (crosses(renaming))
        count_move(from, to->dir);
    if (crosses(renaming) && exchange)
        count_move(to, from->dir);
    int error = ext4_undo_store(&undo, &renaming->handle);
    if (error == 0 && to->inode != NULL && !exchange) {
        error = ext4_links_victim(&renaming->handle, to->inode, renaming->now);
        if (error != 0)
            ext4_undo_all(&undo, &renaming->handle);
    }
    return error;
}

/* ---- entries are changed ---- */

static void set_to(struct side *side, const struct inode *inode)
{
    ext4_spot_set(ext4_inode_of(side->dir), &side->spot, (uint32_t)inode->number, inode->mode);
}

static void dotdot_set(struct side *side, const struct inode *parent)
{
    if (side->dotdot.buffer != NULL)
        ext4_spot_set(ext4_inode_of(side->inode), &side->dotdot, (uint32_t)parent->number, S_IFDIR);
}

static void entries_change(struct renaming *renaming)
{
    struct side *from = &renaming->from, *to = &renaming->to;

    if (to->inode != NULL)
        set_to(to, from->inode);
    else
        ext4_spot_fill(ext4_inode_of(to->dir), &to->spot, to->name, to->length, (uint32_t)from->inode->number,
                       from->inode->mode);
    if (renaming->flags & RENAME_EXCHANGE) {
        set_to(from, to->inode);
    } else if (renaming->whiteout != NULL) {
        set_to(from, renaming->whiteout);
    } else {
        ext4_spot_refresh(&from->spot); /* the new name may be before it */
        ext4_spot_clear(ext4_inode_of(from->dir), &from->spot);
    }
    dotdot_set(from, to->dir);
    if (renaming->flags & RENAME_EXCHANGE)
        dotdot_set(to, from->dir);
}

static int whiteout_make(struct renaming *renaming)
{
    if (!(renaming->flags & RENAME_WHITEOUT))
        return 0;
    return ext4_inode_new(&renaming->handle, ext4_inode_of(renaming->from.dir), WHITEOUT_MODE, 0, &renaming->whiteout);
}

static int rename_in(struct renaming *renaming)
{
    int error = spots_find(renaming);

    if (error == 0)
        error = whiteout_make(renaming);
    if (error == 0)
        error = inodes_store(renaming);
    if (error == 0)
        entries_change(renaming);
    else if (renaming->whiteout != NULL)
        ext4_inode_unmake(&renaming->handle, renaming->whiteout);
    if (error == 0)
        inode_put(renaming->whiteout);
    spots_put(renaming);
    return error;
}

int ext4_rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                const char *new_name, size_t new_length, struct inode *victim, unsigned flags)
{
    struct renaming renaming = {
        .from = {.dir = old_dir, .name = old_name, .length = old_length},
        .to = {.dir = new_dir, .inode = victim, .name = new_name, .length = new_length},
        .flags = flags,
        .now = (int64_t)clock_realtime_ns(),
    };

    if (flags & ~(unsigned)FLAGS_KNOWN)
        return -EINVAL;
    int error = source_get(&renaming.from);
    if (error != 0)
        return error;
    error = prepare(&renaming);
    if (error == 0)
        error = ext4_begin(ext4_of(old_dir), &renaming.handle, credits_of(&renaming));
    if (error == 0) {
        error = rename_in(&renaming);
        ext4_end(&renaming.handle);
    }
    inode_put(renaming.from.inode);
    if (error == 0 && is_dir(victim) && !(flags & RENAME_EXCHANGE))
        victim->size = 0; /* for who still has it: ext4_namei.c */
    return error;
}
