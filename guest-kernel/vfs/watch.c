/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - see watch.h. */
#include "vfs/watch.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "core/thread.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/fasync.h"
#include "vfs/vfs.h"

#define WATCH_COST 1312u /* bytes that Linux thinks of for a watch and its inode, in a hundredth of memory */
#define WATCHES_LEAST 8192u
#define WATCHES_MOST 1048576u
#define EVENTS_PART 16u /* of memory, for the events of a user that nobody has read */

struct watch_user { /* as long as there is a group of it */
    struct watch_user *next;
    uint32_t uid, groups, watches;
    uint64_t bytes; /* of events */
};

uint32_t watch_count;
int watch_events_max = 16384, watch_groups_max = 128, watch_watches_max = WATCHES_LEAST;
static struct list groups = {&groups, &groups};
static struct watch_user *users;

void watch_init(void)
{
    uint64_t count = (page_total_count() / 100 << PAGE_SHIFT) / WATCH_COST;

    if (count < WATCHES_LEAST)
        count = WATCHES_LEAST;
    watch_watches_max = (int)(count < WATCHES_MOST ? count : WATCHES_MOST);
}

/* Whoever asks may have any lock: there is memory at once, or there is none. */
static void *alloc_now(size_t size)
{
    current_thread()->wants_no_wait++;
    void *memory = kmalloc(size);
    current_thread()->wants_no_wait--;
    return memory;
}

/* ---- users ---- */

static struct watch_user *user_find(uint32_t uid)
{
    struct watch_user *user = users;

    while (user != NULL && user->uid != uid)
        user = user->next;
    return user;
}

/* The user, with one group more. 0, -EMFILE, -ENOMEM. */
static int user_get(uint32_t uid, struct watch_user **out)
{
    struct watch_user *user = user_find(uid);

    if ((user != NULL ? user->groups : 0) >= (uint32_t)watch_groups_max)
        return -EMFILE;
    if (user == NULL) {
        user = alloc_now(sizeof(*user));
        if (user == NULL)
            return -ENOMEM;
        user->uid = uid;
        user->next = users;
        users = user;
    }
    user->groups++;
    *out = user;
    return 0;
}

static void user_put(struct watch_user *user)
{
    struct watch_user **at = &users;

    if (--user->groups != 0)
        return;
    while (*at != user)
        at = &(*at)->next;
    *at = user->next;
    kfree(user);
}

/* ---- events ---- */

static bool is_reserved(const struct watch_group *group, const struct watch_event *event)
{
    return event == group->overflow;
}

static size_t event_size(const struct watch_event *event)
{
    return sizeof(*event) + event->length;
}

static struct watch_event *event_new(struct watch_group *group, const struct watch *watch,
                                     const struct watch_news *news)
{
    struct watch_user *user = group->user;
    size_t length = news->name != NULL ? news->length : 0, size = sizeof(struct watch_event) + length;
    bool fits = user->bytes + size <= page_total_count() * PAGE_SIZE / EVENTS_PART;
    struct watch_event *event = fits ? alloc_now(size) : NULL;

    if (event == NULL)
        return NULL;
    user->bytes += size;
    event->wd = watch->wd;
    event->mask = news->mask;
    event->cookie = news->cookie;
    event->length = (uint32_t)length;
    if (length != 0)
        memcpy(event->name, news->name, length);
    return event;
}

void watch_event_free(struct watch_group *group, struct watch_event *event)
{
    if (is_reserved(group, event))
        return;
    group->user->bytes -= event_size(event);
    kfree(event);
}

static void event_queue(struct watch_group *group, struct watch_event *event)
{
    event->next = NULL;
    if (group->first == NULL)
        group->first = event;
    else
        group->last->next = event;
    group->last = event;
    group->count++;
    wait_wake_all(&group->changed, POLLIN | POLLRDNORM);
    fasync_tell(group->owners, POLL_IN);
}

struct watch_event *watch_event_take(struct watch_group *group)
{
    struct watch_event *event = group->first;

    if (event == NULL)
        return NULL;
    group->first = event->next;
    group->count--;
    if (is_reserved(group, event))
        group->overflows = false;
    return event;
}

/* Some event is lost, which is told once. */
static void queue_overflow(struct watch_group *group)
{
    if (!group->overflows)
        event_queue(group, group->overflow);
    group->overflows = true;
}

/* Whether the last event says the same: two in a row are told as one (the cookie isn't looked at, as on Linux). */
static bool is_told(const struct watch_group *group, const struct watch *watch, const struct watch_news *news)
{
    const struct watch_event *last = group->last;
    size_t length = news->name != NULL ? news->length : 0;

    return group->first != NULL && last->wd == watch->wd && last->mask == news->mask && last->length == length &&
           (length == 0 || memcmp(last->name, news->name, length) == 0);
}

static void queue_news(struct watch *watch, const struct watch_news *news)
{
    struct watch_group *group = watch->group;
    bool is_full = group->count >= group->most;

    if (!is_full && is_told(group, watch, news))
        return;
    struct watch_event *event = is_full ? NULL : event_new(group, watch, news);
    if (event != NULL)
        event_queue(group, event);
    else
        queue_overflow(group);
}

/* ---- watches ---- */

static struct watch *watch_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct watch, node) : NULL;
}

static struct watch *watch_by_number(const struct watch_group *group, int32_t wd)
{
    struct tree_node *node = group->watches.root;

    while (node != NULL && watch_of(node)->wd != wd)
        node = node->child[wd > watch_of(node)->wd];
    return watch_of(node);
}

static struct watch *watch_by_inode(const struct watch_group *group, const struct inode *inode)
{
    struct watch *watch = inode->watches;

    while (watch != NULL && watch->group != group)
        watch = watch->next;
    return watch;
}

static void insert(struct watch_group *group, struct watch *watch)
{
    struct tree_node *node = group->watches.root, *parent = NULL;
    unsigned side = 0;

    while (node != NULL) {
        parent = node;
        side = watch->wd > watch_of(node)->wd;
        node = node->child[side];
    }
    tree_insert(&group->watches, parent, side, &watch->node, tree_no_bound);
}

/* Numbers go up, so that one that has ended isn't soon mistaken for another. */
static int32_t number_next(struct watch_group *group)
{
    do
        group->last_wd = group->last_wd == INT32_MAX ? 1 : group->last_wd + 1;
    while (watch_by_number(group, group->last_wd) != NULL);
    return group->last_wd;
}

void watch_attach(struct watch *watch, struct inode *inode)
{
    watch->inode = inode;
    watch->next = inode->watches;
    watch->at = &inode->watches;
    if (watch->next != NULL)
        watch->next->at = &watch->next;
    inode->watches = watch;
    watch_count++;
}

void watch_detach(struct watch *watch)
{
    *watch->at = watch->next;
    if (watch->next != NULL)
        watch->next->at = watch->at;
    watch_count--;
}

void watch_others(struct inode *dir)
{
    if (dir->fs != NULL && dir->fs->ops != NULL && dir->fs->ops->watched != NULL)
        dir->fs->ops->watched(dir);
}

/* It isn't the group's nor the inode's any more; what is left is to free it. */
static void watch_leave(struct watch *watch)
{
    watch_detach(watch);
    tree_remove(&watch->group->watches, &watch->node, tree_no_bound);
    watch->group->user->watches--;
}

/* May free the inode, which may be to wait for its disk. */
static void watch_free(struct watch *watch)
{
    inode_put(watch->inode);
    kfree(watch);
}

static void watch_drop(struct watch *watch)
{
    watch_leave(watch);
    watch_free(watch);
}

static void watch_end(struct watch *watch)
{
    queue_news(watch, &(struct watch_news){.mask = IN_IGNORED});
    watch_drop(watch);
}

static void watch_news_to(struct watch *watch, const struct watch_news *news)
{
    queue_news(watch, news);
    if (watch->mask & IN_ONESHOT)
        watch_end(watch);
}

/* A reference to an inode that has no name and never will is gone: its watches end if nobody else has it. */
static void nameless_put(struct inode *inode)
{
    uint32_t refs = 0;

    for (const struct watch *watch = inode->watches; watch != NULL; watch = watch->next)
        refs += watch->tell == NULL;
    if (inode->refs != refs)
        return;
    inode_get(inode); /* so that it goes when all have ended */
    watch_inode_gone(inode);
    inode_put(inode);
}

static int watch_new(struct watch_group *group, struct inode *inode, uint32_t mask)
{
    struct watch *watch = alloc_now(sizeof(*watch));

    if (watch == NULL)
        return -ENOMEM;
    watch->wd = number_next(group);
    if (group->user->watches >= (uint32_t)watch_watches_max) {
        kfree(watch);
        return -ENOSPC;
    }
    watch->group = group;
    watch->mask = mask;
    watch_attach(watch, inode);
    inode_watched_put = nameless_put;
    inode_get(inode);
    insert(group, watch);
    group->user->watches++;
    return watch->wd;
}

int watch_add(struct watch_group *group, struct inode *inode, uint32_t mask)
{
    struct watch *watch = watch_by_inode(group, inode);
    uint32_t kept = mask & (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT);

    if (watch == NULL)
        return watch_new(group, inode, kept);
    if (mask & IN_MASK_CREATE)
        return -EEXIST;
    watch->mask = mask & IN_MASK_ADD ? watch->mask | kept : kept;
    return watch->wd;
}

int watch_remove(struct watch_group *group, int32_t wd)
{
    struct watch *watch = watch_by_number(group, wd);

    if (watch == NULL)
        return -EINVAL;
    watch_end(watch);
    return 0;
}

struct watch *watch_previous(const struct watch_group *group, const struct watch *watch)
{
    return watch_of(watch != NULL ? tree_previous(&watch->node) : tree_last(&group->watches));
}

/* ---- what happens ---- */

static bool is_wanted(const struct watch *watch, const struct watch_news *news)
{
    return (watch->mask & news->mask & IN_ALL_EVENTS) && !(news->of_unlinked && (watch->mask & IN_EXCL_UNLINK));
}

void watch_tell(struct inode *inode, const struct watch_news *news)
{
    for (struct watch *watch = inode->watches, *next; watch != NULL; watch = next) {
        next = watch->next; /* this one may end */
        if (watch->tell != NULL)
            watch->tell(watch, news);
        else if (is_wanted(watch, news))
            watch_news_to(watch, news);
    }
}

void watch_inode_gone(struct inode *inode)
{
    for (struct watch *watch = inode->watches, *next; watch != NULL; watch = next) {
        next = watch->next;
        if (watch->tell != NULL)
            continue; /* whose file still has the inode */
        if (watch->mask & IN_DELETE_SELF)
            queue_news(watch, &(struct watch_news){.mask = IN_DELETE_SELF});
        watch_end(watch);
    }
}

static bool group_has_fs(const struct watch_group *group, const struct filesystem *fs)
{
    const struct watch *watch = watch_previous(group, NULL);

    while (watch != NULL && watch->inode->fs != fs)
        watch = watch_previous(group, watch);
    return watch != NULL;
}

void watch_fs_lost(const struct filesystem *fs)
{
    for (struct list *at = groups.next; at != &groups && watch_count != 0; at = at->next)
        if (group_has_fs(container_of(at, struct watch_group, all), fs))
            queue_overflow(container_of(at, struct watch_group, all));
}

/* Those that end are put before `*gone`. */
static void group_leave_fs(const struct watch_group *group, const struct filesystem *fs, struct watch **gone)
{
    for (struct watch *watch = watch_previous(group, NULL), *before; watch != NULL; watch = before) {
        before = watch_previous(group, watch);
        if (watch->inode->fs == fs) {
            queue_news(watch, &(struct watch_news){.mask = IN_UNMOUNT | (S_ISDIR(watch->inode->mode) ? IN_ISDIR : 0)});
            queue_news(watch, &(struct watch_news){.mask = IN_IGNORED});
            watch_leave(watch);
            watch->next = *gone;
            *gone = watch;
        }
    }
}

/* They are freed at the end: where that waits, groups and their watches come and go. */
void watch_fs_gone(const struct filesystem *fs)
{
    struct watch *gone = NULL;

    for (struct list *at = groups.next; at != &groups && watch_count != 0; at = at->next)
        group_leave_fs(container_of(at, struct watch_group, all), fs, &gone);
    while (gone != NULL) {
        struct watch *next = gone->next;

        watch_free(gone);
        gone = next;
    }
}

/* ---- groups ---- */

int watch_group_create(uint32_t uid, struct watch_group **out)
{
    struct watch_group *group = kmalloc(sizeof(*group));
    struct watch_event *overflow = kmalloc(sizeof(*overflow));
    int error = group != NULL && overflow != NULL ? 0 : -ENOMEM;

    if (error == 0)
        error = user_get(uid, &group->user);
    if (error != 0) {
        kfree(overflow);
        kfree(group);
        return error;
    }
    overflow->wd = -1;
    overflow->mask = IN_Q_OVERFLOW;
    group->overflow = overflow;
    group->most = (uint32_t)watch_events_max;
    list_init(&group->all);
    list_insert(&groups, &group->all);
    *out = group;
    return 0;
}

void watch_group_destroy(struct watch_group *group)
{
    struct watch_event *event;
    struct watch *watch;

    list_remove(&group->all);
    while ((watch = watch_previous(group, NULL)) != NULL)
        watch_drop(watch);
    while ((event = watch_event_take(group)) != NULL)
        watch_event_free(group, event);
    user_put(group->user);
    kfree(group->overflow);
    kfree(group);
}
