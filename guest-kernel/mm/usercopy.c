/* SPDX-License-Identifier: Apache-2.0 */
/* usercopy.c - copies through the kernel's own map, a page at a time. */
#include "mm/usercopy.h"

#include "abi/errno.h"
#include "core/process.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/pagetable.h"

/* The kernel's view of a user address, or NULL. Valid to the end of the page and until the address space changes. */
static char *user_view(uaddr_t addr, unsigned access)
{
    struct space *space = current_process()->space;

    if (addr >= ISA_USER_TOP)
        return NULL;
    uint64_t *pte = pagetable_find(&space->arch, addr);
    if (!pte || !isa_pte_allows(*pte, access)) {
        if (space_fault(space, addr, access))
            return NULL;
        pte = pagetable_find(&space->arch, addr);
    }
    return (char *)phys_to_virt(isa_pte_address(*pte)) + (addr & PAGE_MASK);
}

int user_page_get(uaddr_t addr, bool to_write, struct page **out)
{
    const char *view = user_view(addr, to_write ? ACCESS_WRITE : ACCESS_READ);
    struct page *page = view ? page_of(virt_to_phys(view)) : NULL;

    if (!page)
        return -EFAULT;
    page_get(page);
    *out = page;
    return 0;
}

static size_t in_page(uaddr_t addr, size_t size)
{
    size_t room = PAGE_SIZE - (addr & PAGE_MASK);

    return size < room ? size : room;
}

int copy_from_user(void *dst, uaddr_t src, size_t size)
{
    char *to = dst;

    while (size) {
        size_t step = in_page(src, size);
        const char *from = user_view(src, ACCESS_READ);
        if (!from)
            return -EFAULT;
        memcpy(to, from, step);
        to += step;
        src += step;
        size -= step;
    }
    return 0;
}

int copy_to_user(uaddr_t dst, const void *src, size_t size)
{
    const char *from = src;

    while (size) {
        size_t step = in_page(dst, size);
        char *to = user_view(dst, ACCESS_WRITE);
        if (!to)
            return -EFAULT;
        memcpy(to, from, step);
        from += step;
        dst += step;
        size -= step;
    }
    return 0;
}

int zero_user(uaddr_t dst, size_t size)
{
    while (size) {
        size_t step = in_page(dst, size);
        char *to = user_view(dst, ACCESS_WRITE);
        if (!to)
            return -EFAULT;
        memset(to, 0, step);
        dst += step;
        size -= step;
    }
    return 0;
}

int64_t string_from_user(char *dst, uaddr_t src, size_t size)
{
    size_t length = 0;

    while (length < size) {
        size_t step = in_page(src + length, size - length);
        const char *from = user_view(src + length, ACCESS_READ);
        if (!from)
            return -EFAULT;
        const char *end = memchr(from, 0, step);
        if (end)
            step = (size_t)(end - from) + 1;
        memcpy(dst + length, from, step);
        length += step;
        if (end) {
            dst[length - 1] = 0; /* whatever another thread has made of it since */
            return (int64_t)length - 1;
        }
    }
    return -ENAMETOOLONG;
}
