/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - calls that make, remove, move and read names: on one of each kind, with and without a slash, and in all
 * pairs; what the tree is afterwards. */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "tree.h"

static const char *const names[] = {
    "file",   "file/", "dir",     "dir/",     "dir/.",    "dir/..",    ".",           "..",      "/",
    "link",   "link/", "dirlink", "dirlink/", "dangling", "dangling/", "loop",        "fifo",    "empty",
    "empty/", "none",  "none/",   "none/x",   "file/x",   "dir/inner", "dirlink/new", "empty/x", ""};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static unsigned sum;

static void sum_add(const char *text)
{
    while (*text != 0)
        sum = (sum ^ (unsigned char)*text++) * 16777619u;
}

static int sum_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    char line[200], text[100] = "";

    (void)type, (void)where;
    if (S_ISLNK(st->st_mode) && readlink(path, text, sizeof(text) - 1) < 0)
        strcpy(text, "?");
    snprintf(line, sizeof(line), "%s %o %lu %ld %s", path, st->st_mode, (unsigned long)st->st_nlink,
             S_ISDIR(st->st_mode) ? 0 : (long)st->st_size, text);
    unsigned before = sum;
    sum = 2166136261u;
    sum_add(line);
    sum += before; /* in any order */
    return 0;
}

static unsigned state(void)
{
    sum = 0;
    nftw(".", sum_one, 16, FTW_PHYS);
    return sum & 0xfff;
}

static unsigned untouched;

/* What a call on the tree gave; the tree is made anew if it is another one now. */
static void tell(long result)
{
    char letter = error_letter(result);
    unsigned now = state();

    if (now == untouched)
        printf(" %c", letter);
    else
        printf(" %c%03x", letter, now);
    if (now != untouched)
        tree_make();
}

static long call(unsigned which, const char *name)
{
    struct stat st;
    char text[100];

    switch (which) {
    case 0:
        return mkdir(name, 0755);
    case 1:
        return rmdir(name);
    case 2:
        return unlink(name);
    case 3:
        return symlink("target", name);
    case 4:
        return mkfifo(name, 0600);
    case 5:
        return mknod(name, S_IFREG | 0600, 0);
    case 6:
        return readlink(name, text, sizeof(text));
    case 7:
        return stat(name, &st);
    case 8:
        return lstat(name, &st);
    case 9:
        return access(name, R_OK | W_OK);
    case 10:
        return access(name, X_OK);
    case 11:
        return truncate(name, 3);
    case 12:
        return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
    case 13:
        return mknod(name, S_IFDIR | 0600, 0);
    case 14:
        return mknod(name, 0110600, 0);
    case 15:
        return faccessat(AT_FDCWD, name, R_OK, AT_SYMLINK_NOFOLLOW);
    default:
        return open(name, O_RDONLY | O_CREAT | O_EXCL, 0600);
    }
}

static void singles(void)
{
    for (unsigned which = 0; which <= 16; which++) {
        printf("%u:", which);
        for (unsigned i = 0; i < NAMES; i++) {
            long result = call(which, names[i]);
            if (which == 16 && result >= 0)
                close((int)result);
            tell(result);
        }
        printf("\n");
    }
}

/* But for the empty name, which different versions of Linux refuse at different times. */
static void pairs(const char *what, int kind, unsigned flags)
{
    for (unsigned i = 0; i < NAMES - 1; i++) {
        printf("%s %s:", what, names[i]);
        for (unsigned j = 0; j < NAMES - 1; j++) {
            long result;
            if (kind == 0)
                result = syscall(SYS_renameat2, AT_FDCWD, names[i], AT_FDCWD, names[j], flags);
            else
                result = linkat(AT_FDCWD, names[i], AT_FDCWD, names[j], (int)flags);
            tell(result);
        }
        printf("\n");
    }
}

static void flags_refused(void)
{
    static const unsigned flags[] = {3, 6, 8, 1u << 31, 7, 5};

    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        show("renameat2", syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "new", flags[i]));
    tree_make();
    show("linkat", linkat(AT_FDCWD, "file", AT_FDCWD, "new", 1));
    show("unlinkat", unlinkat(AT_FDCWD, "file", 1));
    show("a bad descriptor", renameat(77, "a", AT_FDCWD, "b"));
    show("another", renameat(AT_FDCWD, "file", 77, "b"));
    show("no matter", renameat(AT_FDCWD, "/none", 77, "/b"));
    int fd = open("file", O_RDONLY);
    show("a file", mkdirat(fd, "x", 0755));
    show("and a full path", mkdirat(fd, "/dev/shm", 0755));
    close(fd);
    show("a link to nowhere", symlink("", "x"));
    show("no buffer", readlink("link", (char *)1, 10));
    show("a small one", readlink("link", (char[2]){0}, 2));
    show("none", readlink("link", (char[2]){0}, 0));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    tree_enter("lvmm-names");
    tree_make();
    untouched = state();
    singles();
    pairs("rename", 0, 0);
    pairs("keep", 0, 1);
    pairs("exchange", 0, 2);
    pairs("link", 1, 0);
    pairs("link followed", 1, AT_SYMLINK_FOLLOW);
    flags_refused();
    tree_leave("lvmm-names");
    return 0;
}
