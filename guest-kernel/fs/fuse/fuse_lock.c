/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_lock.c - locks on files of the host, which keep out others there and in other guests.
 *
 * The server has an open file for each of ours by which locks are asked for: flock's are that file's, and as long as it
 * is open the server keeps those of the owners of records. The locks of this guest are in the inode's list as well, so
 * that the server is asked only where nobody here is in the way. It says nothing of deadlocks with others.
 */
#include "abi/errno.h"
#include "core/thread.h"
#include "fs/fuse/fuse.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/lock.h"

struct fuse_lock_handle {
    struct fuse_lock_handle *next;
    const struct file *file;
    uint64_t number;
};

/* ---- handles ---- */

static struct fuse_lock_handle **handle_find(struct fuse_node *node, const void *file)
{
    struct fuse_lock_handle **at = &node->locks;

    while (*at != NULL && (*at)->file != file)
        at = &(*at)->next;
    return at;
}

/* As the file is open, or, where the host's user may not do both any more, to read or to write alone: flock minds
 * neither. */
static int handle_open(const struct file *file, struct fuse_handle *out)
{
    static const uint32_t modes[] = {O_RDONLY, O_WRONLY};
    struct fuse_node *node = fuse_node_of(file->inode);
    int error = fuse_handle_open(node, FUSE_READING, file->flags & O_ACCMODE, out);

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]) && error == -EACCES; i++)
        error = fuse_handle_open(node, FUSE_READING, modes[i], out);
    return error;
}

/* The file's handle, made if it has none. 0 or -errno. */
static int handle_get(const struct file *file, uint64_t *out)
{
    struct fuse_node *node = fuse_node_of(file->inode);
    struct fuse_lock_handle *own = *handle_find(node, file);
    struct fuse_handle opened;

    if (own == NULL) {
        struct fuse_lock_handle *fresh = kmalloc(sizeof(*fresh));
        int error = fresh == NULL ? -ENOLCK : handle_open(file, &opened);
        if (error != 0) {
            kfree(fresh);
            return error;
        }
        own = *handle_find(node, file);
        if (own != NULL) { /* another thread's, as this one waited */
            kfree(fresh);
            fuse_handle_drop(fuse_connection_of(file->inode), file->inode->key, FUSE_READING, opened.number);
        } else {
            own = fresh;
            *own = (struct fuse_lock_handle){node->locks, file, opened.number};
            node->locks = own;
        }
    }
    *out = own->number;
    return 0;
}

/* ---- asking ---- */

static uint64_t owner_of(const void *owner)
{
    return (uint64_t)(uintptr_t)owner;
}

static struct fuse_message *lock_message(struct file *file, enum fuse_opcode opcode, uint64_t handle,
                                         const struct file_lock *lock)
{
    struct fuse_lock_in in = {
        .handle = handle,
        .owner = owner_of(lock->owner),
        .lock = {.first = lock->first, .last = lock->last, .type = lock->type, .pid = (uint32_t)lock->pid},
        .lock_flags = lock->kind == LOCK_WHOLE ? FUSE_LOCK_WHOLE : 0,
    };

    return fuse_message(fuse_connection_of(file->inode), opcode, file->inode->key, &in, sizeof(in));
}

/* It was taken for somebody who is gone. What is only flock's goes with its handle. */
static void lock_orphaned(struct fuse_message *message)
{
    struct fuse_lock_in in;

    memcpy(&in, message->text, sizeof(in));
    if (message->request.written < sizeof(message->out) || message->out.error != 0 || in.lock.type == LOCK_NONE)
        return;
    in.lock.type = LOCK_NONE;
    fuse_message_owe(message->connection, FUSE_SETLK, message->in.node, &in, sizeof(in));
}

static bool is_kept(const struct inode *inode, enum lock_kind kind)
{
    const struct fuse_connection *connection = fuse_connection_of(inode);

    return kind == LOCK_WHOLE ? connection->has_wholes : connection->has_records;
}

int fuse_lock(struct file *file, const struct file_lock *wanted, bool may_wait)
{
    bool waits = may_wait && wanted->type != LOCK_NONE;
    uint64_t handle;

    if (!is_kept(file->inode, wanted->kind) || (wanted->type == LOCK_NONE && fuse_node_of(file->inode)->locks == NULL))
        return 0;
    int error = handle_get(file, &handle);
    if (error != 0)
        return error;
    struct fuse_message *message = lock_message(file, waits ? FUSE_SETLKW : FUSE_SETLK, handle, wanted);
    if (message == NULL)
        return -ENOLCK;
    message->orphaned = lock_orphaned;
    int64_t got = waits ? fuse_call_interruptible(&message, NULL, 0, 0) : fuse_call(&message, NULL, 0, 0);
    fuse_message_end(message);
    return (int)got;
}

/* Who has it is a process elsewhere, whose number says nothing here: 0, as a Linux guest says. */
int fuse_test_lock(struct file *file, struct file_lock *lock)
{
    struct fuse_lock_in out;
    uint64_t handle;

    if (!is_kept(file->inode, lock->kind)) {
        lock->type = LOCK_NONE;
        return 0;
    }
    int error = handle_get(file, &handle);
    if (error != 0)
        return error;
    struct fuse_message *message = lock_message(file, FUSE_GETLK, handle, lock);
    if (message == NULL)
        return -ENOLCK;
    int64_t got = fuse_call(&message, &out.lock, sizeof(out.lock), sizeof(out.lock));
    fuse_message_end(message);
    if (got < 0)
        return (int)got;
    if (out.lock.type > LOCK_NONE || out.lock.first > out.lock.last || out.lock.last > INT64_MAX)
        return -EIO;
    lock->type = (uint8_t)out.lock.type;
    lock->first = out.lock.first;
    lock->last = out.lock.last;
    lock->pid = 0;
    lock->of_file = false;
    return 0;
}

/* ---- the end ---- */

/* A message that nobody waits for: as on Linux, where what RELEASE gives up is free a moment after close(2). */
static void tell(struct inode *inode, enum fuse_opcode opcode, const void *in, size_t size)
{
    struct fuse_connection *connection = fuse_connection_of(inode);

    fuse_message_owe(connection, opcode, inode->key, in, size);
    fuse_connection_kick(connection);
}

void fuse_unlock(struct inode *inode, const void *owner, bool has_some)
{
    struct fuse_lock_handle **at = handle_find(fuse_node_of(inode), owner), *own = *at;

    if (own != NULL) { /* it is an open file that goes */
        struct fuse_release_in release = {.handle = own->number,
                                          .release_flags = FUSE_RELEASE_FLUSH | FUSE_RELEASE_FLOCK_UNLOCK,
                                          .lock_owner = owner_of(owner)};
        *at = own->next;
        kfree(own);
        tell(inode, FUSE_RELEASE, &release, sizeof(release));
    } else if (has_some && fuse_node_of(inode)->locks != NULL) {
        struct fuse_flush_in flush = {.handle = fuse_node_of(inode)->locks->number, .lock_owner = owner_of(owner)};

        tell(inode, FUSE_FLUSH, &flush, sizeof(flush));
    }
}
