/* SPDX-License-Identifier: Apache-2.0 */
/* dax_files.h - the files of which something is in the window: how long they are, to find out which one has got
 * shorter. Not thread-safe. */
#ifndef LVMM_DEVICES_VIRTIO_DAX_FILES_H
#define LVMM_DEVICES_VIRTIO_DAX_FILES_H

#include <stdbool.h>
#include <stdint.h>

struct dax_file {
    int fd;
    unsigned uses; /* 0: there is none with this number */
    uint64_t dev, ino;
    uint64_t size; /* the largest that was seen since dax_files_agree */
    uint64_t now;  /* as was found last */
    bool looked;   /* since dax_files_agree */
};

struct dax_files {
    struct dax_file *all;
    unsigned room;
    unsigned most; /* that there may be: set by the owner at first, all else zero */
};

/* Closes all. */
void dax_files_fini(struct dax_files *files);
/* The number of the file behind fd, which stays the caller's, used once more. 0; -EINVAL: it isn't a regular file;
 * -EMFILE, -ENFILE, -ENOMEM. */
int dax_files_take(struct dax_files *files, int fd, unsigned *number);
/* It is used so many times more: one that isn't used any more is closed. */
void dax_files_count(struct dax_files *files, unsigned number, int more);
/* Looks how long they are now. One that can't be asked is as before. */
void dax_files_look(struct dax_files *files);
/* The same of one. */
void dax_files_look_at(struct dax_files *files, unsigned number);
/* What was found is the size that counts from now on, of each that was looked at. */
void dax_files_agree(struct dax_files *files);

#endif
