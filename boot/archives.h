/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archives.h - what an initramfs file is made of: cpio archives ("newc"), each plain or compressed by itself, with
 * zeros between them (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). Only what is compressed is
 * looked into, as the guest kernel checks all of it.
 */
#ifndef LVMM_BOOT_ARCHIVES_H
#define LVMM_BOOT_ARCHIVES_H

#include <stdbool.h>
#include <stddef.h>

/* Whether nothing in the file is compressed: then it can be handed over as it is. True also for a damaged archive. 0,
 * or -ENOEXEC with a reason in `why` that follows the file's name: there is something else in it. */
int archives_are_plain(const void *file, size_t size, bool *out, char *why, size_t why_size);

/* Puts the archives into `out`, each plain and at a multiple of 4. 0 with *out_size; else with a reason, and
 *   -EFBIG   they are more than out_max;
 *   or as archives_are_plain and unpack (boot/unpack.h). */
int archives_unpack(const void *file, size_t size, void *out, size_t out_max, size_t *out_size, char *why,
                    size_t why_size);

#endif
