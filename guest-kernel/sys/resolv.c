/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.c - see resolv.h. */
#include "sys/resolv.h"

#include "abi/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/iter.h"
#include "net/outside.h"
#include "vfs/mount.h"
#include "vfs/path.h"
#include "vfs/vfs.h"

#define RESOLV "/etc/resolv.conf"
#define OWN "/run/resolv.conf" /* what covers it */

static int file_make(const char *path)
{
    const uint8_t *dns = outside_config->dns4 + 12;
    char text[48];
    struct file *file;
    struct iter_segment segment;
    struct iter iter;
    int error = vfs_open(vfs_root(), path, O_CREAT | O_WRONLY, 0644, &file);

    if (error != 0)
        return error;
    snprintf(text, sizeof(text), "nameserver %u.%u.%u.%u\n", dns[0], dns[1], dns[2], dns[3]);
    segment = (struct iter_segment){(uintptr_t)text, strlen(text)};
    iter_init(&iter, &segment, 1, false);
    (void)file_write(file, &iter);
    file_put(file);
    return 0;
}

static bool has_etc(const struct strings *shares)
{
    const char *end = shares->bytes + shares->size;
    unsigned part = 0;

    for (const char *at = shares->bytes; at < end; at += strlen(at) + 1)
        if (part++ % 3 == 1 && strcmp(at, "/etc") == 0)
            return true;
    return false;
}

static void cover(const struct path *at)
{
    struct path own;

    (void)vfs_mkdir(vfs_root(), "/run", 0755);
    (void)file_make(OWN);
    if (path_lookup(vfs_root(), OWN, 0, &own) != 0)
        return;
    (void)mount_bind(at, &own, false);
    path_put(&own);
}

void resolv_begin(const struct strings *shares, bool in_memory)
{
    struct path at;

    if (path_lookup(vfs_root(), RESOLV, 0, &at) == 0) {
        if (has_etc(shares))
            cover(&at);
        path_put(&at);
    } else if (in_memory) {
        /* Where it is a link into another folder, such as /run, the file that it leads to is made. */
        (void)vfs_mkdir(vfs_root(), "/etc", 0755);
        (void)file_make(RESOLV);
    }
}
