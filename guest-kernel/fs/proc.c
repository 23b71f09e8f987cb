/* SPDX-License-Identifier: Apache-2.0 */
/* proc.c - the file system on /proc: inodes from the tables of entries (proc.h). */
#include "fs/proc.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/pid.h"
#include "lib/string.h"
#include "lib/types.h"
#include "mm/kmalloc.h"
#include "vfs/fstype.h"

#define PROC_MAGIC 0x9fa0
#define PROC_BLOCK_SIZE 1024u /* Linux's, which statfs(2) doesn't tell */
#define ROOT_NUMBER 1u
#define NUMBER_FIRST 2u      /* of the entries of the root */
#define TABLE_POSITIONS 256u /* in a directory: what comes and goes has positions from here on */
#define SUID_DUMP_USER 1u

static const struct inode_ops dir_ops, file_inode_ops, link_ops, magic_link_ops;

/* ---- inodes ---- */

static const struct inode_ops *ops_for(const struct proc_entry *entry)
{
    if (S_ISLNK(entry->mode))
        return entry->follow != NULL ? &magic_link_ops : &link_ops;
    return S_ISDIR(entry->mode) ? &dir_ops : &file_inode_ops;
}

/* Processes have numbers of their own, above those of the tables: whose, which kind, and the descriptor. */
uint64_t proc_number(const struct proc_entry *entry, const struct pid *id, bool of_thread, int fd)
{
    uint64_t place = (uintptr_t)entry / sizeof(*entry) % (1u << 20);

    if (entry == &proc_root_entry)
        return ROOT_NUMBER;
    if (id == NULL)
        return NUMBER_FIRST + place + ((uint64_t)(fd + 1) << 20);
    if (fd >= 0)
        place = (uint64_t)fd << 2 | (S_ISLNK(entry->mode) ? 1 : 2);
    else
        place = place << 2;
    return (uint64_t)id->number << 32 | (uint64_t)of_thread << 31 | place;
}

/* Linux's task_dump_owner: root's, if what the process has in memory isn't its user's to see. */
static void owner_set(struct inode *inode, const struct proc_inode *at, const struct cred *cred)
{
    const struct process *process = proc_process(at);
    bool is_open = at->entry->mode == (S_IFDIR | 0555);
    bool is_users = is_open || (process != NULL && process->dumpable == SUID_DUMP_USER);

    inode->uid = is_users ? cred->user.effective : 0;
    inode->gid = is_users ? cred->group.effective : 0;
}

static uint32_t table_directories(const struct proc_entry *entries)
{
    uint32_t count = 0;

    for (const struct proc_entry *entry = entries; entry != NULL && entry->name != NULL; entry++)
        count += S_ISDIR(entry->mode);
    return count;
}

static int proc_refresh(struct inode *inode)
{
    const struct proc_inode *at = proc_of(inode);
    const struct cred *cred;

    cred = at->id != NULL ? proc_cred(at) : NULL;
    if (at->id != NULL && cred == NULL)
        return -ENOENT;
    if (cred != NULL)
        owner_set(inode, at, cred);
    return at->entry->refresh != NULL ? at->entry->refresh(proc_of(inode)) : 0;
}

int proc_inode_create(struct filesystem *fs, const struct proc_entry *entry, struct pid *id, bool of_thread, int fd,
                      struct inode **out)
{
    struct proc_inode *pi;
    int error;

    if (id != NULL)
        pid_hold(id); /* first, as memory may be waited for */
    pi = kmalloc(sizeof(*pi));
    if (pi == NULL) {
        pid_drop(id);
        return -ENOMEM;
    }
    inode_init(&pi->inode, fs, ops_for(entry), proc_number(entry, id, of_thread, fd), entry->mode);
    if (entry == &proc_root_entry) { /* at boot: its links are counted when somebody asks */
        pi->inode.atime = pi->inode.mtime = pi->inode.ctime = (int64_t)clock_boot_realtime_ns();
    } else {
        pi->inode.atime = pi->inode.mtime = pi->inode.ctime = (int64_t)clock_realtime_ns();
        pi->inode.links = S_ISDIR(entry->mode) ? 2 + table_directories(entry->entries) : 1;
    }
    pi->entry = entry;
    pi->id = id;
    pi->of_thread = of_thread;
    pi->fd = fd;
    error = entry != &proc_root_entry ? proc_refresh(&pi->inode) : 0;
    if (error != 0) {
        inode_put(&pi->inode);
        return error;
    }
    *out = &pi->inode;
    return 0;
}

static void proc_release(struct inode *inode)
{
    pid_drop(proc_of(inode)->id);
    kfree(proc_of(inode));
}

/* Owners and permissions are what processes make of them. */
static int proc_set_attr(struct inode *inode, struct attr_change *change)
{
    (void)inode;
    if (change->which & ATTR_MODE)
        return -EPERM;
    change->which &= ~(unsigned)(ATTR_UID | ATTR_GID);
    return 0;
}

/* ---- directories ---- */

int proc_name_number(const char *name, size_t length)
{
    int64_t number = 0;

    if (length == 0 || length > 10 || (name[0] == '0' && length != 1))
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9')
            return -1;
        number = number * 10 + (name[i] - '0');
    }
    return number <= INT32_MAX ? (int)number : -1;
}

bool proc_emit_number(const struct proc_entry *entry, const struct pid *id, bool of_thread, dir_emit *emit, void *arg,
                      uint64_t next_pos)
{
    char name[12];
    int length = snprintf(name, sizeof(name), "%d", id->number);

    return emit(arg, name, (size_t)length, proc_number(entry, id, of_thread, -1), DT_DIR, next_pos);
}

static bool is_gone(const struct proc_inode *dir)
{
    return dir->id != NULL && proc_process(dir) == NULL;
}

static int proc_lookup(struct inode *inode, const char *name, size_t length, struct inode **out)
{
    struct proc_inode *dir = proc_of(inode);

    if (is_gone(dir)) /* on Linux it is the process that is asked who may search there, but in fd/ */
        return dir->entry->mode & 0011 ? -ESRCH : -ENOENT;
    for (const struct proc_entry *entry = dir->entry->entries; entry != NULL && entry->name != NULL; entry++)
        if (string_is(entry->name, name, length))
            return proc_inode_create(inode->fs, entry, dir->id, dir->of_thread, dir->fd, out);
    return dir->entry->lookup != NULL ? dir->entry->lookup(dir, name, length, out) : -ENOENT;
}

static int proc_read_dir(struct inode *inode, uint64_t pos, dir_emit *emit, void *arg)
{
    const struct proc_inode *dir = proc_of(inode);
    uint64_t i = 0;

    if (is_gone(dir))
        return -ENOENT;
    for (const struct proc_entry *entry = dir->entry->entries; entry != NULL && entry->name != NULL; entry++, i++) {
        unsigned type = (entry->mode & S_IFMT) >> 12; /* DT_* is S_IF* without the permissions */
        uint64_t number = proc_number(entry, dir->id, dir->of_thread, dir->fd);
        if (i >= pos && !emit(arg, entry->name, strlen(entry->name), number, type, i + 1))
            return 0;
    }
    if (dir->entry->read_dir == NULL)
        return 0;
    return dir->entry->read_dir(dir, pos > TABLE_POSITIONS ? pos - TABLE_POSITIONS : 0, emit, arg, TABLE_POSITIONS);
}

static int proc_count_links(struct inode *inode, uint32_t *out)
{
    (void)proc_refresh(inode); /* what was opened may have gone since, and keeps what it had */
    *out = inode->links;
    return 0;
}

static bool is_procs(const struct inode *inode)
{
    return inode->fs->type == &proc_type;
}

/* Nothing can be made here: in Linux's /proc a name that isn't there isn't even a name to be given; in sysfs it is. */
static int proc_create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev,
                       struct inode **out)
{
    (void)name, (void)length, (void)rdev, (void)out;
    return is_procs(dir) ? -ENOENT : S_ISREG(mode) ? -EACCES : -EPERM;
}

static int proc_symlink(struct inode *dir, const char *name, size_t length, const char *text, struct inode **out)
{
    (void)name, (void)length, (void)text, (void)out;
    return is_procs(dir) ? -ENOENT : -EPERM;
}

static int proc_rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                       const char *new_name, size_t new_length, struct inode *victim, unsigned flags)
{
    (void)old_name, (void)old_length, (void)new_dir, (void)new_name, (void)new_length, (void)flags;
    return victim != NULL || !is_procs(old_dir) ? -EPERM : -ENOENT;
}

static struct pid *proc_process_pid(struct inode *dir)
{
    const struct proc_inode *at = proc_of(dir);

    return at->entry->is_process ? at->id : NULL;
}

static const struct inode_ops dir_ops = {.lookup = proc_lookup,
                                         .create = proc_create,
                                         .symlink = proc_symlink,
                                         .rename = proc_rename,
                                         .read_dir = proc_read_dir,
                                         .count_links = proc_count_links,
                                         .process = proc_process_pid,
                                         .set_attr = proc_set_attr,
                                         .refresh = proc_refresh,
                                         .release = proc_release};

/* ---- files and links ---- */

static int proc_open(struct inode *inode, struct file *file)
{
    const struct proc_inode *at = proc_of(inode);
    int error = at->entry->is_guarded ? proc_may_look(at) : 0;

    if (error == 0 && !is_procs(inode) && file_is_writable(file) && at->entry->store == NULL)
        error = -EACCES; /* for root as well: nothing takes it */
    if (error != 0)
        return error;
    file->ops = at->entry->file_ops;
    if (file->ops == NULL)
        return proc_file_open(file);
    if (at->entry->is_guarded)
        file->owner = (void *)(uintptr_t)proc_execs(at); /* for proc_memory.c */
    return 0;
}

static int proc_truncate(struct inode *inode, uint64_t size)
{
    (void)inode, (void)size; /* O_TRUNC, as shells open what they write to: there is nothing to be cut */
    return 0;
}

static const struct inode_ops file_inode_ops = {.open = proc_open,
                                                .truncate = proc_truncate,
                                                .set_attr = proc_set_attr,
                                                .refresh = proc_refresh,
                                                .release = proc_release};

static int64_t proc_read_link(struct inode *inode, char *buf)
{
    const struct proc_inode *at = proc_of(inode);
    int error = at->entry->is_guarded ? proc_may_look(at) : 0;

    return error != 0 ? error : at->entry->link(at, buf);
}

static const struct inode_ops link_ops = {
    .read_link = proc_read_link, .set_attr = proc_set_attr, .refresh = proc_refresh, .release = proc_release};

static int proc_follow(struct inode *inode, struct path *out)
{
    const struct proc_inode *at = proc_of(inode);
    int error = at->entry->is_guarded ? proc_may_look(at) : 0;

    return error != 0 ? error : at->entry->follow(at, out);
}

static const struct inode_ops magic_link_ops = {.read_link = proc_read_link,
                                                .follow = proc_follow,
                                                .set_attr = proc_set_attr,
                                                .refresh = proc_refresh,
                                                .release = proc_release};

/* ---- the file system ---- */

static void proc_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    (void)fs;
    *out = (struct vfs_statfs){.type = PROC_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_MAX};
}

void proc_unmount(struct filesystem *fs)
{
    kfree(fs);
}

static const struct filesystem_ops proc_ops = {.statfs = proc_statfs, .unmount = proc_unmount};

int proc_mount_tree(const struct proc_entry *root, const struct filesystem_ops *ops, struct filesystem **out)
{
    struct filesystem *fs = kmalloc(sizeof(*fs));
    int error;

    if (fs == NULL)
        return -ENOMEM;
    fs->ops = ops;
    fs->names_change = true;
    error = proc_inode_create(fs, root, NULL, false, -1, &fs->root);
    if (error != 0) {
        kfree(fs);
        return error;
    }
    *out = fs;
    return 0;
}

static int proc_mount(struct blk_device *dev, const char *options, struct filesystem **out)
{
    (void)dev, (void)options;
    int error = proc_mount_tree(&proc_root_entry, &proc_ops, out);
    if (error == 0)
        (*out)->block_size = PROC_BLOCK_SIZE;
    return error;
}

const struct fs_type proc_type = {.name = "proc", .mount = proc_mount};
