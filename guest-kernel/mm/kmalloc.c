/* SPDX-License-Identifier: Apache-2.0 */
/* kmalloc.c - size classes of powers of two, each carved from pages of its own; a page remembers its class in its
 * flags. Beyond the largest class is one for each order of frames in a row: an object has all of them, and the first
 * remembers. */
#include "mm/kmalloc.h"

#include "lib/string.h"
#include "mm/check.h"
#include "mm/page.h"

#define CLASS_MIN_SHIFT 4 /* 16 bytes */
#define CLASSES (PAGE_SHIFT - CLASS_MIN_SHIFT + 1)

struct object {
    struct object *next;
};

static struct size_class {
    struct object *free;
    char *fresh; /* never used, hence zero, up to the end of its page */
    unsigned long pages;
} classes[CLASSES];

static unsigned class_of(size_t size)
{
    return size <= 1ul << CLASS_MIN_SHIFT ? 0 : 64 - CLASS_MIN_SHIFT - (unsigned)__builtin_clzll(size - 1);
}

/* The next object of a page that has some which were never used. */
static inline void *object_carve(struct size_class *c, unsigned class)
{
    void *object = c->fresh;

    check_zero(object, 16ul << class);
    check_count_object(1);
    c->fresh += 16ul << class;
    if (!((uintptr_t)c->fresh & PAGE_MASK))
        c->fresh = NULL;
    return object;
}

/* The first object of a new page. Apart, so that kmalloc is short enough to be inline where the size is known. */
static __attribute__((noinline)) void *page_carve(struct size_class *c, unsigned class)
{
    struct page *page = page_alloc();

    if (page == NULL)
        return NULL;
    page->flags = class;
    c->fresh = page_data(page);
    c->pages++;
    check_count_kept();
    return object_carve(c, class);
}

static __attribute__((noinline)) void *large_alloc(size_t size)
{
    unsigned class = class_of(size);
    struct page *first = size <= KMALLOC_MAX ? page_alloc_order(class - (CLASSES - 1)) : NULL;

    if (first == NULL)
        return NULL;
    first->flags = class;
    check_count_object(1);
    return page_data(first);
}

static __attribute__((noinline)) void large_free(struct page *first)
{
    check_count_object(-1);
    page_put_order(first, first->flags - (CLASSES - 1));
}

static inline __attribute__((always_inline)) void *class_alloc(unsigned class, size_t size)
{
    struct size_class *c = &classes[class];
    struct object *object = c->free;

    if (check_fails())
        return NULL;
    if (object == NULL)
        return c->fresh != NULL ? object_carve(c, class) : page_carve(c, class);
    c->free = object->next;
    check_poisoned(object + 1, (16ul << class) - sizeof(*object));
    check_count_object(1);
    /* What is behind it is nobody's; but kfree looks for what it leaves there itself. */
    return memset(object, 0, CHECKS_ON ? 16ul << class : size);
}

void *kmalloc(size_t size)
{
    return size > PAGE_SIZE ? large_alloc(size) : class_alloc(class_of(size), size);
}

bool kmalloc_tell(unsigned n, struct kmalloc_told *out)
{
    const struct size_class *c = &classes[n];

    if (n >= CLASSES)
        return false;
    *out = (struct kmalloc_told){.size = 16ul << n, .pages = c->pages, .objects = c->pages * (PAGE_SIZE / (16ul << n))};
    if (c->fresh != NULL)
        out->free = (PAGE_SIZE - ((uintptr_t)c->fresh & PAGE_MASK)) / out->size;
    for (const struct object *object = c->free; object != NULL && out->free < KMALLOC_COUNTED; object = object->next)
        out->free++;
    return true;
}

bool kmalloc_is_at_hand(size_t size)
{
    return size <= PAGE_SIZE && classes[class_of(size)].free != NULL;
}

/* Not inline: the ends of a process and of a boot call it from many places, once from each. */
__attribute__((noinline)) void kfree(void *ptr)
{
    if (ptr == NULL)
        return;
    struct page *page = page_of(virt_to_phys(ptr));
    unsigned class = page->flags;
    struct object *object = ptr;

    if (class >= CLASSES) {
        large_free(page);
        return;
    }
    check_not_free(object, 16ul << class);
    check_poison(object + 1, (16ul << class) - sizeof(*object));
    check_count_object(-1);
    object->next = classes[class].free;
    classes[class].free = object;
}
