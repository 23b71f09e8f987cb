/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc.h - /proc (proc(5)): a small tree of tables, whose entries say how they are printed.
 *
 * An inode is made anew for each look-up and holds what named the process or thread that it tells of (pid_hold), so
 * that the number is free again once that is gone, whoever has the inode open. Whether there still is such a process is
 * found out at each use.
 */
#ifndef GK_FS_PROC_H
#define GK_FS_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/proc_text.h"
#include "vfs/vfs.h"

struct cred;
struct fdtable;
struct pid;
struct process;
struct space;
struct thread;

struct proc_inode {
    struct inode inode;
    const struct proc_entry *entry;
    struct pid *id; /* held; NULL: it tells of no process */
    bool of_thread; /* it is below task/: of that thread, rather than of the process that the number names */
    int fd;         /* below fd/ and fdinfo/; which of several that are alike (sysfs's cpuN); else -1 */
};

struct proc_entry {
    const char *name; /* NULL: the end of a table */
    uint32_t mode;    /* S_IF* and permissions */
    bool is_guarded;  /* to be opened, followed or listed only by who could trace the process (proc_may_look) */
    bool is_process;  /* the directory of a process, which stands for that (inode_ops.process) */

    /* A file: prints it. 0 or -errno; -ESRCH if the process is gone. Others may run meanwhile. */
    int (*show)(struct proc_text *text, const struct proc_inode *at);
    /* A file that can be written: what was written, at most a page, with a NUL behind. 0 or -errno. */
    int (*store)(const struct proc_inode *at, char *text, size_t size);
    const struct file_ops *file_ops; /* a file that isn't text */

    /* A symbolic link: its text, at most PATH_MAX - 1 bytes, and a NUL. The length or -errno. */
    int64_t (*link)(const struct proc_inode *at, char *buf);
    /* One that leads right to a place: that, with references. 0 or -errno. NULL: its text is the way. */
    int (*follow)(const struct proc_inode *at, struct path *out);

    const struct proc_entry *entries; /* a directory: what is always in it; may be NULL */
    /* And what comes and goes: as in struct inode_ops, positions from 0 on. NULL: nothing does. */
    int (*lookup)(struct proc_inode *dir, const char *name, size_t length, struct inode **out);
    int (*read_dir)(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base);

    /* Brings permissions and size up to date, of an inode whose owner is. 0, or -ENOENT. NULL: they are. */
    int (*refresh)(struct proc_inode *at);
    const void *arg; /* the entry's own */
};

/* ---- proc.c: the file system ---- */

extern const struct fs_type proc_type;
/* A file system of these entries, as struct fs_type's mount gives one: sysfs.c has another. */
int proc_mount_tree(const struct proc_entry *root, const struct filesystem_ops *ops, struct filesystem **out);
void proc_unmount(struct filesystem *fs); /* for these ops */

extern const struct proc_entry proc_root_entry;        /* proc_root.c */
extern const struct proc_entry proc_sys_entries[];     /* proc_sys.c */
extern const struct proc_entry proc_sysvipc_entries[]; /* proc_sysvipc.c */

/* proc_process.c: the processes in the root, as in struct proc_entry. */
int proc_root_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out);
int proc_root_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base);
int proc_root_refresh(struct proc_inode *at); /* a link for each */
int64_t proc_self_link(const struct proc_inode *at, char *buf);
int64_t proc_thread_self_link(const struct proc_inode *at, char *buf);

/* An inode for that entry; `id`, which may be borrowed, is held. 0, -ENOMEM, or -ENOENT: the process is gone. */
int proc_inode_create(struct filesystem *fs, const struct proc_entry *entry, struct pid *id, bool of_thread, int fd,
                      struct inode **out);
static inline struct proc_inode *proc_of(struct inode *inode)
{
    return container_of(inode, struct proc_inode, inode);
}
/* st_ino of what proc_inode_create would make. `place`: the entry's place in its table. */
uint64_t proc_number(const struct proc_entry *entry, const struct pid *id, bool of_thread, int fd);

/* For read_dir: a directory whose name is the number. As `emit`. */
bool proc_emit_number(const struct proc_entry *entry, const struct pid *id, bool of_thread, dir_emit *emit, void *arg,
                      uint64_t next_pos);
/* A name that is a number without leading zeros, at most INT32_MAX: it, or -1. */
int proc_name_number(const char *name, size_t length);

/* ---- proc_file.c ---- */

int proc_file_open(struct file *file); /* of a file that is text: sets ops and owner. 0 or -ENOMEM */
/* For file_ops.size: there is no end to seek from. Every offset from there is -EINVAL, as on Linux. */
uint64_t proc_no_end(struct file *file);

/* ---- proc_who.c: whom an inode tells of ---- */

/* The process, ended or not, and the thread that stands for it: its first one, or below task/ that thread. Borrowed,
 * until the caller waits. NULL: it is gone; a process that has ended has no thread. */
struct process *proc_process(const struct proc_inode *at);
struct thread *proc_thread(const struct proc_inode *at);
/* The process's memory, with a reference. NULL: it has none (any more). */
struct space *proc_space_get(const struct proc_inode *at);
/* The credentials of it, or what it had when it ended. NULL: it is gone. */
const struct cred *proc_cred(const struct proc_inode *at);
const char *proc_name(const struct proc_inode *at); /* comm; NULL: it is gone */
/* Its descriptors, and the file of the one that an inode below fd/ and fdinfo/ is for: borrowed, until the caller
 * waits. NULL: it has ended, the descriptor isn't open. */
struct fdtable *proc_files(const struct proc_inode *at);
struct file *proc_fd_file(const struct proc_inode *at);

/* Whether the caller may look into the process as one that traces it could (ptrace(2), "Ptrace access mode checking",
 * PTRACE_MODE_READ_FSCREDS). 0, -EACCES, -ESRCH. */
int proc_may_look(const struct proc_inode *at);
/* How many programs the process has run: what was opened of another one's memory shows nothing. */
uint32_t proc_execs(const struct proc_inode *at);

/* ---- proc_path.c ---- */

/* The path that leads to the inode, as proc(5) shows it: with " (deleted)" where none does any more, "pipe:[7]" and the
 * like where none ever did. Into a buffer of PATH_MAX bytes, with a NUL: the length, or -ENAMETOOLONG. */
int64_t proc_path(struct inode *inode, char *buf);
/* The same of a place. */
int64_t proc_path_print(const struct path *path, char *buf);
/* And of an open file. */
int64_t proc_path_of_file(const struct file *file, char *buf);

#endif
