/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - what faults do with single pages, for the rest of mm/. */
#ifndef GK_MM_FAULT_H
#define GK_MM_FAULT_H

#include "mm/mapping.h"

struct page;

/* An anonymous page with the same bytes and one reference; NULL: no memory. The page stays meanwhile. */
struct page *fault_page_copy(struct page *from);

/* The page at `addr`, which is present, becomes the space's own if it is anonymous and other spaces have it too: a
 * write by one of them, or to one of them, isn't seen by who holds this one. 0 or -ENOMEM. */
int fault_unshare(struct space *space, uaddr_t addr);

/* The page at `addr`, which is present, of a private area becomes the space's own, to be written to by who may though
 * the program can't. 0 or -ENOMEM. */
int fault_own(struct space *space, uaddr_t addr);

#endif
