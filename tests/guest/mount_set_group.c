/* SPDX-License-Identifier: Apache-2.0 */
/* mount_set_group.c - move_mount(2) with MOVE_MOUNT_SET_GROUP: a private mount becomes a peer of another, or a slave.
 */
#define _GNU_SOURCE
#include "mount_calls.h"

#define SET_GROUP 0x100u

static void set_group(const char *what, const char *from, const char *to)
{
    show(what, syscall(429, AT_FDCWD, from, AT_FDCWD, to, SET_GROUP));
}

/* Whether what is mounted in one of them is in the other. */
static void spreads(const char *in, const char *to)
{
    char name[64];
    struct stat above, here;

    snprintf(name, sizeof(name), "%s/point", in);
    show("mount", mount("none", name, "tmpfs", 0, NULL));
    snprintf(name, sizeof(name), "%s/point", to);
    printf("  from %s to %s: %s\n", in, to,
           stat(to, &above) == 0 && stat(name, &here) == 0 && above.st_dev != here.st_dev ? "yes" : "no");
    snprintf(name, sizeof(name), "%s/point", in);
    show("umount", umount(name));
}

static void both(const char *one, const char *other)
{
    spreads(one, other);
    spreads(other, one);
}

/* One that is in no place yet. */
static void of_descriptor(void)
{
    int tree = (int)syscall(428, AT_FDCWD, "a", 1);
    char name[64];

    snprintf(name, sizeof(name), "/proc/self/fd/%d", tree);
    show("what a descriptor has is private", mount("none", name, NULL, MS_PRIVATE, NULL));
    show("a's peer", syscall(429, AT_FDCWD, "a", tree, "", SET_GROUP | 0x40));
    show("c", mount("a", "c", NULL, MS_BIND, NULL));
    show("c is private", mount("none", "c", NULL, MS_PRIVATE, NULL));
    show("c is a peer of it", syscall(429, tree, "", AT_FDCWD, "c", SET_GROUP | 4));
    both("a", "c");
    show("c", umount("c"));
    show("in its place", move_to(tree, "", "c"));
    both("a", "c");
    close(tree);
}

int main(void)
{
    mounting_begin("mount_set_group");
    mkdir("a", 0755);
    mkdir("b", 0755);
    mkdir("c", 0755);
    mkdir("d", 0755);
    show("a", mount("none", "a", "tmpfs", 0, NULL));
    mkdir("a/point", 0755);
    mkdir("a/below", 0755);
    mkdir("a/below/point", 0755);
    show("a is private", mount("none", "a", NULL, MS_PRIVATE, NULL));
    show("b", mount("a", "b", NULL, MS_BIND, NULL));
    show("c", mount("a/below", "c", NULL, MS_BIND, NULL));
    show("d", mount("none", "d", "tmpfs", 0, NULL));
    mkdir("d/point", 0755);
    set_group("of a private one", "a", "b");
    show("a is shared", mount("none", "a", NULL, MS_SHARED, NULL));
    both("a", "b");
    set_group("no mount", "a/below", "b");
    set_group("to no mount", "a", "b/below");
    set_group("of another file system", "a", "d");
    set_group("nothing there", "none", "b");
    set_group("to nothing", "a", "none");
    show("two at once", syscall(429, AT_FDCWD, "a", AT_FDCWD, "b", 0x300u));
    set_group("a's peer", "a", "b");
    both("a", "b");
    set_group("again", "a", "b");
    set_group("a part of it", "a", "c");
    spreads("a/below", "c");
    spreads("c", "a/below");
    show("c is private", mount("none", "c", NULL, MS_PRIVATE, NULL));
    show("c is shared", mount("none", "c", NULL, MS_SHARED, NULL));
    show("b is private", mount("none", "b", NULL, MS_PRIVATE, NULL));
    set_group("of less than that", "c", "b");
    show("c is private", mount("none", "c", NULL, MS_PRIVATE, NULL));
    show("b", umount("b"));
    show("b", mount("a", "b", NULL, MS_BIND, NULL));
    show("b is a slave", mount("none", "b", NULL, MS_SLAVE, NULL));
    set_group("a slave of the same", "b", "c");
    spreads("a/below", "c");
    spreads("c", "a/below");
    show("c", umount("c"));
    show("c", mount("a", "c", NULL, MS_BIND, NULL));
    show("c is unbindable", mount("none", "c", NULL, MS_UNBINDABLE, NULL));
    set_group("a's peer", "a", "c");
    show("so it can be bound", mount("c", "d", NULL, MS_BIND, NULL));
    show("d", umount("d"));
    show("c", umount("c"));
    of_descriptor();
    umount2("d", MNT_DETACH);
    umount2("c", MNT_DETACH);
    umount2("b", MNT_DETACH);
    umount2("a", MNT_DETACH);
    tree_leave("mount_set_group");
    return 0;
}
