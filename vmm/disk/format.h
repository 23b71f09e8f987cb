/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - image formats of others, which are no raw disks. Pure. */
#ifndef LVMM_DISK_FORMAT_H
#define LVMM_DISK_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define DISK_START_BYTES 4096u /* of a file's start, by which it is told what it is */

/* What a file that begins so is, by the name that qemu-img has for it: "qcow2"; NULL: none of those. */
const char *disk_format_name(const uint8_t *start, size_t size);

#endif
