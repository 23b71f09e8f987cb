/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - file operations for tests. */
#include "files.h"

#include <string.h>

#include "abi/errno.h"

int64_t put_bytes(struct file *file, uint64_t pos, const void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter;

    iter_init(&iter, &segment, 1, true);
    return file_pwrite(file, &iter, pos);
}

int64_t get_bytes(struct file *file, uint64_t pos, void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter;

    iter_init(&iter, &segment, 1, true);
    return file_pread(file, &iter, pos);
}

int open_path(const char *path, uint32_t flags, struct file **out)
{
    return vfs_open(vfs_root(), path, flags | O_LARGEFILE, 0644, out);
}

int64_t put_file(const char *path, const void *bytes, size_t size)
{
    struct file *file;
    int error = open_path(path, O_WRONLY | O_CREAT | O_TRUNC, &file);

    if (error != 0)
        return error;
    int64_t done = put_bytes(file, 0, bytes, size);
    file_put(file);
    return done;
}

int64_t get_file(const char *path, void *bytes, size_t size)
{
    struct file *file;
    int error = open_path(path, O_RDONLY, &file);

    if (error != 0)
        return error;
    int64_t done = get_bytes(file, 0, bytes, size);
    if (done >= 0)
        done = (int64_t)file->inode->size;
    file_put(file);
    return done;
}

int64_t size_of(const char *path)
{
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, 0, &inode);

    if (error != 0)
        return error;
    int64_t size = (int64_t)inode->size;
    inode_put(inode);
    return size;
}

int truncate_path(const char *path, uint64_t size)
{
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, 0, &inode);

    if (error != 0)
        return error;
    error = vfs_truncate(inode, size);
    inode_put(inode);
    return error;
}

struct listing {
    char *out;
    size_t length, size;
    unsigned room; /* entries that a call may take: small, so that positions matter */
};

static bool add_name(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    struct listing *listing = arg;

    (void)ino, (void)type, (void)next_pos;
    if (listing->room == 0)
        return false;
    listing->room--;
    if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
        return true;
    if (listing->length + length + 2 > listing->size)
        return false;
    memcpy(listing->out + listing->length, name, length);
    listing->length += length;
    listing->out[listing->length++] = ' ';
    listing->out[listing->length] = '\0';
    return true;
}

int list_path(const char *path, char *out, size_t size)
{
    struct listing listing = {out, 0, size, 0};
    struct file *file;
    int error = open_path(path, O_RDONLY | O_DIRECTORY, &file);

    out[0] = '\0';
    if (error != 0)
        return error;
    while (error == 0 && listing.room == 0) {
        listing.room = 3;
        error = file_read_dir(file, add_name, &listing);
    }
    file_put(file);
    return error;
}

int64_t place_of(const struct path *path, char *out, size_t size)
{
    bool deleted;
    int64_t length = path_print(path, vfs_root(), out, size, &deleted, NULL);

    return deleted ? -ENOENT : length;
}
