/* SPDX-License-Identifier: Apache-2.0 */
/* fstype.c - see fstype.h. */
#include "vfs/fstype.h"

#include <stddef.h>

#include "lib/string.h"

const struct fs_type *fs_type_find(const char *name)
{
    const struct fs_type *const *type = fs_types;

    while (*type != NULL && strcmp((*type)->name, name) != 0)
        type++;
    return *type;
}
