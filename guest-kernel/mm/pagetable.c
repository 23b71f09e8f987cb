/* SPDX-License-Identifier: Apache-2.0 */
/* pagetable.c - see pagetable.h. */
#include "mm/pagetable.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/keys.h"
#include "mm/tlb.h"
#include "mm/turns.h"

#define TOP (ISA_PT_LEVELS - 1)
#define FLUSHES_MAX 32u /* pages flushed one by one: for more, all are */

#ifdef ISA_HAS_KEYS
unsigned keys_count;
#endif

static uint64_t *table_at(paddr_t pa)
{
    return phys_to_virt(pa);
}

static uint64_t *leaf_remember(struct arch_space *space, uaddr_t va, uint64_t *table)
{
    uint64_t span = pagetable_span(va);

    space->leaf[span % ARCH_SPACE_LEAVES] = (struct arch_leaf){span + 1, table};
    return &table[isa_pt_index(va, 0)];
}

/* The table of leaves for `va`, or NULL. */
static inline __attribute__((always_inline)) uint64_t *leaf_table(const struct arch_space *space, uaddr_t va)
{
    uint64_t *table = table_at(space->root);

    for (unsigned level = TOP; level > 0; level--) {
        uint64_t entry = table[isa_pt_index(va, level)];
        if (!isa_pte_is_present(entry))
            return NULL;
        table = table_at(isa_pte_address(entry));
    }
    return table;
}

static uint64_t *leaf_find(struct arch_space *space, uaddr_t va)
{
    uint64_t *table = leaf_table(space, va);

    return table != NULL ? leaf_remember(space, va, table) : NULL;
}

uint64_t *pagetable_find(struct arch_space *space, uaddr_t va)
{
    uint64_t *entry;

    return pagetable_recall(space, va, &entry) ? entry : leaf_find(space, va);
}

uint64_t *pagetable_look(const struct arch_space *space, uaddr_t va)
{
    uint64_t *entry, *table;

    if (pagetable_recall(space, va, &entry))
        return entry;
    table = leaf_table(space, va);
    return table != NULL ? &table[isa_pt_index(va, 0)] : NULL;
}

/* ---- tables ---- */

/*
 * Where a table of tables is in use is in its frame's flags, a bit for each part of it, so that to clear it, once its
 * space is gone, is quick; a table of pages has no bits, and is zero once nothing is mapped. To make a table zero is
 * most of what it costs.
 */
#define MARK_SPAN (ISA_PT_ENTRIES / 32u)

static void table_mark(const uint64_t *table, unsigned i)
{
    page_of(virt_to_phys(table))->flags |= 1u << i / MARK_SPAN;
}

static void table_put(struct page *page)
{
    uint64_t *table = page_data(page);

    for (; page->flags != 0; page->flags &= page->flags - 1)
        memset(&table[(unsigned)__builtin_ctz(page->flags) * MARK_SPAN], 0, MARK_SPAN * sizeof(table[0]));
    page_put_zero(page);
}

/* All tables of a space are on a list that begins at its root's frame, so that to free them none has to be searched. */
static struct page *table_create(const struct arch_space *space)
{
    struct page *page = page_alloc(), *root = page_of(space->root);

    if (page != NULL) {
        struct page *next = page_linked(root->block.next);
        page->block.next = root->block.next;
        page->block.previous = page_link(root);
        root->block.next = page_link(page);
        if (next != NULL)
            next->block.previous = page_link(page);
    }
    return page;
}

static uint64_t *leaf_create(struct arch_space *space, uaddr_t va)
{
    uint64_t *table = table_at(space->root);

    for (unsigned level = TOP; level > 0; level--) {
        uint64_t *entry = &table[isa_pt_index(va, level)];
        if (!isa_pte_is_present(*entry)) {
            struct page *page = table_create(space);
            if (page == NULL)
                return NULL;
            *entry = isa_pte_table(page_phys(page));
            table_mark(table, isa_pt_index(va, level));
        }
        table = table_at(isa_pte_address(*entry));
    }
    return leaf_remember(space, va, table);
}

uint64_t *pagetable_create(struct arch_space *space, uaddr_t va)
{
    uint64_t *entry;

    return pagetable_recall(space, va, &entry) ? entry : leaf_create(space, va);
}

struct walk {
    uaddr_t start, end;
    pagetable_visit *visit;
    void *arg;
    struct space *turns;            /* NULL: all at once; else there may be one after each table (mm/turns.h) */
    void (*before_turn)(void *arg); /* may be NULL */
};

/* `entries` of a table were gone through. */
static inline void walk_turn(const struct walk *walk, unsigned entries)
{
    if (walk->turns == NULL || !space_turn_is_due(walk->turns, entries))
        return;
    if (walk->before_turn != NULL)
        walk->before_turn(walk->arg);
    space_give_way(walk->turns);
}

/* Visits the tables of pages for [start, end) below `table`, whose first entry stands for `base`. Where a table is
 * missing, all that it would cover is stepped over. */
static void walk_table(const struct walk *walk, uint64_t *table, unsigned level, uaddr_t base)
{
    unsigned shift = PAGE_SHIFT + level * ISA_PT_SHIFT;
    unsigned i = walk->start > base ? (unsigned)((walk->start - base) >> shift) : 0;
    uint64_t entries = walk->end > base ? (walk->end - base + (1ull << shift) - 1) >> shift : 0;
    unsigned last = entries < ISA_PT_ENTRIES ? (unsigned)entries : ISA_PT_ENTRIES;

    if (level == 0) {
        walk->visit(walk->arg, table, i, last, base);
        walk_turn(walk, last - i);
        return;
    }
    for (; (i = pagetable_used(table, i, last)) < last; i++)
        if (isa_pte_is_present(table[i]))
            walk_table(walk, table_at(isa_pte_address(table[i])), level - 1, base + ((uint64_t)i << shift));
}

/* Most areas lie within one table, which is known. */
static inline __attribute__((always_inline)) void walk_all(struct arch_space *space, struct walk walk)
{
    const uaddr_t size = PAGE_SIZE << ISA_PT_SHIFT;
    unsigned first = isa_pt_index(walk.start, 0), entries;
    uint64_t *entry;

    if (walk.end > ISA_USER_TOP)
        walk.end = ISA_USER_TOP;
    if (walk.start >= walk.end || pagetable_span(walk.start) != pagetable_span(walk.end - 1)) {
        walk_table(&(struct walk){walk.start, walk.end, walk.visit, walk.arg, walk.turns, walk.before_turn},
                   table_at(space->root), TOP, 0);
        return;
    }
    entry = pagetable_find(space, walk.start);
    if (entry == NULL)
        return;
    entries = (unsigned)((walk.end - walk.start + PAGE_SIZE - 1) >> PAGE_SHIFT);
    walk.visit(walk.arg, entry - first, first, first + entries, walk.start & ~(size - 1));
    if (entries >= SPACE_TURN_LOOKS)
        walk_turn(&(struct walk){.arg = walk.arg, .turns = walk.turns, .before_turn = walk.before_turn}, entries);
}

void pagetable_walk(struct arch_space *space, uaddr_t start, uaddr_t end, pagetable_visit *visit, void *arg)
{
    walk_all(space, (struct walk){start, end, visit, arg, NULL, NULL});
}

void pagetable_walk_in_turns(struct arch_space *space, uaddr_t start, uaddr_t end, pagetable_visit *visit, void *arg)
{
    walk_all(space, (struct walk){start, end, visit, arg, (struct space *)space, NULL}); /* as mm/tlb.h asserts */
}

static void turn_give(struct arch_space *space)
{
    space_give_way((struct space *)space);
}

/* ---- changing entries ---- */

struct unmap {
    struct arch_space *space;
    uint64_t count, flushes; /* pages; how many of them are forgotten one by one: 0, if nobody translates by them */
    uint64_t forgotten;      /* of `count`, when all were forgotten last */
};

static void unmap_visit(void *arg, uint64_t *table, unsigned i, unsigned last, uaddr_t base)
{
    struct unmap *unmap = arg;

    for (; (i = pagetable_used(table, i, last)) < last; i++) {
        struct page *page = page_of(isa_pte_address(table[i]));
        table[i] = 0;
        if (++unmap->count <= unmap->flushes)
            tlb_forget_page(unmap->space, base + i * PAGE_SIZE);
        page_unmapped(page);
    }
}

/* Before others have the frames. */
static void unmap_flush(void *arg)
{
    struct unmap *unmap = arg;

    if (unmap->count > unmap->flushes && unmap->count != unmap->forgotten)
        tlb_forget_all(unmap->space);
    unmap->forgotten = unmap->count;
}

static inline __attribute__((always_inline)) uint64_t unmap(struct arch_space *space, uaddr_t start, uaddr_t end,
                                                            uint64_t flushes, bool has_turns)
{
    struct unmap unmap = {.space = space, .flushes = flushes};

    walk_all(space, (struct walk){start, end, unmap_visit, &unmap, has_turns ? (struct space *)space : NULL,
                                  flushes != 0 ? unmap_flush : NULL});
    if (flushes != 0)
        unmap_flush(&unmap);
    return unmap.count;
}

uint64_t pagetable_unmap(struct arch_space *space, uaddr_t start, uaddr_t end)
{
    return unmap(space, start, end, FLUSHES_MAX, true);
}

uint64_t pagetable_unmap_at_once(struct arch_space *space, uaddr_t start, uaddr_t end)
{
    return unmap(space, start, end, FLUSHES_MAX, false);
}

uint64_t pagetable_unmap_ended(struct arch_space *space, uaddr_t start, uaddr_t end)
{
    return unmap(space, start, end, 0, true);
}

struct restrict_to {
    struct arch_space *space;
    unsigned access;
};

static void restrict_visit(void *arg, uint64_t *table, unsigned i, unsigned last, uaddr_t base)
{
    const struct restrict_to *to = arg;

    for (; (i = pagetable_used(table, i, last)) < last; i++) {
        unsigned keep = to->access >> ACCESS_KEY_SHIFT << ACCESS_KEY_SHIFT;
        for (unsigned bit = ACCESS_READ; bit <= ACCESS_EXEC; bit <<= 1)
            if ((to->access & bit) && isa_pte_allows(table[i], bit))
                keep |= bit;
        table[i] = isa_pte_page(isa_pte_address(table[i]), keep);
        tlb_forget_page(to->space, base + i * PAGE_SIZE);
    }
}

void pagetable_restrict(struct arch_space *space, uaddr_t start, uaddr_t end, unsigned access)
{
    struct restrict_to to = {space, access};

    walk_all(space, (struct walk){start, end, restrict_visit, &to, (struct space *)space, NULL});
}

struct move {
    struct arch_space *space;
    uint64_t distance; /* to add; may wrap around */
    int error;
};

static void prepare_visit(void *arg, uint64_t *table, unsigned i, unsigned last, uaddr_t base)
{
    struct move *move = arg;

    for (; (i = pagetable_used(table, i, last)) < last && move->error == 0; i++)
        if (pagetable_create(move->space, base + i * PAGE_SIZE + move->distance) == NULL)
            move->error = -ENOMEM;
}

int pagetable_move_prepare(struct arch_space *space, uaddr_t from, uaddr_t to, uint64_t length)
{
    struct move move = {space, to - from, 0};

    pagetable_walk_in_turns(space, from, from + length, prepare_visit, &move);
    return move.error;
}

static void move_visit(void *arg, uint64_t *table, unsigned i, unsigned last, uaddr_t base)
{
    const struct move *move = arg;

    for (; (i = pagetable_used(table, i, last)) < last; i++) {
        uaddr_t va = base + i * PAGE_SIZE;
        *pagetable_find(move->space, va + move->distance) = table[i];
        table[i] = 0;
        tlb_forget_page(move->space, va);
    }
}

void pagetable_move(struct arch_space *space, uaddr_t from, uaddr_t to, uint64_t length)
{
    struct move move = {space, to - from, 0};

    pagetable_walk_in_turns(space, from, from + length, move_visit, &move);
}

/* ---- giving tables back ---- */

struct trim {
    struct arch_space *space;
    uaddr_t start, end;
    uaddr_t floor, ceiling; /* nothing is mapped between them */
    struct page *freed;     /* linked by `owner` */
    unsigned tables;        /* that were taken */
};

static void table_take(struct trim *trim, struct page *page)
{
    struct page *next = page_linked(page->block.next);

    page_linked(page->block.previous)->block.next = page->block.next;
    if (next != NULL)
        next->block.previous = page->block.previous;
    page->owner = trim->freed;
    trim->freed = page;
}

/* `entry`'s table, by which nothing is mapped, with all below it. Only a table of tables has marks. Who has a turn in
 * between finds it where it was, with nothing in it. */
static void subtree_take(struct trim *trim, uint64_t entry)
{
    const uint64_t *table = table_at(isa_pte_address(entry));
    struct page *page = page_of(isa_pte_address(entry));

    for (uint32_t marks = page->flags; marks != 0; marks &= marks - 1) {
        unsigned i = (unsigned)__builtin_ctz(marks) * MARK_SPAN, last = i + MARK_SPAN;
        for (; (i = pagetable_used(table, i, last)) < last; i++)
            subtree_take(trim, table[i]);
    }
    table_take(trim, page);
    if (++trim->tables % SPACE_TURN == 0)
        turn_give(trim->space);
}

/* The tables of `level` - 1 that hang on `table`, whose first entry stands for `base`. */
static void trim_below(struct trim *trim, uint64_t *table, unsigned level, uaddr_t base)
{
    unsigned shift = PAGE_SHIFT + level * ISA_PT_SHIFT;
    unsigned i = trim->start > base ? (unsigned)((trim->start - base) >> shift) : 0;
    uint64_t entries = (trim->end - base + (1ull << shift) - 1) >> shift;
    unsigned last = entries < ISA_PT_ENTRIES ? (unsigned)entries : ISA_PT_ENTRIES;

    for (; (i = pagetable_used(table, i, last)) < last; i++) {
        uaddr_t va = base + ((uint64_t)i << shift), end = va + (1ull << shift);
        if (va >= trim->floor && end <= trim->ceiling) {
            subtree_take(trim, table[i]);
            table[i] = 0;
        } else if (level > 1) {
            trim_below(trim, table_at(isa_pte_address(table[i])), level - 1, va);
        }
    }
}

void pagetable_trim(struct arch_space *space, uaddr_t start, uaddr_t end, uaddr_t floor, uaddr_t ceiling)
{
    struct trim trim = {.space = space, .start = start, .end = end, .floor = floor, .ceiling = ceiling};

    trim_below(&trim, table_at(space->root), TOP, 0);
    if (trim.freed == NULL)
        return;
    for (struct arch_leaf *leaf = space->leaf; leaf < space->leaf + ARCH_SPACE_LEAVES; leaf++)
        if (leaf->span > pagetable_span(floor) && leaf->span <= pagetable_span(ceiling - 1) + 1)
            leaf->span = 0;
    tlb_forget_all(space);
    while (trim.freed != NULL) {
        struct page *page = trim.freed;
        trim.freed = page->owner;
        table_put(page);
        if (--trim.tables % SPACE_TURN == SPACE_TURN - 1)
            turn_give(space);
    }
}

void pagetable_destroy(struct arch_space *space)
{
    struct page *root = page_of(space->root), *table = page_linked(root->block.next);
    unsigned tables = 0;

    for (unsigned i = 0; i < ARCH_SPACE_LEAVES; i++)
        space->leaf[i].span = 0;
    while (table != NULL) {
        struct page *next = page_linked(table->block.next);
        table_put(table);
        if (++tables % SPACE_TURN == 0)
            turn_give(space);
        table = next;
    }
    page_put(root);
    space->root = 0;
}
