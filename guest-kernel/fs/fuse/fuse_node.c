/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_node.c - nodes of the server as inodes: how they come, their attributes, and how they are forgotten. */
#include "abi/errno.h"
#include "abi/time.h"
#include "boot/abi_share.h"
#include "core/clock.h"
#include "core/pid.h"
#include "core/thread.h"
#include "fs/fuse/fuse_kept.h"
#include "fs/fuse/fuse_told.h"
#include "fs/fuse/fuse_window.h"
#include "fs/fuse/reply.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/icache.h"
#include "vfs/pagecache.h"

#define FETCH_TRIES 3u  /* other threads may change the file all the time */
#define FORGET_MANY 32u /* nodes: for fewer the server isn't called at once */
#define FORGET_MOST ((FUSE_TEXT_MAX - sizeof(struct fuse_batch_forget_in)) / sizeof(struct fuse_forget))

/* ---- attributes ---- */

static bool types_differ(uint32_t a, uint32_t b)
{
    return ((a ^ b) & S_IFMT) != 0;
}

/* What the file's size and data don't depend on. */
static void attr_copy(struct fuse_node *node, const struct fuse_attr *attr)
{
    struct inode *inode = &node->inode;

    inode->number = attr->ino;
    inode->mode = node->server_mode = attr->mode & (S_IFMT | 07777);
    inode->links = attr->links;
    inode->uid = attr->uid;
    inode->gid = attr->gid;
    inode->rdev = attr->rdev;
    inode->atime = fuse_time(attr->atime, attr->atime_ns);
    inode->mtime = fuse_time(attr->mtime, attr->mtime_ns);
    inode->ctime = fuse_time(attr->ctime, attr->ctime_ns);
    node->blocks = attr->blocks;
}

/* Pages that may be old go, out of mappings too. What a mapping has changed is stored first, and stays if it can't be,
 * or was changed once more meanwhile: it is nowhere else. */
static void pages_drop(struct inode *inode)
{
    if (inode->cache_slots == 0)
        return;
    if (inode->dirty)
        (void)pagecache_write_back(inode);
    pagecache_forget_clean(inode, 0, UINT64_MAX);
}

static void asked_now(struct fuse_node *node, uint64_t until)
{
    const struct thread *thread = current_thread();

    node->attr_until = until;
    node->asked_by = thread->id != NULL ? thread->id->number : 0;
    node->asked_call = thread->process != NULL ? thread->process->system_calls : 0;
}

int fuse_attr_take(struct fuse_node *node, const struct fuse_attr *attr, uint64_t until, uint64_t asked_at)
{
    struct inode *inode = &node->inode;
    int64_t mtime = fuse_time(attr->mtime, attr->mtime_ns);
    bool has_changed = S_ISREG(inode->mode) && (inode->mtime != mtime || inode->size != attr->size);

    if (types_differ(attr->mode, inode->mode)) {
        icache_remove(inode); /* who looks the name up again gets another inode */
        return -EIO;
    }
    /* They are from before what was done here meanwhile, or others are newer. What is told of has been done by others:
     * then these hold for now alone (fuse_until), but who writes all the time doesn't keep them from us. */
    if (node->changed_at > asked_at || node->attr_asked_at > asked_at)
        return 0;
    attr_copy(node, attr);
    asked_now(node, until);
    node->attr_asked_at = asked_at;
    if (attr->size < inode->size)
        inode->cuts++;
    inode->size = attr->size;
    if (has_changed || node->is_modified) {
        node->is_modified = false;
        pages_drop(inode);
    }
    return 0;
}

/* As long as the server says, or for the call in which it was asked. The kernel's own threads make none. */
static bool is_fresh(const struct fuse_node *node)
{
    const struct thread *thread = current_thread();

    if (node->asked_by != 0 && node->asked_call != 0 && thread->id != NULL && node->asked_by == thread->id->number &&
        node->asked_call == thread->process->system_calls)
        return true;
    if (node->attr_until == FUSE_UNTIL_TOLD)
        return fuse_attr_holds((struct fuse_node *)(uintptr_t)node);
    return node->attr_until != 0 && clock_monotonic_ns() < node->attr_until;
}

static int fetch_once(struct inode *inode, uint64_t asked_at)
{
    struct fuse_node *node = fuse_node_of(inode);
    struct fuse_getattr_in in = {0};
    struct fuse_attr_out out;
    struct fuse_message *message = fuse_message(fuse_connection_of(inode), FUSE_GETATTR, inode->key, &in, sizeof(in));

    if (message == NULL)
        return -ENOMEM;
    int64_t got = fuse_call(&message, &out, sizeof(out), sizeof(out));
    int error = got < 0 ? fuse_doubt(fuse_fs_of(inode), (int)got) : fuse_attr_check(&out.attr);
    fuse_message_end(message);
    if (error == 0)
        error =
            fuse_attr_take(node, &out.attr, fuse_until(fuse_fs_of(inode), out.valid, out.valid_ns, asked_at), asked_at);
    return error;
}

/* What was done here while the answer was on its way makes that too old. */
int fuse_fetch_now(struct inode *inode)
{
    uint64_t asked_at;
    unsigned tries = 0;
    int error;

    do {
        asked_at = fuse_fs_of(inode)->changes;
        error = fetch_once(inode, asked_at);
    } while (error == 0 && fuse_node_of(inode)->changed_at > asked_at && ++tries < FETCH_TRIES);
    return error;
}

int fuse_fetch(struct inode *inode)
{
    return is_fresh(fuse_node_of(inode)) ? 0 : fuse_fetch_now(inode);
}

uint64_t fuse_blocks(const struct inode *inode)
{
    return fuse_node_of(inode)->blocks;
}

static void set_time(int64_t ns, uint64_t *seconds, uint32_t *part)
{
    int64_t rest = ns % (int64_t)NS_PER_SEC;

    if (rest < 0)
        rest += (int64_t)NS_PER_SEC;
    *seconds = (uint64_t)((ns - rest) / (int64_t)NS_PER_SEC);
    *part = (uint32_t)rest;
}

static void set_times(const struct attr_change *change, struct fuse_setattr_in *in)
{
    bool is_now = change->which & ATTR_NOW;

    if (change->which & ATTR_ATIME) {
        in->which |= is_now ? FUSE_SET_ATIME | FUSE_SET_ATIME_NOW : FUSE_SET_ATIME;
        set_time(change->atime, &in->atime, &in->atime_ns);
    }
    if (change->which & ATTR_MTIME) {
        in->which |= is_now ? FUSE_SET_MTIME | FUSE_SET_MTIME_NOW : FUSE_SET_MTIME;
        set_time(change->mtime, &in->mtime, &in->mtime_ns);
    }
}

/* What it becomes the server knows best: the caller's idea of it holds until that is asked. */
int fuse_set_attr(struct inode *inode, struct attr_change *change)
{
    struct fuse_setattr_in in = {.mode = (inode->mode & S_IFMT) | change->mode, .uid = change->uid, .gid = change->gid};
    struct fuse_attr_out out;

    in.which = (change->which & ATTR_MODE ? FUSE_SET_MODE : 0u) | (change->which & ATTR_UID ? FUSE_SET_UID : 0u) |
               (change->which & ATTR_GID ? FUSE_SET_GID : 0u);
    set_times(change, &in);
    if (in.which == 0)
        return 0;
    if (fuse_handle_is_open(fuse_node_of(inode), FUSE_WRITING)) { /* which the server has at hand */
        in.which |= FUSE_SET_HANDLE;
        in.handle = fuse_node_of(inode)->open[FUSE_WRITING].number;
    }
    struct fuse_message *message = fuse_node_message(inode, FUSE_SETATTR, &in, sizeof(in));
    if (message == NULL)
        return -ENOMEM;
    int64_t got = fuse_call(&message, &out, sizeof(out), sizeof(out));
    fuse_message_end(message);
    fuse_node_changed(fuse_node_of(inode)); /* the server tells nothing of that */
    if (got >= 0 && (change->which & ATTR_MODE))
        fuse_node_of(inode)->server_mode = in.mode;
    return got < 0 ? fuse_doubt(fuse_fs_of(inode), (int)got) : 0;
}

int fuse_ids_drop(struct inode *inode)
{
    struct attr_change change = {.which = ATTR_MODE, .mode = inode->mode & 07777};

    return ((fuse_node_of(inode)->server_mode ^ inode->mode) & 07777) != 0 ? fuse_set_attr(inode, &change) : 0;
}

/* ---- life ---- */

static void node_begin(struct fuse_node *node, struct fuse_fs *fs, uint64_t number, const struct fuse_attr *attr)
{
    inode_init(&node->inode, &fs->fs, fs->ops_of(attr->mode), attr->ino, attr->mode);
    attr_copy(node, attr);
    node->inode.size = attr->size;
    icache_insert(&node->inode, number);
}

struct fuse_node *fuse_node_create(struct fuse_fs *fs, uint64_t number, const struct fuse_attr *attr)
{
    struct fuse_node *node = kmalloc(sizeof(*node));

    if (node != NULL)
        node_begin(node, fs, number, attr);
    return node;
}

/* The one that is known by this number, if it is still the same file. */
static struct fuse_node *node_find(struct fuse_fs *fs, const struct fuse_entry *entry)
{
    struct inode *inode = icache_find(&fs->fs, entry->node);

    if (inode == NULL)
        return NULL;
    if (!types_differ(inode->mode, entry->attr.mode) && fuse_node_of(inode)->generation == entry->generation)
        return fuse_node_of(inode);
    icache_remove(inode); /* who has it keeps what there was */
    inode_put(inode);
    return NULL;
}

static uint64_t attr_until(const struct fuse_fs *fs, const struct fuse_entry *entry, uint64_t asked_at)
{
    return fuse_until(fs, entry->attr_valid, entry->attr_valid_ns, asked_at);
}

int fuse_node_get(struct fuse_fs *fs, const struct fuse_entry *entry, uint64_t asked_at, struct inode **out)
{
    struct fuse_node *node = node_find(fs, entry), *new = NULL;
    int error = 0;

    if (node == NULL) {
        new = kmalloc(sizeof(*new));
        if (new == NULL) {
            fuse_node_drop(fs, entry->node);
            return -ENOMEM;
        }
        node = node_find(fs, entry); /* another may have been faster while there was no memory */
    }
    if (node == NULL) {
        node = new;
        node_begin(node, fs, entry->node, &entry->attr);
        node->generation = entry->generation;
        asked_now(node, attr_until(fs, entry, asked_at));
        node->attr_asked_at = asked_at;
    } else {
        kfree(new);
        error = fuse_attr_take(node, &entry->attr, attr_until(fs, entry, asked_at), asked_at);
    }
    node->lookups++;
    node->entry_until = 0;
    if (entry->entry_valid != LVMM_FUSE_TOLD && (entry->entry_valid != 0 || entry->entry_valid_ns != 0))
        node->entry_until = fuse_valid_until(clock_monotonic_ns(), entry->entry_valid, entry->entry_valid_ns);
    if (error != 0) {
        inode_put(&node->inode);
        return error;
    }
    *out = &node->inode;
    return 0;
}

/* ---- the end ---- */

/* What fuse_list.c has of a directory. */
static void listing_forget(struct fuse_fs *fs, struct fuse_node *node)
{
    if (S_ISDIR(node->inode.mode))
        fuse_kept_drop(node);
    if (fs->learns == node)
        fs->learns = NULL;
    if (fs->rest.of != node)
        return;
    kfree(fs->rest.bytes);
    fs->rest = (struct fuse_listing){0};
}

void fuse_node_free(struct fuse_node *node)
{
    kfree(node->open);
    kfree(node);
}

/* It stays as long as the server isn't told; so does what it has open. */
void fuse_release(struct inode *inode)
{
    struct fuse_node *node = fuse_node_of(inode);
    struct fuse_fs *fs = fuse_fs_of(inode);

    listing_forget(fs, node);
    if (inode->key == FUSE_ROOT) { /* which nobody is told to forget */
        fuse_node_free(node);
        return;
    }
    node->next = fs->forgotten;
    fs->forgotten = node;
    fs->forgotten_count++;
    if (inode->links == 0) {
        fs->forgotten_count += FORGET_MANY; /* the server keeps the bytes of a file that has no name any more */
        filesystem_mark_dirty(&fs->fs);
    }
}

void fuse_node_drop(struct fuse_fs *fs, uint64_t number)
{
    struct fuse_batch_forget_in in = {.count = 1};
    struct fuse_forget one = {number, 1};

    current_thread()->wants_no_wait++; /* for memory: it may be an interrupt that has brought the node */
    struct fuse_message *message = fuse_message(&fs->connection, FUSE_BATCH_FORGET, 0, &in, sizeof(in));
    current_thread()->wants_no_wait--;

    if (message == NULL) /* it stays with the server until the end */
        return;
    fuse_message_add(message, &one, sizeof(one));
    fuse_message_leave(message, 0);
}

/* One message of them. False: there is no memory. */
static bool forget_some(struct fuse_fs *fs)
{
    struct fuse_batch_forget_in in = {0};
    struct fuse_message *message = fuse_message(&fs->connection, FUSE_BATCH_FORGET, 0, &in, sizeof(in));

    if (message == NULL)
        return false;
    while (fs->forgotten != NULL && in.count < FORGET_MOST) {
        struct fuse_node *node = fs->forgotten;
        struct fuse_forget one = {node->inode.key, node->lookups};
        fs->forgotten = node->next;
        fuse_handles_close(node);
        fuse_pieces_forget(node);
        fuse_message_add(message, &one, sizeof(one));
        in.count++;
        fuse_node_free(node);
    }
    memcpy(message->text, &in, sizeof(in));
    fuse_message_leave(message, 0);
    return true;
}

void fuse_forget(struct fuse_fs *fs, bool all)
{
    if (!all && fs->forgotten_count < FORGET_MANY)
        return;
    fs->forgotten_count = 0;
    while (fs->forgotten != NULL && forget_some(fs))
        ;
}
