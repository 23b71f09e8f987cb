/* SPDX-License-Identifier: Apache-2.0 */
/* mount_group.c - to whom mounts pass on what is mounted in them (mount_namespaces(7)). As Linux's fs/pnode.c. */
#include "vfs/mount.h"
#include "vfs/mount_tree.h"

static uint32_t last_group;

void mount_group_init(struct mount *mount)
{
    list_init(&mount->peers);
    list_init(&mount->slaves);
    list_init(&mount->slave_of);
    list_init(&mount->reached);
}

void mount_group_set_master(struct mount *mount, struct mount *master)
{
    list_remove(&mount->slave_of);
    mount->master = master;
    if (master != NULL)
        list_insert(&master->slaves, &mount->slave_of);
}

struct mount *mount_group_next(const struct mount *mount)
{
    return container_of(mount->peers.next, struct mount, peers);
}

/* From whom it would have as a slave what it has as a peer: a peer with the same root if there is one; else its own
 * master. */
static struct mount *source_of(const struct mount *mount)
{
    struct mount *peer = mount_group_next(mount);

    while (peer != mount && peer->root != mount->root)
        peer = mount_group_next(peer);
    if (peer == mount)
        peer = mount_group_next(mount);
    return peer != mount ? peer : mount->master;
}

/* Leaves its group; its slaves are `heir`'s, or (NULL) nobody's. */
static void group_leave(struct mount *mount, struct mount *heir)
{
    list_remove(&mount->peers);
    mount->group = 0;
    while (!list_is_empty(&mount->slaves))
        mount_group_set_master(container_of(mount->slaves.next, struct mount, slave_of), heir);
}

void mount_group_leave(struct mount *mount)
{
    group_leave(mount, source_of(mount));
    mount_group_set_master(mount, NULL);
}

void mount_group_begin(struct mount *mount)
{
    mount->group = ++last_group;
}

void mount_group_join(struct mount *mount, struct mount *model)
{
    if (model->master != NULL)
        mount_group_set_master(mount, model->master);
    if (model->group == 0)
        return;
    mount->unbindable = false;
    mount->group = model->group;
    list_insert(model->peers.next, &mount->peers);
}

void mount_group_set_type(struct mount *mount, uint32_t type)
{
    if (type == MS_SLAVE) {
        struct mount *master = source_of(mount);

        group_leave(mount, master);
        mount_group_set_master(mount, master);
        return;
    }
    mount->unbindable = type == MS_UNBINDABLE;
    if (type != MS_SHARED)
        mount_group_leave(mount);
    else if (mount->group == 0)
        mount_group_begin(mount);
}
