/* SPDX-License-Identifier: Apache-2.0 */
/* share.h - a folder of the host for a test, and a guest's view of it through a tree. */
#ifndef TESTS_SHARE_H
#define TESTS_SHARE_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "vmm/share/tree.h"

static char place[64]; /* the folder: place/host is shared, place/upper is of changes, place/outside is neither */
static struct share_tree *tree;
static const struct share_caller nobody_special = {.pid = 1};

/* A path in the folder: good until the eighth after it. */
__attribute__((unused, format(printf, 1, 2))) static const char *at(const char *format, ...)
{
    static char paths[8][5000];
    static unsigned next;
    char *path = paths[next++ % 8];
    int n = snprintf(path, sizeof(paths[0]), "%s/", place);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(path + n, sizeof(paths[0]) - (size_t)n, format, arguments);
    va_end(arguments);
    return path;
}

__attribute__((unused)) static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

__attribute__((unused)) static const char *read_file(const char *path)
{
    static char text[256];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = 0;
    return n < 0 ? NULL : text;
}

__attribute__((unused)) static void make_place(void)
{
    snprintf(place, sizeof(place), "%s/share.XXXXXX", access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(place));
    ck_assert_int_eq(mkdir(at("host"), 0755), 0);
    ck_assert_int_eq(mkdir(at("upper"), 0755), 0);
    ck_assert_int_eq(mkdir(at("outside"), 0755), 0);
    write_file(at("outside/secret"), "secret");
}

static void remove_all(const char *path)
{
    DIR *dir = opendir(path);
    char below[5000];

    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && unlink(below) < 0)
            remove_all(below);
    }
    if (dir != NULL)
        closedir(dir);
    rmdir(path);
}

__attribute__((unused)) static void remove_place(void)
{
    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(chdir("/"), 0);
    remove_all(place);
}

__attribute__((unused)) static struct share share_of(const char *path, enum share_mode mode)
{
    struct share share = {.fd = open(path, O_PATH), .mode = mode, .upper = -1};

    ck_assert_int_ge(share.fd, 0);
    if (mode == SHARE_COW)
        share.upper = open(at("upper"), O_RDONLY | O_DIRECTORY);
    return share;
}

/* Shows place/host as share 0, instead of what was shown before. */
__attribute__((unused)) static void show(enum share_mode mode)
{
    share_tree_destroy(tree);
    tree = NULL;
    struct share share = share_of(at("host"), mode);

    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
}

/* Looks a path up from share 0 on: its node, or -errno. entry may be NULL. */
__attribute__((unused)) static int64_t look(const char *path, struct fuse_entry_out *entry)
{
    char copy[5000];
    struct fuse_entry_out here;
    uint64_t node = FUSE_ROOT_ID;

    entry = entry != NULL ? entry : &here;
    snprintf(copy, sizeof(copy), "0/%s", path);
    for (char *next, *name = strtok_r(copy, "/", &next); name != NULL; name = strtok_r(NULL, "/", &next)) {
        int error = share_lookup(tree, node, name, entry);

        if (error < 0)
            return error;
        node = entry->nodeid;
    }
    return (int64_t)node;
}

__attribute__((unused)) static uint64_t node_of(const char *path)
{
    int64_t node = look(path, NULL);

    ck_assert_msg(node > 0, "%s: %s", path, strerror((int)-node));
    return (uint64_t)node;
}

/* Opens a path: a handle, or -errno. */
__attribute__((unused)) static int64_t open_path(const char *path, int flags)
{
    struct fuse_open_out out;
    int64_t node = look(path, NULL);
    int error = node < 0 ? (int)node : share_open(tree, (uint64_t)node, (uint32_t)flags, &out);

    return error < 0 ? error : (int64_t)out.fh;
}

__attribute__((unused)) static ssize_t read_at(uint64_t handle, void *to, size_t size, uint64_t offset)
{
    struct iovec part = {to, size};

    return share_read(tree, handle, &part, 1, offset);
}

__attribute__((unused)) static ssize_t write_at(uint64_t handle, const char *text, uint64_t offset)
{
    struct iovec part = {(void *)(uintptr_t)text, strlen(text)};

    return share_write(tree, handle, &part, 1, offset);
}

/* A file's text as the guest reads it, or NULL with errno. */
__attribute__((unused)) static const char *guest_reads(const char *path)
{
    static char text[256];
    int64_t handle = open_path(path, O_RDONLY);
    ssize_t n = handle < 0 ? handle : read_at((uint64_t)handle, text, sizeof(text) - 1, 0);

    if (handle >= 0)
        share_release(tree, (uint64_t)handle);
    text[n < 0 ? 0 : n] = 0;
    errno = n < 0 ? (int)-n : 0;
    return n < 0 ? NULL : text;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted, with a space behind each; asked for with room for a few at a time. */
__attribute__((unused)) static const char *names_in(const char *path, bool plus)
{
    static char all[8192];
    static char *names[512];
    _Alignas(8) char buffer[1024];
    struct fuse_open_out out;
    uint64_t offset = 0, node = strcmp(path, "ROOT") == 0 ? FUSE_ROOT_ID : node_of(path);
    size_t head = plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET, count = 0;

    ck_assert_int_eq(share_opendir(tree, node, O_RDONLY, &out), 0);
    for (ssize_t n; (n = share_readdir(tree, out.fh, offset, plus, buffer, sizeof(buffer))) != 0;) {
        ck_assert_int_gt(n, 0);
        for (ssize_t i = 0; i < n;) {
            struct fuse_dirent entry;

            memcpy(&entry, buffer + i + head - FUSE_NAME_OFFSET, sizeof(entry));
            names[count++] = strndup(buffer + i + head, entry.namelen);
            offset = entry.off;
            i += (ssize_t)FUSE_DIRENT_ALIGN(head + entry.namelen);
        }
    }
    share_release(tree, out.fh);
    qsort((void *)names, count, sizeof(names[0]), by_name);
    all[0] = 0;
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(all, names[i]), " ");
        free(names[i]);
    }
    return all;
}

#endif
