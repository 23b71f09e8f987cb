/* SPDX-License-Identifier: Apache-2.0 */
/* vdso.h - the vDSO in a program's address space: a page of data (vdso/data.h), then the image. */
#ifndef GK_SYS_VDSO_H
#define GK_SYS_VDSO_H

#include <stdint.h>

#include "lib/types.h"

struct space;

uint64_t vdso_size(void); /* of both; 0: this ISA has none, and then the calls below do nothing */
/* An address above a stack that ends at `stack_top`, by `random`. */
uaddr_t vdso_place(uaddr_t stack_top, uint64_t random);
int vdso_map(struct space *space, uaddr_t place); /* 0 or -ENOMEM */
/* Fills its page table entries if the stack's table has them: then its first use is no fault. */
void vdso_map_ahead(struct space *space, uaddr_t place);
uaddr_t vdso_image_address(uaddr_t place); /* AT_SYSINFO_EHDR */
/* For arch/<isa>/signal.c: where a signal's handler returns to on an ISA whose programs give no restorer. */
uaddr_t vdso_sigreturn(const struct space *space);

#endif
