/* SPDX-License-Identifier: Apache-2.0 */
/* usercopy.c - copies through the kernel's own map, a page at a time. */
#include "mm/usercopy.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "lib/string.h"
#include "mm/fault.h"
#include "mm/keys.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/space.h"

int (*usercopy_fault)(struct space *space, uaddr_t address, unsigned access) = space_fault;

/* Whether the running thread may, by the entry and by its keys. */
static inline __attribute__((always_inline)) bool allows(uint64_t pte, unsigned access)
{
    return isa_pte_allows(pte, access) && key_allows(key_of_entry(pte), access);
}

static char *page_view(uint64_t pte, uaddr_t addr)
{
    return (char *)phys_to_virt(isa_pte_address(pte)) + (addr & PAGE_MASK);
}

/* The kernel's view of a user address whose page is there, where it is quickly found. Valid to the end of the page and
 * until the address space changes. */
static inline __attribute__((always_inline)) bool view_present(uaddr_t addr, unsigned access, char **view)
{
    uint64_t *pte;

    if (addr >= ISA_USER_TOP || !pagetable_recall(&current_process()->space->arch, addr, &pte) || !allows(*pte, access))
        return false;
    *view = page_view(*pte, addr);
    return true;
}

/* The same of any address, or NULL; brings the page in. */
static char *user_view(uaddr_t addr, unsigned access)
{
    struct space *space = current_process()->space;

    if (addr >= ISA_USER_TOP)
        return NULL;
    const uint64_t *pte = pagetable_find(&space->arch, addr);
    if (pte == NULL || !allows(*pte, access)) {
        if (usercopy_fault(space, addr, access | ACCESS_KEYED) != 0)
            return NULL;
        pte = pagetable_find(&space->arch, addr);
    }
    return page_view(*pte, addr);
}

int user_page_get(uaddr_t addr, bool to_write, struct page **out)
{
    struct space *space = current_process()->space;
    const char *view = user_view(addr, to_write ? ACCESS_WRITE : ACCESS_READ);

    if (view == NULL || fault_unshare(space, addr) != 0)
        return -EFAULT;
    struct page *page = page_of(isa_pte_address(*pagetable_find(&space->arch, addr)));
    page_get(page);
    *out = page;
    return 0;
}

int user_word(uaddr_t addr, bool to_write, uint32_t **word)
{
    unsigned access = to_write ? ACCESS_WRITE : ACCESS_READ;
    char *view;

    if (!view_present(addr, access, &view) && (view = user_view(addr, access)) == NULL)
        return -EFAULT;
    *word = (uint32_t *)(void *)view;
    return 0;
}

bool user_word_at_hand(uaddr_t addr, bool to_write, uint32_t **word)
{
    const uint64_t *pte = addr < ISA_USER_TOP ? pagetable_find(&current_process()->space->arch, addr) : NULL;

    if (pte == NULL || !allows(*pte, to_write ? ACCESS_WRITE : ACCESS_READ))
        return false;
    *word = (uint32_t *)(void *)page_view(*pte, addr);
    return true;
}

static size_t in_page(uaddr_t addr, size_t size)
{
    size_t room = PAGE_SIZE - (addr & PAGE_MASK);

    return size < room ? size : room;
}

enum operation { FROM_USER, TO_USER, CLEAR_USER };

/* Within a page. */
static inline __attribute__((always_inline)) void operate(enum operation operation, char *view, char *kernel,
                                                          size_t size)
{
    if (operation == FROM_USER)
        memcpy(kernel, view, size);
    else if (operation == TO_USER)
        memcpy(view, kernel, size);
    else
        memset(view, 0, size);
}

static __attribute__((noinline)) int operate_by_pages(enum operation operation, uaddr_t user, char *kernel, size_t size)
{
    while (size != 0) {
        size_t step = in_page(user, size);
        unsigned access = operation == FROM_USER ? ACCESS_READ : ACCESS_WRITE;
        char *view;
        if (!view_present(user, access, &view) && (view = user_view(user, access)) == NULL)
            return -EFAULT;
        operate(operation, view, kernel, step);
        kernel = operation == CLEAR_USER ? NULL : kernel + step;
        user += step;
        size -= step;
    }
    return 0;
}

/* As a rule it is one page, and it is there. `kernel` is NULL if there are only bytes to clear. */
static inline __attribute__((always_inline)) int operate_on_range(enum operation operation, uaddr_t user, char *kernel,
                                                                  size_t size)
{
    char *view;

    if (__builtin_expect(in_page(user, size) != size, false) != 0 ||
        !view_present(user, operation == FROM_USER ? ACCESS_READ : ACCESS_WRITE, &view))
        return operate_by_pages(operation, user, kernel, size);
    operate(operation, view, kernel, size);
    return 0;
}

int copy_from_user(void *dst, uaddr_t src, size_t size)
{
    return operate_on_range(FROM_USER, src, dst, size);
}

int copy_to_user(uaddr_t dst, const void *src, size_t size)
{
    return operate_on_range(TO_USER, dst, (char *)(uintptr_t)src, size); /* NOLINT(performance-no-int-to-ptr) */
}

int zero_user(uaddr_t dst, size_t size)
{
    return operate_on_range(CLEAR_USER, dst, NULL, size);
}

/* ---- sharing the kernel lock ---- */

static bool copy_shared(enum operation operation, uaddr_t user, char *kernel, size_t size)
{
    const struct arch_space *space = &current_process()->space->arch;
    unsigned access = operation == FROM_USER ? ACCESS_READ : ACCESS_WRITE;

    if (user > ISA_USER_TOP || size > ISA_USER_TOP - user)
        return false;
    while (size != 0) {
        size_t step = in_page(user, size);
        const uint64_t *pte = pagetable_look(space, user);
        if (pte == NULL || !allows(*pte, access))
            return false;
        operate(operation, page_view(*pte, user), kernel, step);
        kernel += step;
        user += step;
        size -= step;
    }
    return true;
}

bool copy_from_user_shared(void *dst, uaddr_t src, size_t size)
{
    return copy_shared(FROM_USER, src, dst, size);
}

bool copy_to_user_shared(uaddr_t dst, const void *src, size_t size)
{
    return copy_shared(TO_USER, dst, (char *)(uintptr_t)src, size); /* NOLINT(performance-no-int-to-ptr) */
}

bool string_from_user_shared(char *dst, uaddr_t src, size_t size)
{
    while (size != 0) {
        size_t step = in_page(src, size);
        const char *end;
        if (!copy_shared(FROM_USER, src, dst, step))
            return false;
        end = memchr(dst, 0, step);
        if (end != NULL)
            return true;
        dst += step;
        src += step;
        size -= step;
    }
    return false;
}

int64_t string_from_user(char *dst, uaddr_t src, size_t size)
{
    size_t length = 0;

    while (length < size) {
        size_t step = in_page(src + length, size - length);
        const char *from = user_view(src + length, ACCESS_READ);
        if (from == NULL)
            return -EFAULT;
        const char *end = memchr(from, 0, step);
        if (end != NULL)
            step = (size_t)(end - from) + 1;
        memcpy(dst + length, from, step);
        length += step;
        if (end != NULL) {
            dst[length - 1] = 0; /* whatever another thread has made of it since */
            return (int64_t)length - 1;
        }
    }
    return -ENAMETOOLONG;
}
