/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_buffer.c - see ext4_buffer.h. */
#include "fs/ext4/ext4_buffer.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/blk.h"

#define IDLE_MIN 16u
#define IDLE_MAX 1024u
#define MEMORY_SHARE 64u /* one of so many frames, at most */
#define DIRTY_MIN 512u
#define DIRTY_MAX 16384u
#define DIRTY_SHARE 16u /* of memory */
#define ROW_BLOCKS 32u  /* of a table, aligned */
#define ROW_MISSING 2u  /* of a row until all of it is read: who wants few files has one of its blocks */

static struct ext4_buffer **slot_of(struct ext4_buffers *buffers, uint64_t block)
{
    return &buffers->slots[(block ^ (block >> 6) ^ (block >> 15)) % EXT4_BUFFER_SLOTS];
}

static void buffer_free(struct ext4_buffers *buffers, struct ext4_buffer *buffer)
{
    if (buffer->page != NULL)
        page_put(buffer->page);
    else
        kfree(buffer->data);
    kfree(buffer);
    buffers->count--;
}

/* Takes one that is idle out of the cache. */
static void buffer_evict(struct ext4_buffers *buffers, struct ext4_buffer *buffer)
{
    struct ext4_buffer **at = slot_of(buffers, buffer->block); /* NOLINT(clang-analyzer-unix.Malloc): it isn't freed */

    while (*at != buffer)
        at = &(*at)->hash_next;
    *at = buffer->hash_next;
    list_remove(&buffer->idle);
    buffers->idle_count--;
    buffer_free(buffers, buffer);
}

/* Blocks that are smaller than a page are kmalloc's, which gives no frames back. */
static uint64_t shrink(struct shrinker *shrinker, uint64_t pages)
{
    struct ext4_buffers *buffers = container_of(shrinker, struct ext4_buffers, shrinker);
    uint64_t done = 0;

    if (1ul << buffers->block_shift != PAGE_SIZE)
        return 0;
    for (; done < pages && !list_is_empty(&buffers->idle); done++)
        buffer_evict(buffers, container_of(buffers->idle.next, struct ext4_buffer, idle));
    return done;
}

void ext4_buffers_init(struct ext4_buffers *buffers, struct blk_device *dev, unsigned block_shift, uint64_t blocks)
{
    uint64_t most = page_total_count() / MEMORY_SHARE;

    buffers->dev = dev;
    buffers->block_shift = block_shift;
    buffers->blocks = blocks;
    buffers->idle_most = most < IDLE_MIN ? IDLE_MIN : most > IDLE_MAX ? IDLE_MAX : (unsigned)most;
    most = (page_total_count() << PAGE_SHIFT >> block_shift) / DIRTY_SHARE;
    buffers->dirty_most = most < DIRTY_MIN ? DIRTY_MIN : most > DIRTY_MAX ? DIRTY_MAX : (unsigned)most;
    list_init(&buffers->idle);
    list_init(&buffers->dirty);
    buffers->shrinker.shrink = shrink;
    shrinker_add(&buffers->shrinker);
}

unsigned ext4_buffers_shrink(struct ext4_buffers *buffers)
{
    unsigned count = buffers->idle_count;

    while (!list_is_empty(&buffers->idle))
        buffer_evict(buffers, container_of(buffers->idle.next, struct ext4_buffer, idle));
    return count;
}

void ext4_buffers_fini(struct ext4_buffers *buffers)
{
    if (buffers->dev == NULL)
        return;
    shrinker_remove(&buffers->shrinker);
    while (!list_is_empty(&buffers->dirty))
        ext4_buffer_clean(buffers, container_of(buffers->dirty.next, struct ext4_buffer, dirty));
    ext4_buffers_shrink(buffers);
}

/* Where a block is a page it has a frame, which needn't be zeroed first. */
static struct ext4_buffer *buffer_alloc(struct ext4_buffers *buffers)
{
    size_t size = (size_t)1 << buffers->block_shift;
    struct ext4_buffer *buffer = kmalloc(sizeof(*buffer));

    if (buffer == NULL)
        return NULL;
    if (size == PAGE_SIZE) {
        buffer->page = page_alloc_dirty();
        buffer->data = buffer->page != NULL ? page_data(buffer->page) : NULL;
    } else {
        buffer->data = kmalloc(size);
    }
    if (buffer->data == NULL) {
        kfree(buffer);
        return NULL;
    }
    list_init(&buffer->idle);
    list_init(&buffer->dirty);
    list_init(&buffer->logged.link);
    list_init(&buffer->logged.checkpoint_link);
    buffers->count++;
    return buffer;
}

static int buffer_read(struct ext4_buffers *buffers, struct ext4_buffer *buffer)
{
    struct blk_segment segment = {virt_to_phys(buffer->data), 1u << buffers->block_shift};
    uint64_t sectors = segment.size / SECTOR_SIZE;

    buffers->reads++;
    return blk_transfer(buffers->dev, false, buffer->block * sectors, &segment, 1);
}

static void hash_insert(struct ext4_buffers *buffers, struct ext4_buffer *buffer)
{
    struct ext4_buffer **slot = slot_of(buffers, buffer->block);

    buffer->hash_next = *slot;
    *slot = buffer;
}

static int buffer_add(struct ext4_buffers *buffers, uint64_t block, bool read, struct ext4_buffer **out)
{
    struct ext4_buffer *buffer = buffer_alloc(buffers);

    if (buffer == NULL && ext4_buffers_shrink(buffers) != 0)
        buffer = buffer_alloc(buffers);
    if (buffer == NULL)
        return -ENOMEM;
    buffer->block = block;
    int error = read ? buffer_read(buffers, buffer) : 0;
    if (error != 0) {
        buffer_free(buffers, buffer);
        return error;
    }
    buffer->refs = 1;
    hash_insert(buffers, buffer);
    *out = buffer;
    return 0;
}

struct ext4_buffer *ext4_buffer_find(struct ext4_buffers *buffers, uint64_t block)
{
    struct ext4_buffer *buffer = *slot_of(buffers, block);

    while (buffer != NULL && buffer->block != block)
        buffer = buffer->hash_next;
    if (buffer != NULL && buffer->refs++ == 0) {
        list_remove(&buffer->idle);
        buffers->idle_count--;
    }
    return buffer;
}

int ext4_buffer_get(struct ext4_buffers *buffers, uint64_t block, struct ext4_buffer **out)
{
    if (block >= buffers->blocks)
        return -EUCLEAN;
    *out = ext4_buffer_find(buffers, block);
    return *out != NULL ? 0 : buffer_add(buffers, block, true, out);
}

/* The blocks are in memory: those that were read now, or those that were there, which may be newer. */
static void row_keep(struct ext4_buffers *buffers, struct ext4_buffer **row, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct ext4_buffer *there = ext4_buffer_find(buffers, row[i]->block);

        if (there != NULL) {
            buffer_free(buffers, row[i]);
        } else {
            there = row[i];
            there->refs = 1;
            hash_insert(buffers, there);
        }
        ext4_buffer_put(buffers, there);
    }
}

/* Reads the blocks by one request. Failing it leaves nothing: who wants one of them reads that alone. */
static void row_read(struct ext4_buffers *buffers, uint64_t first, unsigned count)
{
    struct ext4_buffer *row[ROW_BLOCKS];
    struct blk_segment segments[ROW_BLOCKS];
    uint32_t size = 1u << buffers->block_shift;
    unsigned n = 0;

    for (; n < count && (row[n] = buffer_alloc(buffers)) != NULL; n++) {
        row[n]->block = first + n;
        segments[n] = (struct blk_segment){virt_to_phys(row[n]->data), size};
    }
    buffers->reads++;
    if (n != 0 && n == count && blk_transfer(buffers->dev, false, first * (size / SECTOR_SIZE), segments, n) == 0) {
        row_keep(buffers, row, n);
        return;
    }
    while (n != 0)
        buffer_free(buffers, row[--n]);
}

int ext4_buffer_get_of_table(struct ext4_buffers *buffers, uint64_t block, uint64_t first, uint64_t end,
                             struct ext4_buffer **out)
{
    uint64_t row = block / ROW_BLOCKS, from = row * ROW_BLOCKS, to = from + ROW_BLOCKS;

    *out = ext4_buffer_find(buffers, block);
    if (*out != NULL)
        return 0;
    buffers->row_missing = row == buffers->row ? buffers->row_missing + 1 : 1;
    buffers->row = row;
    if (buffers->row_missing == ROW_MISSING && buffers->idle_most >= 4 * ROW_BLOCKS && block < buffers->blocks) {
        from = from > first ? from : first;
        to = to < end ? to : end;
        row_read(buffers, from, (unsigned)((to < buffers->blocks ? to : buffers->blocks) - from));
    }
    return ext4_buffer_get(buffers, block, out);
}

int ext4_buffer_get_new(struct ext4_buffers *buffers, uint64_t block, struct ext4_buffer **out)
{
    int error = 0;

    if (block >= buffers->blocks)
        return -EUCLEAN;
    *out = ext4_buffer_find(buffers, block);
    if (*out == NULL)
        error = buffer_add(buffers, block, false, out);
    if (error != 0)
        return error;
    (*out)->kind = EXT4_BUFFER_UNCHECKED;
    (*out)->is_useless = false;
    memset((*out)->data, 0, (size_t)1 << buffers->block_shift);
    return 0;
}

/* ---- what isn't at its place ---- */

void ext4_buffer_log(struct ext4_buffers *buffers, struct ext4_buffer *buffer)
{
    if (buffer->is_dirty)
        return;
    buffer->is_dirty = true;
    buffer->refs++;
    buffers->dirty_count++;
}

void ext4_buffer_dirty(struct ext4_buffers *buffers, struct ext4_buffer *buffer)
{
    if (!buffer->is_dirty)
        list_insert(&buffers->dirty, &buffer->dirty);
    ext4_buffer_log(buffers, buffer);
}

void ext4_buffer_clean(struct ext4_buffers *buffers, struct ext4_buffer *buffer)
{
    if (!buffer->is_dirty)
        return;
    buffer->is_dirty = false;
    buffers->dirty_count--;
    buffer->seal = NULL;
    buffer->parts[0] = buffer->parts[1] = 0;
    list_remove(&buffer->dirty);
    ext4_buffer_put(buffers, buffer);
}

void ext4_buffer_put(struct ext4_buffers *buffers, struct ext4_buffer *buffer)
{
    if (buffer == NULL || --buffer->refs != 0)
        return;
    list_insert(&buffers->idle, &buffer->idle);
    buffers->idle_count++;
    if (buffer->is_useless)
        buffer_evict(buffers, buffer);
    else if (buffers->idle_count > buffers->idle_most)
        buffer_evict(buffers, container_of(buffers->idle.next, struct ext4_buffer, idle));
}

void ext4_buffer_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    if (buffer->seal != NULL)
        buffer->seal(e4, buffer);
    buffer->seal = NULL;
    buffer->parts[0] = buffer->parts[1] = 0;
}
