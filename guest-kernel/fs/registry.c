/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - the file systems that a disk may hold, in the order in which they are tried. */
#include <stddef.h>

#include "fs/fat32.h"
#include "vfs/fstype.h"

const struct fs_type *const fs_types[] = {&fat32_type, NULL};
