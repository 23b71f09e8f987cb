/* SPDX-License-Identifier: Apache-2.0 */
/* openflags.c - open(2): all combinations of flags, on one name of each kind; who may, as another user. */
#define _GNU_SOURCE
#include "tree.h"

static const char *const names[] = {
    "file",      "file/",  "dir",    "dir/",          "dir/.",        "dir/..",    ".",
    "/",         "link",   "link/",  "dirlink",       "dirlink/",     "slashlink", "dangling",
    "dangling/", "deep",   "loop",   "loop/",         "fifo",         "none",      "none/",
    "none/x",    "file/x", "link/x", "dirlink/inner", "dirlink/none", "dangling/x"};
static const int flags[] = {O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW, O_PATH};
enum { COMBINATIONS = 64, MODES = 4 };

static int combine(unsigned bits)
{
    int all = O_NONBLOCK;

    for (unsigned i = 0; i < 6; i++)
        if (bits & 1u << i)
            all |= flags[i];
    return all;
}

static long size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

/* The letter of the result, or of what it changed: c a new file, t an empty one. */
static char try(const char *name, int how)
{
    int fd = open(name, how, 0644);
    char letter = error_letter(fd);

    if (fd >= 0)
        close(fd);
    for (unsigned i = 0; i < 2; i++) {
        const char *made = i == 0 ? "none" : "dir/none";
        if (unlink(made) == 0)
            letter = letter == '.' ? 'c' : '!';
    }
    if (size_of("file") == 0) {
        letter = letter == '.' ? 't' : '!';
        tree_file("file", "content", 0644);
    }
    if (size_of("dir/inner") == 0) {
        letter = letter == '.' ? 't' : '!';
        tree_file("dir/inner", "inner", 0644);
    }
    return letter;
}

static void table(void)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (int mode = 0; mode < MODES; mode++) {
            char row[COMBINATIONS + 1] = "";
            for (unsigned bits = 0; bits < COMBINATIONS; bits++)
                row[bits] = try(names[i], combine(bits) | mode);
            printf("%-14s %d %s\n", names[i], mode, row);
        }
    }
}

static void as_others(void)
{
    static const int hows[] = {O_RDONLY,
                               O_WRONLY,
                               O_RDWR,
                               3,
                               O_RDONLY | O_TRUNC,
                               O_RDONLY | O_CREAT,
                               O_RDWR | O_CREAT | O_EXCL,
                               O_PATH,
                               O_RDONLY | O_DIRECTORY,
                               O_RDONLY | O_NOATIME,
                               O_RDWR | O_TMPFILE,
                               O_RDONLY | O_CREAT | O_DIRECTORY};
    static const unsigned modes[] = {0, 0111, 0222, 0444, 0666, 0600, 0060, 0006, 0640, 0604};
    enum { HOWS = sizeof(hows) / sizeof(hows[0]) };

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        tree_clear();
        tree_file("own", "x", modes[i]);
        mkdir("own.d", modes[i] | (modes[i] >> 1 & 0111));
        for (unsigned who = 0; who < 3; who++) {
            char rows[2][HOWS + 1] = {"", ""};
            act_as(who == 1 ? 0 : who == 0 ? 0 : 1000, who == 1 ? 7 : 1000);
            for (unsigned k = 0; k < 2 * HOWS; k++) {
                int fd = open(k < HOWS ? "own" : "own.d", hows[k % HOWS] | O_NONBLOCK, 0600);
                rows[k / HOWS][k % HOWS] = error_letter(fd);
                close(fd);
            }
            act_as(0, 0);
            printf("%04o as %u: %s %s\n", modes[i], who, rows[0], rows[1]);
        }
    }
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    tree_enter("lvmm-openflags");
    tree_make();
    table();
    as_others();
    tree_leave("lvmm-openflags");
    return 0;
}
