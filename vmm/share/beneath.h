/* SPDX-License-Identifier: Apache-2.0 */
/*
 * beneath.h - how files of a shared folder are reached: one name at a time, from the descriptor of the folder that it
 * is in, and what it is gets known before anything is opened for real.
 *
 * A name first becomes an O_PATH descriptor, which opens nothing: a FIFO's other end, a device or a socket notices
 * nothing of it. What it turned out to be is then opened through /proc/self/fd, so that nobody can put something else
 * in its place in between. All descriptors are closed on exec. Functions return a descriptor or 0, or -errno.
 */
#ifndef LVMM_SHARE_BENEATH_H
#define LVMM_SHARE_BENEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct statx; /* of <sys/stat.h> */

#define BENEATH_NUMBER 12 /* bytes for a descriptor's number as text */

/* Whether a name is one: neither empty, "." nor "..", and no path. */
bool beneath_name_is_good(const char *name);
/* O_PATH of the name in `dir` itself, a symbolic link as well. */
int beneath_open(int dir, const char *name);
/* Opens what an O_PATH descriptor is of; proc: /proc/self/fd. The caller knows what it is. */
int beneath_reopen(int proc, int fd, int flags);
/* All that is known of an O_PATH descriptor's file, with its time of birth and its mount. */
int beneath_stat(int fd, struct statx *out);
/* The same of a name in a folder, which is one that beneath_open takes, and isn't followed. */
int beneath_stat_name(int dir, const char *name, struct statx *out);
/* A descriptor's name in /proc/self/fd. */
const char *beneath_number(int fd, char text[BENEATH_NUMBER]);
/* Extended attributes of any file, by its O_PATH descriptor, as getxattr(2) and its kin have them: how many bytes, or
 * 0, or -errno. The process's current folder becomes proc, as the calls know no other way that opens nothing. */
ssize_t beneath_getxattr(int proc, int fd, const char *name, void *value, size_t size);
ssize_t beneath_listxattr(int proc, int fd, char *list, size_t size);
int beneath_setxattr(int proc, int fd, const char *name, const void *value, size_t size, int flags);
int beneath_removexattr(int proc, int fd, const char *name);
/* 0 or -errno of a system call's result, so that calls can stand in conditions. */
int beneath_result(long result);

#endif
