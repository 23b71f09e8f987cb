/* SPDX-License-Identifier: Apache-2.0 */
/* pivots.c - pivot_root(2): what it refuses, and a new root with the old one in it. */
#define _GNU_SOURCE
#include "mounting.h"

static long pivot(const char *to, const char *old)
{
    return syscall(SYS_pivot_root, to, old);
}

static void new_root(void)
{
    show("to no mount", pivot("dir", "dir"));
    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/old", 0755);
    mkdir("dir/sub", 0755);
    show("old outside", pivot("dir", "empty"));
    show("to a file", pivot("file", "dir/old"));
    show("old a file", pivot("dir", "file"));
    show("to the root", pivot("/", "/"));
    show("a part", pivot("dir/sub", "dir/sub"));
    int outer = open(".", O_RDONLY | O_DIRECTORY);
    show("another mount", tmpfs("dir/sub", 0, NULL));
    mkdir("dir/sub/in", 0755);
    if (chroot("dir/sub") != 0)
        return;
    show("from a root that is above it", fchdir(outer) | pivot("dir", "dir/old"));
    if (fchdir(outer) != 0 || chroot("dir/old") != 0)
        return;
    show("from a root that is no mount", pivot("dir/sub", "dir/sub/in"));
    where("outside");
}

static void pivots(void)
{
    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/old", 0755);
    tree_file("dir/mine", "x", 0644);
    if (chdir("dir") != 0)
        return;
    show("pivot", pivot(".", "old"));
    where("here");
    there("/mine");
    there("/old/dev/shm/lvmm-pivots/file");
    if (chdir("/old/dev/shm/lvmm-pivots") != 0)
        return;
    where("in the old one");
    show("unmount", umount2("/old", 0));
    show("unmount lazily", umount2("/old", MNT_DETACH));
    where("in what is gone");
    there("file");
    there("/old/dev");
}

int main(void)
{
    mounting_alone("lvmm-pivots", new_root, pivots);
    return 0;
}
