/* SPDX-License-Identifier: Apache-2.0 */
/* fsopen.c - fsopen(2), fspick(2), fsconfig(2) and fsmount(2): arguments and rights. vfs/mount_config.c does it. */
#include "sys/syscall.h"

#include "lib/string.h"
#include "sys/mount_flags.h"
#include "sys/user.h"
#include "vfs/mount_config.h"

#define FSOPEN_CLOEXEC 1u
#define FSMOUNT_CLOEXEC 1u

#define FSPICK_CLOEXEC 1u
#define FSPICK_SYMLINK_NOFOLLOW 2u
#define FSPICK_NO_AUTOMOUNT 4u
#define FSPICK_EMPTY_PATH 8u

enum {
    FSCONFIG_SET_FLAG,
    FSCONFIG_SET_STRING,
    FSCONFIG_SET_BINARY,
    FSCONFIG_SET_PATH,
    FSCONFIG_SET_PATH_EMPTY,
    FSCONFIG_SET_FD,
    FSCONFIG_CMD_CREATE,
    FSCONFIG_CMD_RECONFIGURE,
    FSCONFIG_CMD_CREATE_EXCL,
};

#define TEXT_MAX 256u /* a key or a value, with its NUL */
#define BINARY_MAX (1024 * 1024)

/* 0; -EINVAL: it is too long; -EFAULT. */
static int text_get(char *text, uaddr_t address)
{
    int64_t length = string_from_user(text, address, TEXT_MAX);

    return length >= 0 ? 0 : length == -ENAMETOOLONG ? -EINVAL : (int)length;
}

int64_t sys_fsopen(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[1];
    struct user_path name;
    struct file *file;
    int error = mounting_permitted();

    if (error != 0)
        return error;
    if (flags & ~FSOPEN_CLOEXEC)
        return -EINVAL;
    error = user_path_get_any(&name, arg[0]);
    if (error != 0)
        return error == -ENAMETOOLONG ? -EINVAL : error;
    const struct fs_type *type = fs_type_find(name.name);
    user_path_put(&name);
    error = type != NULL ? mount_config_new(type, &file) : -ENODEV;
    return error != 0 ? error : fd_install(current_thread()->files, file, 0, flags & FSOPEN_CLOEXEC);
}

int64_t sys_fspick(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[2];
    struct file *file;
    struct path at;
    int error = mounting_begin();

    if (error != 0)
        return error;
    if (flags & ~(FSPICK_CLOEXEC | FSPICK_SYMLINK_NOFOLLOW | FSPICK_NO_AUTOMOUNT | FSPICK_EMPTY_PATH))
        return -EINVAL;
    error = user_lookup_place((int)arg[0], arg[1],
                              (flags & FSPICK_SYMLINK_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0) |
                                  (flags & FSPICK_EMPTY_PATH ? AT_EMPTY_PATH : 0),
                              &at);
    if (error != 0)
        return error;
    error = at.dentry == at.mount->root ? mount_config_of(&at, &file) : -EINVAL;
    path_put(&at);
    return error != 0 ? error : fd_install(current_thread()->files, file, 0, flags & FSPICK_CLOEXEC);
}

/* ---- fsconfig ---- */

/* Which of its arguments a command has: 0, -EINVAL, -EOPNOTSUPP. */
static int config_check(uint32_t command, bool key, bool value, int aux)
{
    bool is_right;

    switch (command) {
    case FSCONFIG_SET_FLAG:
        is_right = key && !value && aux == 0;
        break;
    case FSCONFIG_SET_STRING:
        is_right = key && value && aux == 0;
        break;
    case FSCONFIG_SET_BINARY:
        is_right = key && value && aux > 0 && aux <= BINARY_MAX;
        break;
    case FSCONFIG_SET_PATH:
    case FSCONFIG_SET_PATH_EMPTY:
        is_right = key && value && (aux == AT_FDCWD || aux >= 0);
        break;
    case FSCONFIG_SET_FD:
        is_right = key && !value && aux >= 0;
        break;
    case FSCONFIG_CMD_CREATE:
    case FSCONFIG_CMD_CREATE_EXCL:
    case FSCONFIG_CMD_RECONFIGURE:
        is_right = !key && !value && aux == 0;
        break;
    default:
        return -EOPNOTSUPP;
    }
    return is_right ? 0 : -EINVAL;
}

/* A value that no parameter has; what is wrong with it comes first, as on Linux. */
static int other_get(uint32_t command, uaddr_t value, int aux)
{
    struct user_path path;
    char part[TEXT_MAX];
    int error = 0;

    if (command == FSCONFIG_SET_FD)
        return user_file((uint64_t)aux) != NULL ? 0 : -EBADF;
    if (command != FSCONFIG_SET_BINARY) {
        error = command == FSCONFIG_SET_PATH ? user_path_get(&path, value) : user_path_get_any(&path, value);
        if (error == 0)
            user_path_put(&path);
        return error;
    }
    for (uint32_t at = 0, step; at < (uint32_t)aux && error == 0; at += step) {
        step = (uint32_t)aux - at < sizeof(part) ? (uint32_t)aux - at : sizeof(part);
        error = copy_from_user(part, value + at, step);
    }
    return error;
}

static int config_set(struct file *file, uint32_t command, uaddr_t key_at, uaddr_t value_at, int aux)
{
    char key[TEXT_MAX], value[TEXT_MAX];
    int error = text_get(key, key_at);

    if (error == 0 && command == FSCONFIG_SET_STRING)
        error = text_get(value, value_at);
    else if (error == 0 && command != FSCONFIG_SET_FLAG)
        error = other_get(command, value_at, aux);
    if (error != 0)
        return error;
    if (command > FSCONFIG_SET_STRING)
        return mount_config_set_other(file, key);
    return mount_config_set(file, key, command == FSCONFIG_SET_STRING ? value : NULL);
}

static int config_do(struct file *file, const uint64_t arg[6])
{
    uint32_t command = (uint32_t)arg[1];
    int error;

    if (command < FSCONFIG_CMD_CREATE)
        return config_set(file, command, arg[2], arg[3], (int)arg[4]);
    error = mounting_begin();
    if (error != 0)
        return error;
    return command == FSCONFIG_CMD_RECONFIGURE ? mount_config_apply(file)
                                               : mount_config_create(file, command == FSCONFIG_CMD_CREATE_EXCL);
}

int64_t sys_fsconfig(const uint64_t arg[6])
{
    int fd = (int)arg[0];

    if (fd < 0)
        return -EINVAL;
    int error = config_check((uint32_t)arg[1], arg[2] != 0, arg[3] != 0, (int)arg[4]);
    if (error != 0)
        return error;
    struct file *file = user_file((uint64_t)fd);
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (!mount_config_is(file))
        return -EINVAL;
    file_get(file);
    error = config_do(file, arg);
    file_put(file);
    return error;
}

int64_t sys_fsmount(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[1], attr = (uint32_t)arg[2], atime;
    struct file *mount;
    int error = mounting_permitted();

    if (error != 0)
        return error;
    if ((flags & ~FSMOUNT_CLOEXEC) || (attr & ~MOUNT_ATTR_SIMPLE) || !mount_atime_of(attr, &atime))
        return -EINVAL;
    struct file *file = user_file(arg[0]);
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (!mount_config_is(file))
        return -EINVAL;
    file_get(file);
    error = mount_config_mount(file, mount_flags_of(attr) | atime, &mount);
    file_put(file);
    return error != 0 ? error : fd_install(current_thread()->files, mount, 0, flags & FSMOUNT_CLOEXEC);
}
