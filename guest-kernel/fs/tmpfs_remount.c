/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_remount.c - the options of a file system in memory that is mounted: changed (MS_REMOUNT), and shown. */
#include "fs/tmpfs.h"

#include "lib/printf.h"
#include "lib/string.h"

static void append(char *buf, size_t size, const char *fmt, uint64_t value)
{
    size_t length = strlen(buf);

    (void)snprintf(buf + length, size - length, fmt, value);
}

/* As Linux's shmem_reconfigure: what has no limit gets none any more, what there is must have room, and who owns the
 * root stays. */
int tmpfs_reconfigure(struct filesystem *fs, const char *text)
{
    struct tmpfs *tmpfs = tmpfs_of(fs);
    struct tmpfs_options options = {.pages = tmpfs->most_pages, .inodes = tmpfs->most_inodes};
    uint64_t used = tmpfs->most_inodes * TMPFS_INODE_SIZE - tmpfs->inode_room;
    int error = tmpfs_options(text, &options);

    if (error != 0)
        return error;
    if (options.has_pages && options.pages != 0 && (tmpfs->most_pages == 0 || tmpfs->pages > options.pages))
        return -EINVAL;
    if (options.has_inodes && options.inodes != 0 &&
        (tmpfs->most_inodes == 0 || options.inodes * TMPFS_INODE_SIZE < used))
        return -EINVAL;
    if (options.noswap != tmpfs->noswap)
        return -EINVAL;
    if (options.has_inodes)
        tmpfs->inode_room = options.inodes != 0 ? options.inodes * TMPFS_INODE_SIZE - used : 0;
    tmpfs->most_pages = options.pages;
    tmpfs->most_inodes = options.inodes;
    return 0;
}

/* What isn't the default, as Linux's shmem_show_options. */
void tmpfs_show_options(const struct filesystem *fs, char *buf, size_t size)
{
    const struct tmpfs *tmpfs = tmpfs_of(fs);

    buf[0] = 0;
    if (tmpfs->most_pages != tmpfs_default_most())
        append(buf, size, ",size=%luk", tmpfs->most_pages * (PAGE_SIZE / 1024));
    if (tmpfs->most_inodes != tmpfs_default_most())
        append(buf, size, ",nr_inodes=%lu", tmpfs->most_inodes);
    if (tmpfs->mode != TMPFS_DEFAULT_MODE)
        append(buf, size, ",mode=%03lo", tmpfs->mode);
    if (tmpfs->uid != 0)
        append(buf, size, ",uid=%lu", tmpfs->uid);
    if (tmpfs->gid != 0)
        append(buf, size, ",gid=%lu", tmpfs->gid);
    if (tmpfs->noswap)
        append(buf, size, ",noswap", 0);
}
