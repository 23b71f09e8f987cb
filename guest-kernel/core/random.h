/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - random bytes from the seed in the device tree (ChaCha20 as the generator). */
#ifndef GK_CORE_RANDOM_H
#define GK_CORE_RANDOM_H

#include <stddef.h>

/* Takes in `size` bytes that nobody else knows: the first 32 are the key, more are handed out as they are before the
 * generator is first used. Call once, before random_bytes. */
void random_seed(const void *seed, size_t size);
/* Fills dst with `size` random bytes. What was handed out can't be computed from what the generator holds after it. */
void random_bytes(void *dst, size_t size);

#endif
