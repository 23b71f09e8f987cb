/* SPDX-License-Identifier: Apache-2.0 */
/* memory_file.c - see memory_file.h. */
#include "vfs/memory_file.h"

#include "vfs/nameless.h"

int memory_file_open(uint32_t mode, const char *name, size_t length, struct file **out)
{
    int error = vfs_open_memory(mode, out);

    if (error != 0)
        return error;
    error = nameless_path((*out)->inode, name, length, &(*out)->path);
    if (error != 0)
        file_put(*out);
    else if ((*out)->counted)
        (*out)->path.mount->writers++;
    return error;
}
