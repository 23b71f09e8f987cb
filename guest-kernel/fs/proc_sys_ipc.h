/* SPDX-License-Identifier: Apache-2.0 */
/* proc_sys_ipc.h - what /proc/sys/kernel and /proc/sys/fs have of System V IPC and of message queues. */
#ifndef GK_FS_PROC_SYS_IPC_H
#define GK_FS_PROC_SYS_IPC_H

#include "fs/proc_sys_number.h"
#include "ipc/mqueue.h"
#include "ipc/msg.h"
#include "ipc/sem.h"
#include "ipc/shm.h"

extern int proc_sys_auto_msgmni;                          /* kept: nothing hangs on it, as on Linux */
extern const struct proc_entry proc_sys_mqueue_entries[]; /* of /proc/sys/fs/mqueue */

/* As struct proc_entry has them: a number of 64 bits, arg; the limits of semaphores; shm_rmid_forced. */
int proc_sys_long_show(struct proc_text *text, const struct proc_inode *at);
int proc_sys_long_store(const struct proc_inode *at, char *text, size_t size);
int proc_sys_sem_show(struct proc_text *text, const struct proc_inode *at);
int proc_sys_sem_store(const struct proc_inode *at, char *text, size_t size);
int proc_sys_rmid_store(const struct proc_inode *at, char *text, size_t size);

#define LONG_ENTRY(entry_name, variable) \
    {.name = (entry_name),               \
     .mode = S_IFREG | 0644,             \
     .show = proc_sys_long_show,         \
     .store = proc_sys_long_store,       \
     .arg = &(variable)}

/* Of /proc/sys/kernel. */
#define IPC_KERNEL_ENTRIES                                                                               \
    NUMBER_ENTRY("auto_msgmni", proc_sys_auto_msgmni, 0, 1),                                             \
        NUMBER_ENTRY_BY("msg_next_id", 0444, msg_ids.next_id, 0, INT32_MAX, proc_sys_number_store),      \
        NUMBER_ENTRY("msgmax", msg_max, 0, INT32_MAX), NUMBER_ENTRY("msgmnb", msg_mnb, 0, INT32_MAX),    \
        NUMBER_ENTRY("msgmni", msg_mni, 0, (int)IPC_PLACES),                                             \
        {.name = "sem", .mode = S_IFREG | 0644, .show = proc_sys_sem_show, .store = proc_sys_sem_store}, \
        NUMBER_ENTRY_BY("sem_next_id", 0444, sem_ids.next_id, 0, INT32_MAX, proc_sys_number_store),      \
        NUMBER_ENTRY_BY("shm_next_id", 0444, shm_ids.next_id, 0, INT32_MAX, proc_sys_number_store),      \
        NUMBER_ENTRY_BY("shm_rmid_forced", 0644, shm_rmid_forced, 0, 1, proc_sys_rmid_store),            \
        LONG_ENTRY("shmall", shm_all), LONG_ENTRY("shmmax", shm_max),                                    \
        NUMBER_ENTRY("shmmni", shm_mni, 0, (int)IPC_PLACES)

#endif
