/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share_process.h - the process that serves a run's shared folders, from its start to its end, as lvmm sees it.
 * Backends start it before there is a guest, and end it when the guest has ended.
 */
#ifndef LVMM_SHARE_PROCESS_H
#define LVMM_SHARE_PROCESS_H

#include <stdbool.h>

#include "vmm/child.h"
#include "vmm/noted.h"
#include "vmm/sandbox/sandbox.h"
#include "vmm/share/tree.h"

struct share_process {
    int socket; /* our end, for the device that it serves; -1: there is none, or it was given away */
    struct child child;
};

/* There is none yet: share_process_end is fine. */
void share_process_init(struct share_process *process);
/* Starts it, where there are shares. They stay the caller's, too. noted: as share_server_start has it. To be called by
 * a thread that lasts until our process ends. 0, or -errno after a message. */
int share_process_start(struct share_process *process, const struct share *shares, unsigned count,
                        enum sandbox_level level, struct noted *noted);
/* Nobody uses the socket any more: closes it, and waits for the process's end, which is its answer. One that hangs in a
 * file system of the host's is killed, and left alone if even that doesn't help. */
void share_process_end(struct share_process *process);

#endif
