/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_work.c - see ext4_work.h. */
#include "ext4_work.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../files.h"
#include "../../stubs.h"
#include "abi/errno.h"
#include "vfs/inode_xattr.h"
#include "vfs/path.h"

#define ATTRIBUTE "user.work"
#define PUNCH 3 /* of fallocate(2): a hole, and the size stays */
#define KEEP_SIZE 1

static uint32_t pick(struct work *work, uint32_t below)
{
    work->seed = work->seed * 1664525u + 1013904223u;
    return below == 0 ? 0 : (uint32_t)(((uint64_t)work->seed * below) >> 32);
}

/* ---- names ---- */

void work_path(const struct work_state *state, int name, char *path, size_t size)
{
    static const char more[] = "-with-a-name-that-is-long-enough-for-folders-to-have-more-blocks";
    const struct work_name *at = &state->names[name];

    if (at->parent < 0)
        snprintf(path, size, "/scene");
    else
        work_path(state, at->parent, path, size);
    size_t used = strlen(path);
    snprintf(path + used, size - used, "/n%d-%u%.*s", name, at->variant,
             at->variant % 3 == 0 ? (int)at->variant % 60 : 0, more);
}

static const char *path_of(struct work *work, int name)
{
    static char paths[4][1200];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    work_path(&work->now, name, path, sizeof(paths[0]));
    return path;
}

static void many_path(unsigned number, char *path, size_t size)
{
    snprintf(path, size, "/scene/many/%u-is-an-empty-file-whose-name-is-one-of-many-%u", number, number * 7919);
}

static bool is_below(const struct work *work, int name, int dir)
{
    while (name >= 0 && name != dir)
        name = work->now.names[name].parent;
    return name == dir;
}

static bool is_empty(const struct work *work, int dir)
{
    for (int i = 0; i < WORK_NAMES; i++)
        if (work->now.names[i].type != WORK_FREE && work->now.names[i].parent == dir)
            return false;
    return true;
}

static int pick_of(struct work *work, enum work_type type)
{
    int from = (int)pick(work, WORK_NAMES);

    for (int i = 0; i < WORK_NAMES; i++)
        if (work->now.names[(from + i) % WORK_NAMES].type == type)
            return (from + i) % WORK_NAMES;
    return -1;
}

static int pick_parent(struct work *work)
{
    int i = (int)pick(work, WORK_NAMES), depth = 0;

    for (int up = i; up >= 0 && depth < 7; depth++)
        up = work->now.names[up].parent;
    return work->now.names[i].type == WORK_DIR && depth < 7 ? i : -1;
}

static struct work_file *file_of(struct work *work, int name)
{
    return &work->files[work->now.names[name].file];
}

static void fine(int64_t result, const char *what, const char *path)
{
    ck_assert_msg(result >= 0, "%s %s: error %lld, %s", what, path, (long long)result, stub_last_error);
}

static void tell_changed(struct work *work)
{
    if (work->changed != NULL)
        work->changed(work->arg);
}

static void tell_changing(struct work *work, int name)
{
    if (work->changing != NULL)
        work->changing(work->arg, work->now.names[name].file);
}

static void tell_synced(struct work *work, int file)
{
    if (work->synced != NULL)
        work->synced(work->arg, file);
}

static uint64_t number_of(const char *path)
{
    struct inode *inode;

    fine(vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode), "look up", path);
    uint64_t number = inode->number;
    inode_put(inode);
    return number;
}

static struct file *open_file(struct work *work, int name)
{
    struct file *file;

    fine(open_path(path_of(work, name), O_RDWR, &file), "open", path_of(work, name));
    return file;
}

/* ---- names come and go ---- */

static void do_make(struct work *work)
{
    int i = pick_of(work, WORK_FREE);
    unsigned kind = pick(work, 7);
    struct file *file;

    if (i < 0 || work->file_count == WORK_FILES)
        return;
    struct work_name *name = &work->now.names[i];
    *name = (struct work_name){.parent = pick_parent(work), .variant = pick(work, 1000)};
    const char *path = path_of(work, i);
    if (kind == 0) {
        name->type = WORK_LINK;
        char target[1200];
        snprintf(target, sizeof(target), "%.*s", pick(work, 2) == 0 ? 30 : 300, path);
        fine(vfs_symlink(vfs_root(), path, target), "symlink", path);
    } else if (kind == 1) {
        name->type = WORK_DIR;
        fine(vfs_mkdir(vfs_root(), path, 0755), "mkdir", path);
    } else {
        name->type = WORK_FILE;
        name->file = work->file_count++;
        work->files[name->file].links = 1;
        fine(open_path(path, O_RDWR | O_CREAT | O_EXCL, &file), "create", path);
        file_put(file);
    }
    name->ino = number_of(path);
    tell_changed(work);
}

static void do_link(struct work *work, int i)
{
    int to = pick_of(work, WORK_FREE);
    struct path from;

    if (to < 0)
        return;
    struct work_name *name = &work->now.names[to];
    *name = work->now.names[i];
    name->parent = pick_parent(work);
    name->variant = pick(work, 1000);
    fine(path_lookup(vfs_root(), path_of(work, i), 0, &from), "look up", path_of(work, i));
    fine(vfs_link(&from, vfs_root(), path_of(work, to)), "link", path_of(work, to));
    path_put(&from);
    file_of(work, to)->links++;
    tell_changed(work);
}

static void forget(struct work *work, int i)
{
    if (work->now.names[i].type == WORK_FILE)
        file_of(work, i)->links--;
    work->now.names[i].type = WORK_FREE;
}

static void do_remove(struct work *work, int i)
{
    bool is_dir = work->now.names[i].type == WORK_DIR;

    if (is_dir && !is_empty(work, i)) {
        ck_assert_int_eq(vfs_unlink(vfs_root(), path_of(work, i), true), -ENOTEMPTY);
        return;
    }
    fine(vfs_unlink(vfs_root(), path_of(work, i), is_dir), "remove", path_of(work, i));
    forget(work, i);
    tell_changed(work);
}

static void do_remove_open(struct work *work, int i)
{
    if (work->nameless != NULL)
        file_put(work->nameless);
    work->nameless = open_file(work, i);
    fine(put_bytes(work->nameless, 0, "", 0), "write", "");
    do_remove(work, i);
}

static void do_move(struct work *work, int i)
{
    struct work_name before = work->now.names[i], after = before;
    const char *from = path_of(work, i);

    after.parent = pick_parent(work);
    after.variant = pick(work, 1000);
    if (before.type == WORK_DIR && is_below(work, after.parent, i))
        return;
    work->now.names[i] = after;
    fine(vfs_rename(vfs_root(), from, vfs_root(), path_of(work, i), 0), "move", from);
    tell_changed(work);
}

/* What is at `i` takes the name of another one. */
static void do_replace(struct work *work, int i)
{
    int to = (int)pick(work, WORK_NAMES);
    struct work_name *from = &work->now.names[i], *name = &work->now.names[to];

    if (i == to || name->type != from->type || name->type == WORK_LINK || name->ino == from->ino ||
        is_below(work, to, i) || is_below(work, i, to) || (name->type == WORK_DIR && !is_empty(work, to)))
        return;
    fine(vfs_rename(vfs_root(), path_of(work, i), vfs_root(), path_of(work, to), 0), "replace", path_of(work, to));
    if (name->type == WORK_FILE)
        file_of(work, to)->links--;
    name->file = from->file;
    name->ino = from->ino;
    from->type = WORK_FREE;
    for (int k = 0; k < WORK_NAMES; k++)
        if (work->now.names[k].type != WORK_FREE && work->now.names[k].parent == i)
            work->now.names[k].parent = to;
    tell_changed(work);
}

/* A folder gets and loses blocks. */
static void do_many(struct work *work)
{
    unsigned count = 1 + pick(work, 12);
    struct work_state *now = &work->now;
    struct file *file;
    char path[200];

    bool add = pick(work, 5) != 0;
    while (count-- != 0) {
        if (add) {
            many_path(now->many_end, path, sizeof(path));
            fine(open_path(path, O_RDWR | O_CREAT | O_EXCL, &file), "create", path);
            file_put(file);
            now->many_end++;
        } else if (now->many_first != now->many_end) {
            many_path(now->many_first, path, sizeof(path));
            fine(vfs_unlink(vfs_root(), path, false), "remove", path);
            now->many_first++;
        }
        tell_changed(work);
    }
}

/* ---- what files hold ---- */

/* Each file's bytes can be told from others'. */
static uint8_t tag(int file)
{
    return (uint8_t)((1 + file % 15) << 4);
}

static void do_write(struct work *work, int i)
{
    static uint8_t bytes[WORK_SIZE_MOST];
    struct work_file *content = file_of(work, i);
    bool append = pick(work, 2) == 0;
    unsigned count = 1 + pick(work, pick(work, 3) == 0 ? 9000 : 1500),
             pos = append ? content->size : pick(work, WORK_SIZE_MOST);

    if (pos + count > WORK_SIZE_MOST)
        return;
    for (unsigned k = 0; k < count; k++)
        bytes[k] = (uint8_t)(tag(work->now.names[i].file) + (work->seed + k * 3 + k / 100) % 16);
    tell_changing(work, i);
    struct file *file = open_file(work, i);
    ck_assert_int_eq(put_bytes(file, pos, bytes, count), count);
    file_put(file);
    if (pos > content->size)
        memset(content->bytes + content->size, 0, pos - content->size);
    memcpy(content->bytes + pos, bytes, count);
    content->size = pos + count > content->size ? pos + count : content->size;
}

static void do_truncate(struct work *work, int i)
{
    struct work_file *content = file_of(work, i);
    unsigned size = pick(work, 3) == 0 ? 0 : pick(work, WORK_SIZE_MOST);

    tell_changing(work, i);
    fine(truncate_path(path_of(work, i), size), "truncate", path_of(work, i));
    if (size > content->size)
        memset(content->bytes + content->size, 0, size - content->size);
    content->size = size;
}

static void do_range(struct work *work, int i)
{
    struct work_file *content = file_of(work, i);
    unsigned pos = pick(work, WORK_SIZE_MOST - 1), count = 1 + pick(work, WORK_SIZE_MOST - pos - 1);
    unsigned mode = pick(work, 3) == 0 ? 0 : pick(work, 2) == 0 ? KEEP_SIZE : PUNCH;

    if (work->no_ranges)
        return;
    tell_changing(work, i);
    struct file *file = open_file(work, i);
    fine(file_allocate(file, mode, pos, count), "fallocate", path_of(work, i));
    file_put(file);
    if (mode == 0 && pos + count > content->size) {
        memset(content->bytes + content->size, 0, pos + count - content->size);
        content->size = pos + count;
    } else if (mode == PUNCH && pos < content->size) {
        memset(content->bytes + pos, 0, count < content->size - pos ? count : content->size - pos);
    }
}

static void do_attribute(struct work *work, int i)
{
    struct work_file *content = file_of(work, i);
    struct inode *inode;
    char value[400];

    if (work->no_attribute)
        return;
    tell_changing(work, i);
    fine(vfs_lookup(vfs_root(), path_of(work, i), 0, &inode), "look up", path_of(work, i));
    if (content->value != 0 && pick(work, 3) == 0) {
        fine(vfs_remove_xattr(inode, ATTRIBUTE), "removexattr", path_of(work, i));
        content->value = 0;
    } else {
        content->value = 1 + pick(work, pick(work, 2) == 0 ? 30 : 400);
        memset(value, (int)(content->value % 100 + 1), content->value);
        fine(vfs_set_xattr(inode, ATTRIBUTE, value, content->value, 0), "setxattr", path_of(work, i));
    }
    inode_put(inode);
}

static void do_sync(struct work *work, int i)
{
    struct file *file = open_file(work, i);

    fine(file_sync(file, false), "fsync", path_of(work, i));
    file_put(file);
    tell_synced(work, work->now.names[i].file);
}

static void step_file(struct work *work, int i)
{
    switch (pick(work, 13)) {
    case 0 ... 4:
        do_write(work, i);
        break;
    case 5:
        do_truncate(work, i);
        break;
    case 6:
        do_range(work, i);
        break;
    case 7:
        do_attribute(work, i);
        break;
    case 8:
        do_link(work, i);
        break;
    case 9:
        do_remove_open(work, i);
        break;
    case 10:
        do_write(work, i);
        do_sync(work, i);
        do_replace(work, i); /* how programs replace a file */
        break;
    default:
        do_sync(work, i);
    }
}

void work_step(struct work *work)
{
    int i = (int)pick(work, WORK_NAMES), file = pick_of(work, WORK_FILE);
    unsigned what = pick(work, 26);

    stub_clock_ns += 100000000;
    if (what < 8) {
        do_make(work);
    } else if (what < 17) {
        if (file >= 0)
            step_file(work, file);
    } else if (what == 17) {
        do_many(work);
    } else if (what == 18) {
        vfs_shrink(16, true); /* pages are written */
    } else if (what == 19) {
        if (pick(work, 3) != 0)
            return;
        fine(vfs_sync_all(), "sync", "");
        tell_synced(work, WORK_ALL);
    } else if (work->now.names[i].type != WORK_FREE) {
        what < 22 ? do_remove(work, i) : what < 24 ? do_move(work, i) : do_replace(work, i);
    }
}

void work_start(struct work *work, uint32_t seed)
{
    work->seed = seed * 2654435761u;
    work->now = (struct work_state){0};
    work->files = calloc(WORK_FILES, sizeof(*work->files));
    work->file_count = 0;
    work->nameless = NULL;
    fine(vfs_mkdir(vfs_root(), "/scene", 0755), "mkdir", "/scene");
    fine(vfs_mkdir(vfs_root(), "/scene/many", 0755), "mkdir", "/scene/many");
}

void work_clear(struct work *work)
{
    bool again = true;
    char path[200];

    while (again) { /* folders when they are empty */
        again = false;
        for (int i = 0; i < WORK_NAMES; i++) {
            if (work->now.names[i].type == WORK_FREE || (work->now.names[i].type == WORK_DIR && !is_empty(work, i)))
                continue;
            do_remove(work, i);
            again = true;
        }
    }
    for (; work->now.many_first != work->now.many_end; work->now.many_first++) {
        many_path(work->now.many_first, path, sizeof(path));
        fine(vfs_unlink(vfs_root(), path, false), "remove", path);
    }
    fine(vfs_unlink(vfs_root(), "/scene/many", true), "remove", "/scene/many");
    fine(vfs_unlink(vfs_root(), "/scene", true), "remove", "/scene");
}

void work_close(struct work *work)
{
    if (work->nameless != NULL)
        file_put(work->nameless);
    work->nameless = NULL;
}

void work_free(struct work *work)
{
    free(work->files);
    work->files = NULL;
}
