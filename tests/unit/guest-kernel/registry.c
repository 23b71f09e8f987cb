/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - the file systems that can be tested without the rest of the kernel: in place of fs/registry.c. */
#include <stddef.h>

#include "fs/fat32.h"
#include "fs/diskless.h"
#include "vfs/fstype.h"

const struct fs_type *const fs_types[] = {&fat32_type, &tmpfs_type, &devtmpfs_type, NULL};
