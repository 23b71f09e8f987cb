/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - what a kernel built with GK_CHECKS watches of its own memory: freed memory is poisoned, and looked at when
 * it is given out again; allocations can be made to fail; what is in use is counted. In other kernels all of this is
 * nothing.
 */
#ifndef GK_MM_CHECK_H
#define GK_MM_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From now on every `n`th allocation of frames or by kmalloc fails; 0: none does. */
void check_fail_every(uint64_t n);

#ifdef GK_CHECKS

#define CHECKS_ON true

/* Whether this allocation is to fail. */
bool check_fails(void);
/* Freed memory of whole words is filled; it panics if that has been written to since. */
void check_poison(void *memory, size_t size);
void check_poisoned(const void *memory, size_t size);
/* It panics if memory isn't zero that was never used. */
void check_zero(const void *memory, size_t size);
/* It panics if the object has been freed already. */
void check_not_free(const void *object, size_t size);
/* An object more, or one less; a frame that is for good: one of kmalloc's, a driver's buffer. */
void check_count_object(int more);
void check_count_kept(void);
int64_t check_objects(void);
uint64_t check_kept(void);

#else

#define CHECKS_ON false

static inline bool check_fails(void)
{
    return false;
}
static inline void check_poison(void *memory, size_t size)
{
    (void)memory, (void)size;
}
static inline void check_poisoned(const void *memory, size_t size)
{
    (void)memory, (void)size;
}
static inline void check_zero(const void *memory, size_t size)
{
    (void)memory, (void)size;
}
static inline void check_not_free(const void *object, size_t size)
{
    (void)object, (void)size;
}
static inline void check_count_object(int more)
{
    (void)more;
}
static inline void check_count_kept(void)
{
}
static inline int64_t check_objects(void)
{
    return 0;
}
static inline uint64_t check_kept(void)
{
    return 0;
}

#endif

#endif
