/* SPDX-License-Identifier: Apache-2.0 */
/* devpts_options.h - what mount(2) says of a file system of pseudo-terminals. */
#ifndef GK_FS_DEVPTS_OPTIONS_H
#define GK_FS_DEVPTS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct devpts_options {
    bool has_uid, has_gid;    /* else nodes are of who opens the master */
    uint32_t uid, gid;        /* of nodes */
    uint32_t mode, ptmx_mode; /* permissions of nodes, and of ptmx */
    uint32_t max;             /* so many nodes at most */
};

#define DEVPTS_MAX_MOST (1u << 20)

/* Without options. */
#define DEVPTS_OPTIONS {.mode = 0600, .max = DEVPTS_MAX_MOST}

/* Reads them, separated by commas; NULL: none are given. What isn't given stays as it is in *out. 0, or -EINVAL: an
 * unknown one, or a value that Linux refuses. */
int devpts_options(const char *text, struct devpts_options *out);

#endif
