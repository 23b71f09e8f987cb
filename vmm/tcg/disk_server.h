/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_server.h - processes that serve QEMU those disks whose changes go to a file of their own, which is lvmm's format
 * and not QEMU's, and all where what is read and written is counted: by the protocol for network block devices, on a
 * socket.
 *
 * Such a process has the disk's files and that socket, and nothing else of ours. It ends when QEMU has, or with us.
 */
#ifndef LVMM_TCG_DISK_SERVER_H
#define LVMM_TCG_DISK_SERVER_H

#include "vmm/backend.h"

struct disk_servers {
    pid_t pid[CONFIG_DISKS]; /* 0: none */
};

/* Is that disk served so? */
static inline bool disk_servers_serve(const struct backend_job *job, unsigned disk)
{
    return job->disk[disk].is_cow || job->disk_meters != NULL;
}

/* Starts those that the job's disks need; QEMU's ends of their sockets are in fds[disk], the caller's to close, also
 * after a failure. To be called by a thread that lasts until our process ends. 0 or -errno. */
int disk_servers_start(struct disk_servers *servers, const struct backend_job *job, int fds[CONFIG_DISKS]);

/* QEMU has ended, and its sockets are closed: waits until what was written is on the disks, or says on which it isn't.
 * Does nothing where none was started. */
void disk_servers_finish(struct disk_servers *servers, const struct backend_job *job);

#endif
