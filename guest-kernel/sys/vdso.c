/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso.c - maps the vDSO. Its pages are the kernel's own, the same in every process; a program that doesn't use them
 * pays for two areas and two page table entries.
 */
#include "sys/vdso.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/space.h"

extern const char vdso_image[], vdso_image_end[]; /* vdso/image.S */

#define TABLE_SPAN (PAGE_SIZE << ISA_PT_SHIFT) /* of one page table */

static uint64_t image_size(void)
{
    return (uintptr_t)vdso_image_end - (uintptr_t)vdso_image;
}

uint64_t vdso_size(void)
{
    return image_size() != 0 ? PAGE_SIZE + image_size() : 0;
}

/* The image's entry point (build.mk), which stands at byte 24 of an ELF header. */
uaddr_t vdso_sigreturn(const struct space *space)
{
    uint64_t entry;

    memcpy(&entry, vdso_image + 24, sizeof(entry));
    return vdso_image_address(space->vdso) + entry;
}

uaddr_t vdso_image_address(uaddr_t place)
{
    return place + PAGE_SIZE;
}

/* ---- the object: page 0 is the data, the image follows ---- */

static int vdso_page(struct vm_object *object, uint64_t index, int will_write, struct page **out)
{
    (void)object, (void)will_write;
    if (index >= vdso_size() >> PAGE_SHIFT)
        return -ENXIO;
    const void *bytes = index != 0 ? vdso_image + ((index - 1) << PAGE_SHIFT) : clock_page();
    struct page *page = page_of(virt_to_phys(bytes));
    if (page->refs == 0)
        page_get(page); /* the kernel's own: it is never freed */
    page_get(page);
    *out = page;
    return 0;
}

static struct page *vdso_find(struct vm_object *object, uint64_t index)
{
    struct page *page;

    return vdso_page(object, index, false, &page) != 0 ? NULL : page;
}

static void vdso_reference(struct vm_object *object)
{
    (void)object; /* it is always there */
}

static const struct vm_object_ops vdso_ops = {
    .page = vdso_page,
    .find = vdso_find,
    .get = vdso_reference,
    .put = vdso_reference,
};
static struct vm_object vdso_object = {.ops = &vdso_ops};

/* ---- its place ---- */

/* As Linux on x86 (vdso_addr): somewhere up to the end of the page table that the top of the stack is in. */
uaddr_t vdso_place(uaddr_t stack_top, uint64_t random)
{
    uaddr_t table_end = (stack_top + TABLE_SPAN - 1) & ~(TABLE_SPAN - 1);
    uaddr_t last = (table_end < ISA_USER_TOP ? table_end : ISA_USER_TOP) - vdso_size();

    return last > stack_top ? stack_top + (random % (last - stack_top + PAGE_SIZE) & ~PAGE_MASK) : stack_top;
}

static int map_part(struct space *space, uaddr_t at, uint64_t size, unsigned prot, unsigned max_prot, uint64_t offset)
{
    return space_map(space, &at, size, prot, max_prot, MAP_PRIVATE | MAP_FIXED, &vdso_object, offset);
}

/* A debugger may write breakpoints into its own copy of the code, nobody into the data. */
int vdso_map(struct space *space, uaddr_t place)
{
    if (vdso_size() == 0)
        return 0;
    int error = map_part(space, place, PAGE_SIZE, PROT_READ, PROT_READ, 0);
    if (error == 0)
        error = map_part(space, vdso_image_address(place), image_size(), PROT_READ | PROT_EXEC,
                         PROT_READ | PROT_WRITE | PROT_EXEC, PAGE_SIZE);
    if (error == 0)
        space->vdso = place;
    return error;
}

void vdso_map_ahead(struct space *space, uaddr_t place)
{
    if (vdso_size() == 0)
        return;
    space_map_ahead(space, place);
    space_map_ahead(space, vdso_image_address(place));
}
