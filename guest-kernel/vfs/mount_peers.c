/* SPDX-License-Identifier: Apache-2.0 */
/* mount_peers.c - see mount_peers.h. As Linux's fs/pnode.c. Nothing here waits, not even for memory, so that the tree
 * is the same throughout. */
#include "vfs/mount_peers.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "vfs/mount_tree.h"

/* ---- copies ---- */

static struct mount *copy_make(struct mount *old, struct dentry *root, enum mount_copy kind)
{
    current_thread()->wants_no_wait++;
    struct mount *copy = mount_create(old->fs, root, old->source, old->flags);
    current_thread()->wants_no_wait--;
    if (copy == NULL)
        return NULL;
    copy->is_new = true;
    if (kind == COPY_ALIKE && mount_is_shared(old)) {
        copy->group = old->group;
        list_insert(&old->peers, &copy->peers);
    }
    mount_group_set_master(copy, kind == COPY_ALIKE ? old->master : old);
    if (kind == COPY_SLAVE_SHARED)
        mount_group_begin(copy);
    return copy;
}

/* Each onto the copy of what it is mounted on: `top` is that of from->mount. */
static int submounts_copy(const struct path *from, struct mount *top, enum mount_copy kind, struct list *copied)
{
    struct mount *mount = from->mount;

    mount->copy = top;
    while ((mount = mount_tree_next(from->mount, mount)) != NULL) {
        struct path at = {mount->parent->copy, mount->point};
        bool is_below = mount->parent != from->mount || dentry_is_within(mount->point, from->dentry);
        mount->copy = NULL;
        if (!is_below || at.mount == NULL || mount->unbindable)
            continue;
        mount->copy = copy_make(mount, mount->root, kind);
        if (mount->copy == NULL)
            return -ENOMEM;
        list_insert(copied, &mount->copy->all);
        mount_attach(mount->copy, &at);
    }
    return 0;
}

int mount_copy_tree(const struct path *from, bool all, enum mount_copy kind, struct list *copied)
{
    struct mount *top = copy_make(from->mount, from->dentry, kind);

    if (top == NULL)
        return -ENOMEM;
    list_insert(copied, &top->all);
    return all ? submounts_copy(from, top, kind, copied) : 0;
}

void mount_copies_drop(struct list *copied)
{
    while (!list_is_empty(copied)) {
        struct mount *last = container_of(copied->prev, struct mount, all);
        if (last->parent != NULL)
            mount_detach(last);
        mount_forget(last);
        mount_put(last);
    }
}

/* ---- who is reached ---- */

struct spread {
    struct list reached; /* mount.reached, in the order in which they were */
    const struct dentry *point;
    struct list *copied; /* NULL: none are made */
};

/* What is copied for others, that of their own. 0 or -ENOMEM. */
static int copy_for(const struct spread *spread, struct mount *mount, enum mount_copy kind, struct mount **source)
{
    struct list own;

    if (spread->copied == NULL || *source == NULL || !dentry_is_within(spread->point, mount->root))
        return 0;
    const struct path from = {*source, (*source)->root};
    list_init(&own);
    int error = mount_copy_tree(&from, true, kind, &own);
    if (!list_is_empty(&own)) {
        *source = container_of(own.next, struct mount, all);
        (*source)->target = mount;
    }
    while (!list_is_empty(&own)) {
        struct list *first = own.next;
        list_remove(first);
        list_insert(spread->copied, first);
    }
    return error;
}

static void reach(struct spread *spread, struct mount *mount, struct mount *received)
{
    mount->received = received;
    list_insert(&spread->reached, &mount->reached);
}

static bool is_to_be_reached(const struct mount *mount)
{
    return list_is_empty(&mount->reached) && !mount->is_new;
}

/* A slave and its peers, that is one who has it from `base`, and those who have it from that one. */
static int slaves_reach(struct spread *spread, struct mount *first, struct mount *base)
{
    enum mount_copy kind = mount_is_shared(first) ? COPY_SLAVE_SHARED : COPY_SLAVE;
    struct mount *mount = first, *source = base;
    int error = 0;

    do {
        if (is_to_be_reached(mount)) {
            error = copy_for(spread, mount, source == base ? kind : COPY_ALIKE, &source);
            reach(spread, mount, source);
        }
        mount = mount_group_next(mount);
    } while (mount != first && error == 0);
    return error;
}

/* All that is mounted in `from` is to be seen in: itself, its peers, and the slaves of those, by any way. */
static int spread_from(struct spread *spread, struct mount *from, struct mount *source)
{
    int error = 0;

    reach(spread, from, source);
    for (struct mount *peer = mount_group_next(from); peer != from && error == 0; peer = mount_group_next(peer)) {
        struct mount *own = source;
        if (!is_to_be_reached(peer))
            continue;
        error = copy_for(spread, peer, COPY_ALIKE, &own);
        reach(spread, peer, own);
    }
    for (struct list *at = spread->reached.next; at != &spread->reached && error == 0; at = at->next) {
        struct mount *mount = container_of(at, struct mount, reached);
        for (struct list *of = mount->slaves.next; of != &mount->slaves && error == 0; of = of->next) {
            struct mount *slave = container_of(of, struct mount, slave_of);
            if (is_to_be_reached(slave))
                error = slaves_reach(spread, slave, mount->received);
        }
    }
    return error;
}

int mount_propagate(struct mount *source, const struct path *at, struct list *copied)
{
    struct spread spread = {.point = at->dentry, .copied = copied};
    int error;

    if (!mount_is_shared(at->mount))
        return 0;
    for (struct mount *mount = source; mount != NULL; mount = mount_tree_next(source, mount))
        mount_group_set_type(mount, MS_SHARED);
    list_init(&spread.reached);
    error = spread_from(&spread, at->mount, source);
    while (!list_is_empty(&spread.reached))
        list_remove(spread.reached.next);
    return error;
}

void mount_copies_attach(struct list *copied, struct dentry *point)
{
    struct list *at, *next;

    for (at = copied->next; at != copied; at = next) {
        struct mount *copy = container_of(at, struct mount, all);
        struct path place = {copy->target, point};
        struct mount *above = copy->target != NULL ? mount_above(&place) : NULL;

        next = at->next;
        copy->is_new = false;
        list_remove(at); /* mount_attach puts it among all, behind what it lies in */
        if (copy->target == NULL) {
            mount_publish(copy);
            continue;
        }
        copy->target = NULL;
        mount_attach(copy, &place);
        if (above == NULL)
            continue;
        struct path on_top = {copy, copy->root};
        for (struct mount *top; (top = mount_above(&on_top)) != NULL;) /* of the copies */
            on_top = (struct path){top, top->root};
        mount_detach(above);
        mount_attach(above, &on_top);
        mounts_reorder(above);
    }
}

void mount_twins_visit(const struct mount *mount, void (*visit)(struct mount *twin, void *arg), void *arg)
{
    struct spread spread = {.point = mount->point};
    struct dentry *point = mount->point;

    list_init(&spread.reached);
    (void)spread_from(&spread, mount->parent, NULL); /* without copies nothing fails */
    while (!list_is_empty(&spread.reached)) {
        struct mount *in = container_of(spread.reached.next, struct mount, reached);
        struct mount *twin = mount_above(&(struct path){in, point});

        list_remove(&in->reached);
        if (twin != NULL && twin != mount && list_is_empty(&twin->children))
            visit(twin, arg);
    }
}
