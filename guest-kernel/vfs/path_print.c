/* SPDX-License-Identifier: Apache-2.0 */
/* path_print.c - a place's absolute path, as getcwd(2) and proc(5) give it. */
#include "abi/errno.h"
#include "lib/string.h"
#include "vfs/path.h"

/* Puts "/name" before what buf holds from *at on. */
static int prepend(char *buf, size_t *at, const char *name, size_t length)
{
    if (*at < length + 1)
        return -ENAMETOOLONG;
    *at -= length + 1;
    buf[*at] = '/';
    memcpy(buf + *at + 1, name, length);
    return 0;
}

int64_t path_print(const struct path *path, const struct path *root, char *buf, size_t size, bool *deleted,
                   bool *outside)
{
    struct path up = *path;
    size_t at = size - 1;
    int error = 0;

    if (deleted != NULL)
        *deleted = !dentry_is_root(up.dentry) && !up.dentry->hashed;
    if (outside != NULL)
        *outside = false;
    if (size < 2)
        return -ENAMETOOLONG;
    buf[at] = '\0';
    while (error == 0 && !path_is(&up, root)) {
        if (up.dentry == up.mount->root || dentry_is_root(up.dentry)) {
            if (up.dentry == up.mount->root && mount_has_parent(up.mount)) {
                up = (struct path){up.mount->parent, up.mount->point};
                continue;
            }
            if (outside != NULL)
                *outside = true;
            break;
        }
        error = prepend(buf, &at, up.dentry->name, up.dentry->length);
        up.dentry = up.dentry->parent;
    }
    if (error == 0 && at == size - 1)
        error = prepend(buf, &at, "", 0);
    if (error != 0)
        return error;
    memmove(buf, buf + at, size - at);
    return (int64_t)(size - at - 1);
}
