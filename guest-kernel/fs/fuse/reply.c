/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c - see reply.h. */
#include "fs/fuse/reply.h"

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "lib/string.h"
#include "vfs/vfs.h" /* NAME_MAX */

#define NS_A_SECOND 1000000000u
#define ERRNO_MOST 511 /* what comes behind is the kernel's own (ERESTARTSYS) */
#define DT_MOST 15u

int64_t fuse_reply_size(const struct fuse_out *out, uint32_t written, uint64_t unique, size_t least, size_t most)
{
    if (written < sizeof(*out) || out->length < sizeof(*out) || out->length > written || out->unique != unique ||
        out->error > 0 || out->error < -ERRNO_MOST)
        return -EIO;
    if (out->error != 0)
        return out->error;
    size_t size = out->length - sizeof(*out);
    return size >= least && size <= most ? (int64_t)size : -EIO;
}

static bool is_type(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFLNK:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return true;
    default:
        return false;
    }
}

static void part_check(uint32_t *ns)
{
    if (*ns >= NS_A_SECOND)
        *ns = NS_A_SECOND - 1;
}

int fuse_attr_check(struct fuse_attr *attr)
{
    if (!is_type(attr->mode) || attr->size > INT64_MAX)
        return -EIO;
    part_check(&attr->atime_ns);
    part_check(&attr->mtime_ns);
    part_check(&attr->ctime_ns);
    return 0;
}

int fuse_entry_check(struct fuse_entry *entry)
{
    if (entry->node == 0)
        return -ENOENT;
    return entry->node != FUSE_ROOT ? fuse_attr_check(&entry->attr) : -EIO;
}

int64_t fuse_time(uint64_t seconds, uint32_t ns)
{
    const int64_t most = INT64_MAX / NS_A_SECOND - 1, given = (int64_t)seconds;
    int64_t kept = given > most ? most : given < -most ? -most : given;

    return kept * (int64_t)NS_A_SECOND + (int64_t)ns;
}

uint64_t fuse_valid_until(uint64_t now, uint64_t seconds, uint32_t ns)
{
    const uint64_t most = 1000000000u; /* some thirty years, which is for ever */

    part_check(&ns);
    return now + (seconds > most ? most : seconds) * NS_A_SECOND + ns;
}

int fuse_name_next(const void *listing, size_t size, size_t *at, struct fuse_name *out)
{
    const char *entry = (const char *)listing + *at;
    struct fuse_dirent dirent;
    size_t left = size - *at;

    if (left < sizeof(dirent))
        return left == 0 ? 0 : -EIO;
    memcpy(&dirent, entry, sizeof(dirent));
    if (dirent.length == 0 || dirent.length > NAME_MAX || dirent.length > left - sizeof(dirent))
        return -EIO;
    entry += sizeof(dirent);
    for (uint32_t i = 0; i < dirent.length; i++)
        if (entry[i] == '/' || entry[i] == 0)
            return -EIO;
    *out = (struct fuse_name){entry, dirent.length, dirent.ino, dirent.next, dirent.type <= DT_MOST ? dirent.type : 0};
    size_t step = (sizeof(dirent) + dirent.length + 7) & ~(size_t)7;
    *at += step < left ? step : left;
    return 1;
}

int fuse_plus_next(const void *listing, size_t size, size_t *at, struct fuse_name *out, struct fuse_entry *entry)
{
    if (size - *at < sizeof(*entry))
        return size == *at ? 0 : -EIO;
    memcpy(entry, (const char *)listing + *at, sizeof(*entry));
    *at += sizeof(*entry);
    return fuse_name_next(listing, size, at, out) == 1 ? 1 : -EIO;
}
