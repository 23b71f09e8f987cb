/* SPDX-License-Identifier: Apache-2.0 */
/* flock.c - record locks (fcntl(2), "Advisory record locking" and "Open file description locks") and flock(2). */
#include "sys/flock.h"

#include "abi/i386.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/lock.h"
#include "vfs/owner.h"

struct flock_user {
    int16_t type, whence;
    int64_t start, length;
    int32_t pid, pad;
};
_Static_assert(sizeof(struct flock_user) == 32, "struct flock");

/* A process's record locks end when any descriptor of the file is closed: also if that was while it waited for one. */
static bool is_closed(const struct file *file)
{
    const struct fdtable *table = current_thread()->files;

    for (unsigned fd = 0; (fd = fd_next(table, fd)) < FD_MAX; fd++)
        if (fd_get(table, (int)fd) == file)
            return false;
    return true;
}

static bool has_others(const struct inode *inode)
{
    return inode->ops != NULL && inode->ops->lock != NULL;
}

/* Those who have the file elsewhere are asked. */
static int others_ask(struct file *file, const struct file_lock *wanted, bool may_wait)
{
    struct lock_waiting self;
    int error;

    lock_waiting_begin(&self, file->inode, wanted);
    error = file->inode->ops->lock(file, wanted, may_wait);
    lock_waiting_end(&self);
    return error;
}

/* Nobody here is in its way. Uses the room up. */
static int lock_finish(struct file *file, const struct file_lock *wanted, bool may_wait, bool has_waited,
                       struct lock_room *room)
{
    struct inode *inode = file->inode;

    if (has_others(inode)) {
        int error = others_ask(file, wanted, may_wait);
        if (error != 0) {
            lock_room_put(room);
            return error;
        }
        has_waited = true;
    }
    lock_set_in(inode, wanted, room);
    if (!has_waited || wanted->type == LOCK_NONE || wanted->of_file || !is_closed(file))
        return 0;
    lock_release(inode, wanted->owner); /* as that close has taken what there was; the others too are told */
    return -EBADF;
}

/* Takes or gives up a lock. -EAGAIN: another has it, and the caller doesn't want to wait. What needs memory comes
 * first, as others may come while that is waited for. */
static int lock_take(struct file *file, const struct file_lock *wanted, bool may_wait)
{
    bool has_waited = false;
    struct lock_room room;

    if (file->inode == NULL)
        return 0; /* a stream, which no other open file shares */
    /* A file's locks end with it, and what others know of it: that is arranged before it has one. */
    if ((wanted->of_file || has_others(file->inode)) && file_extra_get(file) == NULL)
        return -ENOLCK;
    int error = lock_room_get(&room, wanted);
    if (error != 0)
        return error;
    while (error == 0 && wanted->type != LOCK_NONE && lock_conflict(file->inode, wanted) != NULL) {
        error = may_wait ? lock_wait(file->inode, wanted) : -EAGAIN;
        has_waited = true;
    }
    if (error == 0)
        return lock_finish(file, wanted, may_wait, has_waited, &room);
    lock_room_put(&room);
    return error;
}

/* ---- record locks ---- */

/* Where the range starts that `whence` and `start` mean. */
static int range_base(const struct file *file, int whence, int64_t *base)
{
    switch (whence) {
    case SEEK_SET:
        *base = 0;
        return 0;
    case SEEK_CUR:
        *base = (int64_t)file->pos;
        return 0;
    case SEEK_END:
        *base = file->inode != NULL ? (int64_t)file->inode->size : 0;
        return 0;
    default:
        return -EINVAL;
    }
}

/* As Linux's flock64_to_posix_lock: a length of 0 reaches to the end of all files, a negative one backwards. */
static int range_read(const struct file *file, const struct flock_user *user, struct file_lock *lock)
{
    int64_t start, end = INT64_MAX;
    int error = range_base(file, user->whence, &start);

    if (error != 0)
        return error;
    if (user->start > INT64_MAX - start)
        return -EOVERFLOW;
    start += user->start;
    if (start < 0)
        return -EINVAL;
    if (user->length > 0) {
        if (user->length - 1 > INT64_MAX - start)
            return -EOVERFLOW;
        end = start + (user->length - 1);
    } else if (user->length < 0) {
        if (start + user->length < 0)
            return -EINVAL;
        end = start - 1;
        start += user->length;
    }
    lock->first = (uint64_t)start;
    lock->last = (uint64_t)end;
    return 0;
}

static bool is_of_file(int command)
{
    return command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
}

static int record_read(const struct file *file, int command, const struct flock_user *user, struct file_lock *lock)
{
    int error;

    *lock = (struct file_lock){
        .kind = LOCK_RECORD, .of_file = is_of_file(command), .pid = current_process()->pid, .file = file};
    lock->owner = lock->of_file ? (const void *)file : current_thread()->files;
    error = range_read(file, user, lock);
    if (error != 0)
        return error;
    if (user->type < LOCK_READ || user->type > LOCK_NONE)
        return -EINVAL;
    lock->type = (uint8_t)user->type;
    return lock->of_file && user->pid != 0 ? -EINVAL : 0;
}

/* Says what stands in the way, from the file's start, or that nothing does. */
static int record_test(struct file *file, const struct file_lock *wanted, struct flock_user *user)
{
    const struct file_lock *other = file->inode != NULL ? lock_conflict(file->inode, wanted) : NULL;
    struct file_lock elsewhere = *wanted;

    if (other == NULL && file->inode != NULL && has_others(file->inode)) {
        int error = file_extra_get(file) == NULL ? -ENOLCK : file->inode->ops->test_lock(file, &elsewhere);
        if (error != 0)
            return error;
        other = elsewhere.type != LOCK_NONE ? &elsewhere : NULL;
    }
    if (other == NULL) {
        user->type = LOCK_NONE;
        return 0;
    }
    user->type = other->type;
    user->whence = SEEK_SET;
    user->start = (int64_t)other->first;
    user->length = other->last == INT64_MAX ? 0 : (int64_t)(other->last - other->first + 1);
    user->pid = other->of_file ? -1 : other->pid;
    return 0;
}

/* ---- the forms of struct flock ---- */

/* Of a 32-bit program: whether the command has the one with 64-bit members. */
static bool is_wide(int command)
{
    return (command >= F_GETLK64 && command <= F_SETLKW64) || is_of_file(command);
}

static int flock_get(struct flock_user *user, int command, uaddr_t address)
{
    struct i386_flock64 wide;
    struct i386_flock half;

    if (!call_is_32bit())
        return copy_from_user(user, address, sizeof(*user));
    if (is_wide(command)) {
        if (user_get(wide, address))
            return -EFAULT;
        *user = (struct flock_user){wide.type, wide.whence, wide.start, wide.length, wide.pid, 0};
        return 0;
    }
    if (user_get(half, address))
        return -EFAULT;
    *user = (struct flock_user){half.type, half.whence, half.start, half.length, half.pid, 0};
    return 0;
}

/* As Linux (fixup_compat_flock): a start that doesn't fit is an error, a length is cut. */
static int flock_put(const struct flock_user *user, int command, uaddr_t address)
{
    const struct i386_flock64 wide = {user->type, user->whence, user->start, user->length, user->pid};
    const struct i386_flock half = {user->type, user->whence, (int32_t)user->start,
                                    user->length > INT32_MAX ? INT32_MAX : (int32_t)user->length, user->pid};

    if (!call_is_32bit())
        return user_put(address, *user);
    if (is_wide(command))
        return user_put(address, wide);
    return user->start > INT32_MAX ? -EOVERFLOW : user_put(address, half);
}

int64_t lock_fcntl(struct file *file, int given_command, uaddr_t address)
{
    int command =
        given_command >= F_GETLK64 && given_command <= F_SETLKW64 ? given_command - F_GETLK64 + F_GETLK : given_command;
    struct flock_user user;
    struct file_lock lock;
    int error;

    if (flock_get(&user, given_command, address) != 0)
        return -EFAULT;
    if (command == F_GETLK && user.type != LOCK_READ && user.type != LOCK_WRITE)
        return -EINVAL;
    error = record_read(file, command, &user, &lock);
    if (error != 0)
        return error;
    if (command == F_GETLK || command == F_OFD_GETLK) {
        file_get(file);
        error = record_test(file, &lock, &user);
        file_put(file);
        return error != 0 ? error : flock_put(&user, given_command, address);
    }
    if ((lock.type == LOCK_READ && !file_is_readable(file)) || (lock.type == LOCK_WRITE && !file_is_writable(file)))
        return -EBADF;
    file_get(file);
    error = lock_take(file, &lock, command == F_SETLKW || command == F_OFD_SETLKW);
    file_put(file);
    return error;
}

/* ---- flock ---- */

#define LOCK_SH 1u
#define LOCK_EX 2u
#define LOCK_NB 4u
#define LOCK_UN 8u
#define LOCK_MAND 32u

/* Another type is had by giving up the lock first, which is then lost if the other isn't to be had. */
static int whole_take(struct file *file, struct file_lock *wanted, bool may_wait)
{
    const struct file_lock *own = file->inode != NULL ? lock_find(file->inode, LOCK_WHOLE, file) : NULL;
    uint8_t type = wanted->type;

    if (own != NULL && own->type == type)
        return 0;
    if (own != NULL) {
        wanted->type = LOCK_NONE;
        int error = lock_take(file, wanted, false);
        wanted->type = type;
        if (error != 0 || type == LOCK_NONE)
            return error;
    }
    return type == LOCK_NONE ? 0 : lock_take(file, wanted, may_wait);
}

int64_t sys_flock(const uint64_t arg[6])
{
    unsigned operation = (unsigned)arg[1] & ~LOCK_NB;
    struct file *file = user_file(arg[0]);
    struct file_lock wanted = {.kind = LOCK_WHOLE,
                               .owner = file,
                               .file = file,
                               .last = INT64_MAX,
                               .of_file = true,
                               .pid = current_process()->pid};
    int error;

    if (operation & LOCK_MAND)
        return 0; /* Linux takes it and ignores it */
    if (operation != LOCK_SH && operation != LOCK_EX && operation != LOCK_UN)
        return -EINVAL;
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (operation != LOCK_UN && !file_is_readable(file) && !file_is_writable(file))
        return -EBADF;
    wanted.type = operation == LOCK_SH ? LOCK_READ : operation == LOCK_EX ? LOCK_WRITE : LOCK_NONE;
    file_get(file);
    error = whole_take(file, &wanted, !((unsigned)arg[1] & LOCK_NB));
    file_put(file);
    return error;
}
