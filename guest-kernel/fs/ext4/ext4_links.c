/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_links.c - how many names inodes have, while those change, and what to do when that fails. */
#include "fs/ext4/ext4_dir.h"

#define LINKS_EMPTY 2u /* of a directory without others in it: its name and its "." */

/* ---- directories: 1 stands for "very many" (dir_nlink) ---- */

static bool counts_beyond(const struct inode *dir)
{
    return (ext4_of(dir)->ro_compat & EXT4_RO_DIR_NLINK) && ext4_dir_has_index(ext4_inode_of(dir));
}

bool ext4_links_are_full(const struct inode *dir)
{
    return dir->links >= EXT4_LINKS_MAX && !counts_beyond(dir);
}

void ext4_links_add(struct inode *dir)
{
    if (dir->links == 1)
        return;
    dir->links++;
    if (dir->links > EXT4_LINKS_MAX)
        dir->links = 1;
}

void ext4_links_drop(struct inode *dir)
{
    if (dir->links > LINKS_EMPTY)
        dir->links--;
}

/* ---- taking back ---- */

void ext4_undo_keep(struct ext4_undo *undo, struct inode *inode)
{
    struct ext4_inode *ei = ext4_inode_of(inode);

    for (unsigned i = 0; i < undo->count; i++)
        if (undo->inodes[i].ei == ei)
            return;
    undo->inodes[undo->count].ei = ei;
    undo->inodes[undo->count].links = inode->links;
    undo->inodes[undo->count].mtime = inode->mtime;
    undo->inodes[undo->count].ctime = inode->ctime;
    undo->count++;
}

void ext4_undo_all(const struct ext4_undo *undo, struct ext4_handle *handle)
{
    for (unsigned i = 0; i < undo->count; i++) {
        struct inode *inode = &undo->inodes[i].ei->inode;
        inode->links = undo->inodes[i].links;
        inode->mtime = undo->inodes[i].mtime;
        inode->ctime = undo->inodes[i].ctime;
        (void)ext4_inode_store(handle, undo->inodes[i].ei);
    }
}

int ext4_undo_store(struct ext4_undo *undo, struct ext4_handle *handle)
{
    int error = 0;

    for (unsigned i = 0; error == 0 && i < undo->count; i++)
        error = ext4_inode_store(handle, undo->inodes[i].ei);
    if (error != 0)
        ext4_undo_all(undo, handle);
    return error;
}

int ext4_links_victim(struct ext4_handle *handle, struct inode *victim, int64_t now)
{
    struct ext4_inode *ei = ext4_inode_of(victim);
    uint32_t links = victim->links;
    int64_t ctime = victim->ctime;
    int error = 0;

    victim->ctime = now;
    victim->links = S_ISDIR(victim->mode) || links == 0 ? 0 : links - 1;
    if (victim->links == 0)
        error = ext4_orphan_add(handle, ei);
    if (error == 0)
        error = ext4_inode_store(handle, ei);
    if (error != 0) {
        victim->links = links;
        victim->ctime = ctime;
    }
    return error;
}
