/* SPDX-License-Identifier: Apache-2.0 */
/* user.c - paths from user memory. */
#include "sys/user.h"

#include "lib/string.h"
#include "vfs/path_shared.h"

_Static_assert(PATH_MAX <= PAGE_SIZE, "a path fits in a page");

int user_path_get_any(struct user_path *path, uaddr_t address)
{
    /* A page, not kmalloc: that would clear all of it. */
    path->page = page_alloc_dirty();
    if (path->page == NULL)
        return -ENOMEM;
    char *name = page_data(path->page);
    int64_t length = string_from_user(name, address, PATH_MAX);
    if (length < 0) {
        page_put(path->page);
        return (int)length;
    }
    path->name = name;
    return 0;
}

int user_path_get(struct user_path *path, uaddr_t address)
{
    int error = user_path_get_any(path, address);

    if (error == 0 && path->name[0] == 0) {
        user_path_put(path);
        error = -ENOENT;
    }
    return error;
}

void user_path_put(struct user_path *path)
{
    page_put(path->page);
}

int user_base(int dirfd, const char *path, struct path *out)
{
    if (path[0] == '/' || dirfd == AT_FDCWD) {
        *out = current_thread()->fs->cwd;
        return 0;
    }
    const struct file *file = fd_get(current_thread()->files, dirfd);
    if (file == NULL)
        return -EBADF;
    if (file->path.mount == NULL || !S_ISDIR(file->inode->mode))
        return -ENOTDIR;
    *out = file->path;
    return 0;
}

int user_path_at(struct user_path *path, int dirfd, uaddr_t address, struct path *base)
{
    int error = user_path_get(path, address);

    if (error != 0)
        return error;
    error = user_base(dirfd, path->name, base);
    if (error != 0)
        user_path_put(path);
    return error;
}

/* AT_EMPTY_PATH: the descriptor itself. */
static int descriptor_path(int dirfd, struct path *out)
{
    if (dirfd == AT_FDCWD) {
        *out = current_thread()->fs->cwd;
        return 0;
    }
    const struct file *file = fd_get(current_thread()->files, dirfd);
    if (file == NULL)
        return -EBADF;
    *out = file->path;
    return 0;
}

int user_lookup_path_name(int dirfd, const char *name, unsigned at_flags, struct path *out)
{
    struct path base;
    int error;

    if (name[0] == 0) {
        error = at_flags & AT_EMPTY_PATH ? descriptor_path(dirfd, out) : -ENOENT;
        if (error == 0 && out->mount != NULL)
            path_get(out);
        return error;
    }
    error = user_base(dirfd, name, &base);
    if (error != 0)
        return error;
    return path_lookup(&base, name, at_flags & AT_SYMLINK_NOFOLLOW ? LOOKUP_NOFOLLOW : 0, out);
}

/* The inode of what was found there, whose references it takes over; of what has no place that of the descriptor. */
static int inode_of(int dirfd, const struct path *found, struct inode **out)
{
    const struct file *file = found->mount == NULL ? user_file((uint64_t)dirfd) : NULL;

    if (found->mount == NULL && file == NULL)
        return -EBADF;
    *out = file != NULL ? file->inode : path_inode(found);
    if (*out != NULL)
        inode_get(*out);
    if (found->mount != NULL)
        path_put(found);
    return 0;
}

int user_lookup_name(int dirfd, const char *name, unsigned at_flags, struct inode **out)
{
    struct path path;
    int error = user_lookup_path_name(dirfd, name, at_flags, &path);

    return error != 0 ? error : inode_of(dirfd, &path, out);
}

int user_lookup(int dirfd, uaddr_t address, unsigned at_flags, struct inode **out)
{
    struct path path;
    int error = user_lookup_path(dirfd, address, at_flags, &path);

    return error != 0 ? error : inode_of(dirfd, &path, out);
}

int user_lookup_both(int dirfd, uaddr_t address, unsigned at_flags, struct inode **out, struct path *place)
{
    int error = user_lookup_path(dirfd, address, at_flags, place);

    if (error != 0)
        return error;
    if (place->mount != NULL)
        path_get(place);
    return inode_of(dirfd, place, out);
}

int user_lookup_path(int dirfd, uaddr_t address, unsigned at_flags, struct path *out)
{
    struct user_path path;
    int error = user_path_get_any(&path, address);

    if (error != 0)
        return error;
    error = user_lookup_path_name(dirfd, path.name, at_flags, out);
    user_path_put(&path);
    return error;
}

int user_lookup_place(int dirfd, uaddr_t address, unsigned at_flags, struct path *out)
{
    int error = user_lookup_path(dirfd, address, at_flags, out);

    return error == 0 && out->mount == NULL ? -EINVAL : error;
}

#define PATH_SHARED 256u /* longer ones take the usual way */

bool user_look_shared(int dirfd, uaddr_t address, struct path *out, int *error)
{
    char text[PATH_SHARED];
    struct path base;

    return string_from_user_shared(text, address, sizeof(text)) && text[0] != 0 && user_base(dirfd, text, &base) == 0 &&
           path_look_shared(&base, text, out, error);
}

int user_get_word(uint64_t *word, uaddr_t address)
{
    uint32_t half;

    if (!call_is_32bit())
        return user_get(*word, address);
    if (user_get(half, address))
        return -EFAULT;
    *word = half;
    return 0;
}

int user_put_word(uaddr_t address, uint64_t word)
{
    uint32_t half = (uint32_t)word;

    return call_is_32bit() ? user_put(address, half) : user_put(address, word);
}

int user_get_longer(void *out, size_t known, uaddr_t address, uint64_t size)
{
    uint8_t more[64];
    size_t given = size < known ? size : known;

    for (uint64_t at = known, step; at < size; at += step) {
        step = size - at < sizeof(more) ? size - at : sizeof(more);
        if (copy_from_user(more, address + at, step) != 0)
            return -EFAULT;
        for (unsigned i = 0; i < step; i++)
            if (more[i] != 0)
                return -E2BIG;
    }
    memset((uint8_t *)out + given, 0, known - given);
    return copy_from_user(out, address, given);
}
