/* SPDX-License-Identifier: Apache-2.0 */
/* proc_sysvipc.c - /proc/sysvipc: tables of what there is of System V IPC (sysvipc(7)), for whoever looks. */
#include "abi/errno.h"
#include "fs/proc.h"
#include "ipc/msg.h"
#include "ipc/sem.h"
#include "ipc/shm.h"
#include "lib/list.h"
#include "mm/page.h"

/* A line for each in the table. Where there is no room for the next one others may run, and places come and go. */
static int table_show(struct proc_text *text, const struct ipc_ids *ids, const char *head,
                      void (*line)(struct proc_text *text, const struct ipc_perm *perm))
{
    proc_print(text, "%s\n", head);
    for (unsigned place = 0; place < ids->slots && proc_text_reserve(text, PROC_LINE_MAX); place++)
        if (ipc_at(ids, place) != NULL)
            line(text, ipc_at(ids, place));
    return text->error;
}

static void owners_print(struct proc_text *text, const struct ipc_perm *perm)
{
    proc_print(text, " %5u %5u %5u %5u", perm->uid, perm->gid, perm->cuid, perm->cgid);
}

static void names_print(struct proc_text *text, const struct ipc_perm *perm)
{
    proc_print(text, "%10d %10d  %4o", perm->key, perm->id, perm->mode);
}

static void shm_print(struct proc_text *text, const struct ipc_perm *perm)
{
    const struct shm *shm = container_of(perm, const struct shm, perm);

    names_print(text, perm);
    proc_print(text, " %21lu %5d %5d  %5lu", (unsigned long)shm->size, shm->cpid, shm->lpid,
               (unsigned long)shm->attached);
    owners_print(text, perm);
    proc_print(text, " %10lu %10lu %10lu %21lu %21lu\n", (unsigned long)shm->atime, (unsigned long)shm->dtime,
               (unsigned long)shm->ctime, (unsigned long)(shm_resident(shm) << PAGE_SHIFT), 0ul);
}

static int shm_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    return table_show(text, &shm_ids,
                      "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid"
                      "      atime      dtime      ctime                   rss                  swap",
                      shm_print);
}

static void sem_print(struct proc_text *text, const struct ipc_perm *perm)
{
    const struct sem_set *set = container_of(perm, const struct sem_set, perm);

    names_print(text, perm);
    proc_print(text, " %10u", set->count);
    owners_print(text, perm);
    proc_print(text, " %10lu %10lu\n", (unsigned long)set->otime, (unsigned long)set->ctime);
}

static int sem_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    return table_show(text, &sem_ids,
                      "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime",
                      sem_print);
}

static void msg_print(struct proc_text *text, const struct ipc_perm *perm)
{
    const struct msg_queue *queue = container_of(perm, const struct msg_queue, perm);

    names_print(text, perm);
    proc_print(text, "  %10lu %10lu %5d %5d", (unsigned long)queue->bytes, (unsigned long)queue->count, queue->lspid,
               queue->lrpid);
    owners_print(text, perm);
    proc_print(text, " %10lu %10lu %10lu\n", (unsigned long)queue->stime, (unsigned long)queue->rtime,
               (unsigned long)queue->ctime);
}

static int msg_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    return table_show(text, &msg_ids,
                      "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid"
                      "      stime      rtime      ctime",
                      msg_print);
}

#define FILE_ENTRY(entry_name, function) {.name = (entry_name), .mode = S_IFREG | 0444, .show = (function)}

const struct proc_entry proc_sysvipc_entries[] = {
    FILE_ENTRY("msg", msg_show),
    FILE_ENTRY("sem", sem_show),
    FILE_ENTRY("shm", shm_show),
    {0},
};
