/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_work_check.c - whether what is mounted is what ext4_work.c has made. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../files.h"
#include "abi/errno.h"
#include "ext4_work.h"
#include "vfs/inode_xattr.h"
#include "vfs/path.h"

#define ATTRIBUTE "user.work"

static char fault[1500];

static __attribute__((format(printf, 1, 2))) const char *differs(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fault, sizeof(fault), fmt, ap);
    va_end(ap);
    return fault;
}

/* ---- sums of names ---- */

/* What comes in any order is added. */
static uint64_t name_sum(const char *path, uint32_t type, uint64_t ino, uint32_t links)
{
    char text[1400];
    uint64_t sum = 14695981039346656037u;

    snprintf(text, sizeof(text), "%s %u %llu %u", path, type, (unsigned long long)ino, links);
    for (const char *at = text; *at != 0; at++)
        sum = (sum ^ (uint8_t)*at) * 1099511628211u;
    return sum ^ (sum >> 29);
}

static unsigned links_of(const struct work_state *state, int i)
{
    const struct work_name *name = &state->names[i];
    unsigned links = name->type == WORK_DIR ? 2 : 0;

    for (int k = 0; k < WORK_NAMES; k++) {
        const struct work_name *other = &state->names[k];
        if (name->type == WORK_DIR)
            links += other->type == WORK_DIR && other->parent == i;
        else
            links += other->type == name->type && other->ino == name->ino;
    }
    return links;
}

uint64_t work_sum(const struct work_state *state)
{
    static const uint32_t types[] = {0, S_IFREG, S_IFDIR, S_IFLNK};
    uint64_t sum = 1;
    char path[1200];

    for (int i = 0; i < WORK_NAMES; i++) {
        if (state->names[i].type == WORK_FREE)
            continue;
        work_path(state, i, path, sizeof(path));
        sum += name_sum(path, types[state->names[i].type], state->names[i].ino, links_of(state, i));
    }
    for (unsigned i = state->many_first; i < state->many_end; i++) {
        snprintf(path, sizeof(path), "/scene/many/%u-is-an-empty-file-whose-name-is-one-of-many-%u", i, i * 7919);
        sum += name_sum(path, S_IFREG, 0, 1);
    }
    return sum;
}

static bool found_below(const char *dir, uint64_t *sum)
{
    char list[20000], path[1200], *rest = list;
    struct inode *inode;

    if (list_path(dir, list, sizeof(list)) != 0)
        return false;
    for (char *name; (name = strsep(&rest, " ")) != NULL;) {
        if (*name == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", dir, name);
        if (vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode) != 0)
            return false;
        uint32_t type = inode->mode & S_IFMT;
        uint64_t number = strncmp(path, "/scene/many", 11) == 0 ? 0 : inode->number;
        if (strcmp(path, "/scene/many") != 0)
            *sum += name_sum(path, type, number, inode->links);
        inode_put(inode);
        if (type == S_IFDIR && !found_below(path, sum))
            return false;
    }
    return true;
}

uint64_t work_found(void)
{
    uint64_t sum = 1;

    return found_below("/scene", &sum) ? sum : 0;
}

/* ---- what files hold ---- */

/* Also where there are no attributes: then the model has none. */
static const char *value_differs(const char *path, const struct work_file *file)
{
    char value[400];
    struct inode *inode;
    int64_t got = vfs_lookup(vfs_root(), path, 0, &inode);

    if (got != 0)
        return differs("%s: error %lld", path, (long long)got);
    got = vfs_get_xattr(inode, ATTRIBUTE, value, sizeof(value));
    inode_put(inode);
    if (file->value == 0 && got == -EOPNOTSUPP)
        return NULL;
    if (got != (file->value == 0 ? -ENODATA : (int64_t)file->value))
        return differs("%s: an attribute of %lld and not %u", path, (long long)got, file->value);
    if (got > 0 && value[got - 1] != (char)(file->value % 100 + 1))
        return differs("%s: an attribute with other bytes", path);
    return NULL;
}

const char *work_differs(const char *path, int number, const struct work_file *file, bool exact)
{
    static uint8_t bytes[WORK_SIZE_MOST + 1];
    int64_t size = get_file(path, bytes, sizeof(bytes));

    if (size < 0 || size > WORK_SIZE_MOST || (exact && size != file->size))
        return differs("%s: size %lld and not %u", path, (long long)size, exact ? file->size : 0);
    for (int64_t i = 0; i < size; i++)
        if (exact ? bytes[i] != file->bytes[i] : bytes[i] != 0 && bytes[i] >> 4 != 1 + number % 15)
            return differs("%s: byte %lld of %lld is %02x and not %02x", path, (long long)i, (long long)size, bytes[i],
                           exact ? file->bytes[i] : (1 + number % 15) << 4);
    return exact ? value_differs(path, file) : NULL;
}

const char *work_check(const struct work *work)
{
    char path[1200];

    if (work_found() != work_sum(&work->now))
        return "there are other names, or other links to them";
    for (int i = 0; i < WORK_NAMES; i++) {
        if (work->now.names[i].type != WORK_FILE)
            continue;
        int number = work->now.names[i].file;
        work_path(&work->now, i, path, sizeof(path));
        if (work_differs(path, number, &work->files[number], true) != NULL)
            return fault;
    }
    return NULL;
}
