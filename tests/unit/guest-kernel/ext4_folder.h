/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_folder.h - a folder of the host with all kinds of files, images of it that mke2fs makes, and whether what is
 * mounted is the same as the folder.
 */
#ifndef TESTS_GUEST_KERNEL_EXT4_FOLDER_H
#define TESTS_GUEST_KERNEL_EXT4_FOLDER_H

#include "stubs.h"

/* Makes a temporary directory with a folder, tree, in it; and removes it. */
void ext4_folder_make(void);
void ext4_folder_remove(void);
/* Fills tree with files of sizes around all limits, holes, links, names, and directories, one of `names` names. */
void ext4_folder_fill(unsigned names);
/* Runs a shell command in the temporary directory, where $IMAGE is the image's name. Its status. */
int ext4_folder_shell(const char *command);
/* mke2fs -d tree with these options, of `size` (as mke2fs has it), then a shell command or "". Fails the test, or the
 * program, if that doesn't work. */
void ext4_image_make(struct stub_disk *disk, const char *size, const char *options, const char *after);
/* A shell command with the image as $IMAGE, and takes over what it did to it. Its status. */
int ext4_image_shell(struct stub_disk *disk, const char *command);

/* ---- what the host has there, for who can't include its headers: ext4_compare.c ---- */

struct host_stat {
    uint32_t mode, links, uid, gid;
    uint64_t size;
    int64_t mtime_s;
};

const char *ext4_folder_tree(void); /* its path */
int host_lstat(const char *path, struct host_stat *out);
int64_t host_read(const char *path, uint64_t pos, void *bytes, size_t size);
int64_t host_read_link(const char *path, char *bytes, size_t size);
/* Each name in a directory, but "." and "..". */
void host_each(const char *path, void (*visit)(void *arg, const char *name), void *arg);

/* ---- ext4_compare.c ---- */

/* What differs between the folder and what is mounted; NULL: nothing. */
const char *ext4_folder_compare(void);

#endif
