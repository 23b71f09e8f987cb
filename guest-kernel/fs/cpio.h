/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpio.h - reads cpio archives as an initramfs has them: "newc", with or without checksums, one after the other with
 * zeros between them (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). Nothing in them is trusted.
 */
#ifndef GK_FS_CPIO_H
#define GK_FS_CPIO_H

#include <stdint.h>

struct inode;

struct cpio_entry {
    const char *name;  /* 1 to PATH_MAX - 1 bytes: no part is ".." or longer than NAME_MAX; it may begin with a slash */
    uint32_t mode;     /* a type that there is, and permissions */
    uint32_t uid, gid; /* UINT32_MAX: the maker's */
    int64_t mtime;     /* seconds since 1970 */
    uint64_t rdev;     /* of a device: Linux's st_rdev encoding */
    const void *data;  /* of a file; of a symbolic link what it leads to, with a NUL */
    uint64_t size;     /* of a link: 1 to PATH_MAX - 1, without the NUL */
};

/* Where entries go. `arg` is cpio_unpack's. */
struct cpio_ops {
    /* Makes what the entry is, in place of what is there by that name. first: it is another name for that file, whose
     * data are its own from now on if there are any. *out, unless out is NULL: a reference to what was made, for
     * `first`. -ENOMEM, -ENOSPC: that is the end; another -errno: it is left out. */
    int (*add)(void *arg, const struct cpio_entry *entry, struct inode *first, struct inode **out);
    void (*put)(void *arg, struct inode *inode);    /* gives such a reference back */
    void (*done)(void *arg, uint64_t size_of_done); /* nothing of the archive's first bytes is looked at any more */
};

#define CPIO_NAME_MAX 120u

struct cpio_result {
    uint64_t entries;
    /* Why it ended before the end: -EINVAL, damaged; -ENOMEM, -ENOSPC. Else 0. */
    int error;
    uint64_t at;                  /* the byte at which that entry begins */
    const char *why;              /* with -EINVAL */
    char name[CPIO_NAME_MAX + 1]; /* that entry's, as it may be printed; "": it has none */
    uint64_t left_out;            /* entries that could not be made; of the first one: */
    int left_out_error;
    char left_out_name[CPIO_NAME_MAX + 1];
};

/* Goes through the archives in `bytes`. result->error. */
int cpio_unpack(const void *bytes, uint64_t size, const struct cpio_ops *ops, void *arg, struct cpio_result *result);

#endif
