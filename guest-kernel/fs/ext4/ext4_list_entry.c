/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_list_entry.c - an entry of a directory, as it is listed. */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "lib/string.h"

static unsigned type_of(const struct ext4_fs *e4, const struct ext4_dirent *entry)
{
    static const uint8_t types[] = {DT_UNKNOWN, DT_REG, DT_DIR, DT_CHR, DT_BLK, DT_FIFO, DT_SOCK, DT_LNK};

    if (!(e4->incompat & EXT4_INCOMPAT_FILETYPE) || entry->file_type >= sizeof(types))
        return DT_UNKNOWN;
    return types[entry->file_type];
}

int ext4_list_entry(struct ext4_listing *listing, const struct ext4_dirent *entry, uint64_t next, uint64_t block)
{
    if (entry->inode == 0 || ext4_dirent_is_dots(entry))
        return 0;
    if (entry->name_len == 0 || memchr(entry->name, '/', entry->name_len) != NULL ||
        memchr(entry->name, 0, entry->name_len) != NULL) {
        ext4_inode_damaged(listing->dir, block, "a directory entry with a name that is none");
        return -EIO;
    }
    listing->full = !listing->emit(listing->arg, entry->name, entry->name_len, entry->inode,
                                   type_of(ext4_of(&listing->dir->inode), entry), next);
    return 0;
}
