/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_told.c - see fuse_told.h. */
#include "fs/fuse/fuse_told.h"

#include "abi/errno.h"
#include "abi/inotify.h"
#include "boot/abi_share.h"
#include "core/clock.h"
#include "core/news.h"
#include "fs/fuse/fuse_news.h"
#include "fs/fuse/reply.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/icache.h"
#include "vfs/names_told.h"

#define EVENTS_SIZE (2u * LVMM_FUSE_EVENTS_LEAST) /* bytes of them that are told at once */

#define OF_NAME (IN_MOVE | IN_CREATE | IN_DELETE)
#define OF_ATTRIBUTES (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE)
#define OF_END (IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT)

/* ---- events ---- */

static void all_lost(struct fuse_fs *fs)
{
    fs->lost_at = fs->attrs_at = ++fs->changes;
    fuse_news_lost(fs);
}

int fuse_doubt(struct fuse_fs *fs, int error)
{
    if (error == -ESTALE)
        fs->lost_at = fs->attrs_at = ++fs->changes;
    return error;
}

/* Its attributes and data are no longer what they were. */
static void attr_doubt(struct inode *inode, uint32_t mask)
{
    struct fuse_node *node = fuse_node_of(inode);

    if (inode->key == 0) /* no node: a directory that is only here, for a mount (vfs/mount.c) */
        return;
    fuse_attr_expire(node);
    node->is_modified = node->is_modified || (mask & (IN_MODIFY | IN_CLOSE_WRITE)) != 0;
}

/* Something was done to a file by a name that nobody vouches for. That may be a new one of any file that is known, as
 * others link them; what this guest does itself it does by names that it knows. */
static bool is_of_any_file(const struct lvmm_fuse_event *event)
{
    return !(event->flags & LVMM_FUSE_EVENT_ECHO) && !(event->mask & IN_ISDIR) &&
           (event->mask & (OF_ATTRIBUTES | IN_CREATE)) != 0;
}

static void event_take(struct fuse_fs *fs, const struct lvmm_fuse_event *event, const char *name)
{
    struct inode *dir = icache_find(&fs->fs, event->node);

    fs->attrs_at = ++fs->changes;
    if (dir == NULL)
        return;
    struct fuse_node *node = fuse_node_of(dir);
    fuse_news_tell(fs, dir, event, name);
    if (event->mask & OF_END)
        node->lost_at = node->names_at = fs->changes;
    if (event->length == 0 || (event->mask & OF_NAME))
        attr_doubt(dir, event->mask);
    if (event->length != 0) {
        if (!names_known(dir, name, event->length, fuse_vouch_holds, attr_doubt, event->mask) && is_of_any_file(event))
            fs->missed_at = fs->changes;
        if (event->mask & OF_NAME) {
            node->names_at = fs->changes;
            names_doubt(dir, name, event->length);
        }
    }
    inode_put(dir);
}

/* Events are hostile: they say nothing but what is to be asked again. False: that aren't any. */
static bool events_take(struct fuse_fs *fs, const char *events, size_t size)
{
    struct lvmm_fuse_event event;

    for (size_t at = 0; at < size;) {
        if (size - at < sizeof(event))
            return false;
        memcpy(&event, events + at, sizeof(event));
        at += sizeof(event);
        if (event.length > NAME_MAX || event.length > size - at)
            return false;
        if (event.mask & IN_Q_OVERFLOW)
            all_lost(fs);
        else
            event_take(fs, &event, events + at);
        size_t step = (event.length + 7) & ~(size_t)7;
        at += step < size - at ? step : size - at;
    }
    return true;
}

/* ---- the server's message ---- */

/* The server has told something, or that it tells nothing any more. True: it has the message again. */
static bool events_answered(struct fuse_message *message)
{
    struct fuse_fs *fs = container_of(message->connection, struct fuse_fs, connection);
    struct fuse_out head = message->out;
    int64_t got = message->request.result;

    if (got == 0)
        got = fuse_reply_size(&head, message->request.written, message->in.unique, 0, EVENTS_SIZE);
    if (got > 0) {
        fuse_message_copy_out(message, fs->events, (size_t)got);
        if (!events_take(fs, fs->events, (size_t)got))
            got = -EIO;
        fuse_news_end(fs);
    }
    fs->connection.told++; /* what was sent before the server has this again proves nothing */
    if (got < 0) {
        all_lost(fs);
        fs->is_told = false;
        return false;
    }
    fuse_message_again(message, 0);
    return true;
}

void fuse_told_begin(struct fuse_fs *fs)
{
    struct fuse_message *message;

    fs->events = kmalloc(EVENTS_SIZE);
    message = fs->events != NULL ? fuse_message(&fs->connection, LVMM_FUSE_EVENTS, FUSE_ROOT, NULL, 0) : NULL;
    if (message == NULL)
        return;
    if (fuse_message_room(message, EVENTS_SIZE, true) != 0) {
        fuse_message_end(message);
        return;
    }
    message->answered = events_answered;
    fs->is_told = true;
    fuse_message_leave(message, 0);
}

bool fuse_is_current(struct fuse_fs *fs)
{
    if (!fs->is_told)
        return false;
    fuse_port_settle(fs->connection.port);
    return fs->is_told && fs->connection.proved == fuse_connection_moment(&fs->connection);
}

/* ---- what holds ---- */

uint64_t fuse_until(const struct fuse_fs *fs, uint64_t seconds, uint32_t ns, uint64_t asked_at)
{
    uint64_t now = clock_monotonic_ns();

    if (seconds != LVMM_FUSE_TOLD)
        return fuse_valid_until(now, seconds, ns);
    return fs->is_told && fs->attrs_at <= asked_at ? FUSE_UNTIL_TOLD : now;
}

uint64_t fuse_vouch(const struct fuse_node *dir, uint64_t seconds, uint64_t asked_at)
{
    const struct fuse_fs *fs = fuse_fs_of(&dir->inode);

    if (seconds != LVMM_FUSE_TOLD || !fs->is_told || dir->names_at > asked_at || fs->lost_at > asked_at)
        return 0;
    return asked_at + 1;
}

bool fuse_vouch_holds(const struct inode *dir, uint64_t vouched)
{
    return vouched > fuse_fs_of(dir)->lost_at && vouched > fuse_node_of(dir)->lost_at;
}

bool fuse_names_hold(const struct fuse_node *dir, uint64_t asked_at)
{
    return dir->names_at <= asked_at && fuse_vouch_holds(&dir->inode, asked_at + 1);
}

/* Events have the names of files, and find them by these alone. */
static bool name_covers(const struct inode *dir, uint64_t vouched, const struct inode *inode)
{
    return fuse_vouch_holds(dir, vouched) && fuse_node_of(inode)->attr_asked_at >= fuse_fs_of(dir)->missed_at;
}

bool fuse_attr_holds(struct fuse_node *node)
{
    struct fuse_fs *fs = fuse_fs_of(&node->inode);

    if (node->attr_until != FUSE_UNTIL_TOLD || !fuse_is_current(fs) || node->attr_until != FUSE_UNTIL_TOLD ||
        node->attr_asked_at < fs->lost_at)
        return false;
    if (S_ISDIR(node->inode.mode))
        return node->attr_asked_at >= node->lost_at;
    return node->inode.links == 1 && names_hold(&node->inode, name_covers);
}
