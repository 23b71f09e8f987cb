/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_folder.c - see ext4_folder.h. */
#include "ext4_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[256], tree[300];

static void fail(const char *what)
{
    perror(what);
    abort();
}

const char *ext4_folder_tree(void)
{
    return tree;
}

int host_lstat(const char *path, struct host_stat *out)
{
    struct stat st;
    int status = lstat(path, &st);

    if (status == 0)
        *out = (struct host_stat){.mode = st.st_mode,
                                  .links = (uint32_t)st.st_nlink,
                                  .uid = st.st_uid,
                                  .gid = st.st_gid,
                                  .size = (uint64_t)st.st_size,
                                  .mtime_s = st.st_mtime};
    return status;
}

int64_t host_read(const char *path, uint64_t pos, void *bytes, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t count = fd >= 0 ? pread(fd, bytes, size, (off_t)pos) : -1;

    if (count < 0)
        fail(path);
    close(fd);
    return count;
}

int64_t host_read_link(const char *path, char *bytes, size_t size)
{
    return readlink(path, bytes, size);
}

void host_each(const char *path, void (*visit)(void *arg, const char *name), void *arg)
{
    DIR *names = opendir(path);
    const struct dirent *entry;

    if (names == NULL)
        fail(path);
    while ((entry = readdir(names)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            visit(arg, entry->d_name);
    closedir(names);
}

static void run(const char *command)
{
    if (system(command) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        abort();
    }
}

void ext4_folder_make(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(dir, sizeof(dir), "%s/lvmm-ext4-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        fail(dir);
    snprintf(tree, sizeof(tree), "%s/tree", dir);
    if (mkdir(tree, 0755) != 0)
        fail(tree);
}

void ext4_folder_remove(void)
{
    char command[800];

    snprintf(command, sizeof(command), "chmod -R u+rwx %s && rm -rf %s", dir, dir);
    run(command);
}

int ext4_folder_shell(const char *command)
{
    char whole[4096];

    snprintf(whole, sizeof(whole), "PATH=$PATH:/usr/sbin:/sbin; export IMAGE=%s/image; cd %s; %s", dir, dir, command);
    int status = system(whole);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- files of the host ---- */

static __attribute__((format(printf, 1, 2))) const char *in_tree(const char *fmt, ...)
{
    static char path[2048];
    size_t used = (size_t)snprintf(path, sizeof(path), "%s/", tree);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(path + used, sizeof(path) - used, fmt, ap);
    va_end(ap);
    return path;
}

static void host_file(const char *path, uint64_t size, uint64_t step, uint64_t piece)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    char bytes[8192];

    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        fail(path);
    for (uint64_t at = 0; at < size; at += step) {
        size_t count = (size_t)(size - at < piece ? size - at : piece);
        for (size_t i = 0; i < count; i++)
            bytes[i] = (char)(1 + (at + i) * 7 % 251);
        if (pwrite(fd, bytes, count, (off_t)at) != (ssize_t)count)
            fail(path);
    }
    if (close(fd) != 0)
        fail(path);
}

/* Around what fits in an inode, in one with attributes, in blocks of all sizes, and in the direct blocks. */
static void fill_files(void)
{
    static const unsigned sizes[] = {0,     1,     59,    60,    61,    100,   132,    155,    156,    157,
                                     160,   511,   512,   1023,  1024,  1025,  4095,   4096,   4097,   12287,
                                     12288, 12289, 16384, 49152, 49153, 65535, 100000, 274432, 274433, 600000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        host_file(in_tree("size-%u", sizes[i]), sizes[i], 8192, 8192);
    host_file(in_tree("every-other"), 3000000, 8192, 4096); /* many extents: a tree of them */
    host_file(in_tree("far-away"), 70000000, 69000000, 10);
    if (truncate(in_tree("all-hole"), 0) == 0 || errno != ENOENT)
        abort();
    host_file(in_tree("all-hole"), 0, 1, 1);
    if (truncate(in_tree("all-hole"), 1234567) != 0)
        fail("all-hole");
}

static void fill_links(void)
{
    static const unsigned lengths[] = {1, 58, 59, 60, 61, 150, 156, 1000, 1023};
    char text[1100];

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        memset(text, 'a' + (int)i, lengths[i]);
        text[lengths[i]] = 0;
        if (symlink(text, in_tree("link-%u", lengths[i])) != 0)
            fail("symlink");
    }
    char from[2048];
    snprintf(from, sizeof(from), "%s", in_tree("size-100"));
    if (link(from, in_tree("hard-1")) != 0 || link(from, in_tree("hard-2")) != 0)
        fail("link");
    if (mkfifo(in_tree("fifo"), 0640) != 0 || chmod(in_tree("fifo"), 0620) != 0)
        fail("fifo");
}

static void fill_names(unsigned names)
{
    char path[600];

    if (mkdir(in_tree("many"), 0750) != 0 || mkdir(in_tree("empty"), 01777) != 0 || mkdir(in_tree("few"), 0700) != 0)
        fail("mkdir");
    for (unsigned i = 0; i < names; i++) /* bytes above 127 as well: they tell signed hashes from others */
        host_file(in_tree("many/%s-%u-%.*s", i % 3 == 0 ? "\xc3\xa4\xff" : "name", i, (int)(i % 40),
                          "a long name that is cut somewhere, here or there"),
                  i % 5, 8192, 8192);
    host_file(in_tree("few/one"), 10, 8192, 8192);
    memset(path, 'x', sizeof(path));
    path[255] = 0;
    host_file(in_tree("few/%s", path), 20, 8192, 8192);
    snprintf(path, sizeof(path), "a");
    for (unsigned i = 0; i < 30; i++) {
        if (mkdir(in_tree("%s", path), 0755) != 0)
            fail(path);
        snprintf(path + strlen(path), sizeof(path) - strlen(path), "/d%u", i);
    }
    host_file(in_tree("%s", path), 5, 8192, 8192);
}

void ext4_folder_fill(unsigned names)
{
    fill_files();
    fill_links();
    fill_names(names);
    if (chmod(in_tree("size-60"), 04751) != 0 || chmod(in_tree("size-61"), 02600) != 0)
        fail("chmod");
}

/* ---- images ---- */

static void image_load(struct stub_disk *disk)
{
    char path[600];
    struct host_stat st;

    snprintf(path, sizeof(path), "%s/image", dir);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || host_lstat(path, &st) != 0)
        fail(path);
    disk->size = st.size;
    disk->bytes = realloc(disk->bytes, disk->size);
    if (disk->bytes == NULL || read(fd, disk->bytes, disk->size) != (ssize_t)disk->size || close(fd) != 0)
        fail(path);
}

static void image_store(const struct stub_disk *disk)
{
    char path[600];

    snprintf(path, sizeof(path), "%s/image", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, disk->bytes, disk->size) != (ssize_t)disk->size || close(fd) != 0)
        fail(path);
}

void ext4_image_make(struct stub_disk *disk, const char *size, const char *options, const char *after)
{
    char command[2048];

    *disk = (struct stub_disk){0};
    snprintf(command, sizeof(command),
             "rm -f $IMAGE; { mke2fs -q -F -e remount-ro -d tree %s $IMAGE %s && { %s; }; } >log 2>&1 || { cat log; "
             "false; }",
             options, size, *after != 0 ? after : "true");
    if (ext4_folder_shell(command) != 0) {
        fprintf(stderr, "mke2fs %s failed: is e2fsprogs installed?\n", options);
        abort();
    }
    image_load(disk);
}

int ext4_image_shell(struct stub_disk *disk, const char *command)
{
    image_store(disk);
    int status = ext4_folder_shell(command);
    image_load(disk);
    return status;
}
