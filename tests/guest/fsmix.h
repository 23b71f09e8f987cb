/* SPDX-License-Identifier: Apache-2.0 */
/* fsmix.h - for fsmix.c: the names that a process has, what they must lead to, and whether they do. */
#ifndef TESTS_GUEST_FSMIX_H
#define TESTS_GUEST_FSMIX_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "tree.h"

#define NAMES 28
#define SIZE_MOST 50000u
#define OWN (-1) /* a parent: the process's folder */
#define SHARED (-2)

enum type { FREE, FILE_NAME, DIR_NAME, LINK_NAME };

struct file {
    unsigned links, size, mode, value; /* value: of its attribute; 0: it has none */
    unsigned char bytes[SIZE_MOST];
};

struct name {
    enum type type;
    int parent;       /* OWN, SHARED, or another name's number */
    unsigned variant; /* of the name */
    int file;         /* FILE_NAME */
};

static struct name names[NAMES];
static struct file files[NAMES];
static unsigned char bytes[SIZE_MOST + 1];
static uint32_t seed;
static unsigned me, step_number;
static bool plain, verbose, has_attributes;
static const char *doing = "the start";

static inline uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return below == 0 ? 0 : (uint32_t)(((uint64_t)seed * below) >> 32);
}

static inline void fail(const char *what)
{
    printf("process %u, step %u, %s: %s: %s\n", me, step_number, doing, what, error_name(errno));
    exit(1);
}

/* The call gave what it had to: 0 or more, or that error. */
static inline void expect(long result, int error, const char *what)
{
    if (error == 0 ? result < 0 : (result >= 0 || errno != error))
        fail(what);
}

/* ---- names ---- */

/* A name's text: some are long, so that folders have many blocks. */
static inline void text_of(int i, unsigned variant, char *out)
{
    int used = sprintf(out, "p%u-%d-%u", me, i, variant);

    if (variant % 3 == 0)
        sprintf(out + used, "%.*s", (int)(variant % 100),
                "-a-long-name-that-goes-on-and-on-until-it-is-cut-somewhere-or-ends"
                "-but-it-does-not-end-so-soon-as-that");
}

static inline void path_in(int parent, const char *text, char *out)
{
    char above[120];

    if (parent == OWN) {
        sprintf(out, "own-%u/%s", me, text);
    } else if (parent == SHARED) {
        sprintf(out, "shared/%s", text);
    } else {
        text_of(parent, names[parent].variant, above);
        path_in(names[parent].parent, above, out);
        sprintf(out + strlen(out), "/%s", text);
    }
}

/* The path of a name; good until the third call from now on. */
static inline const char *path_of(int i)
{
    static char paths[4][4096];
    static unsigned turn;
    char text[120], *path = paths[turn++ % 4];

    text_of(i, names[i].variant, text);
    path_in(names[i].parent, text, path);
    return path;
}

static inline void say(const char *what, int i)
{
    doing = what;
    if (verbose)
        printf("process %u, step %u: %s %s\n", me, step_number, what, i < 0 ? "" : path_of(i));
}

static inline bool is_below(int i, int dir)
{
    while (i >= 0 && i != dir)
        i = names[i].parent;
    return i == dir;
}

static inline bool is_empty(int dir)
{
    for (int i = 0; i < NAMES; i++)
        if (names[i].type != FREE && names[i].parent == dir)
            return false;
    return true;
}

static inline unsigned depth(int i)
{
    unsigned steps = 0;

    for (; i >= 0; i = names[i].parent)
        steps++;
    return steps;
}

/* A folder to put a name into. */
static inline int pick_parent(void)
{
    int i = (int)pick(NAMES);

    if (names[i].type == DIR_NAME && depth(i) < 8)
        return i;
    return pick(3) == 0 ? SHARED : OWN;
}

static inline int pick_of(enum type type)
{
    int from = (int)pick(NAMES);

    for (int k = 0; k < NAMES; k++)
        if (names[(from + k) % NAMES].type == type)
            return (from + k) % NAMES;
    return -1;
}

/* ---- what a file should be ---- */

static inline void check_bytes(int fd, const struct file *file)
{
    if (pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)file->size || memcmp(bytes, file->bytes, file->size) != 0)
        fail("the file's bytes");
}

static inline void check_value(const char *path, const struct file *file)
{
    unsigned char value[400];
    ssize_t got;

    if (!has_attributes)
        return;
    got = getxattr(path, "user.mix", value, sizeof(value));
    if (file->value == 0 ? got >= 0 || errno != ENODATA
                         : got != (ssize_t)file->value || value[got - 1] != file->value % 251)
        fail("the attribute");
}

static inline void check_file(int i)
{
    const struct file *file = &files[names[i].file];
    const char *path = path_of(i);
    struct stat st;
    int fd = open(path, O_RDONLY);

    if (fd < 0 || fstat(fd, &st) != 0)
        fail("open");
    if (st.st_size != (off_t)file->size || !S_ISREG(st.st_mode))
        fail("the size");
    if (!plain && (st.st_nlink != file->links || (st.st_mode & 07777) != file->mode))
        fail("links and mode");
    check_bytes(fd, file);
    close(fd);
    check_value(path, file);
}

static inline void check_link(int i)
{
    char target[200], want[120];
    ssize_t got = readlink(path_of(i), target, sizeof(target));

    text_of(i, names[i].variant, want); /* it keeps the name that it was made with only if it wasn't renamed */
    if (got <= 0 || memcmp(target, want, 3) != 0)
        fail("readlink");
}

static inline void check_dir(int i)
{
    char path[4096];
    unsigned count = 0, want = 2;
    const struct dirent *entry;
    DIR *dir;

    strcpy(path, path_of(i));
    dir = opendir(path);
    if (dir == NULL)
        fail("opendir");
    while ((entry = readdir(dir)) != NULL)
        count++;
    closedir(dir);
    for (int k = 0; k < NAMES; k++)
        want += names[k].type != FREE && names[k].parent == i;
    if (count != want)
        fail("the names of a folder");
}

static inline void check(int i)
{
    say("look at", i);
    if (names[i].type == FILE_NAME)
        check_file(i);
    else if (names[i].type == DIR_NAME)
        check_dir(i);
    else
        check_link(i);
}

#endif
