/* SPDX-License-Identifier: Apache-2.0 */
/* watches.c - see watches.h, and tree.h's share_events. */
#include "vmm/share/watches.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "boot/abi_share.h"
#include "vmm/share/beneath.h"

#define READ_SIZE 2048u /* bytes of inotify's events at once; ours of them have half as much again, at most */
#define EVENT_READ_MAX (sizeof(struct inotify_event) + NAME_MAX + 1)
#define EVENT_MAX (sizeof(struct lvmm_fuse_event) + NAME_MAX + 8)

_Static_assert(READ_SIZE >= EVENT_READ_MAX, "the longest event");
_Static_assert(LVMM_FUSE_EVENTS_LEAST >= READ_SIZE / 2 * 3 + EVENT_MAX, "what is read has room, and a last word");
_Static_assert(LVMM_FUSE_EVENTS_TOLD == (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVE | IN_CREATE | IN_DELETE |
                                         IN_DELETE_SELF | IN_MOVE_SELF),
               "its numbers are inotify's");

void watches_fini(struct share_tree *tree)
{
    if (tree->inotify >= 0)
        close(tree->inotify);
    tree->inotify = -1;
}

/* ---- by the host's number of a watch: two shares of one folder have the same ---- */

static struct share_node **slot_of(struct share_tree *tree, int watch)
{
    return &tree->watched[(unsigned)watch % WATCH_SLOTS];
}

static bool is_watched(const struct share_tree *tree, int watch)
{
    const struct share_node *node = tree->watched[(unsigned)watch % WATCH_SLOTS];

    while (node != NULL && node->watch != watch)
        node = node->watched_next;
    return node != NULL;
}

static void take_out(struct share_tree *tree, struct share_node *node)
{
    struct share_node **at = slot_of(tree, node->watch);

    while (*at != node)
        at = &(*at)->watched_next;
    *at = node->watched_next;
    node->watch = 0;
    tree->watches_n--;
}

static void drop(struct share_tree *tree, struct share_node *node)
{
    int watch = node->watch;

    take_out(tree, node);
    if (!is_watched(tree, watch))
        inotify_rm_watch(tree->inotify, watch);
}

/* A part of what this user may have of them on the host; what isn't known is what old kernels allow. */
static unsigned watches_most(void)
{
    char text[16] = "8192";
    int fd = open("/proc/sys/fs/inotify/max_user_watches", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof(text) - 1);

        text[n > 0 ? n : 0] = 0;
        close(fd);
    }
    unsigned long part = strtoul(text, NULL, 10) / WATCHES_PART;
    return part < WATCHES_MAX ? (unsigned)part : WATCHES_MAX;
}

void watches_init(struct share_tree *tree)
{
    tree->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    tree->watches_most = watches_most();
    tree->watched_goes = drop;
}

/* ---- what is promised ---- */

/* The host's layer, in which others change names. */
static int layer_of(const struct share_node *folder)
{
    return folder->share->is.mode == SHARE_RW ? UPPER : LOWER;
}

/* All that changes there, changes by this guest. */
static bool is_private(const struct share_node *folder)
{
    return folder->share == NULL || /* the root of all */
           !folder->has[layer_of(folder)];
}

/* Events have names, which only who may read the folder may know, whoever lvmm runs as. */
static bool may_be_told(const struct tree_share *share, int fd)
{
    struct statx st;

    return !share->is.public || (beneath_stat(fd, &st) == 0 && (st.stx_mode & 05) == 05);
}

static void watch(struct share_tree *tree, struct share_node *folder)
{
    const int layer = layer_of(folder);
    char text[BENEATH_NUMBER];
    int fd = node_fd(tree, folder, layer);

    if (fd < 0 || !may_be_told(folder->share, fd) ||
        !number_is_local(&tree->numbers, folder->share->index, folder->is[layer].dev, fd) || fchdir(tree->proc) < 0)
        return;
    int number =
        inotify_add_watch(tree->inotify, beneath_number(fd, text), LVMM_FUSE_EVENTS_TOLD | IN_ONLYDIR | IN_MASK_ADD);
    if (number <= 0)
        return;
    struct share_node **slot = slot_of(tree, number);
    folder->watch = number;
    folder->watched_next = *slot;
    *slot = folder;
    tree->watches_n++;
}

bool watches_has(const struct share_tree *tree, const struct share_node *folder)
{
    return tree->tells && (folder->watch != 0 || is_private(folder)) && !folder->barred;
}

bool watches_names(struct share_tree *tree, struct share_node *folder)
{
    if (tree->tells && folder->watch == 0 && !folder->barred && !is_private(folder) && tree->inotify >= 0 &&
        tree->watches_n < tree->watches_most)
        watch(tree, folder);
    return watches_has(tree, folder);
}

/* A file of the host's is told of by the folder that it is in: by that of the name which is written to. */
bool watches_attributes(const struct share_tree *tree, const struct share_node *node, const struct statx *st)
{
    if (!tree->tells || node->barred)
        return false;
    if (node->share == NULL)
        return true;
    if (S_ISDIR(st->stx_mode))
        return watches_has(tree, node);
    if (node->share->is.mode == SHARE_COW && node->has[UPPER])
        return true;
    return st->stx_nlink == 1 && node != node->share->root && node->name != NULL && node->parent != NULL &&
           watches_has(tree, node->parent);
}

/* ---- events ---- */

struct told {
    char *at;
    size_t left;
    bool is_lost;
};

/* Room for the word that something is lost stays. */
static void tell(struct told *told, uint64_t id, const struct inotify_event *event, size_t length, uint32_t flags)
{
    const struct lvmm_fuse_event head = {
        .node = id, .mask = event->mask, .cookie = event->cookie, .length = (uint32_t)length, .flags = flags};
    size_t size = sizeof(head) + ((length + 7) & ~(size_t)7);

    if (told->is_lost || size + sizeof(head) > told->left) {
        told->is_lost = true;
        return;
    }
    memset(told->at, 0, size);
    memcpy(told->at, &head, sizeof(head));
    memcpy(told->at + sizeof(head), event->name, length);
    told->at += size;
    told->left -= size;
}

/* Of a cow share's folder: what has this name on the host isn't what the guest has by it. */
static bool is_covered(struct share_tree *tree, struct share_node *folder, const char *name, size_t length)
{
    struct stat st;
    int fd = length != 0 && folder->has[LOWER] && folder->has[UPPER] ? node_fd(tree, folder, UPPER) : -1;

    return fd >= 0 && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* To one node; programs of the guest's hear of neither echoes nor what is covered. */
static void tell_node(struct share_tree *tree, struct told *told, struct share_node *node,
                      const struct inotify_event *event, size_t length)
{
    enum echo echo = echoes_take(&tree->echoes, node->id, event->name, length, event->mask);

    if (echo == ECHO_QUIET)
        return;
    if (echo == ECHO_NONE && (event->mask & (IN_CREATE | IN_DELETE | IN_MOVE)))
        tree->names_by_others++;
    bool is_heard = echo == ECHO_HEARD || is_covered(tree, node, event->name, length);
    tell(told, node->id, event, length, is_heard ? LVMM_FUSE_EVENT_ECHO : 0);
}

/* One event of the host's, to all nodes that are this folder. */
static void tell_nodes(struct share_tree *tree, struct told *told, const struct inotify_event *event)
{
    size_t length = event->len == 0 ? 0 : strnlen(event->name, event->len);

    if (event->mask & IN_Q_OVERFLOW) {
        told->is_lost = true;
        tree->names_by_others++;
        return;
    }
    for (struct share_node *node = *slot_of(tree, event->wd), *next; node != NULL; node = next) {
        next = node->watched_next;
        if (node->watch != event->wd)
            continue;
        tell_node(tree, told, node, event, length);
        if (event->mask & IN_IGNORED)
            take_out(tree, node);
    }
}

ssize_t share_events(struct share_tree *tree, void *buffer, size_t size)
{
    const struct lvmm_fuse_event lost = {.mask = IN_Q_OVERFLOW};
    _Alignas(struct inotify_event) char events[READ_SIZE];
    struct told told = {.at = buffer, .left = size};

    tree->tells = true;
    if (size < LVMM_FUSE_EVENTS_LEAST)
        return -EINVAL;
    while (tree->inotify >= 0 && !told.is_lost && told.left >= READ_SIZE / 2 * 3 + sizeof(lost)) {
        ssize_t n = read(tree->inotify, events, sizeof(events));
        const bool is_empty = n <= (ssize_t)(READ_SIZE - EVENT_READ_MAX); /* by now: there was room for any other */
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const void *)(events + at);
            tell_nodes(tree, &told, event);
            at += (ssize_t)(sizeof(*event) + event->len);
        }
        if (is_empty) {
            echoes_end(&tree->echoes);
            break;
        }
    }
    if (told.is_lost) {
        memcpy(told.at, &lost, sizeof(lost));
        told.at += sizeof(lost);
    }
    return told.at - (char *)buffer;
}

/* ---- for programs that watch ---- */

int share_watch(struct share_tree *tree, uint64_t id)
{
    struct share_node *node;
    int error = node_find(tree, id, &node);

    if (error < 0)
        return error;
    if (node->share != NULL && node->is[node_top(node)].type != S_IFDIR)
        node = node != node->share->root ? node->parent : NULL;
    if (node != NULL && watches_names(tree, node))
        return 0;
    return tree->watches_n >= tree->watches_most ? -ENOSPC : -EOPNOTSUPP;
}

/* What a cow share's guest changes, nothing is told of. */
static bool may_echo(const struct share_node *folder)
{
    return folder->watch != 0 && folder->share->is.mode == SHARE_RW;
}

void share_own_change(struct share_tree *tree, uint64_t id, const char *name, uint32_t mask, bool quiet)
{
    struct share_node *node;

    if (!tree->tells || node_find(tree, id, &node) < 0)
        return;
    if (may_echo(node))
        echoes_expect(&tree->echoes, id, name, name != NULL ? strlen(name) : 0, mask, quiet);
    /* Another file may have its name by now, of which the guest has taken back nothing. */
    const bool is_its = node->name != NULL && node->named_at == tree->names_by_others;
    const char *own = node->name != NULL ? node->name : node->was;
    if (name == NULL && own != NULL && node->parent != NULL && may_echo(node->parent))
        echoes_expect(&tree->echoes, node->parent->id, own, strlen(own), mask, quiet && is_its);
}

int share_events_fd(const struct share_tree *tree)
{
    return tree->inotify;
}
