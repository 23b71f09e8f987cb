/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remove.c - see remove.h. Folders below are moved up one after the other until all of them lie side by side, so that
 * their depth doesn't matter.
 */
#include "vmm/share/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY_BYTES 8192
#define NAME_BYTES 32

struct removal {
    int top;
    unsigned moved; /* so many folders were given a name there */
};

/* A folder that its owner can't write can neither be emptied nor moved. */
static int open_folder(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        fchmod(fd, 0700);
    return fd;
}

/* Moves the folder up. It is made writable first, as it gets another parent. */
static bool move_up(struct removal *removal, int folder, const char *name)
{
    char up[NAME_BYTES];
    int fd = open_folder(folder, name);

    if (fd < 0)
        return false;
    close(fd);
    do {
        snprintf(up, sizeof(up), ".lvmm.%u", removal->moved++);
    } while (faccessat(removal->top, up, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    return renameat(folder, name, removal->top, up) == 0;
}

static bool remove_entry(struct removal *removal, int folder, const char *name)
{
    if (unlinkat(folder, name, 0) == 0 || unlinkat(folder, name, AT_REMOVEDIR) == 0)
        return true;
    return folder != removal->top && move_up(removal, folder, name);
}

/* One turn through a folder. True: something was removed, or moved; a turn more may find more. */
static bool remove_entries(struct removal *removal, int folder, bool (*each)(struct removal *, int, const char *))
{
    _Alignas(struct dirent64) char entries[ENTRY_BYTES];
    bool any = false;
    ssize_t size;

    if (lseek(folder, 0, SEEK_SET) < 0)
        return false;
    while ((size = getdents64(folder, entries, sizeof(entries))) > 0) {
        for (ssize_t at = 0; at < size;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);

            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                any |= each(removal, folder, entry->d_name);
            at += entry->d_reclen;
        }
    }
    return any;
}

/* Of the top: a file, or a folder, which is emptied first. */
static bool remove_top(struct removal *removal, int top, const char *name)
{
    if (remove_entry(removal, top, name))
        return true;
    int folder = open_folder(top, name);
    if (folder < 0)
        return false;
    while (remove_entries(removal, folder, remove_entry)) {
    }
    close(folder);
    return unlinkat(top, name, AT_REMOVEDIR) == 0;
}

void share_remove_all(int folder)
{
    struct removal removal = {.top = folder};

    while (remove_entries(&removal, folder, remove_top)) {
    }
}
