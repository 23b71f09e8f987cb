/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - random bytes from the seed in the device tree (ChaCha20 as the generator). */
#ifndef GK_CORE_RANDOM_H
#define GK_CORE_RANDOM_H

#include <stddef.h>

void random_seed(const void *seed, size_t size);
void random_bytes(void *dst, size_t size);

#endif
