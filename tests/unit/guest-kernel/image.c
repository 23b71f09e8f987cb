/* SPDX-License-Identifier: Apache-2.0 */
/* image.c - FAT images by mkfs.fat and mtools, in a temporary directory that doesn't outlive the call. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stubs.h"

static void fail(const char *what)
{
    perror(what);
    abort();
}

static void file_write(const char *path, const struct stub_disk *disk)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || write(fd, disk->bytes, disk->size) != (ssize_t)disk->size || close(fd) != 0)
        fail(path);
}

static void file_read(const char *path, struct stub_disk *disk)
{
    struct stat st;
    int fd = open(path, O_RDONLY);

    if (fd < 0 || fstat(fd, &st) != 0)
        fail(path);
    disk->size = (size_t)st.st_size;
    disk->bytes = realloc(disk->bytes, disk->size);
    if (disk->bytes == NULL || read(fd, disk->bytes, disk->size) != st.st_size || close(fd) != 0)
        fail(path);
}

int image_shell(struct stub_disk *disk, const char *command)
{
    const char *tmp = getenv("TMPDIR");
    char dir[256], path[300], whole[4096];

    snprintf(dir, sizeof(dir), "%s/lvmm-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        fail(dir);
    snprintf(path, sizeof(path), "%s/image", dir);
    if (disk->bytes != NULL)
        file_write(path, disk);
    snprintf(whole, sizeof(whole), "PATH=$PATH:/usr/sbin:/sbin; export MTOOLS_SKIP_CHECK=1; IMAGE=%s; cd %s; %s", path,
             dir, command);
    int status = system(whole);
    file_read(path, disk);
    snprintf(whole, sizeof(whole), "rm -rf %s", dir);
    if (system(whole) != 0)
        fail(dir);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void image_make(struct stub_disk *disk, unsigned size_kib, unsigned cluster_sectors, const char *more)
{
    char command[512];

    *disk = (struct stub_disk){0};
    snprintf(command, sizeof(command), "mkfs.fat -F 32 -s %u %s -C $IMAGE %u >log 2>&1 || { cat log; false; }",
             cluster_sectors, more, size_kib);
    if (image_shell(disk, command) != 0) {
        fprintf(stderr, "mkfs.fat failed: is dosfstools installed?\n");
        abort();
    }
}

int image_check(struct stub_disk *disk)
{
    return image_shell(disk, "fsck.fat -n $IMAGE >log 2>&1 || { cat log; false; }");
}
