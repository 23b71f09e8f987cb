/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usercopy.h - the only way to user memory: translates through the current process's page tables, brings pages in, and
 * copies through the kernel's own map. No user pointer is ever dereferenced.
 */
#ifndef GK_MM_USERCOPY_H
#define GK_MM_USERCOPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/types.h"

/* 0, or -EFAULT; then a part may have been copied. */
int copy_from_user(void *dst, uaddr_t src, size_t size);
int copy_to_user(uaddr_t dst, const void *src, size_t size);
int zero_user(uaddr_t dst, size_t size);

/* The page behind a user address, with a reference: it stays what it is whatever happens to the mapping, and no other
 * space has it unless they share its object. to_write: the kernel is going to write there. 0 or -EFAULT. */
struct page;
int user_page_get(uaddr_t addr, bool to_write, struct page **out);

/* The kernel's view of the aligned word at a user address, which is brought in: good until the thread waits. Programs
 * on other CPUs may change it at any time: it is read by user_word_read, each time once. It is written to only if
 * to_write, by user_word_exchange. 0 or -EFAULT. */
int user_word(uaddr_t addr, bool to_write, uint32_t **word);

/* The same if it is there already; else false. Doesn't wait, so that views got before stay good. */
bool user_word_at_hand(uaddr_t addr, bool to_write, uint32_t **word);

static inline uint32_t user_word_read(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* The word becomes `value` in one step, if it is `expected`. */
static inline bool user_word_exchange(uint32_t *word, uint32_t expected, uint32_t value)
{
    return __atomic_compare_exchange_n(word, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* For who shares the kernel lock (core/klock.h): between the kernel and the user's pages that are there and allow it.
 * False: not all of them are; a part may have been copied. */
bool copy_from_user_shared(void *dst, uaddr_t src, size_t size);
bool copy_to_user_shared(uaddr_t dst, const void *src, size_t size);
/* string_from_user of a string that fits. */
bool string_from_user_shared(char *dst, uaddr_t src, size_t size);

/* Copies a string with its NUL. Its length without the NUL; -ENAMETOOLONG if it doesn't fit in `size`
 * (then its first `size` bytes have been copied); -EFAULT. */
int64_t string_from_user(char *dst, uaddr_t src, size_t size);

/* What brings pages in: space_fault (mm/space.h), or, once the kernel runs, what does more than that where memory is
 * used up (core/oom.h). It may wait. */
struct space;
extern int (*usercopy_fault)(struct space *space, uaddr_t address, unsigned access);

#endif
