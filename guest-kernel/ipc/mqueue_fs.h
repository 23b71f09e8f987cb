/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mqueue_fs.h - the file system of message queues (mq_overview(7), "Mounting the message queue filesystem"): there is
 * one, with one directory, whose files are queues. mq_open(2) finds names in it whether or not it is mounted anywhere.
 */
#ifndef GK_IPC_MQUEUE_FS_H
#define GK_IPC_MQUEUE_FS_H

#include "vfs/fstype.h"
#include "vfs/vfs.h"

struct mqueue;

extern const struct fs_type mqueue_type;

/* Opens the queue of that name, or (O_CREAT) makes it with so many messages of that size at most (MQUEUE_DEFAULT: as
 * who asks for nothing gets), as open(2) would with these flags and permissions. 0 or -errno. */
int mqueue_open(const char *name, uint32_t flags, uint32_t mode, int64_t messages, int64_t size, struct file **out);
/* mq_unlink(2): 0 or -errno. */
int mqueue_unlink(const char *name);
/* The queue that is open there; NULL: the file is no queue. */
struct mqueue *mqueue_of_file(const struct file *file);

/* The machine ends: nobody finds it any more. */
void mqueue_end(void);

#endif
