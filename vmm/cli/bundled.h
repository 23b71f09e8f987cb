/* SPDX-License-Identifier: Apache-2.0 */
/* bundled.h - where the guest kernel is that comes with lvmm. */
#ifndef LVMM_BUNDLED_H
#define LVMM_BUNDLED_H

#include <stddef.h>

/* The bundled guest kernel of an ISA: beside our own executable when run from the build folder, else where `make
 * install` puts it, ../lib/lvmm. 0, or -ENOENT with the reason in `why`. */
int bundled_kernel(const char *isa, char *path, size_t path_size, char *why, size_t why_size);

#endif
