/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - see check.h. */
#include "mm/check.h"

#include "core/log.h"

#ifdef GK_CHECKS

#define POISON 0xf4eedf4eed5a11edull

static struct {
    uint64_t fail_every, allocations;
    int64_t objects; /* that kmalloc has given and not taken back */
    uint64_t kept;   /* frames that stay in use for good */
} checks;

void check_fail_every(uint64_t n)
{
    checks.fail_every = n;
    checks.allocations = 0;
}

bool check_fails(void)
{
    return checks.fail_every != 0 && ++checks.allocations % checks.fail_every == 0;
}

/* ---- what freed memory has in it ---- */

/* The first of the words that isn't `value`, or their end. */
static const uint64_t *word_find(const void *memory, size_t size, uint64_t value)
{
    const uint64_t *word = memory, *end = word + size / sizeof(*word);

    while (word < end && *word == value)
        word++;
    return word;
}

void check_poison(void *memory, size_t size)
{
    uint64_t *word = memory;

    for (size_t i = 0; i < size / sizeof(*word); i++)
        word[i] = POISON;
}

void check_poisoned(const void *memory, size_t size)
{
    const uint64_t *word = word_find(memory, size, POISON), *start = memory;

    if (word != start + size / sizeof(*word))
        panic("free memory at %lx was written to: %lx at byte %lu", (unsigned long)(uintptr_t)memory,
              (unsigned long)*word, (unsigned long)(word - start) * 8);
}

void check_zero(const void *memory, size_t size)
{
    const uint64_t *word = word_find(memory, size, 0), *start = memory;

    if (word != start + size / sizeof(*word))
        panic("unused memory at %lx was written to: %lx at byte %lu", (unsigned long)(uintptr_t)memory,
              (unsigned long)*word, (unsigned long)(word - start) * 8);
}

/* The first word of a free object is kmalloc's. */
void check_not_free(const void *object, size_t size)
{
    const uint64_t *rest = (const uint64_t *)object + 1;

    if (word_find(rest, size - 8, POISON) == rest + size / 8 - 1)
        panic("the object at %lx was freed twice", (unsigned long)(uintptr_t)object);
}

/* ---- what is in use ---- */

void check_count_object(int more)
{
    checks.objects += more;
}

void check_count_kept(void)
{
    checks.kept++;
}

int64_t check_objects(void)
{
    return checks.objects;
}

uint64_t check_kept(void)
{
    return checks.kept;
}

#else

void check_fail_every(uint64_t n)
{
    if (n != 0)
        log_error("fail= is for a kernel that was built with checks");
}

#endif
