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

/* What was put at the end of buf, from `at` on, moved to its beginning; an empty path is "/". */
static int64_t finish(char *buf, size_t size, size_t at, int error)
{
    if (error == 0 && at == size - 1)
        error = prepend(buf, &at, "", 0);
    if (error != 0)
        return error;
    memmove(buf, buf + at, size - at);
    return (int64_t)(size - at - 1);
}

int64_t dentry_print(const struct dentry *dentry, char *buf, size_t size)
{
    static const char mark[] = "/deleted"; /* with the slash before it, as Linux's dentry_path */
    size_t at = size - 1;
    int error = size < 2 ? -ENAMETOOLONG : 0;

    if (error != 0)
        return error;
    buf[at] = '\0';
    if (!dentry_is_root(dentry) && !dentry->hashed)
        error = prepend(buf, &at, mark, sizeof(mark) - 1);
    for (; error == 0 && !dentry_is_root(dentry); dentry = dentry->parent)
        error = prepend(buf, &at, dentry->name, dentry->length);
    return finish(buf, size, at, error);
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
    return finish(buf, size, at, error);
}
