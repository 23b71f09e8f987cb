/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - for the guest tests of names: a directory in memory with one of each kind in it, and results as letters. */
#ifndef TESTS_GUEST_TREE_H
#define TESTS_GUEST_TREE_H

#include <ftw.h>
#include <grp.h>
#include <sys/stat.h>

#include "show.h"

static inline int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type;
    return where->level == 0 ? 0 : remove(path);
}

/* Empties the working directory. */
static inline void tree_clear(void)
{
    nftw(".", tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A directory of one's own below /dev/shm, which is a tmpfs everywhere, empty, as the working directory. */
static inline void tree_enter(const char *name)
{
    umask(0);
    if (chdir("/dev/shm") != 0 || (mkdir(name, 0755) != 0 && errno != EEXIST) || chdir(name) != 0)
        exit(2);
    tree_clear();
}

static inline void tree_leave(const char *name)
{
    tree_clear();
    if (chdir("/dev/shm") != 0 || rmdir(name) != 0)
        exit(2);
}

static inline void tree_file(const char *path, const char *text, unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        printf("can't make %s: %s\n", path, error_name(errno));
    close(fd);
}

/* file, dir with a file, empty, and links: to each, to nothing, to a name that isn't there in dir, to itself. */
static inline void tree_make(void)
{
    tree_clear();
    tree_file("file", "content", 0644);
    mkdir("dir", 0755);
    tree_file("dir/inner", "inner", 0644);
    mkdir("empty", 0755);
    mkfifo("fifo", 0644);
    if (symlink("file", "link") + symlink("dir", "dirlink") + symlink("none", "dangling") +
            symlink("dir/none", "deep") + symlink("loop", "loop") + symlink("dir/", "slashlink") !=
        0)
        printf("no links: %s\n", error_name(errno));
}

/* One letter for each result. */
static inline char error_letter(long result)
{
    static const struct {
        int error;
        char letter;
    } letters[] = {{ENOENT, 'N'}, {ENOTDIR, 'D'}, {EISDIR, 'I'}, {EEXIST, 'X'},     {ELOOP, 'L'},   {EINVAL, 'V'},
                   {EACCES, 'A'}, {EPERM, 'P'},   {ENXIO, 'x'},  {ENOTEMPTY, 'E'},  {EBUSY, 'B'},   {EXDEV, 'Y'},
                   {EROFS, 'R'},  {EBADF, 'F'},   {EAGAIN, 'a'}, {EOPNOTSUPP, 'S'}, {ETXTBSY, 'T'}, {ENODEV, 'd'}};

    if (result >= 0)
        return '.';
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (letters[i].error == errno)
            return letters[i].letter;
    return '?';
}

/* Acts as somebody else until act_as(0, 0). */
static inline void act_as(unsigned user, unsigned group)
{
    if (seteuid(0) != 0 || setgroups(0, NULL) != 0 || setegid(group) != 0 || seteuid(user) != 0)
        exit(3);
}

#endif
