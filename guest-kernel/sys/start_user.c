/* SPDX-License-Identifier: Apache-2.0 */
/* start_user.c - see start_user.h. The files are the disk's: their form is passwd(5)'s and group(5)'s as far as it
 * goes. */
#include "sys/start_user.h"

#include "abi/errno.h"
#include "core/cred.h"
#include "core/thread.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "sys/identity.h"
#include "vfs/fs_context.h"
#include "vfs/path.h"
#include "vfs/vfs.h"

#define FILE_MOST (1u << 20) /* bytes of a file that are looked at */
#define LINE_MOST PAGE_SIZE  /* with its end; what is behind that in a line isn't looked at */
#define FIELDS 7u            /* of passwd(5); group(5) has four */
#define ID_MOST 0xfffffffeu
#define GROUPS_MOST 65536u /* of a process: NGROUPS_MAX of Linux */

/* A file of lines that are read one after the other. */
struct lines {
    struct path path;
    struct page *page; /* the line */
    uint64_t next;     /* where the next one begins */
    bool is_there;
    bool is_cut; /* the piece that was read last isn't all of its line */
};

/* A file that isn't there has no lines. 0 or -errno; then nothing is to be ended. */
static int lines_begin(struct lines *lines, const char *name)
{
    int error = path_lookup(&current_thread()->fs->cwd, name, 0, &lines->path);

    lines->is_there = error == 0;
    lines->is_cut = false;
    lines->next = 0;
    if (error == -ENOENT || error == -ENOTDIR)
        return 0;
    if (error == 0 && !S_ISREG(path_inode(&lines->path)->mode))
        error = -EINVAL;
    lines->page = error == 0 ? page_alloc_dirty() : NULL;
    if (error == 0 && lines->page == NULL)
        error = -ENOMEM;
    if (error != 0 && lines->is_there)
        path_put(&lines->path);
    return error;
}

static void lines_end(struct lines *lines)
{
    if (!lines->is_there)
        return;
    page_put(lines->page);
    path_put(&lines->path);
}

/* The next piece of at most LINE_MOST - 1 bytes, up to the line's end, as a string. 1, 0: there is none, or -errno. */
static int lines_piece(struct lines *lines)
{
    char *bytes = page_data(lines->page), *end;
    int64_t got = 0;

    if (lines->next < FILE_MOST)
        got = inode_read(path_inode(&lines->path), lines->next, bytes, LINE_MOST - 1);
    if (got <= 0)
        return (int)got;
    end = memchr(bytes, '\n', (size_t)got);
    lines->is_cut = end == NULL;
    lines->next += end == NULL ? (uint64_t)got : (uint64_t)(end - bytes) + 1;
    *(end == NULL ? bytes + got : end) = 0;
    return 1;
}

/* The next line, cut into its fields; those that it lacks are empty. 1, 0: there is none, or -errno. */
static int lines_next(struct lines *lines, const char *field[FIELDS])
{
    bool is_rest;
    char *at;

    if (!lines->is_there)
        return 0;
    do {
        is_rest = lines->is_cut;
        int got = lines_piece(lines);
        if (got <= 0)
            return got;
    } while (is_rest);
    at = page_data(lines->page);
    for (unsigned i = 0; i < FIELDS; i++) {
        char *colon = strchr(at, ':');

        field[i] = at;
        at = colon != NULL ? colon + 1 : at + strlen(at);
        if (colon != NULL)
            *colon = 0;
    }
    return 1;
}

/* A decimal number that an ID can be. */
static bool id_read(const char *text, uint32_t *out)
{
    uint64_t number = 0;

    for (const char *at = text; *at != 0; at++) {
        if (*at < '0' || *at > '9')
            return false;
        number = number * 10 + (uint64_t)(*at - '0');
        if (number > ID_MOST)
            return false;
    }
    *out = (uint32_t)number;
    return *text != 0;
}

/* Whether the line is that of `text`, which is its name or its number. */
static bool line_is_of(const char *const field[FIELDS], const char *text)
{
    uint32_t wanted, id;

    return strcmp(field[0], text) == 0 || (id_read(text, &wanted) && id_read(field[2], &id) && id == wanted);
}

/* Of the user that is called so, or has that number: what passwd says, and the name. 1, 0: there is none, or -errno. */
static int user_find(const char *text, struct start_user *out, char name[START_HOME_MAX])
{
    const char *field[FIELDS];
    struct lines lines;
    int found = lines_begin(&lines, "/etc/passwd");

    if (found != 0)
        return found;
    while ((found = lines_next(&lines, field)) == 1) {
        uint32_t user, group;

        if (!line_is_of(field, text) || !id_read(field[2], &user) || !id_read(field[3], &group))
            continue;
        out->user = user;
        out->group = group;
        if (*field[5] != 0)
            snprintf(out->home, START_HOME_MAX, "%s", field[5]);
        snprintf(name, START_HOME_MAX, "%s", field[0]);
        break;
    }
    lines_end(&lines);
    return found;
}

/* The number of the group that is called so. 1, 0: there is none, or -errno. */
static int group_find(const char *text, uint32_t *out)
{
    const char *field[FIELDS];
    struct lines lines;
    int found = lines_begin(&lines, "/etc/group");

    if (found != 0)
        return found;
    while ((found = lines_next(&lines, field)) == 1)
        if (line_is_of(field, text) && id_read(field[2], out))
            break;
    lines_end(&lines);
    return found;
}

/* Whether `name` is in a list of names with commas. */
static bool list_has(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == 0))
            return length != 0;
    }
    return false;
}

/* The groups that `name` is a member of, at most `room` of them, into `id`, which may be NULL. Their number or -errno.
 */
static int64_t memberships(const char *name, uint32_t *id, uint32_t room)
{
    const char *field[FIELDS];
    struct lines lines;
    uint32_t count = 0;
    int found = lines_begin(&lines, "/etc/group");

    if (found != 0)
        return found;
    while (count < room && (found = lines_next(&lines, field)) == 1) {
        uint32_t group;

        if (!id_read(field[2], &group) || !list_has(field[3], name))
            continue;
        if (id != NULL)
            id[count] = group;
        count++;
    }
    lines_end(&lines);
    return found < 0 ? found : (int64_t)count;
}

static int memberships_get(const char *name, struct cred_groups **out)
{
    int64_t count = memberships(name, NULL, GROUPS_MOST);

    if (count <= 0)
        return (int)count;
    *out = identity_groups_create((uint32_t)count);
    if (*out == NULL)
        return -ENOMEM;
    count = memberships(name, (*out)->id, (uint32_t)count);
    if (count < 0) {
        cred_groups_put(*out);
        *out = NULL;
        return (int)count;
    }
    (*out)->count = (uint32_t)count;
    return 0;
}

int start_user_find(const char *text, struct start_user *out, bool *no_group)
{
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    char wanted[START_HOME_MAX], name[START_HOME_MAX] = "";
    int found;

    *out = (struct start_user){.home = "/"};
    *no_group = false;
    if (length >= sizeof(wanted))
        return -ENOENT;
    memcpy(wanted, text, length);
    wanted[length] = 0;
    found = user_find(wanted, out, name);
    if (found < 0 || (found == 0 && !id_read(wanted, &out->user)))
        return found < 0 ? found : -ENOENT;
    if (colon == NULL)
        return memberships_get(name, &out->groups);
    found = group_find(colon + 1, &out->group);
    *no_group = found == 0 && !id_read(colon + 1, &out->group);
    return found < 0 ? found : *no_group ? -ENOENT : 0;
}
