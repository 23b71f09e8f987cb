/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_dir.c - names in directories of the host: found, made, taken away, moved. */
#include "abi/errno.h"
#include "core/clock.h"
#include "fs/fuse/fuse_told.h"
#include "fs/fuse/reply.h"
#include "lib/string.h"
#include "vfs/names_told.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

/* ---- finding ---- */

/* A reply that gives a node has come after its sender was gone. */
static void entry_orphaned(struct fuse_message *message)
{
    struct fuse_create_out reply;
    struct fuse_fs *fs = container_of(message->connection, struct fuse_fs, connection);
    const bool is_open = message->in.opcode == FUSE_CREATE || message->in.opcode == FUSE_TMPFILE;
    const size_t size = is_open ? sizeof(reply) : sizeof(reply.entry);

    memcpy(&reply, message->reply, sizeof(reply));
    if (message->request.written < sizeof(message->out) + size || message->out.error != 0 || reply.entry.node <= 1)
        return;
    if (is_open)
        fuse_handle_drop(message->connection, reply.entry.node, FUSE_WRITING, reply.open.handle);
    fuse_node_drop(fs, reply.entry.node);
}

/* Sends what leads to a node, which is then the file system's to forget. `opened`: of FUSE_CREATE, else NULL. */
static int entry_call(struct fuse_fs *fs, struct fuse_message *message, struct fuse_open_out *opened,
                      struct fuse_entry *out)
{
    size_t size = opened != NULL ? sizeof(struct fuse_create_out) : sizeof(struct fuse_entry);
    struct fuse_create_out reply;

    message->orphaned = entry_orphaned;
    int64_t got = fuse_call(&message, &reply, size, size);
    fuse_message_end(message);
    if (got < 0) {
        (void)fuse_doubt(fs, (int)got);
        return (int)got;
    }
    *out = reply.entry;
    if (opened != NULL)
        *opened = reply.open;
    int error = fuse_entry_check(out);
    if (error == -EIO && out->node != FUSE_ROOT)
        fuse_node_drop(fs, out->node);
    return error;
}

static struct fuse_message *name_message(struct inode *dir, enum fuse_opcode opcode, const void *args, size_t size,
                                         const char *name, size_t length)
{
    fuse_forget(fuse_fs_of(dir), false);
    struct fuse_message *message = fuse_node_message(dir, opcode, args, size);
    if (message != NULL)
        fuse_message_name(message, name, length);
    return message;
}

/* Of what makes a file, which is of the thread's own group. */
static struct fuse_message *maker_message(struct inode *dir, enum fuse_opcode opcode, const void *args, size_t size,
                                          const char *name, size_t length)
{
    struct fuse_message *message = name_message(dir, opcode, args, size, name, length);
    const struct cred *cred = permission_cred();

    if (message == NULL || (dir->mode & S_ISGID)) /* it has the directory's in any case */
        return message;
    message->in.gid = cred != NULL ? cred->group.fs : 0;
    fuse_message_maker(message, dir->uid, dir->gid);
    return message;
}

/* *vouch: what vouches for the answer, also for that there is none. */
static int name_ask(struct inode *dir, const char *name, size_t length, struct inode **out, uint64_t *vouch)
{
    struct fuse_fs *fs = fuse_fs_of(dir);
    uint64_t asked_at = fs->changes;
    struct fuse_message *message = name_message(dir, FUSE_LOOKUP, NULL, 0, name, length);
    struct fuse_entry entry = {0};

    *vouch = 0;
    if (message == NULL)
        return -ENOMEM;
    int error = entry_call(fs, message, NULL, &entry);
    if (error == 0)
        error = fuse_node_get(fs, &entry, asked_at, out);
    if (error == 0 || error == -ENOENT)
        *vouch = fuse_vouch(fuse_node_of(dir), entry.entry_valid, asked_at);
    return error;
}

static int look_up(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    uint64_t *vouch = &fuse_node_of(dir)->vouch;

    fuse_list_ahead(dir, name, length, out, vouch);
    return *out != NULL ? 0 : name_ask(dir, name, length, out, vouch);
}

static uint64_t dir_vouches(const struct inode *dir)
{
    const struct fuse_node *node = fuse_node_of(dir);

    return node->vouch != 0 && node->names_at < node->vouch ? node->vouch : 0;
}

/* A name in use: as long as the server says, or until it tells, or it is asked. */
static int dir_confirm(struct inode *dir, const char *name, size_t length, struct inode *inode, uint64_t *vouched)
{
    uint64_t until = inode != NULL ? fuse_node_of(inode)->entry_until : 0, vouch;
    struct inode *found;

    if (*vouched != 0 && fuse_is_current(fuse_fs_of(dir)) && fuse_vouch_holds(dir, *vouched))
        return 0;
    if (inode == NULL)
        return -ENOENT;
    if (until != 0 && clock_monotonic_ns() < until)
        return 0;
    int error = name_ask(dir, name, length, &found, &vouch);
    *vouched = 0;
    if (error != 0)
        return error;
    bool is_same = found == inode;
    inode_put(found);
    if (is_same)
        *vouched = vouch;
    return is_same ? 0 : -ENOENT;
}

/* ---- making ---- */

/* Something was made in it, or taken away: what was asked before doesn't count, whatever the server tells. */
static void dir_changed(struct inode *dir)
{
    struct fuse_node *node = fuse_node_of(dir);

    fuse_node_changed(node);
    node->names_at = node->changed_at;
}

/* A new name is there, or (error) may be, or will be, as who is killed doesn't wait for the answer: that there was none
 * doesn't count, but of the dentry that is about to get the new file. */
static void name_changed(const struct inode *dir, const char *name, size_t length, int error)
{
    const bool has_one_place = dir->dentries.next->next == &dir->dentries;

    if (error != 0 || !has_one_place)
        names_doubt(dir, name, length);
}

/* 0, or what is wrong with it in a new name's place. A directory that is known may be the very one that the name is in,
 * by the server's word, and the same lock is taken twice: who looks for the name (vfs/path.c) finds out. */
static int made_check(const struct inode *inode, bool is_open)
{
    if (is_open && !S_ISREG(inode->mode))
        return -EIO;
    return S_ISDIR(inode->mode) && !list_is_empty(&inode->dentries) ? -ESTALE : 0;
}

/* A node that was made just now, by that name: or what others have put there since, which is of whatever kind. What
 * comes open (opened) is a regular file. */
static int made(struct inode *dir, const char *name, size_t length, struct fuse_message *message,
                struct fuse_open_out *opened, struct inode **out)
{
    struct fuse_fs *fs = fuse_fs_of(dir);
    uint64_t asked_at = fs->changes;
    struct fuse_entry entry = {.node = FUSE_ROOT};

    if (message == NULL)
        return -ENOMEM;
    int error = entry_call(fs, message, opened, &entry);
    bool is_given = error == 0;
    /* The server's word for the name was given after all that had changed before, and this change. */
    bool is_vouched = is_given && fuse_vouch(fuse_node_of(dir), entry.entry_valid, asked_at) != 0;
    dir_changed(dir);
    fuse_node_of(dir)->vouch = is_vouched ? fuse_node_of(dir)->names_at + 1 : 0;
    if (error == 0)
        error = fuse_node_get(fs, &entry, asked_at, out);
    if (error == 0) {
        error = made_check(*out, opened != NULL);
        if (error != 0)
            inode_put(*out);
    }
    name_changed(dir, name, length, error);
    if (error != 0 && is_given && opened != NULL)
        fuse_handle_drop(&fs->connection, entry.node, FUSE_WRITING, opened->handle);
    return entry.node == 0 ? -EIO : error; /* "there is none" is no answer here */
}

/* A file that comes open. */
static int create_open(struct inode *dir, enum fuse_opcode opcode, uint32_t flags, const char *name, size_t length,
                       uint32_t mode, struct inode **out)
{
    struct fuse_create_in in = {.flags = flags | O_RDWR, .mode = mode};
    struct fuse_open_out opened;
    int error = made(dir, name, length, maker_message(dir, opcode, &in, sizeof(in), name, length), &opened, out);

    fuse_node_of(dir)->makes_new = error == 0;
    if (error != 0)
        return error;
    error = fuse_handle_set(fuse_node_of(*out), FUSE_WRITING, opened.handle);
    if (error != 0) {
        fuse_handle_drop(fuse_connection_of(*out), (*out)->key, FUSE_WRITING, opened.handle);
        inode_put(*out);
    }
    return error;
}

/* Nobody else knows of it yet: what is made in it will be new. */
static int make_dir(struct inode *dir, const char *name, size_t length, uint32_t mode, struct inode **out)
{
    struct fuse_mkdir_in in = {.mode = mode & 07777};
    int error = made(dir, name, length, maker_message(dir, FUSE_MKDIR, &in, sizeof(in), name, length), NULL, out);

    if (error == 0)
        fuse_node_of(*out)->makes_new = true;
    return error;
}

static bool dir_makes_unseen(const struct inode *dir)
{
    return fuse_node_of(dir)->makes_new;
}

static int dir_create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev,
                      struct inode **out)
{
    struct fuse_mknod_in node = {.mode = mode, .rdev = (uint32_t)rdev};

    switch (mode & S_IFMT) {
    case S_IFREG:
        return create_open(dir, FUSE_CREATE, O_CREAT | O_EXCL, name, length, mode, out);
    case S_IFDIR:
        return make_dir(dir, name, length, mode, out);
    default:
        return made(dir, name, length, maker_message(dir, FUSE_MKNOD, &node, sizeof(node), name, length), NULL, out);
    }
}

/* The name says nothing, but there has to be one. */
static int dir_create_nameless(struct inode *dir, uint32_t mode, struct inode **out)
{
    struct fuse_fs *fs = fuse_fs_of(dir);
    int error = fs->has_no_tmpfile ? -ENOSYS : create_open(dir, FUSE_TMPFILE, O_TMPFILE, "/", 1, mode, out);

    if (error != -ENOSYS)
        return error;
    fs->has_no_tmpfile = true;
    return -EOPNOTSUPP;
}

static int dir_symlink(struct inode *dir, const char *name, size_t length, const char *target, struct inode **out)
{
    size_t size = strlen(target) + 1;
    struct fuse_message *message = name_message(dir, FUSE_SYMLINK, NULL, 0, name, length);

    if (message == NULL)
        return -ENOMEM;
    if (fuse_message_room(message, size, false) != 0) {
        fuse_message_end(message);
        return -ENOMEM;
    }
    fuse_message_copy_in(message, target, size);
    return made(dir, name, length, message, NULL, out);
}

/* If it is the file that is gone, and not the folder, it has no name left. A second try (sys/look_again.h) finds
 * another file by its name, or says what Linux says of a descriptor of such a file. */
static void link_failed(struct inode *inode, int error)
{
    if (error == -ESTALE && fuse_fetch_now(inode) == -ESTALE)
        inode->links = 0;
}

static int dir_link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
    struct fuse_link_in in = {.node = inode->key};
    struct inode *linked;
    int error = made(dir, name, length, name_message(dir, FUSE_LINK, &in, sizeof(in), name, length), NULL, &linked);

    link_failed(inode, error);
    if (error != 0)
        return error;
    if (linked != inode) /* which others have put there by now */
        names_doubt(dir, name, length);
    inode_put(linked);
    fuse_attr_expire(fuse_node_of(inode));
    return 0;
}

/* ---- taking away, moving ---- */

/* 0 or -errno, of a message that has no reply but that. */
static int plain_call(struct fuse_fs *fs, struct fuse_message *message)
{
    if (message == NULL)
        return -ENOMEM;
    int64_t got = fuse_call(&message, NULL, 0, 0);
    fuse_message_end(message);
    return fuse_doubt(fs, (int)got);
}

/* It has a name less. If the server is of another opinion, its next attributes tell. */
static void name_lost(struct inode *victim)
{
    if (S_ISDIR(victim->mode))
        victim->links = 0;
    else if (victim->links != 0)
        victim->links--;
    fuse_attr_expire(fuse_node_of(victim));
}

static int dir_unlink(struct inode *dir, const char *name, size_t length, struct inode *victim)
{
    enum fuse_opcode opcode = S_ISDIR(victim->mode) ? FUSE_RMDIR : FUSE_UNLINK;
    int error = plain_call(fuse_fs_of(dir), name_message(dir, opcode, NULL, 0, name, length));

    dir_changed(dir);
    if (error == 0)
        name_lost(victim);
    return error;
}

static int rename_call(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                       const char *new_name, size_t new_length, unsigned flags)
{
    struct fuse_rename_in in = {.new_dir = new_dir->key, .flags = flags};
    bool has_flags = flags != 0;

    if (has_flags && fuse_fs_of(old_dir)->has_no_rename2)
        return -EINVAL;
    struct fuse_message *message =
        name_message(old_dir, has_flags ? FUSE_RENAME2 : FUSE_RENAME, &in,
                     has_flags ? sizeof(in) : offsetof(struct fuse_rename_in, flags), old_name, old_length);
    if (message != NULL)
        fuse_message_name(message, new_name, new_length);
    int error = plain_call(fuse_fs_of(old_dir), message);
    if (error != -ENOSYS || !has_flags)
        return error;
    fuse_fs_of(old_dir)->has_no_rename2 = true;
    return -EINVAL;
}

static int dir_rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                      const char *new_name, size_t new_length, struct inode *victim, unsigned flags)
{
    int error = rename_call(old_dir, old_name, old_length, new_dir, new_name, new_length, flags);

    dir_changed(old_dir);
    dir_changed(new_dir);
    if (error == 0 && victim != NULL && !(flags & RENAME_EXCHANGE))
        name_lost(victim);
    return error;
}

/* ---- links ---- */

static int64_t link_read(struct inode *inode, char *buf)
{
    struct fuse_message *message = fuse_message(fuse_connection_of(inode), FUSE_READLINK, inode->key, NULL, 0);
    int64_t got = -ENOMEM;

    if (message != NULL && fuse_message_room(message, PATH_MAX - 1, true) == 0) {
        fuse_message_send(message, 0);
        fuse_connection_kick(message->connection);
        got = fuse_message_wait(&message, NULL, 0, 1, PATH_MAX - 1);
    }
    if (got > 0) {
        fuse_message_copy_out(message, buf, (size_t)got);
        buf[got] = 0;
        got = (int64_t)strlen(buf); /* the text ends at a NUL */
    }
    fuse_message_end(message);
    return got < 0 ? fuse_doubt(fuse_fs_of(inode), (int)got) : got;
}

/* What is done with a node of whatever kind. */
#define ATTRIBUTE_OPS                                                                                         \
    .set_attr = fuse_set_attr, .fetch = fuse_fetch, .get_xattr = fuse_get_xattr, .set_xattr = fuse_set_xattr, \
    .list_xattr = fuse_list_xattr, .blocks = fuse_blocks, .release = fuse_release

const struct inode_ops fuse_dir_ops = {
    .lookup = look_up,
    .confirm = dir_confirm,
    .vouches = dir_vouches,
    .makes_unseen = dir_makes_unseen,
    .create = dir_create,
    .create_nameless = dir_create_nameless,
    .symlink = dir_symlink,
    .link = dir_link,
    .unlink = dir_unlink,
    .rename = dir_rename,
    .read_dir = fuse_read_dir,
    .sync = fuse_sync,
    ATTRIBUTE_OPS,
};

const struct inode_ops fuse_link_ops = {
    .read_link = link_read,
    ATTRIBUTE_OPS,
};

const struct inode_ops fuse_special_ops = {
    ATTRIBUTE_OPS,
};
