/* SPDX-License-Identifier: Apache-2.0 */
/* disk_open.h - opens a disk with all that --disk says of it: a part of its file, and where its changes go. */
#ifndef LVMM_DISK_OPEN_H
#define LVMM_DISK_OPEN_H

#include "vmm/backend.h"

/* What the guest and the run want of it. */
struct disk_wishes {
    bool linux_partition; /* of a disk with partitions it is given one, the first of Linux, if no number was given */
    bool is_root;         /* and needs that one */
    enum sandbox_level sandbox; /* of a process that reads for us */
    bool dry;                   /* nothing is run: no file is made or changed */
};

/*
 * A disk as files_open_disk has it, unless its file is an image of another kind. If its data is on a file system that
 * may never answer, another process reads what is to be known of it, so that signals end us meanwhile; not so for a
 * file of changes. 0, or -errno after a message. The caller closes out->fd; out->cow is for good.
 */
int disk_open(const struct config_file *file, const struct disk_wishes *wishes, struct backend_file *out);

#endif
