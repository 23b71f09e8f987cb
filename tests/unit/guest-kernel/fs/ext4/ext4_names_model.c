/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_names_model.c - see ext4_names_model.h. */
#include "ext4_names_model.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../../files.h"
#include "abi/errno.h"
#include "vfs/path.h"

#define NAME_SIZE 256
#define PATH_SIZE 4096
#define NONE (-1)

unsigned model_random(struct model *model, unsigned limit)
{
    model->seed = model->seed * 1664525 + 1013904223;
    return (unsigned)((uint64_t)(model->seed >> 4) * limit >> 28);
}

/* Of all lengths up to the longest. */
static void name_make(unsigned n, char *name)
{
    size_t length = n % 5 == 0 ? NAME_SIZE - 1 : 3 + n * 7 % 61;

    memset(name, 'a' + (int)(n % 26), length);
    name[0] = (char)('A' + (int)(n / 8));
    name[1] = (char)('0' + (int)(n % 8));
    name[length] = 0;
}

static void path_make(const struct model *model, int dir, int name, char *path)
{
    int way[MODEL_DEPTH + 1], names[MODEL_DEPTH + 1];
    unsigned depth = 0;

    way[0] = dir;
    names[0] = name;
    while (way[depth] != 0) {
        int parent = model->nodes[way[depth]].parent;
        unsigned n = 0;
        while (model->nodes[parent].entries[n] != way[depth])
            n++;
        depth++;
        way[depth] = parent;
        names[depth] = (int)n;
    }
    strcpy(path, MODEL_ROOT);
    for (unsigned i = depth + 1; i-- > 0;) {
        if (names[i] == NONE)
            break;
        strcat(path, "/");
        name_make((unsigned)names[i], path + strlen(path));
    }
}

/* ---- the model alone ---- */

static bool is_dir(const struct model *model, int node)
{
    return node != NONE && S_ISDIR(model->nodes[node].mode);
}

void model_begin(struct model *model, uint32_t seed)
{
    memset(model, 0, sizeof(*model));
    model->seed = seed;
    model->nodes[0].mode = S_IFDIR | 0755;
    model->nodes[0].links = 2;
    memset(model->nodes[0].entries, 0xff, sizeof(model->nodes[0].entries));
    ck_assert_int_eq(vfs_mkdir(vfs_root(), MODEL_ROOT, 0755), 0);
}

static unsigned depth_of(const struct model *model, int dir)
{
    unsigned depth = 0;

    for (; dir != 0; dir = model->nodes[dir].parent)
        depth++;
    return depth;
}

static bool is_within(const struct model *model, int dir, int above)
{
    while (dir != above && dir != 0)
        dir = model->nodes[dir].parent;
    return dir == above;
}

static unsigned count_in(const struct model *model, int dir)
{
    unsigned count = 0;

    for (unsigned n = 0; n < MODEL_NAMES; n++)
        count += model->nodes[dir].entries[n] != NONE;
    return count;
}

static int node_new(struct model *model, uint32_t mode, int parent)
{
    int node = 1;

    while (model->nodes[node].mode != 0)
        node++;
    ck_assert_int_lt(node, (int)MODEL_NODES);
    struct model_node *new = &model->nodes[node];
    memset(new, 0, sizeof(*new));
    new->mode = mode;
    new->links = S_ISDIR(mode) ? 2 : 1;
    new->parent = parent;
    memset(new->entries, 0xff, sizeof(new->entries));
    return node;
}

static void link_drop(struct model *model, int node)
{
    if (is_dir(model, node)) {
        model->nodes[model->nodes[node].parent].links--;
        model->nodes[node].mode = 0;
    } else if (--model->nodes[node].links == 0) {
        model->nodes[node].mode = 0;
    }
}

static int any_dir(struct model *model)
{
    int dir = (int)model_random(model, MODEL_NODES);

    while (!is_dir(model, dir))
        dir = (dir + 1) % (int)MODEL_NODES;
    return dir;
}

/* One that there is, mostly. */
static unsigned any_name(struct model *model, int dir)
{
    unsigned n = model_random(model, MODEL_NAMES);

    for (unsigned i = 0; i < MODEL_NAMES && model->nodes[dir].entries[n] == NONE && model_random(model, 20) != 0; i++)
        n = (n + 1) % MODEL_NAMES;
    return n;
}

/* ---- operations on both ---- */

static uint64_t number_of(const char *path)
{
    struct inode *inode;

    if (vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode) != 0)
        return 0;
    uint64_t number = inode->number;
    inode_put(inode);
    return number;
}

static void text_make(uint64_t n, char *text)
{
    size_t length = 1 + n * 37 % 150;

    memset(text, 't', length);
    text[length] = 0;
}

static int make_on_disk(const char *path, uint32_t mode, uint64_t rdev)
{
    struct file *file;
    char text[NAME_SIZE];
    int error;

    switch (mode & S_IFMT) {
    case S_IFDIR:
        return vfs_mkdir(vfs_root(), path, mode & 07777);
    case S_IFLNK:
        text_make(rdev, text);
        return vfs_symlink(vfs_root(), path, text);
    case S_IFREG:
        error = vfs_open(vfs_root(), path, O_RDWR | O_CREAT | O_EXCL, mode & 07777, &file);
        if (error == 0)
            file_put(file);
        return error;
    default:
        return vfs_mknod(vfs_root(), path, mode, rdev);
    }
}

static void step_make(struct model *model)
{
    static const uint32_t modes[] = {S_IFREG | 0640, S_IFREG | 0600, S_IFDIR | 0755, S_IFLNK | 0777,
                                     S_IFCHR | 0600, S_IFBLK | 0644, S_IFIFO | 0600, S_IFSOCK | 0700};
    int dir = any_dir(model);
    unsigned n = model_random(model, MODEL_NAMES);
    uint32_t mode = modes[model_random(model, sizeof(modes) / sizeof(modes[0]))];
    uint64_t rdev = model_random(model, 2) != 0 ? 0x0305 : 0x12345678;
    char path[PATH_SIZE];

    if (S_ISDIR(mode) && depth_of(model, dir) + 1 >= MODEL_DEPTH)
        return;
    if (S_ISLNK(mode))
        rdev = model_random(model, 1000); /* which text it has */
    path_make(model, dir, (int)n, path);
    int expected = model->nodes[dir].entries[n] != NONE ? -EEXIST : 0;
    ck_assert_msg(expected != 0 || number_of(path) == 0, "%s is there", path);
    int error = make_on_disk(path, mode, rdev);
    ck_assert_msg(error == expected, "make %s: %d, not %d", path, error, expected);
    if (error != 0)
        return;
    int node = node_new(model, mode, dir);
    model->nodes[node].number = number_of(path);
    model->nodes[node].rdev = S_ISCHR(mode) || S_ISBLK(mode) || S_ISLNK(mode) ? rdev : 0;
    model->nodes[dir].entries[n] = node;
    model->nodes[dir].links += S_ISDIR(mode);
}

static void step_link(struct model *model)
{
    int from = any_dir(model), to = any_dir(model);
    unsigned old = any_name(model, from), new = model_random(model, MODEL_NAMES);
    int node = model->nodes[from].entries[old];
    char path[PATH_SIZE];
    struct path source;

    path_make(model, from, (int)old, path);
    if (node == NONE)
        return;
    ck_assert_int_eq(path_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &source), 0);
    path_make(model, to, (int)new, path);
    int error = vfs_link(&source, vfs_root(), path);
    path_put(&source);
    int expected = model->nodes[to].entries[new] != NONE ? -EEXIST : is_dir(model, node) ? -EPERM : 0;
    ck_assert_msg(error == expected, "link %s: %d, not %d", path, error, expected);
    if (error != 0)
        return;
    model->nodes[to].entries[new] = node;
    model->nodes[node].links++;
}

static void step_remove(struct model *model)
{
    int dir = any_dir(model);
    unsigned n = any_name(model, dir);
    int node = model->nodes[dir].entries[n], expected = 0;
    bool directory = is_dir(model, node) ? model_random(model, 8) != 0 : model_random(model, 8) == 0;
    char path[PATH_SIZE];

    if (node == NONE)
        expected = -ENOENT;
    else if (directory != is_dir(model, node))
        expected = directory ? -ENOTDIR : -EISDIR;
    else if (directory && count_in(model, node) != 0)
        expected = -ENOTEMPTY;
    path_make(model, dir, (int)n, path);
    int error = vfs_unlink(vfs_root(), path, directory);
    ck_assert_msg(error == expected, "remove %s: %d, not %d", path, error, expected);
    if (error != 0)
        return;
    model->nodes[dir].entries[n] = NONE;
    link_drop(model, node);
}

struct move {
    int from, to, source, target;
    unsigned old, new, flags;
};

static int move_expected(const struct model *model, const struct move *move)
{
    bool exchange = move->flags & RENAME_EXCHANGE;

    if (move->source == NONE)
        return -ENOENT;
    if ((move->flags & RENAME_NOREPLACE) && move->target != NONE)
        return -EEXIST;
    if (exchange && move->target == NONE)
        return -ENOENT;
    if (is_dir(model, move->source) && is_within(model, move->to, move->source))
        return -EINVAL;
    if (is_dir(model, move->target) && is_within(model, move->from, move->target))
        return exchange ? -EINVAL : -ENOTEMPTY;
    if (move->target == NONE || exchange || move->source == move->target)
        return 0;
    if (is_dir(model, move->source) != is_dir(model, move->target))
        return is_dir(model, move->source) ? -ENOTDIR : -EISDIR;
    return is_dir(model, move->target) && count_in(model, move->target) != 0 ? -ENOTEMPTY : 0;
}

static void moved(struct model *model, int node, int from, int to)
{
    if (!is_dir(model, node))
        return;
    model->nodes[from].links--;
    model->nodes[to].links++;
    model->nodes[node].parent = to;
}

static void move_in_model(struct model *model, const struct move *move)
{
    int *from = &model->nodes[move->from].entries[move->old], *to = &model->nodes[move->to].entries[move->new];

    if (move->source == move->target)
        return;
    if (move->target != NONE && !(move->flags & RENAME_EXCHANGE))
        link_drop(model, move->target);
    *to = move->source;
    *from = move->flags & RENAME_EXCHANGE ? move->target : NONE;
    moved(model, move->source, move->from, move->to);
    if (move->flags & RENAME_EXCHANGE)
        moved(model, move->target, move->to, move->from);
}

static unsigned height_of(const struct model *model, int node)
{
    unsigned most = 0;

    if (!is_dir(model, node))
        return 0;
    for (unsigned n = 0; n < MODEL_NAMES; n++) {
        int entry = model->nodes[node].entries[n];
        unsigned height = entry != NONE ? height_of(model, entry) : 0;
        most = height > most ? height : most;
    }
    return most + 1;
}

static void step_rename(struct model *model)
{
    static const unsigned flags[] = {0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT};
    struct move move = {.from = any_dir(model), .to = any_dir(model)};
    char from[PATH_SIZE], to[PATH_SIZE];

    move.old = any_name(model, move.from);
    move.new = model_random(model, 2) ? any_name(model, move.to) : model_random(model, MODEL_NAMES);
    move.flags = flags[model_random(model, sizeof(flags) / sizeof(flags[0]))];
    move.source = model->nodes[move.from].entries[move.old];
    move.target = model->nodes[move.to].entries[move.new];
    if (move.source != NONE && depth_of(model, move.to) + height_of(model, move.source) >= MODEL_DEPTH)
        return;
    if ((move.flags & RENAME_EXCHANGE) && move.target != NONE &&
        depth_of(model, move.from) + height_of(model, move.target) >= MODEL_DEPTH)
        return;
    path_make(model, move.from, (int)move.old, from);
    path_make(model, move.to, (int)move.new, to);
    int expected = move_expected(model, &move);
    int error = vfs_rename(vfs_root(), from, vfs_root(), to, move.flags);
    ck_assert_msg(error == expected, "rename %s to %s, %u: %d, not %d", from, to, move.flags, error, expected);
    if (error != 0)
        return;
    move_in_model(model, &move);
    if ((move.flags & RENAME_WHITEOUT) && move.source != move.target) {
        int node = node_new(model, S_IFCHR, move.from);
        path_make(model, move.from, (int)move.old, from);
        model->nodes[node].number = number_of(from);
        model->nodes[move.from].entries[move.old] = node;
    }
}

/* Gets a name, or goes without ever having one. */
static void step_nameless(struct model *model)
{
    int dir = any_dir(model);
    unsigned n = model_random(model, MODEL_NAMES);
    char path[PATH_SIZE];
    struct file *file;

    path_make(model, dir, NONE, path);
    ck_assert_int_eq(vfs_open(vfs_root(), path, O_RDWR | O_TMPFILE, 0600, &file), 0);
    ck_assert_uint_eq(file->inode->links, 0);
    path_make(model, dir, (int)n, path);
    if (model_random(model, 3) != 0) {
        int expected = model->nodes[dir].entries[n] != NONE ? -EEXIST : 0;
        ck_assert_int_eq(vfs_link(&file->path, vfs_root(), path), expected);
        if (expected == 0) {
            int node = node_new(model, S_IFREG | 0600, dir);
            model->nodes[node].number = file->inode->number;
            model->nodes[dir].entries[n] = node;
        }
    }
    file_put(file);
}

void model_step(struct model *model)
{
    unsigned what = model_random(model, 100);

    if (what < 40)
        step_make(model);
    else if (what < 50)
        step_link(model);
    else if (what < 72)
        step_remove(model);
    else if (what < 98)
        step_rename(model);
    else
        step_nameless(model);
}

/* ---- comparing ---- */

struct listing {
    const struct model *model;
    int dir;
    unsigned left, count; /* left: until it is full */
};

static int name_find(const char *name, size_t length)
{
    char known[NAME_SIZE];

    for (unsigned n = 0; n < MODEL_NAMES; n++) {
        name_make(n, known);
        if (strlen(known) == length && memcmp(known, name, length) == 0)
            return (int)n;
    }
    return NONE;
}

static bool listed(void *arg, const char *name, size_t length, uint64_t number, unsigned type, uint64_t next)
{
    struct listing *listing = arg;
    const struct model *model = listing->model;

    (void)next;
    if (listing->left == 0)
        return false;
    listing->left--;
    if (name[0] == '.' && length <= 2)
        return true;
    int n = name_find(name, length);
    ck_assert_msg(n != NONE && model->nodes[listing->dir].entries[n] != NONE, "%.*s is listed", (int)length, name);
    const struct model_node *node = &model->nodes[model->nodes[listing->dir].entries[n]];
    ck_assert_uint_eq(number, node->number);
    ck_assert_uint_eq(type, model->has_types ? (node->mode & S_IFMT) >> 12 : 0);
    listing->count++;
    return true;
}

/* In pieces of few names. */
static void compare_list(const struct model *model, int dir)
{
    struct listing listing = {model, dir, 0, 0};
    char path[PATH_SIZE];
    struct file *file;
    unsigned piece = 2 + (unsigned)dir % 7;

    path_make(model, dir, NONE, path);
    ck_assert_int_eq(open_path(path, O_RDONLY | O_DIRECTORY, &file), 0);
    do {
        listing.left = piece;
        ck_assert_int_eq(file_read_dir(file, listed, &listing), 0);
    } while (listing.left == 0);
    file_put(file);
    ck_assert_uint_eq(listing.count, count_in(model, dir));
}

static void compare_text(const struct inode *inode, uint64_t n)
{
    static char buf[PATH_MAX];
    char text[NAME_SIZE];

    text_make(n, text);
    ck_assert_int_eq(inode->ops->read_link((struct inode *)(uintptr_t)inode, buf), (int)strlen(text));
    ck_assert_str_eq(buf, text);
}

static void compare_node(const struct model *model, int node, const char *path)
{
    const struct model_node *known = &model->nodes[node];
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode), 0);
    ck_assert_uint_eq(inode->number, known->number);
    ck_assert_uint_eq(inode->mode, known->mode);
    ck_assert_msg(inode->links == known->links, "%s has %u links, not %u", path, inode->links, known->links);
    if (S_ISLNK(inode->mode))
        compare_text(inode, known->rdev);
    else
        ck_assert_uint_eq(inode->rdev, known->rdev);
    inode_put(inode);
}

static void compare_links(const char *path, unsigned links)
{
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode), 0);
    ck_assert_msg(inode->links == links, "%s has %u links, not %u", path, inode->links, links);
    inode_put(inode);
}

void model_compare(const struct model *model)
{
    char path[PATH_SIZE];

    for (int dir = 0; dir < (int)MODEL_NODES; dir++) {
        if (!is_dir(model, dir))
            continue;
        path_make(model, dir, NONE, path);
        compare_links(path, model->nodes[dir].links);
        compare_list(model, dir);
        for (unsigned n = 0; n < MODEL_NAMES; n++) {
            path_make(model, dir, (int)n, path);
            if (model->nodes[dir].entries[n] != NONE)
                compare_node(model, model->nodes[dir].entries[n], path);
            else
                ck_assert_uint_eq(number_of(path), 0);
        }
    }
}

static void clear_dir(struct model *model, int dir)
{
    char path[PATH_SIZE];

    for (unsigned n = 0; n < MODEL_NAMES; n++) {
        int node = model->nodes[dir].entries[n];
        if (node == NONE)
            continue;
        if (is_dir(model, node))
            clear_dir(model, node);
        path_make(model, dir, (int)n, path);
        ck_assert_int_eq(vfs_unlink(vfs_root(), path, is_dir(model, node)), 0);
        model->nodes[dir].entries[n] = NONE;
        link_drop(model, node);
    }
}

void model_clear(struct model *model)
{
    clear_dir(model, 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), MODEL_ROOT, true), 0);
}
