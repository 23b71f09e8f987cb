/* SPDX-License-Identifier: Apache-2.0 */
/* proc_memory.c - what is in a process's memory: how much of each kind, its arguments and environment, and all of it
 * (mem). */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/proc_process.h"
#include "mm/iter.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/remote.h"
#include "mm/turns.h"

/* ---- how much ---- */

bool proc_area_is_memory(const struct area *area)
{
    const struct inode *inode = area->object != NULL ? inode_of_object(area->object) : NULL;

    return inode != NULL ? inode->ops->count_page != NULL : area->object != NULL && area->object->ops->is_memory;
}

/* The tables of each level are counted as those of the lowest come by, in order of their addresses. */
struct tables {
    uint64_t count, last[ISA_PT_LEVELS];
};

static void tables_count(void *arg, uint64_t *table, unsigned first, unsigned last, uaddr_t base)
{
    struct tables *tables = arg;

    (void)table, (void)first, (void)last;
    for (unsigned level = 0; level < ISA_PT_LEVELS; level++) {
        unsigned shift = PAGE_SHIFT + ISA_PT_SHIFT * (level + 1);
        uint64_t which = 1 + (shift < 64 ? base >> shift : 0);

        tables->count += tables->last[level] != which;
        tables->last[level] = which;
    }
}

void proc_memory_count(struct space *space, struct proc_memory *out)
{
    struct tables tables = {0};
    unsigned areas = 0;

    *out = (struct proc_memory){0};
    space_begin(space);
    for (const struct area *area = area_first(space, 0); area != NULL; area = area_next(area)) {
        struct area_pages pages;
        uint64_t mapped = (area->end - area->start) >> PAGE_SHIFT;

        area_count_pages(area, &pages);
        out->anonymous += pages.anonymous;
        if (proc_area_is_memory(area))
            out->memory += pages.resident - pages.anonymous;
        else
            out->file += pages.resident - pages.anonymous;
        if (area->grows)
            out->stack += mapped;
        else if ((area->prot & (PROT_EXEC | PROT_WRITE)) == PROT_EXEC)
            out->code += mapped;
        space_turn_area(space, &areas);
    }
    pagetable_walk_in_turns(&space->arch, 0, space->top, tables_count, &tables);
    space_end(space);
    out->tables = tables.count;
}

/* ---- text that is in the program's memory ---- */

/* Prints [start, end) of the space, as far as it is there. The space may be whatever its program has made of it. */
static int range_print(struct proc_text *text, struct space *space, uaddr_t start, uaddr_t end)
{
    struct page *page = page_alloc_dirty();

    if (page == NULL)
        return -ENOMEM;
    while (start < end && text->error == 0) {
        size_t want = end - start < PAGE_SIZE ? end - start : PAGE_SIZE;
        size_t got = space_copy(space, start, page_data(page), want, SPACE_READ);

        proc_put(text, page_data(page), got);
        start += got;
        if (got < want)
            break;
    }
    page_put(page);
    return 0;
}

static int place_print(struct proc_text *text, const struct proc_inode *at,
                       void (*range)(const struct space *space, uaddr_t *start, uaddr_t *end))
{
    struct space *space = proc_space_get(at);
    uaddr_t start, end;
    int error;

    if (space == NULL)
        return 0; /* that it had when this was opened: there is nothing of it any more */
    range(space, &start, &end);
    error = range_print(text, space, start, end);
    space_put(space);
    return error;
}

static void environ_range(const struct space *space, uaddr_t *start, uaddr_t *end)
{
    *start = space->place.args_end;
    *end = space->place.env_end;
}

static void auxv_range(const struct space *space, uaddr_t *start, uaddr_t *end)
{
    *start = space->place.auxv;
    *end = space->place.auxv_end;
}

int proc_environ_show(struct proc_text *text, const struct proc_inode *at)
{
    return place_print(text, at, environ_range);
}

int proc_auxv_show(struct proc_text *text, const struct proc_inode *at)
{
    return place_print(text, at, auxv_range);
}

/* A program that has written over the end of its arguments (setproctitle(3)) has made one string of them, which goes on
 * into the environment: it ends with its NUL, as in Linux's get_mm_cmdline. */
int proc_cmdline_show(struct proc_text *text, const struct proc_inode *at)
{
    struct space *space = proc_space_get(at);
    const struct program_place *place;
    int error = 0;
    char last = 0;

    if (space == NULL)
        return proc_process(at) == NULL ? -ESRCH : 0;
    place = &space->place;
    if (place->args < place->args_end && space_copy(space, place->args_end - 1, &last, 1, SPACE_READ) == 1) {
        error = range_print(text, space, place->args, last == 0 ? place->args_end : place->env_end);
        if (last != 0 && error == 0)
            proc_text_end_at_nul(text);
    }
    space_put(space);
    return error;
}

/* ---- mem ---- */

/* Moves through a page of the kernel's between the caller's memory and the other's. Bytes or -errno. */
static int64_t mem_piece(struct space *space, struct iter *iter, uint64_t pos, char *bytes, bool write)
{
    size_t size = iter->left < PAGE_SIZE ? iter->left : PAGE_SIZE, done;
    int64_t moved = write ? iter_drain(iter, bytes, size) : (int64_t)size;

    if (moved <= 0)
        return moved;
    done = space_copy(space, pos, bytes, (size_t)moved, write ? SPACE_FORCE : SPACE_READ);
    if (done == 0)
        return -EIO;
    return write ? (int64_t)done : iter_fill(iter, bytes, done);
}

static int64_t mem_move(const struct file *file, struct iter *iter, uint64_t *pos, bool write)
{
    const struct proc_inode *at = proc_of(file->inode);
    struct space *space = (uintptr_t)file->owner == proc_execs(at) ? proc_space_get(at) : NULL;
    struct page *page = space != NULL ? page_alloc_dirty() : NULL;
    int64_t done = 0, moved = 0;

    if (space == NULL)
        return 0; /* it has ended */
    if (page == NULL)
        moved = -ENOMEM;
    while (page != NULL && iter->left != 0) {
        moved = mem_piece(space, iter, *pos, page_data(page), write);
        if (moved <= 0)
            break;
        done += moved;
        *pos += (uint64_t)moved;
        if ((uint64_t)done % WAIT_LOOP_BYTES < PAGE_SIZE && wait_loop_ends(false))
            break;
    }
    if (page != NULL)
        page_put(page);
    space_put(space);
    return done != 0 ? done : moved;
}

static int64_t mem_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    return mem_move(file, iter, pos, false);
}

static int64_t mem_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    return mem_move(file, iter, pos, true);
}

const struct file_ops proc_mem_ops = {.read = mem_read, .write = mem_write, .size = proc_no_end, .seekable = true};

/* ---- pagemap: which frames are where is nobody's business: as Linux has it for those without CAP_SYS_ADMIN ---- */

#define PAGEMAP_ENTRY 8u
#define PAGEMAP_PRESENT (1ull << 63)

static int64_t pagemap_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct space *space;
    int64_t done = 0, moved = 0;

    if (*pos % PAGEMAP_ENTRY != 0 || iter->left % PAGEMAP_ENTRY != 0)
        return -EINVAL;
    if ((uintptr_t)file->owner != proc_execs(proc_of(file->inode)))
        return 0;
    space = proc_space_get(proc_of(file->inode));
    if (space == NULL)
        return 0;
    while (iter->left != 0 && *pos / PAGEMAP_ENTRY < space->top >> PAGE_SHIFT) {
        const uint64_t *pte = pagetable_find(&space->arch, *pos / PAGEMAP_ENTRY << PAGE_SHIFT);
        uint64_t entry = pte != NULL && isa_pte_is_present(*pte) ? PAGEMAP_PRESENT : 0;

        moved = iter_fill(iter, &entry, sizeof(entry));
        if (moved <= 0)
            break;
        done += moved;
        *pos += (uint64_t)moved;
        if (done % (WAIT_LOOP_BYTES / 16) == 0 && wait_loop_ends(false))
            break;
    }
    space_put(space);
    return done != 0 ? done : moved;
}

const struct file_ops proc_pagemap_ops = {.read = pagemap_read, .size = proc_no_end, .seekable = true};
