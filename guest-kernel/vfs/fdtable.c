/* SPDX-License-Identifier: Apache-2.0 */
/* fdtable.c - a process's file descriptors: an array that doubles up to FD_MAX. */
#include "vfs/fdtable.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/lock.h"

#define FIRST_SLOTS 32u

/* What is larger than a page takes a run of pages. */
static unsigned order_of(size_t size)
{
    unsigned order = 0;

    while (((size_t)PAGE_SIZE << order) < size)
        order++;
    return order;
}

static void *array_alloc(size_t size)
{
    if (size <= PAGE_SIZE)
        return kmalloc(size);
    struct page *pages = page_alloc_order(order_of(size));
    return pages != NULL ? page_data(pages) : NULL;
}

static void array_free(void *array, size_t size)
{
    if (size <= PAGE_SIZE)
        kfree(array);
    else
        page_put_order(page_of(virt_to_phys(array)), order_of(size));
}

static int table_grow(struct fdtable *table, unsigned at_least)
{
    unsigned slots = table->slots != 0 ? table->slots : FIRST_SLOTS;

    while (slots < at_least)
        slots *= 2;
    struct file **file = array_alloc(slots * sizeof(*file));
    unsigned char *cloexec = kmalloc(slots);
    if (file == NULL || cloexec == NULL) {
        if (file != NULL)
            array_free(file, slots * sizeof(*file));
        kfree(cloexec);
        return -ENOMEM;
    }
    if (table->slots != 0) {
        memcpy(file, table->file, table->slots * sizeof(*file));
        memcpy(cloexec, table->cloexec, table->slots);
        array_free(table->file, table->slots * sizeof(*file));
        kfree(table->cloexec);
    }
    table->file = file;
    table->cloexec = cloexec;
    table->slots = slots;
    return 0;
}

struct fdtable *fdtable_create(void)
{
    struct fdtable *table = kmalloc(sizeof(*table));

    if (table == NULL || table_grow(table, FIRST_SLOTS) != 0) {
        kfree(table);
        return NULL;
    }
    table->refs = 1;
    table->limit = FD_LIMIT;
    return table;
}

/* The table lets go of a file: a process's record locks on an inode end with the first descriptor for it that goes. */
static void file_drop(const struct fdtable *table, struct file *file)
{
    if (file->inode != NULL && file->inode->locks != NULL)
        lock_release(file->inode, table);
    file_put(file);
}

struct fdtable *fdtable_clone(const struct fdtable *from)
{
    struct fdtable *table = fdtable_create();

    if (table == NULL)
        return NULL;
    table->limit = from->limit;
    table->first_free = from->first_free;
    if (from->slots != 0 && table_grow(table, from->slots) != 0) {
        fdtable_put(table);
        return NULL;
    }
    for (unsigned fd = 0; fd < from->slots; fd++) {
        table->file[fd] = from->file[fd];
        table->cloexec[fd] = from->cloexec[fd];
        if (table->file[fd] != NULL)
            file_get(table->file[fd]);
    }
    return table;
}

void fdtable_put(struct fdtable *table)
{
    if (--table->refs != 0)
        return;
    for (unsigned fd = 0; fd < table->slots; fd++) {
        if (table->file[fd] != NULL)
            file_drop(table, table->file[fd]);
    }
    array_free(table->file, table->slots * sizeof(*table->file));
    kfree(table->cloexec);
    kfree(table);
}

static int slot_set(struct fdtable *table, unsigned fd, struct file *file, bool cloexec)
{
    if (fd >= table->slots) {
        int error = table_grow(table, fd + 1);
        if (error != 0) {
            file_put(file);
            return error;
        }
    }
    struct file *old = table->file[fd];
    table->file[fd] = file;
    table->cloexec[fd] = cloexec;
    if (old != NULL)
        file_drop(table, old);
    return (int)fd;
}

int fd_lowest(struct fdtable *table)
{
    unsigned fd = table->first_free;

    while (fd < table->slots && table->file[fd] != NULL)
        fd++;
    table->first_free = fd;
    return fd < table->limit ? (int)fd : -EMFILE;
}

int fd_install(struct fdtable *table, struct file *file, int least, bool cloexec)
{
    unsigned fd = (unsigned)least;

    if (fd >= table->limit && least != 0) {
        file_put(file);
        return -EINVAL;
    }
    bool from_first = fd <= table->first_free;
    if (from_first)
        fd = table->first_free;
    while (fd < table->slots && table->file[fd] != NULL)
        fd++;
    if (from_first)
        table->first_free = fd;
    if (fd >= table->limit) {
        file_put(file);
        return -EMFILE;
    }
    return slot_set(table, fd, file, cloexec);
}

int fd_replace(struct fdtable *table, struct file *file, int fd, bool cloexec)
{
    if ((unsigned)fd >= table->limit) {
        file_put(file);
        return -EBADF;
    }
    return slot_set(table, (unsigned)fd, file, cloexec);
}

struct file *fd_get(const struct fdtable *table, int fd)
{
    return (unsigned)fd < table->slots ? table->file[(unsigned)fd] : NULL;
}

int fd_close(struct fdtable *table, int fd)
{
    struct file *file = fd_get(table, fd);

    if (file == NULL)
        return -EBADF;
    table->file[fd] = NULL;
    if ((unsigned)fd < table->first_free)
        table->first_free = (unsigned)fd;
    file_drop(table, file);
    return 0;
}

int fd_cloexec(const struct fdtable *table, int fd)
{
    return fd_get(table, fd) != NULL ? table->cloexec[fd] : -EBADF;
}

int fd_set_cloexec(struct fdtable *table, int fd, bool on)
{
    if (fd_get(table, fd) == NULL)
        return -EBADF;
    table->cloexec[fd] = on;
    return 0;
}
