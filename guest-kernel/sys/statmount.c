/* SPDX-License-Identifier: Apache-2.0 */
/* statmount.c - all that is known of one mount, by its number: statmount(2). */
#include "sys/syscall.h"

#include "lib/string.h"
#include "sys/mount_flags.h"
#include "sys/mount_request.h"
#include "sys/user.h"
#include "vfs/device.h"
#include "vfs/fstype.h"
#include "vfs/mount_tree.h"

#define STRINGS (STATMOUNT_MNT_ROOT | STATMOUNT_MNT_POINT | STATMOUNT_FS_TYPE | STATMOUNT_MNT_OPTS)
#define ROOM_ORDER 2u /* of pages, for all strings: two paths and two short ones */
#define ROOM (PAGE_SIZE << ROOM_ORDER)
#define STEPS_MAX 100000u /* from a master to the mount that it lies in, until it is taken that none is in sight */

struct answer {
    struct statmount fixed;
    const struct mount *mount;
    uint64_t wanted, buffer_size;
    char *strings; /* ROOM bytes; NULL: none are wanted */
    uint32_t used;
};

/* May wait for the disk, where it isn't known what is free. */
static void fs_tell(struct answer *answer)
{
    struct filesystem *fs = answer->mount->fs;
    struct vfs_statfs stat = {0};

    if (fs->ops->statfs != NULL)
        fs->ops->statfs(fs, &stat);
    answer->fixed.sb_dev_major = device_major(fs->device);
    answer->fixed.sb_dev_minor = device_minor(fs->device);
    answer->fixed.sb_magic = stat.type;
    answer->fixed.sb_flags = filesystem_told_read_only(fs) ? MS_RDONLY : 0;
    answer->fixed.mask |= STATMOUNT_SB_BASIC;
}

static uint64_t propagation_of(const struct mount *mount)
{
    uint64_t propagation = (mount_is_shared(mount) ? MS_SHARED : 0) | (mount->master != NULL ? MS_SLAVE : 0) |
                           (mount->unbindable ? MS_UNBINDABLE : 0);

    return propagation != 0 ? propagation : MS_PRIVATE;
}

static void mount_tell(struct answer *answer)
{
    const struct mount *mount = answer->mount, *parent = mount->parent != NULL ? mount->parent : mount;

    answer->fixed.mnt_id = mount->unique_id;
    answer->fixed.mnt_parent_id = parent->unique_id;
    answer->fixed.mnt_id_old = mount->id;
    answer->fixed.mnt_parent_id_old = parent->id;
    answer->fixed.mnt_attr = mount_attr_of(mount->flags);
    answer->fixed.mnt_propagation = propagation_of(mount);
    answer->fixed.mnt_peer_group = mount->group;
    answer->fixed.mnt_master = mount->master != NULL ? mount->master->group : 0;
    answer->fixed.mask |= STATMOUNT_MNT_BASIC;
}

/* The nearest group of masters of which the caller can see a mount. 0: there is none. */
static uint64_t master_in_sight(const struct mount *mount, const struct path *root)
{
    unsigned steps = 0;

    for (const struct mount *master = mount->master; master != NULL; master = master->master) {
        const struct mount *peer = master;

        do {
            if (steps > STEPS_MAX)
                return 0;
            if (mount_is_within(peer, root, &steps) && mount_is_known(peer))
                return peer->group;
            peer = mount_group_next(peer);
        } while (peer != master);
    }
    return 0;
}

/* What was put behind the strings, `length` bytes, is the one that `wanted` asks for. An empty one isn't told. 0,
 * -EOVERFLOW. */
static int string_end(struct answer *answer, uint64_t wanted, uint32_t *place, size_t length)
{
    if (length == 0)
        return 0;
    if (sizeof(answer->fixed) + answer->used + length >= answer->buffer_size)
        return -EOVERFLOW;
    *place = answer->used;
    answer->used += (uint32_t)length + 1;
    answer->fixed.mask |= wanted;
    return 0;
}

static int type_tell(struct answer *answer)
{
    const char *name = answer->mount->fs->type->name;
    size_t length = strlen(name);

    memcpy(answer->strings + answer->used, name, length + 1);
    return string_end(answer, STATMOUNT_FS_TYPE, &answer->fixed.fs_type, length);
}

static int root_tell(struct answer *answer)
{
    int64_t length = dentry_print(answer->mount->root, answer->strings + answer->used, PATH_MAX);

    return length < 0 ? (int)length : string_end(answer, STATMOUNT_MNT_ROOT, &answer->fixed.mnt_root, (size_t)length);
}

/* Of what lies outside of the caller's root there is none. */
static int point_tell(struct answer *answer, const struct path *root)
{
    const struct path place = {(struct mount *)answer->mount, answer->mount->root};
    bool outside;
    int64_t length = path_print(&place, root, answer->strings + answer->used, PATH_MAX, NULL, &outside);

    if (length < 0)
        return (int)length;
    return string_end(answer, STATMOUNT_MNT_POINT, &answer->fixed.mnt_point, outside ? 0 : (size_t)length);
}

static int options_tell(struct answer *answer)
{
    const struct filesystem *fs = answer->mount->fs;
    char *at = answer->strings + answer->used;
    size_t length;

    if (fs->ops->show_options == NULL)
        return 0;
    fs->ops->show_options(fs, at, PAGE_SIZE);
    length = strlen(at);
    if (length != 0) /* the comma before the first */
        memmove(at, at + 1, length--);
    return string_end(answer, STATMOUNT_MNT_OPTS, &answer->fixed.mnt_opts, length);
}

/* There is room for strings. */
static int strings_tell(struct answer *answer, const struct path *root)
{
    int error = 0;

    if (answer->wanted & STATMOUNT_FS_TYPE)
        error = type_tell(answer);
    if (error == 0 && (answer->wanted & STATMOUNT_MNT_ROOT))
        error = root_tell(answer);
    if (error == 0 && (answer->wanted & STATMOUNT_MNT_POINT))
        error = point_tell(answer, root);
    if (error == 0 && (answer->wanted & STATMOUNT_MNT_OPTS))
        error = options_tell(answer);
    return error;
}

static int all_tell(struct answer *answer, const struct path *root)
{
    if (answer->wanted & STATMOUNT_SB_BASIC)
        fs_tell(answer);
    if (answer->wanted & STATMOUNT_MNT_BASIC)
        mount_tell(answer);
    if (answer->wanted & STATMOUNT_PROPAGATE_FROM) {
        answer->fixed.propagate_from = master_in_sight(answer->mount, root);
        answer->fixed.mask |= STATMOUNT_PROPAGATE_FROM;
    }
    if (answer->wanted & STATMOUNT_MNT_NS_ID) {
        answer->fixed.mnt_ns_id = MOUNT_NS_ID;
        answer->fixed.mask |= STATMOUNT_MNT_NS_ID;
    }
    return answer->strings != NULL ? strings_tell(answer, root) : 0;
}

static int64_t answer_put(struct answer *answer, uaddr_t address)
{
    size_t size = answer->buffer_size < sizeof(answer->fixed) ? answer->buffer_size : sizeof(answer->fixed);

    answer->fixed.size = (uint32_t)size + answer->used;
    if (answer->used != 0 && copy_to_user(address + sizeof(answer->fixed), answer->strings, answer->used) != 0)
        return -EFAULT;
    return size != 0 && copy_to_user(address, &answer->fixed, size) != 0 ? -EFAULT : 0;
}

/* The mount may be taken away meanwhile, and the caller get another root. */
static int64_t answer_make(struct answer *answer, uint64_t id)
{
    struct path root = *path_root(), place;
    struct mount *mount = mount_from_id(id, false);

    if (mount == NULL || mount->unique_id != id)
        return -ENOENT;
    int error = mount_request_permitted(mount, &root);
    if (error != 0)
        return error;
    place = (struct path){mount, mount->root};
    answer->mount = mount;
    path_get(&place);
    path_get(&root);
    error = all_tell(answer, &root);
    path_put(&root);
    path_put(&place);
    return error;
}

int64_t sys_statmount(const uint64_t arg[6])
{
    struct mnt_id_req request;
    struct answer answer = {.buffer_size = arg[2]};
    struct page *room = NULL;

    if ((uint32_t)arg[3] != 0)
        return -EINVAL;
    int64_t error = mount_request_get(&request, arg[0]);
    if (error == 0)
        error = mount_request_check_ns(&request);
    if (error == 0)
        error = mount_request_check_room(arg[1], arg[2]);
    if (error != 0)
        return error;
    answer.wanted = request.param;
    if (answer.wanted & STRINGS) {
        if (arg[2] == sizeof(answer.fixed))
            return -EOVERFLOW;
        room = page_alloc_order_dirty(ROOM_ORDER);
        if (room == NULL)
            return -ENOMEM;
        answer.strings = page_data(room);
        answer.strings[answer.used++] = 0; /* what isn't told is the empty string there */
    }
    error = answer_make(&answer, request.mnt_id);
    if (error == 0)
        error = answer_put(&answer, arg[1]);
    if (room != NULL)
        page_put_order(room, ROOM_ORDER);
    return error;
}
