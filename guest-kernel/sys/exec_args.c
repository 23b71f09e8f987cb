/* SPDX-License-Identifier: Apache-2.0 */
/* exec_args.c - gathers a new program's arguments and lays out its initial stack (System V ABI, "Process
 * Initialization"). */
#include "sys/exec_args.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/usercopy.h"

#define STACK_ALIGN 16u

/* ---- pools ---- */

/* Room at the pool's end: at least a byte, at most to the end of a page. NULL: no memory. */
static char *pool_room(struct page_pool *pool, size_t *room)
{
    size_t used = pool->size & PAGE_MASK;

    if (used == 0) {
        struct page *page = page_alloc_dirty();
        if (page == NULL)
            return NULL;
        page->owner = NULL; /* the next one in the chain */
        if (pool->last != NULL)
            pool->last->owner = page;
        else
            pool->first = page;
        pool->last = page;
    }
    *room = PAGE_SIZE - used;
    return (char *)page_data(pool->last) + used;
}

static int pool_append(struct page_pool *pool, const void *bytes, size_t size)
{
    const char *from = bytes;

    while (size != 0) {
        size_t room;
        char *to = pool_room(pool, &room);
        if (to == NULL)
            return -ENOMEM;
        size_t step = size < room ? size : room;
        memcpy(to, from, step);
        pool->size += step;
        from += step;
        size -= step;
    }
    return 0;
}

static int pool_write(const struct page_pool *pool, uaddr_t address)
{
    size_t left = pool->size;

    for (const struct page *page = pool->first; page != NULL && left != 0; page = page->owner) {
        size_t step = left < PAGE_SIZE ? left : PAGE_SIZE;
        if (copy_to_user(address, page_data(page), step) != 0)
            return -EFAULT;
        address += step;
        left -= step;
    }
    return 0;
}

static void pool_fini(struct page_pool *pool)
{
    struct page *page = pool->first;

    while (page != NULL) {
        struct page *next = page->owner;
        page_put(page);
        page = next;
    }
    *pool = (struct page_pool){0};
}

/* ---- gathering ---- */

static int vector_append(struct exec_args *args, uint64_t value)
{
    return pool_append(&args->vector, &value, args->word_size); /* the lower half comes first */
}

int exec_args_init(struct exec_args *args, const uint8_t random[ARG_RANDOM_SIZE], const char *platform,
                   unsigned word_size)
{
    static const char padding[STACK_ALIGN];
    size_t length = strlen(platform) + 1;

    *args = (struct exec_args){.word_size = word_size};
    int error = pool_append(&args->strings, random, ARG_RANDOM_SIZE);
    if (error == 0)
        error = pool_append(&args->strings, platform, length);
    if (error == 0 && length % STACK_ALIGN != 0)
        error = pool_append(&args->strings, padding, STACK_ALIGN - length % STACK_ALIGN);
    args->argv = args->strings.size;
    return error != 0 ? error : vector_append(args, 0); /* argc, later */
}

void exec_args_fini(struct exec_args *args)
{
    pool_fini(&args->strings);
    pool_fini(&args->vector);
}

static size_t total(const struct exec_args *args)
{
    return args->strings.size + args->vector.size;
}

int exec_args_add(struct exec_args *args, const char *string)
{
    size_t length = strnlen(string, ARG_STRING_MAX) + 1;

    if (length > ARG_STRING_MAX || total(args) + length + args->word_size > ARG_TOTAL_MAX)
        return -E2BIG;
    int error = vector_append(args, args->strings.size);
    return error != 0 ? error : pool_append(&args->strings, string, length);
}

/* The length isn't known before the copy, which goes page by page to where it stays. */
static int user_string_append(struct page_pool *pool, uaddr_t string)
{
    size_t start = pool->size;

    for (;;) {
        size_t room;
        char *to = pool_room(pool, &room);
        if (to == NULL)
            return -ENOMEM;
        int64_t length = string_from_user(to, string, room);
        if (length == -EFAULT)
            return -EFAULT;
        pool->size += length < 0 ? room : (size_t)length + 1;
        if (pool->size - start > ARG_STRING_MAX)
            return -E2BIG;
        if (length >= 0)
            return 0;
        string += room; /* it fills the room, and goes on */
    }
}

int exec_args_add_user(struct exec_args *args, uaddr_t string)
{
    int error = vector_append(args, args->strings.size);

    if (error == 0)
        error = user_string_append(&args->strings, string);
    return error == 0 && total(args) > ARG_TOTAL_MAX ? -E2BIG : error;
}

static unsigned vector_count(const struct exec_args *args)
{
    return (unsigned)(args->vector.size / args->word_size);
}

int exec_args_end_argv(struct exec_args *args)
{
    args->argc = vector_count(args) - 1;
    args->envp = args->strings.size;
    return vector_append(args, 0);
}

int exec_args_end_envp(struct exec_args *args)
{
    args->envc = vector_count(args) - args->argc - 2;
    args->envp_end = args->strings.size;
    return vector_append(args, 0);
}

int exec_args_set_file(struct exec_args *args, const char *path)
{
    args->file_name = args->strings.size;
    return pool_append(&args->strings, path, strlen(path) + 1);
}

/* ---- placing ---- */

uaddr_t exec_args_place(const struct exec_args *args, uaddr_t top)
{
    /* The last word of the stack is zero, as on Linux. */
    return (top - args->word_size - args->strings.size) & ~(uaddr_t)(STACK_ALIGN - 1);
}

uaddr_t exec_args_platform(const struct exec_args *args, uaddr_t place)
{
    (void)args;
    return place + ARG_RANDOM_SIZE;
}

static void word_relocate(void *at, unsigned size, uaddr_t place)
{
    uint64_t *word = at;
    uint32_t *half = at;

    if (size == sizeof(*word) && *word != 0)
        *word += place;
    else if (size == sizeof(*half) && *half != 0)
        *half += (uint32_t)place;
}

/* Makes the offsets addresses. The two NULLs are told by their value: no string lies at offset 0. */
static void vector_relocate(struct exec_args *args, uaddr_t place)
{
    unsigned count = 1 + args->argc + 1 + args->envc + 1, in_page = PAGE_SIZE / args->word_size;
    const struct page *page = args->vector.first;
    char *words = page_data(page);

    memcpy(words, &args->argc, sizeof(args->argc)); /* what was appended is zero */
    for (unsigned i = 1; i < count; i++) {
        char *at = words + (size_t)(i % in_page) * args->word_size;
        if (i % in_page == 0) {
            page = page->owner;
            at = words = page_data(page);
        }
        word_relocate(at, args->word_size, place);
    }
}

static int auxv_append(struct exec_args *args, const struct auxv_entry *auxv, unsigned count)
{
    int error = 0;

    if (args->word_size == sizeof(auxv->type))
        return pool_append(&args->vector, auxv, count * sizeof(*auxv));
    for (unsigned i = 0; i < count && error == 0; i++) {
        error = vector_append(args, auxv[i].type);
        if (error == 0)
            error = vector_append(args, auxv[i].value);
    }
    return error;
}

int exec_args_write(struct exec_args *args, uaddr_t place, const struct auxv_entry *auxv, unsigned auxv_count,
                    uaddr_t *sp)
{
    vector_relocate(args, place);
    int error = auxv_append(args, auxv, auxv_count);
    if (error != 0)
        return error;
    *sp = (place - args->vector.size) & ~(uaddr_t)(STACK_ALIGN - 1);
    error = pool_write(&args->strings, place);
    return error != 0 ? error : pool_write(&args->vector, *sp);
}
