/* SPDX-License-Identifier: Apache-2.0 */
/* pivotplace.c - pivot_root(".", "."), as containers do it: the old root is on top of the new one, until it is
 * unmounted. */
#define _GNU_SOURCE
#include "mounting.h"

static long pivot(const char *to, const char *old)
{
    return syscall(SYS_pivot_root, to, old);
}

static void pivot_in_place(void)
{
    show("mount", tmpfs("dir", 0, NULL));
    tree_file("dir/mine", "x", 0644);
    if (chdir("dir") != 0)
        return;
    show("pivot", pivot(".", "."));
    there("mine");
    there("/mine");
    there("../dev");
    show("the old one", umount2(".", MNT_DETACH));
    there("/mine");
    there("../mine");
    where("here");
}

int main(void)
{
    mounting_alone("lvmm-pivotplace", NULL, pivot_in_place);
    return 0;
}
