/* SPDX-License-Identifier: Apache-2.0 */
/* getdents.c - reads a directory into user memory, at most a page at a time. */
#include "sys/dirent.h"
#include "sys/syscall.h"
#include "sys/user.h"

static int64_t read_entries(struct file *file, uaddr_t address, size_t size, dir_emit *emit, char *bytes)
{
    struct dirent_buffer buffer = {.bytes = bytes, .size = size < PAGE_SIZE ? size : PAGE_SIZE, .first_pos = file->pos};
    uint64_t pos = file->pos;
    int error = file_read_dir(file, emit, &buffer);

    if (error != 0)
        return buffer.error != 0 ? buffer.error : error;
    if (copy_to_user(address, bytes, buffer.used) != 0) {
        file->pos = pos;
        return -EFAULT;
    }
    return (int64_t)buffer.used;
}

static int64_t entries(const uint64_t arg[6], dir_emit *emit)
{
    struct file *file = user_file(arg[0]);

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (file->inode == NULL || !S_ISDIR(file->inode->mode))
        return -ENOTDIR;
    struct page *page = page_alloc_dirty();
    if (page == NULL)
        return -ENOMEM;
    file_get(file);
    mutex_lock(&file->pos_lock);
    int64_t result = read_entries(file, arg[1], (unsigned)arg[2], emit, page_data(page));
    mutex_unlock(&file->pos_lock);
    file_put(file);
    page_put(page);
    return result;
}

int64_t sys_getdents64(const uint64_t arg[6])
{
    return entries(arg, dirent_emit);
}

int64_t sys_getdents(const uint64_t arg[6])
{
    return entries(arg, call_is_32bit() ? dirent_emit_old_32 : dirent_emit_old);
}

/* readdir(2) is older still, and 32-bit programs' alone. 1: there is one; 0: that was all. */
int64_t sys_i386_readdir(const uint64_t arg[6])
{
    const uint64_t with_size[6] = {arg[0], arg[1], PAGE_SIZE};
    int64_t size = entries(with_size, dirent_emit_one_32);

    return size > 0 ? 1 : size;
}
