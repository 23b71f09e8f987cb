/* SPDX-License-Identifier: Apache-2.0 */
/* mount_beneath.c - move_mount(2) with MOVE_MOUNT_BENEATH: what is mounted there stays on top, and whom it reaches. */
#define _GNU_SOURCE
#include "mount_calls.h"

#define EMPTY_FROM 4u
#define EMPTY_TO 0x40u
#define SET_GROUP 0x100u
#define BENEATH 0x200u

static int from_at = AT_FDCWD;

static long beneath(const char *what, const char *from, const char *to)
{
    return show(what, syscall(429, from_at, from, AT_FDCWD, to, BENEATH));
}

/* A file system in memory with its name in it. */
static void named(const char *at, const char *name)
{
    char file[64];

    show(at, mount(name, at, "tmpfs", 0, NULL));
    snprintf(file, sizeof(file), "%s/%s", at, name);
    mkdir(file, 0755);
    snprintf(file, sizeof(file), "%s/sub", at);
    mkdir(file, 0755);
    snprintf(file, sizeof(file), "%s/point", at);
    mkdir(file, 0755);
}

/* From the top down, what is mounted there; all of it goes. */
static void stack(const char *at)
{
    static const char *const names[] = {"one", "two", "three"};
    char file[64];
    int left = 8;

    printf("  %s:", at);
    do {
        for (int i = 0; i < 3; i++) {
            struct stat st;

            snprintf(file, sizeof(file), "%s/%s", at, names[i]);
            if (stat(file, &st) == 0)
                printf(" %s", names[i]);
        }
        printf(";");
    } while (umount2(at, MNT_DETACH) == 0 && --left != 0);
    printf(" %s\n", left != 0 ? error_name(errno) : "and so on");
}

static void type_of(const char *at, unsigned long type)
{
    show("its type", mount("none", at, NULL, type, NULL));
}

static void plain(void)
{
    named("a", "one");
    named("b", "two");
    beneath("b beneath a", "b", "a");
    there("a/one");
    there("a/two");
    there("b/two");
    show("one goes", umount("a"));
    there("a/two");
    stack("a");
    named("a", "one");
    named("a", "two");
    named("b", "three");
    beneath("b beneath two of them", "b", "a");
    stack("a");
    named("a", "one");
    named("b", "two");
    named("b/sub", "three");
    beneath("with what is in it", "b", "a");
    show("one goes", umount("a"));
    there("a/sub/three");
    stack("a/sub");
    stack("a");
}

static void refused(void)
{
    int fd, here = open(".", O_RDONLY | O_DIRECTORY);

    named("a", "one");
    named("b", "two");
    beneath("beneath no mount", "b", "c");
    beneath("no mount", "b/sub", "a");
    beneath("nothing there", "b/none", "a");
    beneath("beneath nothing there", "b", "a/none");
    beneath("beneath the root", "b", "/");
    beneath("beneath itself", "b", "b");
    show("and a group", syscall(429, AT_FDCWD, "b", AT_FDCWD, "a", BENEATH | SET_GROUP));
    show("another flag", syscall(429, AT_FDCWD, "b", AT_FDCWD, "a", 0x400u));
    named("b/sub", "three");
    beneath("what is in it beneath it", "b/sub", "b");
    beneath("it beneath what is in it", "b", "b/sub");
    show("three goes", umount("b/sub"));
    fd = open("b", O_RDONLY | O_DIRECTORY);
    named("b", "three");
    show("one that is covered", syscall(429, fd, "", AT_FDCWD, "a", BENEATH | EMPTY_FROM));
    show("beneath one that is covered", syscall(429, AT_FDCWD, "a", fd, "", BENEATH | EMPTY_TO));
    stack("b");
    show("from one that is gone", syscall(429, fd, "", AT_FDCWD, "a", BENEATH | EMPTY_FROM));
    close(fd);
    stack("a");
    named("a", "one");
    named("b", "two");
    fd = open("a", O_RDONLY | O_DIRECTORY);
    show("a goes", umount2("a", MNT_DETACH));
    show("beneath one that is gone", syscall(429, AT_FDCWD, "b", fd, "", BENEATH | EMPTY_TO));
    show("onto one that is gone", syscall(429, AT_FDCWD, "b", fd, "", EMPTY_TO));
    show("mount there", fchdir(fd) == 0 ? mount("none", ".", "tmpfs", 0, NULL) : -1);
    show("bind there", mount("/", ".", NULL, MS_BIND, NULL));
    show("move there", mount("../b", ".", NULL, MS_MOVE, NULL));
    fchdir(here);
    close(fd);
    mknod("file", S_IFREG | 0644, 0);
    mknod("other", S_IFREG | 0644, 0);
    show("file", mount("other", "file", NULL, MS_BIND, NULL));
    beneath("a directory beneath a file", "b", "file");
    beneath("a file beneath a directory", "file", "b");
    show("file", umount("file"));
    stack("b");
    unlink("file");
    unlink("other");
    close(here);
}

static void of_descriptor(void)
{
    named("a", "one");
    named("b", "two");
    from_at = (int)syscall(428, AT_FDCWD, "b", 1);
    show("a copy", syscall(429, from_at, "", AT_FDCWD, "a", BENEATH | EMPTY_FROM));
    show("again", syscall(429, from_at, "", AT_FDCWD, "a", BENEATH | EMPTY_FROM));
    close(from_at);
    stack("a");
    named("a", "one");
    from_at = (int)syscall(428, AT_FDCWD, "b", 1);
    show("beneath what a descriptor has", syscall(429, AT_FDCWD, "a", from_at, "", BENEATH | EMPTY_TO));
    close(from_at);
    from_at = AT_FDCWD;
    stack("a");
    stack("b");
}

/* c is shared, and d is its peer or its slave. */
static void spread(unsigned long type)
{
    named("c", "one");
    type_of("c", MS_SHARED);
    show("d", mount("c", "d", NULL, MS_BIND, NULL));
    type_of("d", type);
    named("c/point", "two");
    named("b", "three");
    beneath("it spreads", "b", "c/point");
    there("c/point/two");
    there("d/point/two");
    show("two goes", umount("c/point"));
    there("c/point/three");
    there("d/point/three");
    show("d's is private", mount("none", "d/point", NULL, MS_PRIVATE, NULL));
    stack("d/point");
    stack("c/point");
    stack("d");
    stack("c");
}

/* What is on top there, or to be beneath it, has from c what is mounted at c/point: that would be on top of itself. */
static void spread_back(unsigned long type)
{
    named("c", "one");
    mkdir("c/point/three", 0755);
    type_of("c", MS_SHARED);
    named("b", "two");
    show("c/point", mount("c/point", "c/point", NULL, MS_BIND, NULL));
    type_of("c/point", type);
    beneath("beneath what has it", "b", "c/point");
    stack("c/point");
    show("d", mount("c/point", "d", NULL, MS_BIND, NULL));
    type_of("d", type);
    show("b", mount("two", "c/point", "tmpfs", 0, NULL));
    mkdir("c/point/two", 0755);
    beneath("one that has it", "d", "c/point");
    stack("c/point");
    stack("d");
    stack("b");
    stack("c");
}

static void spread_refused(void)
{
    named("c", "one");
    type_of("c", MS_SHARED);
    show("d", mount("c", "d", NULL, MS_BIND, NULL));
    named("c/point", "two");
    named("b", "three");
    type_of("b", MS_UNBINDABLE);
    beneath("what can't be bound", "b", "c/point");
    beneath("out of one that is shared", "d/point", "b");
    type_of("c", MS_PRIVATE);
    beneath("what can't be bound", "b", "c/point");
    stack("c/point");
    stack("d");
    stack("c");
    stack("b");
}

int main(void)
{
    mounting_begin("mount_beneath");
    mkdir("a", 0755);
    mkdir("b", 0755);
    mkdir("c", 0755);
    mkdir("d", 0755);
    plain();
    refused();
    of_descriptor();
    spread(MS_SHARED);
    spread(MS_SLAVE);
    spread(MS_PRIVATE);
    spread_back(MS_SHARED);
    spread_back(MS_SLAVE);
    spread_back(MS_PRIVATE);
    spread_refused();
    tree_leave("mount_beneath");
    return 0;
}
