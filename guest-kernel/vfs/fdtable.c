/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fdtable.c - a process's file descriptors: an array that doubles, up to what kmalloc gives, and blocks of a page
 * behind it; and bitmaps of which are open, so that to find a free one isn't to look at each.
 */
#include "vfs/fdtable.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/lock.h"

#define FIRST_SLOTS 64u /* Linux's, which select(2) can see */
#define NEAR_MAX ((unsigned)(KMALLOC_MAX / sizeof(struct file *)))
#define BLOCK_SLOTS ((unsigned)(PAGE_SIZE / sizeof(struct file *)))
#define BLOCKS ((FD_MAX - NEAR_MAX) / BLOCK_SLOTS)

/* ---- bitmaps ---- */

static bool bit_is_set(const uint64_t *map, unsigned bit)
{
    return map[bit / 64] >> (bit % 64) & 1;
}

static void bit_set(uint64_t *map, unsigned bit)
{
    map[bit / 64] |= 1ull << (bit % 64);
}

static void bit_clear(uint64_t *map, unsigned bit)
{
    map[bit / 64] &= ~(1ull << (bit % 64));
}

static void bit_become(uint64_t *map, unsigned bit, bool on)
{
    map[bit / 64] = (map[bit / 64] & ~(1ull << (bit % 64))) | (uint64_t)on << (bit % 64);
}

/* The first bit from `from` on that is set in both; `size` if there is none, which is a multiple of 64. */
static unsigned bit_find(const uint64_t *map, const uint64_t *mask, unsigned from, unsigned size)
{
    uint64_t skip = ~0ull << (from % 64);

    for (unsigned word = from / 64; word < size / 64; word++, skip = ~0ull) {
        uint64_t bits = map[word] & mask[word] & skip;
        if (bits != 0)
            return word * 64 + (unsigned)__builtin_ctzll(bits);
    }
    return size;
}

/* The first free one from `from` on; beyond `size` all are free. */
static unsigned free_find(const struct fdtable *table, unsigned from)
{
    if (from >= table->size)
        return from;
    unsigned word = from / 64;
    uint64_t bits = ~table->open[word] >> (from % 64);
    if (bits != 0)
        return from + (unsigned)__builtin_ctzll(bits);
    while (++word < table->size / 64)
        if (~table->open[word] != 0)
            return word * 64 + (unsigned)__builtin_ctzll(~table->open[word]);
    return table->size;
}

/* ---- growing ---- */

/* The bitmaps for `size` descriptors, in one piece. */
static int maps_grow(struct fdtable *table, unsigned size)
{
    size_t words = size / 64, old = table->size / 64;
    uint64_t *maps = kmalloc_array(2 * words, sizeof(*maps));

    if (maps == NULL)
        return -ENOMEM;
    if (old != 0) {
        memcpy(maps, table->open, old * sizeof(*maps));
        memcpy(maps + words, table->cloexec, old * sizeof(*maps));
        kfree(table->open);
    }
    table->open = maps;
    table->cloexec = maps + words;
    table->size = size;
    return 0;
}

static int near_grow(struct fdtable *table, unsigned slots)
{
    struct file **file = kmalloc_array(slots, sizeof(*file));

    if (file == NULL)
        return -ENOMEM;
    if (table->slots != 0)
        memcpy(file, table->file, table->slots * sizeof(*file));
    kfree(table->file);
    table->file = file;
    table->slots = slots;
    return 0;
}

/* Room for descriptor `fd`: what there is doubles, but for the blocks, which come one by one. One that fails half-way
 * has made some of the room. */
static int table_grow(struct fdtable *table, unsigned fd)
{
    unsigned size = table->size != 0 ? table->size : FIRST_SLOTS;
    int error = 0;

    while (size <= fd)
        size *= 2;
    unsigned slots = size < NEAR_MAX ? size : NEAR_MAX;
    if (slots > table->slots)
        error = near_grow(table, slots);
    if (error == 0 && size > NEAR_MAX && table->far == NULL) {
        table->far = kmalloc_array(BLOCKS, sizeof(*table->far));
        error = table->far != NULL ? 0 : -ENOMEM;
    }
    if (error == 0 && size > table->size)
        error = maps_grow(table, size);
    return error;
}

static struct file **slot_far(const struct fdtable *table, unsigned fd)
{
    struct file **block = table->far != NULL && fd < FD_MAX ? table->far[(fd - NEAR_MAX) / BLOCK_SLOTS] : NULL;

    return block != NULL ? &block[(fd - NEAR_MAX) % BLOCK_SLOTS] : NULL;
}

/* The descriptor's slot, which isn't there yet, or is in a block. NULL: no memory. */
static __attribute__((noinline, cold)) struct file **slot_make_far(struct fdtable *table, unsigned fd)
{
    if (fd >= table->size && table_grow(table, fd) != 0)
        return NULL;
    if (fd < table->slots)
        return &table->file[fd];
    struct file ***block = &table->far[(fd - NEAR_MAX) / BLOCK_SLOTS];
    if (*block == NULL)
        *block = kmalloc(PAGE_SIZE);
    return slot_far(table, fd);
}

static struct file **slot_make(struct fdtable *table, unsigned fd)
{
    /* After a growth that failed there may be more slots than bits. */
    return fd < table->slots && fd < table->size ? &table->file[fd] : slot_make_far(table, fd);
}

struct file *fd_get_far(const struct fdtable *table, unsigned fd)
{
    struct file **slot = fd >= NEAR_MAX ? slot_far(table, fd) : NULL;

    return slot != NULL ? *slot : NULL;
}

/* ---- tables ---- */

static void table_free(struct fdtable *table)
{
    for (unsigned i = 0; table->far != NULL && i < BLOCKS; i++)
        kfree(table->far[i]);
    kfree(table->far);
    kfree(table->file);
    kfree(table->open);
    kfree(table);
}

static struct fdtable *table_create(unsigned size)
{
    struct fdtable *table = kmalloc(sizeof(*table));

    if (table == NULL)
        return NULL;
    if (table_grow(table, size - 1) != 0) {
        table_free(table);
        return NULL;
    }
    table->refs = 1;
    table->limit = FD_LIMIT;
    return table;
}

struct fdtable *fdtable_create(void)
{
    return table_create(FIRST_SLOTS);
}

static void watchers_tell(const struct fdtable *table, const struct file *file)
{
    for (struct file_watcher *watcher = file->watchers, *next; watcher != NULL; watcher = next) {
        next = watcher->next; /* this one may end */
        if (watcher->descriptor_closes != NULL)
            watcher->descriptor_closes(watcher, table);
    }
}

/* The table lets go of a file: a process's record locks on an inode end with the first descriptor for it that goes. */
static void file_drop(const struct fdtable *table, struct file *file)
{
    if (file->inode != NULL && file->inode->watches != NULL)
        watchers_tell(table, file);
    if (file->inode != NULL && file->inode->locks != NULL)
        lock_release(file->inode, table);
    if (file->ops != NULL && file->ops->flush != NULL)
        file->ops->flush(file);
    file_put(file);
}

/* The end of what is open, below `end`: a table for it needs no more room. */
static unsigned open_end(const struct fdtable *table, unsigned end)
{
    unsigned word = (end < table->size ? end + 63 : table->size) / 64;

    while (word > 1 && table->open[word - 1] == 0)
        word--;
    return word != 0 ? word * 64 : FIRST_SLOTS;
}

/* Descriptor `fd` of `to` becomes what it is in `from`. 0 or -ENOMEM. */
static int slot_copy(struct fdtable *to, const struct fdtable *from, unsigned fd)
{
    struct file *file = fd_get(from, (int)fd), *old = fd_get(to, (int)fd), **slot;

    if (file == NULL && old == NULL)
        return 0;
    if (file != old) {
        slot = slot_make(to, fd);
        if (slot == NULL)
            return -ENOMEM;
        if (file != NULL)
            file_get(file);
        *slot = file;
        if (old != NULL)
            file_put(old);
    }
    bit_become(to->open, fd, file != NULL);
    bit_become(to->cloexec, fd, bit_is_set(from->cloexec, fd));
    return 0;
}

/* The descriptor was changed, and no file of it was let go yet: so it is in the copy that is being made. */
static void copy_follow(struct fdtable *table, unsigned fd)
{
    if (__builtin_expect(table->copy != NULL, false) != 0 && fd < table->copied &&
        slot_copy(table->copy, table, fd) != 0)
        table->copy_fails = true;
}

struct fdtable *fdtable_clone_below(struct fdtable *from, unsigned end)
{
    struct fdtable *table;
    unsigned done = 0;

    while (from->copy != NULL)
        (void)wait_on(&from->uncopied, WAIT_FOREVER, 0);
    table = table_create(open_end(from, end));
    if (table == NULL)
        return NULL;
    from->copy = table;
    from->copied = 0;
    from->copy_fails = false;
    for (unsigned fd = fd_next(from, 0); fd < end && fd < FD_MAX && !from->copy_fails; fd = fd_next(from, fd + 1)) {
        struct file **slot = slot_make(table, fd);
        if (slot == NULL) {
            from->copy_fails = true;
            break;
        }
        *slot = fd_get(from, (int)fd);
        file_get(*slot);
        bit_set(table->open, fd);
        bit_become(table->cloexec, fd, bit_is_set(from->cloexec, fd));
        from->copied = fd + 1;
        if (++done % FDS_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
    table->limit = from->limit;
    from->copy = NULL;
    wait_wake_all(&from->uncopied, 0);
    if (!from->copy_fails)
        return table;
    fdtable_put(table);
    return NULL;
}

void fdtable_put(struct fdtable *table)
{
    unsigned closed = 0;

    if (--table->refs != 0)
        return;
    for (unsigned fd = 0; (fd = fd_next(table, fd)) < FD_MAX; fd++) {
        file_drop(table, fd_get(table, (int)fd));
        if (++closed % FDS_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
    table_free(table);
}

unsigned fd_next(const struct fdtable *table, unsigned fd)
{
    unsigned found = bit_find(table->open, table->open, fd, table->size);

    return found < table->size ? found : FD_MAX;
}

unsigned fd_next_cloexec(const struct fdtable *table, unsigned fd)
{
    unsigned found = bit_find(table->cloexec, table->open, fd, table->size);

    return found < table->size ? found : FD_MAX;
}

unsigned fd_count(const struct fdtable *table)
{
    unsigned count = 0;

    for (unsigned word = 0; word < table->size / 64; word++)
        count += (unsigned)__builtin_popcountll(table->open[word]);
    return count;
}

/* ---- descriptors ---- */

static int slot_set(struct fdtable *table, unsigned fd, struct file *file, bool cloexec)
{
    struct file **slot = slot_make(table, fd), *old;

    if (slot == NULL) {
        file_put(file);
        return -ENOMEM;
    }
    old = *slot;
    *slot = file;
    bit_set(table->open, fd);
    bit_become(table->cloexec, fd, cloexec);
    copy_follow(table, fd);
    if (old != NULL)
        file_drop(table, old);
    return (int)fd;
}

int fd_lowest(struct fdtable *table)
{
    unsigned fd = free_find(table, table->first_free);

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
    fd = free_find(table, from_first ? table->first_free : fd);
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

int fd_close(struct fdtable *table, int fd)
{
    struct file *file = fd_get(table, fd);

    if (file == NULL)
        return -EBADF;
    if ((unsigned)fd < table->slots)
        table->file[fd] = NULL;
    else
        *slot_far(table, (unsigned)fd) = NULL;
    bit_clear(table->open, (unsigned)fd);
    if ((unsigned)fd < table->first_free)
        table->first_free = (unsigned)fd;
    copy_follow(table, (unsigned)fd);
    file_drop(table, file);
    return 0;
}

int fd_cloexec(const struct fdtable *table, int fd)
{
    return fd_get(table, fd) != NULL ? bit_is_set(table->cloexec, (unsigned)fd) : -EBADF;
}

int fd_set_cloexec(struct fdtable *table, int fd, bool on)
{
    if (fd_get(table, fd) == NULL)
        return -EBADF;
    bit_become(table->cloexec, (unsigned)fd, on);
    copy_follow(table, (unsigned)fd);
    return 0;
}
