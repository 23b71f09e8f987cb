/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root_archive.h - a root file system made here, of folders, symbolic links and small files: as the archive ("newc"
 * cpio) that our guest kernel unpacks into memory.
 */
#ifndef LVMM_ROOT_ARCHIVE_H
#define LVMM_ROOT_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "vmm/backend.h"

struct root_archive { /* all zero: empty */
    char *bytes;      /* owned */
    size_t size, room;
    unsigned entries;
    time_t mtime; /* of each entry */
    int error;    /* the first one; what is added then is nothing */
};

/* An absolute path; mode with its type: S_IFDIR, S_IFLNK (data: the target) or S_IFREG. What an entry lies in comes
 * before it; a folder that is there already stays as it is. */
void root_archive_add(struct root_archive *archive, const char *path, mode_t mode, uid_t uid, gid_t gid,
                      const void *data, size_t size);
/* The folders that lead to `path`, and it itself: those that aren't there yet, of root's, mode 0755. */
void root_archive_add_folders(struct root_archive *archive, const char *path);
bool root_archive_has(const struct root_archive *archive, const char *path);

/* Ends the archive, and makes it a mapped memfd as files_open_mapped gives one: *file has `name` as its path. 0 or
 * -errno. */
int root_archive_finish(struct root_archive *archive, const char *name, struct backend_file *file, const void **bytes);
void root_archive_fini(struct root_archive *archive);

#endif
