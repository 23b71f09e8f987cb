/* SPDX-License-Identifier: Apache-2.0 */
/*
 * return_page.c - see return_page.h. Linux has that code in the vDSO of such programs; it is not in the frame on the
 * stack, which isn't executable. The page is the kernel's own, the same in every process.
 */
#include "sys/return_page.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/space.h"

#ifdef ISA_SIGRETURN_32BIT

static uint8_t bytes[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static const uint8_t code[] = ISA_SIGRETURN_32BIT;

static int return_page(struct vm_object *object, uint64_t index, int will_write, struct page **out)
{
    struct page *page = page_of(virt_to_phys(bytes));

    (void)object, (void)will_write;
    if (index != 0)
        return -ENXIO;
    if (page->refs == 0) {
        memcpy(bytes, code, sizeof(code));
        page_get(page); /* the kernel's own: it is never freed */
    }
    page_get(page);
    *out = page;
    return 0;
}

static struct page *return_page_find(struct vm_object *object, uint64_t index)
{
    struct page *page;

    return return_page(object, index, false, &page) != 0 ? NULL : page;
}

static void return_page_reference(struct vm_object *object)
{
    (void)object; /* it is always there */
}

static const struct vm_object_ops return_page_ops = {
    .page = return_page,
    .find = return_page_find,
    .get = return_page_reference,
    .put = return_page_reference,
};
static struct vm_object return_page_object = {.ops = &return_page_ops};

int return_page_map(struct space *space, uaddr_t place)
{
    int error = space_map(space, &place, PAGE_SIZE, PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_FIXED, &return_page_object, 0);

    if (error == 0)
        space->vdso = place;
    return error;
}

#else

int return_page_map(struct space *space, uaddr_t place)
{
    (void)space, (void)place;
    return 0;
}

#endif
