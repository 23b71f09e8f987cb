/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_window.c - see fuse_window.h. */
#include "fs/fuse/fuse_window.h"

#include "abi/errno.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/window.h"
#include "vfs/pageindex.h"

/* Large files are shown by large pieces, of which there are few, and each of which costs a message. */
#define LARGE_SIZE (2u << 20)
#define SMALL_SIZE (256u << 10)
#define LARGE_FROM (1u << 20) /* bytes of a file */
#define SMALL_SHARE 4u        /* one of so many bytes of the window is for small pieces */
#define PIECES_MAX 4096u      /* of one size, in a part of the window */
#define LOOKS_MAX 16u         /* at pieces that may be in use */
#define RANGES_MAX ((FUSE_TEXT_MAX - sizeof(struct fuse_remove_mapping_in)) / sizeof(struct fuse_mapping))
#define TURN_PAGES 64u /* go before others have a turn */

/* ---- the window ---- */

static void part_init(struct fuse_part *part, uint64_t start, uint64_t end, uint32_t piece_size, bool writable)
{
    uint64_t count = (end - start) / piece_size;

    list_init(&part->lru);
    part->start = start;
    part->count = (uint32_t)(count < PIECES_MAX ? count : PIECES_MAX);
    part->piece_size = piece_size;
    part->writable = writable;
}

struct fuse_window *fuse_window_create(struct fuse_fs *fs, uint32_t alignment)
{
    const struct fuse_shown *shown = &fs->connection.port->shown;
    struct fuse_window *window = alignment <= SMALL_SIZE ? kmalloc(sizeof(*window)) : NULL;

    if (window == NULL)
        return NULL;
    window->fs = fs;
    window->base = shown->base;
    for (unsigned i = 0; i < FUSE_PARTS; i += 2) {
        bool writable = i == 0;
        uint64_t start = writable ? 0 : shown->read_from, end = writable ? shown->read_from : shown->size;
        uint64_t large = start + (end - start) / SMALL_SHARE / LARGE_SIZE * LARGE_SIZE;
        part_init(&window->part[i], start, large, SMALL_SIZE, writable);
        part_init(&window->part[i + 1], large, end, LARGE_SIZE, writable);
    }
    return window;
}

void fuse_window_free(struct fuse_window *window)
{
    if (window == NULL)
        return;
    for (struct fuse_part *part = window->part; part < window->part + FUSE_PARTS; part++)
        kfree(part->pieces);
    kfree(window);
}

static struct fuse_part *part_for(struct fuse_window *window, bool writable, uint32_t piece_size)
{
    return &window->part[(writable ? 0 : 2) + (piece_size == LARGE_SIZE ? 1 : 0)];
}

/* ---- a piece ---- */

static uint64_t first_page(const struct fuse_piece *piece)
{
    return piece->offset >> PAGE_SHIFT;
}

static uint64_t page_count(const struct fuse_piece *piece)
{
    return piece->size >> PAGE_SHIFT;
}

struct page *fuse_piece_page(const struct fuse_window *window, const struct fuse_piece *piece, uint64_t index)
{
    return page_of(window->base + piece->start + ((index - first_page(piece)) << PAGE_SHIFT));
}

struct fuse_piece *fuse_piece_find(const struct fuse_node *node, uint64_t index)
{
    struct fuse_piece *found = NULL;

    for (struct fuse_piece *piece = node->pieces; piece != NULL; piece = piece->next) {
        if (index < first_page(piece) || index - first_page(piece) >= page_count(piece))
            continue;
        found = piece;
        if (piece->writable)
            break;
    }
    return found;
}

/* Takes it out of its node's list, whose pages are gone from the cache, and puts it where it is the next to be used. */
static void piece_leave(struct fuse_window *window, struct fuse_piece *piece)
{
    struct fuse_part *part = part_for(window, piece->writable, piece->size);
    struct fuse_piece **at;

    list_remove(&piece->lru);
    list_insert(part->lru.next, &piece->lru);
    if (piece->node == NULL)
        return;
    for (at = &piece->node->pieces; *at != piece; at = &(*at)->next)
        ;
    *at = piece->next;
    piece->node = NULL;
    piece->next = NULL;
}

/* Whether nobody holds a page of it. */
static bool piece_is_free(const struct fuse_window *window, const struct fuse_piece *piece)
{
    const struct page *page = NULL;

    for (uint64_t i = 0, number = piece->start >> PAGE_SHIFT; i < page_count(piece); i++, number++, page++) {
        if (page == NULL || number % PAGE_TABLE_FRAMES == 0) /* another table of struct pages */
            page = page_of(window->base + (number << PAGE_SHIFT));
        if (page->refs != 1)
            return false;
    }
    return true;
}

static void piece_done(struct fuse_window *window, struct fuse_piece *piece)
{
    piece->busy = false;
    wait_wake_all(&window->changed, 0);
}

void fuse_piece_touch(struct fuse_window *window, struct fuse_piece *piece)
{
    struct fuse_part *part = part_for(window, piece->writable, piece->size);

    list_remove(&piece->lru);
    list_insert(&part->lru, &piece->lru);
}

/* Takes the piece's page at `index` out of the cache, if it is there. */
static void page_clear(const struct fuse_window *window, const struct fuse_piece *piece, uint64_t index)
{
    struct inode *inode = &piece->node->inode;
    struct page **slot = pageindex_slot(inode, index), *page = fuse_piece_page(window, piece, index);

    if (slot == NULL || *slot != page)
        return;
    if (page->map_count != 0)
        (void)object_unmap_page(&inode->object, index, page);
    pageindex_clear(inode, index);
}

/* The node may go meanwhile, where others have turns: then all its pages have. */
static void pages_clear(const struct fuse_window *window, const struct fuse_piece *piece, bool has_turns)
{
    for (uint64_t i = 0; i < page_count(piece) && piece->node != NULL; i++) {
        page_clear(window, piece, first_page(piece) + i);
        if (has_turns && i % TURN_PAGES == TURN_PAGES - 1)
            (void)wait_loop_ends(false);
    }
}

void fuse_piece_drop(struct fuse_window *window, struct fuse_piece *piece)
{
    pages_clear(window, piece, false);
    piece_leave(window, piece);
}

void fuse_piece_each(struct fuse_window *window, uint64_t start, uint64_t end, fuse_piece_visit *visit)
{
    for (struct fuse_part *part = window->part; part < window->part + FUSE_PARTS; part++) {
        uint64_t from = start > part->start ? (start - part->start) / part->piece_size : 0;
        for (; from < part->made && part->pieces[from].start < end; from++)
            visit(window, &part->pieces[from]);
    }
}

/* ---- taking one ---- */

/* One that never was becomes the first to be used, if there can be one more. */
static void piece_make(struct fuse_window *window, struct fuse_part *part)
{
    uint64_t start = part->start + (uint64_t)part->made * part->piece_size;

    if (part->made == part->count || window_prepare(window->base + start, part->piece_size) != 0)
        return;
    if (part->pieces == NULL)
        part->pieces = kmalloc(part->count * sizeof(*part->pieces));
    if (part->pieces == NULL)
        return;
    struct fuse_piece *piece = &part->pieces[part->made++];
    piece->start = start;
    piece->size = part->piece_size;
    piece->writable = part->writable;
    list_insert(part->lru.next, &piece->lru);
}

static bool oldest_is_unused(const struct fuse_part *part)
{
    const struct fuse_piece *oldest = container_of(part->lru.next, const struct fuse_piece, lru);

    return !list_is_empty(&part->lru) && oldest->node == NULL && !oldest->busy;
}

/* One that shows nothing, or was used longest ago: busy. NULL: none is to be had. */
static struct fuse_piece *piece_find_free(struct fuse_window *window, struct fuse_part *part)
{
    for (unsigned i = 0; i < LOOKS_MAX; i++) {
        if (i != 0 || !oldest_is_unused(part))
            piece_make(window, part);
        if (list_is_empty(&part->lru))
            break;
        struct fuse_piece *piece = container_of(part->lru.next, struct fuse_piece, lru);
        fuse_piece_touch(window, piece);
        if (piece->busy)
            continue;
        piece->busy = true;
        pages_clear(window, piece, true);
        piece_leave(window, piece);
        fuse_piece_touch(window, piece);
        if (piece_is_free(window, piece))
            return piece;
        piece_done(window, piece);
    }
    return NULL;
}

struct fuse_piece *fuse_piece_take(struct fuse_window *window, struct fuse_node *node, uint64_t index, bool writable)
{
    struct fuse_part *part = part_for(window, writable, node->inode.size >= LARGE_FROM ? LARGE_SIZE : SMALL_SIZE);

    struct fuse_piece *piece = piece_find_free(window, part);
    if (piece == NULL)
        return NULL;
    piece->offset = (index << PAGE_SHIFT) & ~((uint64_t)piece->size - 1);
    piece->node = node;
    piece->next = node->pieces;
    node->pieces = piece;
    return piece;
}

/* ---- messages ---- */

/* Nobody has waited for it: what it was about may be used again. */
static void mapping_ended(struct fuse_window *window, struct fuse_piece *piece)
{
    if (piece->busy && piece->node == NULL)
        piece_done(window, piece);
}

static void message_ended(struct fuse_message *message)
{
    struct fuse_window *window = container_of(message->connection, struct fuse_fs, connection)->window;
    struct fuse_mapping range;

    if (message->in.opcode == FUSE_SETUPMAPPING) {
        struct fuse_setup_mapping_in in;
        memcpy(&in, message->text, sizeof(in));
        fuse_piece_each(window, in.start, in.start + 1, mapping_ended);
        return;
    }
    for (unsigned at = sizeof(struct fuse_remove_mapping_in); at < message->size; at += sizeof(range)) {
        memcpy(&range, message->text + at, sizeof(range));
        fuse_piece_each(window, range.start, range.start + 1, mapping_ended);
    }
}

int fuse_piece_show(struct fuse_window *window, struct inode *inode, struct fuse_piece *piece)
{
    struct fuse_setup_mapping_in in = {.handle = UINT64_MAX,
                                       .offset = piece->offset,
                                       .size = piece->size,
                                       .flags = FUSE_MAPPING_READ | (piece->writable ? FUSE_MAPPING_WRITE : 0),
                                       .start = piece->start};
    struct fuse_message *message = fuse_node_message(inode, FUSE_SETUPMAPPING, &in, sizeof(in));

    if (message == NULL) {
        piece_leave(window, piece);
        piece_done(window, piece);
        return -ENOMEM;
    }
    message->orphaned = message_ended;
    piece->gone = false;
    int64_t got = fuse_call(&message, NULL, 0, 0);
    if (message == NULL) { /* the server has it still: until then the piece is nobody's */
        piece_leave(window, piece);
        wait_wake_all(&window->changed, 0);
        return -EINTR;
    }
    fuse_message_end(message);
    if (got == -EAGAIN || got == -EINTR) /* that is the server's */
        got = -EIO;
    else if (got == 0 && piece->gone)
        got = -EAGAIN;
    if (got != 0)
        piece_leave(window, piece);
    piece_done(window, piece);
    return (int)got;
}

/* As many of the node's pieces as a message has room for. Those of which somebody holds a page are shown on, as all are
 * if there is no memory: until they show something else. */
static void pieces_remove(struct fuse_window *window, struct fuse_node *node)
{
    struct fuse_remove_mapping_in in = {0};
    struct fuse_message *message =
        fuse_message(&window->fs->connection, FUSE_REMOVEMAPPING, node->inode.key, &in, sizeof(in));
    struct fuse_piece *piece;

    while ((piece = node->pieces) != NULL && in.count < RANGES_MAX) {
        struct fuse_mapping range = {piece->start, piece->size};
        piece_leave(window, piece);
        if (message == NULL || piece->busy || !piece_is_free(window, piece))
            continue;
        piece->busy = true;
        fuse_message_add(message, &range, sizeof(range));
        in.count++;
    }
    if (in.count == 0) {
        fuse_message_end(message);
        return;
    }
    memcpy(message->text, &in, sizeof(in));
    message->orphaned = message_ended;
    fuse_message_leave(message, 0);
}

void fuse_pieces_forget(struct fuse_node *node)
{
    while (node->pieces != NULL)
        pieces_remove(fuse_fs_of(&node->inode)->window, node);
}
