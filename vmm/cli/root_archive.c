/* SPDX-License-Identifier: Apache-2.0 */
/* root_archive.c - see root_archive.h. The format: cpio(5), "New ASCII Format". */
#include "vmm/cli/root_archive.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/cli/unpack_file.h"

#define HEADER_BYTES 110u
#define HEADER_NAMESIZE 94u /* where eight digits tell of the name's size, NUL included */
#define HEADER_FILESIZE 54u
#define TRAILER "TRAILER!!!"

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* Room for `size` bytes more, all zero. NULL: there is none, which `error` says. */
static char *reserve(struct root_archive *archive, size_t size)
{
    if (archive->error == 0 && archive->size + size > archive->room) {
        size_t room = 2 * (archive->size + size);
        char *bytes = realloc(archive->bytes, room);

        if (bytes == NULL) {
            archive->error = -ENOMEM;
        } else {
            archive->bytes = bytes;
            archive->room = room;
        }
    }
    if (archive->error != 0)
        return NULL;
    char *at = archive->bytes + archive->size;
    memset(at, 0, size);
    archive->size += size;
    return at;
}

static void add_entry(struct root_archive *archive, const char *name, mode_t mode, uid_t uid, gid_t gid,
                      const void *data, size_t size)
{
    size_t name_size = strlen(name) + 1, before = padded(HEADER_BYTES + name_size);
    char *at = size <= UINT32_MAX ? reserve(archive, before + padded(size)) : NULL;
    char header[HEADER_BYTES + 1];

    if (at == NULL)
        return;
    snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", archive->entries + 1,
             (unsigned)mode, (unsigned)uid, (unsigned)gid, S_ISDIR(mode) ? 2u : 1u, (unsigned)archive->mtime,
             (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)name_size, 0u);
    memcpy(at, header, HEADER_BYTES);
    memcpy(at + HEADER_BYTES, name, name_size);
    if (size != 0)
        memcpy(at + before, data, size);
    archive->entries++;
}

/* The number in eight digits at `at`. They are ours. */
static size_t header_number(const char *at)
{
    char digits[9] = "";

    memcpy(digits, at, 8);
    return strtoul(digits, NULL, 16);
}

bool root_archive_has(const struct root_archive *archive, const char *path)
{
    for (size_t at = 0; at < archive->size;) {
        const char *header = archive->bytes + at;

        if (strcmp(header + HEADER_BYTES, path + 1) == 0)
            return true;
        at += padded(HEADER_BYTES + header_number(header + HEADER_NAMESIZE)) +
              padded(header_number(header + HEADER_FILESIZE));
    }
    return path[1] == '\0';
}

void root_archive_add(struct root_archive *archive, const char *path, mode_t mode, uid_t uid, gid_t gid,
                      const void *data, size_t size)
{
    if (!S_ISDIR(mode) || !root_archive_has(archive, path))
        add_entry(archive, path + 1, mode, uid, gid, data, size);
}

void root_archive_add_folders(struct root_archive *archive, const char *path)
{
    char part[PATH_MAX];

    if (strlen(path) >= sizeof(part)) {
        archive->error = archive->error != 0 ? archive->error : -ENAMETOOLONG;
        return;
    }
    for (const char *end = path + 1; *path == '/' && path[1] != '\0'; end++) {
        end += strcspn(end, "/");
        memcpy(part, path, (size_t)(end - path));
        part[end - path] = '\0';
        root_archive_add(archive, part, S_IFDIR | 0755, 0, 0, NULL, 0);
        if (*end == '\0')
            break;
    }
}

/* The memfd's bytes, and its use as a file of the run. */
static int store(const struct root_archive *archive, const char *name, struct backend_file *file, const void **bytes)
{
    void *map = NULL;
    int fd = unpack_memfd_create(archive->size, &map);

    if (fd < 0)
        return fd;
    memcpy(map, archive->bytes, archive->size);
    *file = (struct backend_file){.path = name, .fd = -1, .read_only = true};
    return unpack_memfd_use(fd, map, archive->size, archive->size, file, bytes);
}

int root_archive_finish(struct root_archive *archive, const char *name, struct backend_file *file, const void **bytes)
{
    add_entry(archive, TRAILER, 0, 0, 0, NULL, 0);
    return archive->error != 0 ? archive->error : store(archive, name, file, bytes);
}

void root_archive_fini(struct root_archive *archive)
{
    free(archive->bytes);
    *archive = (struct root_archive){0};
}
