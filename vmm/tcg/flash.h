/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flash.h - a flash image for QEMU, which wants one of exactly the size of its machine's window: a file in memory
 * with the image and, behind it, erased flash. What the guest changes is written back when QEMU has ended.
 */
#ifndef LVMM_TCG_FLASH_H
#define LVMM_TCG_FLASH_H

#include <stdint.h>

#include "vmm/backend.h"

/* Its descriptor (close-on-exec), or -errno. `window`: bytes of QEMU's flash, at least the image's. */
int tcg_flash_open(const struct backend_file *image, uint64_t window);

/* Writes what differs back to the image, unless that is read-only. 0 or -errno after a message. */
int tcg_flash_save(int fd, const struct backend_file *image);

#endif
