/* SPDX-License-Identifier: Apache-2.0 */
/* shares.c - see shares.h. */
#include "sys/shares.h"

#include "abi/errno.h"
#include "boot/abi.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/mount.h"
#include "vfs/mount_part.h"
#include "vfs/path.h"
#include "vfs/vfs.h"

#define TYPE "virtiofs"

struct share {
    const char *name, *place, *mode;
};

/* The next one from *at on; false: there is none. */
static bool share_next(const struct strings *shares, const char **at, struct share *out)
{
    const char *end = shares->bytes + shares->size;
    const char *part[3];

    for (unsigned i = 0; i < 3; i++) {
        if (*at >= end)
            return false;
        part[i] = *at;
        *at += strlen(*at) + 1;
    }
    *out = (struct share){.name = part[0], .place = part[1], .mode = part[2]};
    return true;
}

static uint32_t flags_of(const struct share *share)
{
    return MS_RELATIME | (strcmp(share->mode, "ro") == 0 ? MS_RDONLY : 0u);
}

static const char *reason(int error)
{
    switch (error) {
    case -EINVAL:
    case -ENODEV:
        return "there is no such device";
    case -EROFS:
        return "there is no such path in the guest, and its folder can't be written to";
    case -ENOENT:
        return "it isn't there";
    case -ENOTDIR:
        return "one is a folder, and the other isn't";
    case -ENOMEM:
        return "not enough memory; give the guest more with --memory";
    case -ENOTCONN:
    case -EIO:
        return "its server fails";
    default:
        return NULL;
    }
}

/* -1, with a line. */
static int complain(const char *option, const char *place, int error, char *why, size_t size)
{
    const char *text = reason(error);

    if (text != NULL)
        snprintf(why, size, "%s %s: can't be mounted: %s", option, place, text);
    else
        snprintf(why, size, "%s %s: can't be mounted: error %d", option, place, -error);
    return -1;
}

bool shares_have_root(const struct strings *shares)
{
    const char *at = shares->bytes;
    struct share first;

    return shares->count != 0 && share_next(shares, &at, &first) && strcmp(first.place, "/") == 0;
}

int shares_mount_root(const struct strings *shares, char *why, size_t size)
{
    const char *at = shares->bytes;
    struct filesystem *fs;
    struct share first;
    int error = share_next(shares, &at, &first) ? mount_source_get(TYPE, LVMM_SHARES_TAG, &fs) : -EINVAL;

    if (error == 0) {
        error = mount_part(fs, first.name, NULL, LVMM_SHARES_TAG, flags_of(&first));
        mount_source_put(fs);
    }
    return error != 0 ? complain("--root", "of the guest", error, why, size) : 0;
}

/* ---- places ---- */

/* Makes what isn't there of the folders that lead to `place`, of which this is a copy. 0 or the first error. */
static int folders_make(char *place)
{
    int error = 0;

    for (char *slash = strchr(place + 1, '/'); slash != NULL && error == 0; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        error = vfs_mkdir(vfs_root(), place, 0755);
        if (error == -EEXIST)
            error = 0;
        *slash = '/';
    }
    return error;
}

/* The place itself: a folder, or a file to be covered by one. */
static int place_make(const char *place, bool is_dir)
{
    struct file *file;
    size_t size = strlen(place) + 1;
    char *copy = kmalloc(size);

    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, place, size);
    int error = folders_make(copy);
    kfree(copy);
    if (error != 0 || is_dir)
        return error != 0 ? error : vfs_mkdir(vfs_root(), place, 0755);
    error = vfs_open(vfs_root(), place, O_CREAT | O_WRONLY | O_EXCL, 0644, &file);
    if (error == 0)
        file_put(file);
    return error;
}

static int share_mount(struct filesystem *fs, const struct share *share)
{
    struct path at;
    int error = path_lookup(vfs_root(), share->place, 0, &at);

    if (error == -ENOENT) {
        bool is_dir;
        error = mount_part_is_dir(fs, share->name, &is_dir);
        if (error == 0)
            error = place_make(share->place, is_dir);
        if (error == 0)
            error = path_lookup(vfs_root(), share->place, 0, &at);
    }
    if (error != 0)
        return error;
    error = mount_part(fs, share->name, &at, LVMM_SHARES_TAG, flags_of(share));
    path_put(&at);
    return error;
}

int shares_mount(const struct strings *shares, bool in_memory, char *why, size_t size)
{
    const char *at = shares->bytes;
    struct share share = {.place = "/dev"};
    struct filesystem *fs = NULL;
    int error = mount_boot_waits ? mount_boot() : 0;

    if (error == 0)
        error = mount_source_get(TYPE, LVMM_SHARES_TAG, &fs);
    if (error == 0 && in_memory)
        (void)vfs_mkdir(vfs_root(), "/tmp", 01777);
    while (error == 0 && share_next(shares, &at, &share))
        if (strcmp(share.place, "/") != 0)
            error = share_mount(fs, &share);
    if (fs != NULL)
        mount_source_put(fs);
    return error != 0 ? complain("-v", share.place, error, why, size) : 0;
}
