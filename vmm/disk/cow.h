/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cow.h - the changes of a disk whose image stays as it is: which sectors have been written, and so are in a file of
 * their own.
 *
 * What is used while the VM runs needs nothing but system calls, so that a process made by fork(2) may go on with it.
 * Not thread-safe: the disk's lock guards it.
 */
#ifndef LVMM_DISK_COW_H
#define LVMM_DISK_COW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/disk/cow_file.h"

struct cow {
    int fd;
    bool kept;             /* a later run finds it; else it goes with its last descriptor, and no sync is needed */
    uint64_t left;         /* pages of the host that it may still take; UINT64_MAX: no limit of ours */
    uint64_t page_sectors; /* that such a page has */
    struct cow_layout at;
    uint64_t *map;  /* the map as it is; mapped, map_bytes of it */
    uint8_t *dirty; /* for each page of it: the file's stable map is another; behind the map */
};

/*
 * Both give a cow that goes with the process, or by cow_destroy. 0 or -errno.
 *
 * cow_temporary: nothing is changed yet. The file is an unnamed one of TMPDIR, /var/tmp or /tmp, or in memory where
 * none of these can have it, and then for half of the host's at most.
 *
 * cow_load: the file `fd`, an ordinary one that nobody else uses, is the one that keeps them, and the cow's from then
 * on. If it is empty, or if its making was broken off, it becomes one of that base. -EINVAL or -ESTALE with the reason
 * in `why`: it is something else. Otherwise `why` is "".
 */
int cow_temporary(uint64_t size_bytes, struct cow **out);
int cow_load(int fd, const struct cow_base *base, struct cow **out, char *why, size_t why_size);

/* What isn't synced is as far as the host has it. Closes the file. */
void cow_destroy(struct cow *cow);

/* How many of `count` sectors from `first` on, at least one, are alike: all of them changed, or none. The range is in
 * the disk, and not empty. */
uint64_t cow_run(const struct cow *cow, uint64_t first, uint64_t count, bool *changed);

/* May these sectors be written? 0; -ENOSPC: the limit is reached. */
int cow_room(const struct cow *cow, uint64_t first, uint64_t count);

/* Their data has been written. 0 or -errno: then some of it may count as not written, and may be written again. */
int cow_mark(struct cow *cow, uint64_t first, uint64_t count);

/*
 * Makes stable all that was marked: sync the file (if it is kept); cow_commit, which says whether it wrote something;
 * if so, sync once more and call cow_committed. Between the first sync and the commit nothing may be marked whose data
 * was written after the sync began. cow_commit: 1, 0 or -errno.
 */
int cow_commit(struct cow *cow);
void cow_committed(struct cow *cow);
/* All of that. 0 or -errno. */
int cow_sync(struct cow *cow);

#endif
