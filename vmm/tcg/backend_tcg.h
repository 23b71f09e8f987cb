/* SPDX-License-Identifier: Apache-2.0 */
/* backend_tcg.h - what `lvmm doctor` asks of the TCG backend beside backend.h. */
#ifndef LVMM_BACKEND_TCG_H
#define LVMM_BACKEND_TCG_H

#include <stddef.h>

/* Looks `program` up in PATH. 0 or -ENOENT. */
int tcg_find(const char *program, char *path, size_t path_size);

#endif
