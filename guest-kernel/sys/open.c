/* SPDX-License-Identifier: Apache-2.0 */
/* open.c - open(2) and its kin. */
#include "sys/syscall.h"

#include "core/cred.h"
#include "lib/string.h"
#include "sys/flock.h"
#include "sys/user.h"
#include "vfs/lock.h"
#include "vfs/permission.h"

#define MODE_BITS 07777u

static uint32_t new_mode(uint64_t mode)
{
    return (uint32_t)mode & MODE_BITS;
}

/* ---- open ---- */

struct opening {
    uint32_t flags;
    uint64_t mode;
    unsigned resolve; /* RESOLVE_* */
    bool is_small;    /* large files have to be asked for (O_LARGEFILE): by 32-bit programs, but not by openat2 */
};

/* What is there by that name, if anything, may have a lease. */
static int leases_break(const struct path *base, const char *path, uint32_t flags)
{
    struct inode *inode;
    int error = vfs_lookup(base, path, 0, &inode);

    if (error != 0 || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        if (error == 0)
            inode_put(inode);
        return 0; /* open will say so */
    }
    error = lease_break(inode, flags);
    inode_put(inode);
    return error;
}

#define O_TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)

/* What Linux's build_open_flags refuses, whatever the file is. */
static int flags_check(uint32_t flags)
{
    if (!(flags & O_TMPFILE)) /* of neither of its two bits: nothing below holds */
        return 0;
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
        return -EINVAL;
    if ((flags & O_TMPFILE_BIT) && (!(flags & O_DIRECTORY) || (flags & O_ACCMODE) == O_RDONLY))
        return -EINVAL;
    return 0;
}

static int open_name(int dirfd, const char *name, const struct opening *how, struct file **out)
{
    bool leases = lock_lease_is_there();
    struct path base;
    int error = user_base(dirfd, how->resolve & RESOLVE_IN_ROOT ? "." : name, &base);

    if (error != 0)
        return error;
    if (leases) {
        path_get(&base); /* it may wait, and another thread close the directory */
        error = leases_break(&base, name, how->flags);
    }
    if (error == 0)
        error = vfs_open_resolve(&base, name, how->flags, new_mode(how->mode), how->resolve, out);
    if (leases)
        path_put(&base);
    return error;
}

/* A 32-bit program that doesn't know of large files isn't given one. */
static bool is_too_large(const struct file *file)
{
    return !(file->flags & (O_LARGEFILE | O_PATH)) && file->inode != NULL && S_ISREG(file->inode->mode) &&
           file->inode->size > SMALL_FILE_MAX;
}

/* table: where the file will be installed: it needs a free descriptor before anything is done. NULL: nowhere. */
static int open_user(int dirfd, uaddr_t address, struct opening *how, struct fdtable *table, struct file **out)
{
    struct user_path path;
    int error;

    if (how->flags & O_PATH) /* Linux ignores all but these with it */
        how->flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    else if (!how->is_small)
        how->flags |= O_LARGEFILE;
    error = flags_check(how->flags);
    if (error == 0)
        error = user_path_get(&path, address);
    if (error != 0)
        return error;
    if (table != NULL && fd_lowest(table) < 0)
        error = -EMFILE;
    else
        error = open_name(dirfd, path.name, how, out);
    user_path_put(&path);
    if (error == 0 && is_too_large(*out)) {
        file_put(*out);
        error = -EOVERFLOW;
    }
    return error;
}

static int64_t open_how(int dirfd, uaddr_t address, struct opening *how)
{
    struct fdtable *table = current_thread()->files;
    struct file *file;
    int error = open_user(dirfd, address, how, table, &file);

    return error != 0 ? error : fd_install(table, file, 0, how->flags & O_CLOEXEC);
}

static int64_t open_at(int dirfd, uaddr_t address, uint32_t flags, uint64_t mode)
{
    struct opening how = {.flags = flags, .mode = mode, .is_small = call_is_32bit()};

    return open_how(dirfd, address, &how);
}

int64_t sys_open(const uint64_t arg[6])
{
    return open_at(AT_FDCWD, arg[0], ISA_OPEN_FLAGS((uint32_t)arg[1]), arg[2]);
}

int64_t sys_openat(const uint64_t arg[6])
{
    return open_at((int)arg[0], arg[1], ISA_OPEN_FLAGS((uint32_t)arg[2]), arg[3]);
}

int64_t sys_creat(const uint64_t arg[6])
{
    return open_at(AT_FDCWD, arg[0], O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, arg[1]);
}

/* ---- openat2 ---- */

#define RESOLVE_ALL \
    (RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED)
/* What open(2) ignores is an error here. */
#define FASYNC 020000u
#define OPEN_ALL                                                                                              \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | FASYNC | O_DIRECT | \
     O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE)

struct open_how { /* linux/openat2.h */
    uint64_t flags, mode, resolve;
};
#define OPEN_HOW_SIZE_MAX 4096u

static int how_check(const struct open_how *how)
{
    bool makes = (how->flags & O_CREAT) || (how->flags & O_TMPFILE) == O_TMPFILE;

    if ((how->flags & ~(uint64_t)OPEN_ALL) || (how->resolve & ~(uint64_t)RESOLVE_ALL))
        return -EINVAL;
    if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT))
        return -EINVAL;
    if (makes ? (how->mode & ~(uint64_t)MODE_BITS) != 0 : how->mode != 0)
        return -EINVAL;
    if ((how->flags & O_PATH) && (how->flags & ~(uint64_t)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)))
        return -EINVAL;
    if ((how->resolve & RESOLVE_CACHED) && (how->flags & (O_TRUNC | O_CREAT | (O_TMPFILE & ~O_DIRECTORY))))
        return -EAGAIN;
    return 0;
}

/* A longer structure than this kernel's is one of a later kernel: what it has more must be zero. */
static int how_get(struct open_how *how, uaddr_t address, uint64_t size)
{
    if (size < sizeof(*how))
        return -EINVAL;
    if (size > OPEN_HOW_SIZE_MAX)
        return -E2BIG;
    int error = user_get_longer(how, sizeof(*how), address, size);
    if (error == 0)
        how->flags = (how->flags >> 32) << 32 | ISA_OPEN_FLAGS((uint32_t)how->flags);
    return error;
}

int64_t sys_openat2(const uint64_t arg[6])
{
    struct open_how how;
    int error = how_get(&how, arg[2], arg[3]);

    if (error == 0)
        error = how_check(&how);
    if (error != 0)
        return error;
    struct opening opening = {
        .flags = (uint32_t)how.flags | O_LARGEFILE, .mode = how.mode, .resolve = (unsigned)how.resolve};
    return open_how((int)arg[0], arg[1], &opening);
}
