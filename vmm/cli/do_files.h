/* SPDX-License-Identifier: Apache-2.0 */
/* do_files.h - files of the current folder and of what was changed in it, by paths that somebody hostile may have made:
 * nothing but what lies below the folder is reached, and no link is followed. */
#ifndef LVMM_DO_FILES_H
#define LVMM_DO_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* What the path is, a link itself. 0 or -errno. */
int do_file_stat(int folder, const char *path, struct stat *out);
/* Opens a regular file to be read. A descriptor or -errno: -EINVAL: it isn't one. */
int do_file_open(int folder, const char *path);
/* O_PATH of the folder that the path lies in; *name: the path's last name. A descriptor or -errno. */
int do_file_parent(int folder, const char *path, const char **name);

#define DO_FILE_SHOWN 4200u /* bytes of a path that is printed: what is longer is cut */
/* The path as it may be printed: in quotes, as C has them, if it has characters that would not be themselves. Returns
 * text. */
const char *do_file_shown(const char *path, char text[DO_FILE_SHOWN]);

#endif
