/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.h - frames that aren't memory: a device has them behind a window of physical addresses, where it shows what
 * it likes (virtio 1.2, section 2.10: shared memory regions).
 *
 * They are read, written and mapped as memory is, and have a struct page each, with PAGE_WINDOW, but nobody gives them
 * out, and they aren't counted. One reference to each is the window's own, so that page_put never frees one. A struct
 * page is made when its part of the window is used for the first time, and stays.
 */
#ifndef GK_MM_WINDOW_H
#define GK_MM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/types.h"

/* There is one, from `base` on, of `size` bytes. False: it can't be used, as there is one already, or it lies where it
 * can't be mapped, or there is no memory. */
bool window_open(paddr_t base, uint64_t size);

/* So many bytes from `start` on, all of them within the window, can be used from now on. 0 or -ENOMEM: also if so much
 * of the window is used that its struct pages would take too much of the memory. */
int window_prepare(paddr_t start, uint64_t size);

#endif
