/* SPDX-License-Identifier: Apache-2.0 */
/* proc_locks.c - /proc/locks (proc(5)): all locks on files, and who waits for them; and those of an open file, for its
 * fdinfo. */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/proc_system.h"
#include "vfs/device.h"
#include "vfs/lock.h"
#include "vfs/vfs.h"

#define TOLD_AT_ONCE 16u /* lines that are made between two waits */
#define LOOKED_AT 64u    /* so many that wait are looked at for each lock: with both a program could hold the kernel */

/* What a line tells. The lock itself may be gone where room for the line is made. */
struct told {
    uint64_t first, last, device, inode;
    int pid;
    uint8_t kind, type;
    bool breaks, of_process;
    bool waits; /* for the one in the line before that doesn't */
};

static struct told tell(const struct file_lock *lock, const struct inode *inode, bool waits)
{
    bool is_lease = lock->kind == LOCK_LEASE;

    return (struct told){.first = lock->first,
                         .last = lock->last,
                         .device = inode->fs != NULL ? inode->fs->device : 0,
                         .inode = inode->number,
                         .pid = lock->kind == LOCK_RECORD && lock->of_file ? -1 : lock->pid,
                         .kind = lock->kind,
                         .type = is_lease ? lock->becomes : lock->type,
                         .breaks = is_lease && lock->becomes != lock->type,
                         .of_process = !lock->of_file,
                         .waits = waits};
}

/* Those that wait for `lock`, behind it, as far as there is room. How many lines there are then. */
static unsigned tell_waiting(const struct file_lock *lock, struct told *lines, unsigned count)
{
    const struct lock_waiting *at = lock_waiting_first();

    for (unsigned looked = 0; at != NULL && looked < LOOKED_AT && count < TOLD_AT_ONCE; at = at->next, looked++)
        if (at->inode == lock->inode && lock_conflict(at->inode, at->wanted) == lock)
            lines[count++] = tell(at->wanted, at->inode, true);
    return count;
}

/* The locks behind *after, which goes on with them. How many lines. */
static unsigned collect(uint64_t *after, struct told *lines)
{
    unsigned count = 0;

    for (const struct file_lock *lock = lock_set_after(*after); lock != NULL && count < TOLD_AT_ONCE;
         lock = lock_set_next(lock)) {
        lines[count++] = tell(lock, lock->inode, false);
        count = tell_waiting(lock, lines, count);
        *after = lock->number;
    }
    return count;
}

static const char *kind_name(const struct told *told)
{
    if (told->kind == LOCK_WHOLE)
        return "FLOCK  ADVISORY ";
    if (told->kind == LOCK_LEASE)
        return told->breaks ? "LEASE  BREAKING " : "LEASE  ACTIVE   ";
    return told->of_process ? "POSIX  ADVISORY " : "OFDLCK ADVISORY ";
}

static const char *type_name(const struct told *told)
{
    return told->type == LOCK_WRITE ? "WRITE" : told->type == LOCK_READ ? "READ" : "UNLCK";
}

static void line(struct proc_text *text, unsigned long number, const struct told *told)
{
    proc_print(text, "%lu: %s%s %s %d %02x:%02x:%lu ", number, told->waits ? "-> " : "", kind_name(told),
               type_name(told), told->pid, device_major(told->device), device_minor(told->device),
               (unsigned long)told->inode);
    if (told->kind != LOCK_RECORD)
        proc_print(text, "0 EOF\n");
    else if (told->last >= INT64_MAX)
        proc_print(text, "%lu EOF\n", (unsigned long)told->first);
    else
        proc_print(text, "%lu %lu\n", (unsigned long)told->first, (unsigned long)told->last);
}

int proc_locks_show(struct proc_text *text, const struct proc_inode *at)
{
    struct told lines[TOLD_AT_ONCE];
    unsigned long number = 0;
    uint64_t after = 0;
    unsigned count;

    (void)at;
    while ((count = collect(&after, lines)) != 0) {
        for (unsigned i = 0; i < count; i++)
            line(text, number += !lines[i].waits, &lines[i]);
        if (wait_loop_ends(true))
            return -EINTR;
    }
    return 0;
}

/* ---- of an open file ---- */

/* The owner's locks of that kind that were taken by the file and begin at *from or behind it, which goes on with them.
 * How many lines. */
static unsigned collect_own(const struct file *file, const void *owner, enum lock_kind kind, uint64_t *from,
                            struct told *lines)
{
    unsigned count = 0;

    for (const struct file_lock *lock = file->inode->locks; lock != NULL && count < TOLD_AT_ONCE; lock = lock->next) {
        if (lock->kind != kind || lock->owner != owner || lock->file != file || lock->first < *from)
            continue;
        lines[count++] = tell(lock, file->inode, false);
        *from = lock->first + 1; /* an owner's locks don't overlap */
    }
    return count;
}

static int own_show(struct proc_text *text, const struct file *file, const void *owner, enum lock_kind kind,
                    unsigned long *number)
{
    struct told lines[TOLD_AT_ONCE];
    uint64_t from = 0;
    unsigned count;

    while ((count = collect_own(file, owner, kind, &from, lines)) != 0) {
        for (unsigned i = 0; i < count; i++) {
            proc_print(text, "lock:\t");
            line(text, ++*number, &lines[i]);
        }
        if (wait_loop_ends(true))
            return -EINTR;
    }
    return 0;
}

int proc_locks_of(struct proc_text *text, const struct file *file, const void *files)
{
    unsigned long number = 0;
    int error = own_show(text, file, file, LOCK_WHOLE, &number);

    if (error == 0)
        error = own_show(text, file, files, LOCK_RECORD, &number);
    if (error == 0)
        error = own_show(text, file, file, LOCK_RECORD, &number);
    return error == 0 ? own_show(text, file, file, LOCK_LEASE, &number) : error;
}
