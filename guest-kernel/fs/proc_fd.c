/* SPDX-License-Identifier: Apache-2.0 */
/* proc_fd.c - /proc/PID/fd and fdinfo: an entry for each open descriptor, which leads to the file, or tells of it. */
#include "abi/errno.h"
#include "core/pid.h"
#include "fs/proc_process.h"
#include "fs/proc_system.h"
#include "mm/page.h"
#include "vfs/fdtable.h"
#include "vfs/mount.h"
#include "vfs/nameless.h"

#define READ_MODE 0500u /* of a link, as the file is open */
#define WRITE_MODE 0300u
#define LINK_SIZE 64u /* Linux's */

static int fd_link_refresh(struct proc_inode *at);
static int fdinfo_show(struct proc_text *text, const struct proc_inode *at);
static int fdinfo_refresh(struct proc_inode *at);

static const struct proc_entry link_entry = {.name = "FD",
                                             .mode = S_IFLNK,
                                             .is_guarded = true,
                                             .link = proc_fd_link,
                                             .follow = proc_fd_follow,
                                             .refresh = fd_link_refresh};
static const struct proc_entry info_entry = {
    .name = "FD", .mode = S_IFREG | 0444, .is_guarded = true, .show = fdinfo_show, .refresh = fdinfo_refresh};

static int entry_lookup(const struct proc_inode *dir, const struct proc_entry *entry, const char *name, size_t length,
                        struct inode **out)
{
    int fd = proc_name_number(name, length), error = proc_may_look(dir);
    const struct fdtable *table = proc_files(dir);

    if (error != 0)
        return error == -ESRCH ? -ENOENT : error;
    if (fd < 0 || table == NULL || fd_get(table, fd) == NULL)
        return -ENOENT;
    return proc_inode_create(dir->inode.fs, entry, dir->id, dir->of_thread, fd, out);
}

static int entries_read(const struct proc_inode *dir, const struct proc_entry *entry, uint64_t pos, dir_emit *emit,
                        void *arg, uint64_t pos_base)
{
    const struct fdtable *table = proc_files(dir);
    int error = proc_may_look(dir);

    if (error != 0)
        return error == -ESRCH ? -ENOENT : error;
    if (table == NULL || pos >= FD_MAX)
        return 0;
    for (unsigned fd = (unsigned)pos; (fd = fd_next(table, fd)) < FD_MAX; fd++) {
        char name[12];
        int length = snprintf(name, sizeof(name), "%u", fd);
        uint64_t number = proc_number(entry, dir->id, dir->of_thread, (int)fd);

        if (!emit(arg, name, (size_t)length, number, (entry->mode & S_IFMT) >> 12, pos_base + fd + 1))
            break;
    }
    return 0;
}

int proc_fd_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out)
{
    return entry_lookup(dir, &link_entry, name, length, out);
}

int proc_fd_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base)
{
    return entries_read(dir, &link_entry, pos, emit, arg, pos_base);
}

int proc_fdinfo_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out)
{
    return entry_lookup(dir, &info_entry, name, length, out);
}

int proc_fdinfo_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base)
{
    return entries_read(dir, &info_entry, pos, emit, arg, pos_base);
}

/* The directory's size is the number of descriptors, as on Linux. */
int proc_fd_refresh(struct proc_inode *at)
{
    const struct fdtable *table = proc_files(at);

    at->inode.size = table != NULL ? fd_count(table) : 0;
    return 0;
}

static int fd_link_refresh(struct proc_inode *at)
{
    const struct file *file = proc_fd_file(at);

    if (file == NULL)
        return -ENOENT;
    at->inode.mode = S_IFLNK | (file_is_readable(file) ? READ_MODE : 0) | (file_is_writable(file) ? WRITE_MODE : 0);
    at->inode.size = LINK_SIZE;
    return 0;
}

static int fdinfo_refresh(struct proc_inode *at)
{
    return proc_fd_file(at) != NULL ? 0 : -ENOENT;
}

/* ---- what fdinfo tells ---- */

static uint64_t mount_of(const struct file *file)
{
    if (file->path.mount != NULL)
        return file->path.mount->id;
    return file->inode != NULL ? nameless_mount_id(file->inode, false) : 0;
}

#define DESCRIBED_ORDER_MAX 7u /* what doesn't fit in so many pages is cut */

/* What the file says itself, into as much memory as that takes: it grows meanwhile only while we wait for memory. */
static int description_print(struct proc_text *text, struct file *file)
{
    size_t size = 0, length = 0;

    for (unsigned order = 0; length >= size && order <= DESCRIBED_ORDER_MAX; order++) {
        struct page *pages = page_alloc_order_dirty(order);

        if (pages == NULL)
            return -ENOMEM;
        size = PAGE_SIZE << order;
        length = (size_t)file->ops->describe(file, page_data(pages), size);
        if (length < size || order == DESCRIBED_ORDER_MAX)
            proc_put(text, page_data(pages), length < size ? length : size - 1);
        page_put_order(pages, order);
    }
    return 0;
}

static int file_print(struct proc_text *text, struct file *file, const struct fdtable *table, bool cloexec)
{
    uint32_t flags = file->flags | (cloexec ? O_CLOEXEC : 0);
    int error = 0;

    proc_print(text, "pos:\t%lu\nflags:\t0", (unsigned long)file->pos);
    proc_put_octal(text, flags);
    proc_print(text, "\nmnt_id:\t%lu\nino:\t%lu\n", (unsigned long)mount_of(file),
               file->inode != NULL ? (unsigned long)file->inode->number : 0);
    if (file->inode != NULL)
        error = proc_locks_of(text, file, table);
    if (error != 0)
        return error;
    return file->ops != NULL && file->ops->describe != NULL ? description_print(text, file) : 0;
}

static int fdinfo_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct fdtable *table = proc_files(at);
    struct file *file = proc_fd_file(at);
    int error;

    if (proc_process(at) == NULL)
        return -ESRCH;
    if (file == NULL)
        return -ENOENT;
    file_get(file);
    error = file_print(text, file, table, fd_cloexec(table, at->fd) == 1);
    file_put(file);
    return error;
}
