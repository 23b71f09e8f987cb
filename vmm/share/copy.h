/* SPDX-License-Identifier: Apache-2.0 */
/* copy.h - a copy of a file with all that belongs to it, but for the names in a folder. */
#ifndef LVMM_SHARE_COPY_H
#define LVMM_SHARE_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct statx;

struct copy {
    int proc;               /* /proc/self/fd */
    int from;               /* O_PATH */
    const struct statx *st; /* of it */
    bool own;       /* owner, setuid bits and all attributes are kept; else it is ours, with `user.` attributes */
    bool xattrs;    /* attributes are copied */
    uint64_t bytes; /* of the data, at most */
};

/* Makes the copy in `dir`, and gives an O_PATH descriptor of it, or -errno: nothing is left then. Holes stay holes. */
int copy_make(const struct copy *copy, int dir, const char *name);

/* Copies the first `size` bytes of a file into an empty one. Holes stay holes. 0 or -errno. */
int copy_data(int from, int to, off_t size);

#endif
