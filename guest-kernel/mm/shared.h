/* SPDX-License-Identifier: Apache-2.0 */
/* shared.h - shared anonymous memory (MAP_SHARED | MAP_ANONYMOUS, shared mappings of /dev/zero): an object of its own,
 * so that all its mappings see the same pages. */
#ifndef GK_MM_SHARED_H
#define GK_MM_SHARED_H

#include "mm/object.h"

/* `length` bytes, rounded up to pages, zero and without frames until touched; beyond it there is nothing (SIGBUS). One
 * reference, for the caller: its pages go with the last one. NULL: no memory. */
struct vm_object *shared_create(uint64_t length);

#endif
