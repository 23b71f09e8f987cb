/* SPDX-License-Identifier: Apache-2.0 */
/* changes.c - tree.h's list of what a cow share has changed: a walk through its folder of changes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/layers.h"
#include "vmm/share/nodes.h"
#include "vmm/share/tree.h"

struct walk {
    int proc;
    share_change_fn *told;
    void *context;
    char *path; /* of SHARE_CHANGES_DEPTH names */
    size_t length;
    unsigned depth;
};

/* A name in both layers: an O_PATH descriptor, or -1 where there is none. */
struct pair {
    int upper, lower;
    struct statx up, low;
};

static int open_pair(int upper, int lower, const char *name, struct pair *pair)
{
    pair->upper = beneath_open(upper, name);
    pair->lower = lower < 0 ? -1 : beneath_open(lower, name);
    int error = pair->upper < 0 ? pair->upper : beneath_stat(pair->upper, &pair->up);
    if (error == 0 && pair->lower >= 0)
        error = beneath_stat(pair->lower, &pair->low);
    return error;
}

static void close_pair(const struct pair *pair)
{
    if (pair->upper >= 0)
        close(pair->upper);
    if (pair->lower >= 0)
        close(pair->lower);
}

static bool is_other(const struct statx *a, const struct statx *b)
{
    return a->stx_mode != b->stx_mode || a->stx_mtime.tv_sec != b->stx_mtime.tv_sec ||
           a->stx_mtime.tv_nsec != b->stx_mtime.tv_nsec;
}

static int look_into(struct walk *walk, int upper, int lower);

static int look_at_folder(struct walk *walk, const struct pair *pair)
{
    bool is_merged = pair->lower >= 0 && S_ISDIR(pair->low.stx_mode) && !layer_is_opaque(walk->proc, pair->upper);
    int error = 0;

    if (pair->lower < 0)
        error = walk->told(walk->context, SHARE_ADDED, walk->path);
    else if (!is_merged)
        error = walk->told(walk->context, SHARE_REMOVED, walk->path);
    else if (is_other(&pair->up, &pair->low))
        error = walk->told(walk->context, SHARE_CHANGED, walk->path);
    if (error == 0 && pair->lower >= 0 && !is_merged)
        error = walk->told(walk->context, SHARE_ADDED, walk->path);
    if (error != 0 || walk->depth == SHARE_CHANGES_DEPTH)
        return error;
    return look_into(walk, pair->upper, is_merged ? pair->lower : -1);
}

static int look_at(struct walk *walk, const struct pair *pair)
{
    if (layer_is_whiteout(walk->proc, pair->upper, &pair->up))
        return pair->lower >= 0 ? walk->told(walk->context, SHARE_REMOVED, walk->path) : 0;
    if (S_ISDIR(pair->up.stx_mode))
        return look_at_folder(walk, pair);
    return walk->told(walk->context, pair->lower >= 0 ? SHARE_CHANGED : SHARE_ADDED, walk->path);
}

static int look_at_name(struct walk *walk, int upper, int lower, const char *name)
{
    size_t before = walk->length, length = strlen(name);
    struct pair pair;
    int error = open_pair(upper, lower, name, &pair);

    if (error == 0) {
        if (before > 0)
            walk->path[walk->length++] = '/';
        memcpy(walk->path + walk->length, name, length + 1);
        walk->length += length;
        error = look_at(walk, &pair);
        walk->length = before;
        walk->path[before] = 0;
    }
    close_pair(&pair);
    return error == -ENOENT ? 0 : error; /* it went meanwhile */
}

static int look_into(struct walk *walk, int upper, int lower)
{
    int fd = beneath_reopen(walk->proc, upper, O_RDONLY | O_DIRECTORY), error = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return fd < 0 ? fd : -ENOMEM;
    }
    walk->depth++;
    for (const struct dirent *entry; error == 0 && (entry = readdir(dir)) != NULL;) {
        bool is_work = walk->length == 0 && strcmp(entry->d_name, LAYER_WORK) == 0;

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !is_work)
            error = look_at_name(walk, upper, lower, entry->d_name);
    }
    walk->depth--;
    closedir(dir);
    return error;
}

/* The changes of a share that is a single file: it is never gone. */
static int look_at_file(struct walk *walk, int upper)
{
    int fd = beneath_open(upper, LAYER_FILE);

    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    close(fd);
    return walk->told(walk->context, SHARE_CHANGED, "");
}

static int look_at_all(int proc, int lower, int upper, share_change_fn *told, void *context)
{
    struct walk walk = {.proc = proc, .told = told, .context = context};
    struct statx low;
    int error = beneath_stat(lower, &low);

    if (error < 0)
        return error;
    walk.path = calloc(SHARE_CHANGES_DEPTH + 2, NAME_MAX + 1);
    if (walk.path == NULL)
        error = -ENOMEM;
    else if (S_ISDIR(low.stx_mode))
        error = look_into(&walk, upper, lower);
    else
        error = look_at_file(&walk, upper);
    free(walk.path);
    return error;
}

int share_changes(int lower, int upper, share_change_fn *told, void *context)
{
    int proc = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (proc < 0)
        return -errno;
    int error = look_at_all(proc, lower, upper, told, context);
    close(proc);
    return error;
}

int share_tree_changes(struct share_tree *tree, unsigned share, share_change_fn *told, void *context)
{
    const struct tree_share *of = &tree->shares[share];
    int lower = of->is.mode == SHARE_COW ? node_fd(tree, of->root, LOWER) : -1;

    if (of->is.mode != SHARE_COW)
        return 0;
    node_take_rights(tree, of);
    return lower < 0 ? lower : look_at_all(tree->proc, lower, of->is.upper, told, context);
}
