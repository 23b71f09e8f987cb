/* SPDX-License-Identifier: Apache-2.0 */
/* inotify_mounts.c - what who watches files is told when their file system is unmounted. */
#define _GNU_SOURCE
#include <sys/ioctl.h>

#include "mounting.h"
#include "watching.h"

static void unmounted(void)
{
    show("mount", tmpfs("m", 0, NULL));
    tree_file("m/f", "content", 0644);
    mkdir("m/d", 0755);
    watch("m", IN_CREATE);
    watch("m/f", IN_OPEN);
    watch("m/d", IN_OPEN);
    told("mounted");
    show("unmount", umount("m"));
    told("unmounted");
    tree_file("m/f", "below", 0644);
    told("what is below isn't watched");
    unlink("m/f");
}

/* The watches end when the last that uses the file system lets go. */
static void used(void)
{
    int fd;

    show("mount", tmpfs("m", 0, NULL));
    tree_file("m/f", "content", 0644);
    watch("m/f", IN_ALL_EVENTS);
    fd = open("m/f", O_RDONLY);
    show("in use", umount("m"));
    show("lazily", umount2("m", MNT_DETACH));
    told("not yet");
    close(fd);
    told("closed");
}

static void twice(void)
{
    show("mount", tmpfs("m", 0, NULL));
    show("bind", mount("m", "n", NULL, MS_BIND, NULL));
    tree_file("m/f", "content", 0644);
    watch("n/f", IN_OPEN);
    tree_file("m/f", "more", 0644);
    told("by the other mount");
    show("unmount one", umount("m"));
    told("one");
    show("unmount the other", umount("n"));
    told("the other");
}

/* Nodes of terminals come and go by themselves. */
static void terminals(void)
{
    int master, number, unlocked = 0;

    show("mount", mount("devpts", "m", "devpts", 0, "newinstance,ptmxmode=0666"));
    watch("m", IN_CREATE | IN_DELETE);
    master = open("m/ptmx", O_RDWR | O_NOCTTY);
    show("number", ioctl(master, TIOCGPTN, &number));
    show("unlock", ioctl(master, TIOCSPTLCK, &unlocked));
    told("made");
    watch("m/0", IN_DELETE_SELF);
    close(master);
    told("closed");
    show("unmount", umount("m"));
    told("unmounted");
}

int main(void)
{
    mounting_begin("inotify_mounts");
    mkdir("m", 0755);
    mkdir("n", 0755);
    watching_begin();
    unmounted();
    used();
    twice();
    terminals();
    watching_end();
    tree_leave("inotify_mounts");
    return 0;
}
