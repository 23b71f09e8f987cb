/* SPDX-License-Identifier: Apache-2.0 */
/* open_tree.c - open_tree(2): a place, copies of one mount and of all below, and what becomes of them. */
#define _GNU_SOURCE
#include "mount_calls.h"

#define CLONE 1u
#define RECURSIVE 0x8000u
#define EMPTY 0x1000u
#define NOFOLLOW 0x100u

static long tree(int at, const char *path, unsigned flags)
{
    return syscall(428, at, path, flags);
}

static void refused(void)
{
    show("flags", tree(AT_FDCWD, "dir", 2));
    show("all without a copy", tree(AT_FDCWD, "dir", RECURSIVE));
    show("nothing", tree(AT_FDCWD, "none", CLONE));
    show("nowhere", tree(AT_FDCWD, (void *)8, CLONE));
    show("an empty name", tree(AT_FDCWD, "", CLONE));
    show("a closed descriptor", tree(200, "", EMPTY));
    show("unbindable", tmpfs("dir", 0, NULL) | mount("none", "dir", NULL, MS_UNBINDABLE, NULL));
    show("copy it", tree(AT_FDCWD, "dir", CLONE));
    show("open it", close((int)tree(AT_FDCWD, "dir", 0)));
    show("unmount", umount2("dir", 0));
    act_as(1000, 1000);
    show("copy as another", tree(AT_FDCWD, "none", CLONE));
    show("open as another", close((int)tree(AT_FDCWD, "dir", 0)));
    act_as(0, 0);
}

static void place(void)
{
    char room[8];
    long at = show_fd("open", tree(AT_FDCWD, "dirlink", O_CLOEXEC)), link;

    show("closed at exec", fcntl((int)at, F_GETFD));
    printf("a path: %d\n", (fcntl((int)at, F_GETFL) & O_PATH) != 0);
    show("inner", faccessat((int)at, "inner", R_OK, 0));
    show("read", read((int)at, room, sizeof(room)));
    close((int)at);
    link = show_fd("the link", tree(AT_FDCWD, "link", NOFOLLOW));
    show("its text", readlinkat((int)link, "", room, sizeof(room)));
    close((int)link);
}

static void copies(void)
{
    long one, all, part, again;

    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/a", 0755);
    mkdir("dir/a/b", 0755);
    show("mount in it", tmpfs("dir/a", MS_NODEV, NULL));
    mkdir("dir/a/c", 0755);
    one = show_fd("one", tree(AT_FDCWD, "dir", CLONE));
    all = show_fd("all", tree(AT_FDCWD, "dir", CLONE | RECURSIVE | O_CLOEXEC));
    part = show_fd("part", tree(AT_FDCWD, "dir/a/c", CLONE));
    show("closed at exec", fcntl((int)all, F_GETFD));
    show("one: covered", faccessat((int)one, "a/b", F_OK, 0));
    show("one: what covers", faccessat((int)one, "a/c", F_OK, 0));
    show("all: covered", faccessat((int)all, "a/b", F_OK, 0));
    show("all: what covers", faccessat((int)all, "a/c", F_OK, 0));
    show("unmount", umount2("dir/a", 0));
    show("unmount", umount2("dir", 0));
    show("still there", faccessat((int)all, "a/c", F_OK, 0));
    show("what lies in it moves", syscall(429, all, "a", AT_FDCWD, "dir", 0));
    show("move all", move_to(all, "", "dir"));
    there("dir/a/c");
    show("move it on", move_to(all, "", "empty"));
    there("dir/a");
    there("empty/a/c");
    show("move a part", move_to(part, "", "dir"));
    again = show_fd("a copy of a copy", tree((int)one, "", CLONE | EMPTY));
    close((int)one);
    show("move that", move_to(again, "", "empty/a/c"));
    there("empty/a/c/a/b");
    close((int)again);
    close((int)all);
    close((int)part);
    show("unmount", umount2("empty/a/c", 0));
    show("unmount", umount2("empty/a", 0));
    show("unmount", umount2("empty", 0));
    show("unmount", umount2("dir", 0));
    show("a file", tree(AT_FDCWD, "file", CLONE) >= 0 ? 0 : -1);
}

/* All goes with the descriptor. */
static void dropped(void)
{
    long all;

    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/a", 0755);
    show("mount in it", tmpfs("dir/a", 0, NULL));
    show("shared", mount("none", "dir", NULL, MS_SHARED | MS_REC, NULL));
    all = show_fd("all", tree(AT_FDCWD, "dir", CLONE | RECURSIVE));
    close((int)all);
    show("is there", umount2("dir/a", 0));
    show("is there", umount2("dir", 0));
    show("is over", umount2("dir", 0));
    show("go lazily", tmpfs("dir", 0, NULL) | chdir("dir") | umount2("../dir", MNT_DETACH));
    show("copy what has gone", tree(AT_FDCWD, ".", CLONE));
    show("move what has gone", move_to(AT_FDCWD, ".", "/dev/shm/open_tree/dir"));
    show("back", chdir("/dev/shm/open_tree"));
}

int main(void)
{
    mounting_begin("open_tree");
    tree_make();
    puts("-- refused");
    refused();
    puts("-- place");
    place();
    puts("-- copies");
    copies();
    puts("-- dropped");
    dropped();
    tree_leave("open_tree");
    return 0;
}
