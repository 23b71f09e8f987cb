/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_news.c - see fuse_news.h. */
#include "fs/fuse/fuse_news.h"

#include "abi/errno.h"
#include "abi/inotify.h"
#include "boot/abi_share.h"
#include "core/thread.h"
#include "fs/fuse/reply.h"
#include "lib/string.h"
#include "vfs/icache.h"
#include "vfs/names_told.h"
#include "vfs/notify.h"

#define LINKS_ASKED_MOST 1024u /* questions under way: a folder that is removed may have had many watched files */

/* What a file is told that others see by its name. */
#define OF_FILE (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE)
/* What a directory is told of itself: that it is removed its parent hears first, which is when it ends here. */
#define OF_SELF (IN_ATTRIB | IN_MOVE_SELF)

void fuse_news_wanted(struct inode *dir)
{
    struct fuse_fs *fs = fuse_fs_of(dir);
    struct fuse_message *message = fs->is_told ? fuse_node_message(dir, LVMM_FUSE_WATCH, NULL, 0) : NULL;

    if (message == NULL)
        return;
    fuse_port_hear(fs->connection.port);
    fuse_call(&message, NULL, 0, 0);
    fuse_message_end(message);
}

/* ---- what programs are told ---- */

/* Of the file itself; watch_tell leaves out what nobody wants. */
static void tell(struct inode *inode, uint32_t mask)
{
    watch_tell(inode, &(struct watch_news){.mask = mask});
}

/* What had lost a name and wasn't told of: it is elsewhere by now. */
static void moved_tell(struct fuse_fs *fs)
{
    struct inode *inode = fs->moving.inode;

    fs->moving.inode = NULL;
    if (inode == NULL)
        return;
    tell(inode, IN_MOVE_SELF);
    inode_put(inode);
}

/* Linux's numbers of moves are its own, and so are ours. */
static uint32_t cookie_of(struct fuse_moving *moving, const struct lvmm_fuse_event *event)
{
    if (!(event->mask & IN_MOVE))
        return 0;
    if (moving->cookie == 0 || moving->its_cookie != event->cookie) {
        moving->its_cookie = event->cookie;
        moving->cookie = notify_cookie();
    }
    return moving->cookie;
}

/* Within a directory (WATCH_RENAMED): the new name's event comes behind the old one's. Before cookie_of. */
static void renamed_tell(struct fuse_fs *fs, struct inode *dir, const struct lvmm_fuse_event *event)
{
    struct fuse_moving *moving = &fs->moving;

    if ((event->mask & IN_MOVED_TO) && moving->from == dir->key && moving->its_cookie == event->cookie)
        tell(dir, WATCH_RENAMED);
    if (event->mask & IN_MOVED_FROM)
        moving->from = dir->key;
}

/* ---- the end of a file ---- */

/* It has no name any more: watches of it end, unless somebody has it open, whose the last name is (vfs/dentry.c). */
static void file_gone(struct inode *inode)
{
    inode->links = 0;
    if (list_is_empty(&inode->dentries))
        watch_inode_gone(inode);
}

/* The server has said how many names there are. */
static bool links_told(struct fuse_message *message)
{
    struct fuse_fs *fs = container_of(message->connection, struct fuse_fs, connection);
    struct inode *inode = icache_find(&fs->fs, message->in.node);
    struct fuse_out head = message->out;
    struct fuse_attr_out out;
    int64_t got = message->request.result;

    fs->links_asked--;
    if (inode == NULL)
        return false;
    if (got == 0)
        got = fuse_reply_size(&head, message->request.written, message->in.unique, sizeof(out), sizeof(out));
    memcpy(&out, message->reply, sizeof(out));
    if (got == -ESTALE || got == -ENOENT || (got > 0 && out.attr.links == 0))
        file_gone(inode);
    inode_put(inode);
    return false;
}

/* How many names it still has the event doesn't say. Nobody can wait here; without memory its watches stay, and so they
 * do where a server tells of more ends than it answers questions. */
static void links_ask(struct fuse_fs *fs, const struct inode *inode)
{
    const struct fuse_getattr_in in = {0};

    if (fs->links_asked == LINKS_ASKED_MOST)
        return;
    current_thread()->wants_no_wait++;
    struct fuse_message *message = fuse_message(&fs->connection, FUSE_GETATTR, inode->key, &in, sizeof(in));
    current_thread()->wants_no_wait--;
    if (message == NULL)
        return;
    message->answered = links_told;
    fs->links_asked++;
    fuse_message_leave(message, sizeof(struct fuse_attr_out));
}

/* A file has lost a name, which who watches it hears. */
static void name_lost(struct fuse_fs *fs, struct inode *inode)
{
    tell(inode, IN_ATTRIB);
    if (inode->watches != NULL)
        links_ask(fs, inode);
}

/* ---- events ---- */

/* Its watches end before the parent's hear of it. If the name isn't known to be its own any more, the server is asked:
 * others may have moved it away, and removed what they had put there instead. */
static void dir_lost(struct fuse_fs *fs, struct inode *dir, struct inode *inode, bool is_its,
                     const struct watch_news *news)
{
    if (is_its) {
        inode->links = 0;
        names_doubt(dir, news->name, news->length);
    } else if (inode->watches != NULL) {
        links_ask(fs, inode);
    }
}

static void tell_file(struct fuse_fs *fs, struct inode *dir, struct inode *inode, const struct watch_news *news)
{
    const uint32_t mask = news->mask;

    if (mask & IN_DELETE)
        name_lost(fs, inode);
    watch_tell(dir, news);
    if ((mask & IN_MOVED_TO) && inode != fs->moving.inode)
        name_lost(fs, inode);
    tell(inode, mask & OF_FILE);
    if (mask & IN_MOVED_FROM) {
        inode_get(inode);
        fs->moving.inode = inode;
    }
}

static void tell_name(struct fuse_fs *fs, struct inode *dir, const struct lvmm_fuse_event *event, const char *name)
{
    renamed_tell(fs, dir, event);
    const struct watch_news news = {.mask = event->mask & (LVMM_FUSE_EVENTS_TOLD | IN_ISDIR),
                                    .cookie = cookie_of(&fs->moving, event),
                                    .name = name,
                                    .length = event->length};
    bool is_its;
    struct inode *inode = names_inode(dir, name, event->length, &is_its);
    const bool is_dir = inode != NULL && S_ISDIR(inode->mode);

    if (!(news.mask & IN_MOVED_TO))
        moved_tell(fs);
    if (is_dir && (news.mask & IN_DELETE))
        dir_lost(fs, dir, inode, is_its, &news);
    if (inode == NULL || is_dir)
        watch_tell(dir, &news);
    else
        tell_file(fs, dir, inode, &news);
    if (news.mask & IN_MOVED_TO)
        moved_tell(fs);
    if (inode != NULL)
        inode_put(inode);
}

void fuse_news_tell(struct fuse_fs *fs, struct inode *dir, const struct lvmm_fuse_event *event, const char *name)
{
    if (watch_count == 0 || (event->flags & LVMM_FUSE_EVENT_ECHO))
        return;
    if (event->length != 0) {
        tell_name(fs, dir, event, name);
        return;
    }
    tell(dir, event->mask & (OF_SELF | IN_ISDIR));
    if (event->mask & IN_DELETE_SELF) {
        dir->links = 0;
        watch_inode_gone(dir);
    }
}

void fuse_news_end(struct fuse_fs *fs)
{
    moved_tell(fs);
}

void fuse_news_lost(struct fuse_fs *fs)
{
    if (watch_count != 0)
        watch_fs_lost(&fs->fs);
}
