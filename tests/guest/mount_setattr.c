/* SPDX-License-Identifier: Apache-2.0 */
/* mount_setattr.c - mount_setattr(2): what is refused, one mount, all below, how they spread, one without a place. */
#define _GNU_SOURCE
#include <sys/statvfs.h>

#include "mount_calls.h"

#define RECURSIVE 0x8000u
#define EMPTY 0x1000u

struct attr {
    uint64_t set, clear, propagation, userns;
};

static long change(const char *what, const char *path, unsigned flags, struct attr attr)
{
    return show(what, syscall(442, AT_FDCWD, path, flags, &attr, sizeof(attr)));
}

static void flags_of(const char *path)
{
    struct statvfs at;

    if (statvfs(path, &at) != 0)
        printf("  %s: %s\n", path, error_name(errno));
    else
        printf("  %s: flags %lx\n", path, at.f_flag & 0x3c0f);
}

static void refused(void)
{
    struct attr attr[2] = {{.set = 1}, {0}};
    int plain = open("file", O_RDONLY);

    show("size 0", syscall(442, AT_FDCWD, "dir", 0, attr, 0));
    show("too small", syscall(442, AT_FDCWD, "dir", 0, attr, 31));
    show("too large", syscall(442, AT_FDCWD, "dir", 0, attr, 4097));
    show("larger", syscall(442, AT_FDCWD, "dir", 0, attr, 64));
    attr[1].userns = 1;
    show("with more", syscall(442, AT_FDCWD, "dir", 0, attr, 64));
    show("from nowhere", syscall(442, AT_FDCWD, "dir", 0, (void *)8, 32));
    change("flags", "dir", 2, (struct attr){.set = 1});
    change("nothing", "none", 0, (struct attr){0});
    change("of nothing", "none", 0, (struct attr){.set = 1});
    change("no mount", "dir", 0, (struct attr){.set = 1});
    change("unknown", "dir", 0, (struct attr){.set = 0x100});
    change("unknown to clear", "dir", 0, (struct attr){.clear = 1ull << 40});
    change("times not cleared", "dir", 0, (struct attr){.set = 0x10});
    change("some cleared", "dir", 0, (struct attr){.set = 0x10, .clear = 0x10});
    change("two times", "dir", 0, (struct attr){.set = 0x30, .clear = 0x70});
    change("two propagations", "dir", 0, (struct attr){.propagation = MS_SHARED | MS_PRIVATE});
    change("no propagation", "dir", 0, (struct attr){.propagation = MS_REC});
    change("IDs by a closed file", "dir", 0, (struct attr){.set = 0x100000, .userns = 200});
    change("IDs by a file", "dir", 0, (struct attr){.set = 0x100000, .userns = (uint64_t)plain});
    change("IDs by no descriptor", "dir", 0, (struct attr){.set = 0x100000, .userns = 1ull << 31});
    change("IDs cleared", "dir", 0, (struct attr){.clear = 0x100000, .userns = 200});
    act_as(1000, 1000);
    change("as another", "dir", 0, (struct attr){.set = 0x100});
    show("and from nowhere", syscall(442, AT_FDCWD, "dir", 0, (void *)8, 32));
    show("and too small", syscall(442, AT_FDCWD, "dir", 0, attr, 31));
    act_as(0, 0);
    close(plain);
}

static void changes(void)
{
    int writer;

    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/a", 0755);
    show("mount in it", tmpfs("dir/a", MS_NODEV, NULL));
    flags_of("dir");
    change("one", "dir", 0, (struct attr){.set = 0x2 | 0x8 | 0x80});
    flags_of("dir");
    flags_of("dir/a");
    change("all", "dir", RECURSIVE, (struct attr){.set = 0x1 | 0x10 | 0x200000, .clear = 0x70 | 0x8 | 0x80});
    flags_of("dir");
    flags_of("dir/a");
    show("make", mkdir("dir/a/b", 0755));
    change("strictly", "dir", 0, (struct attr){.set = 0x20, .clear = 0x70 | 1});
    flags_of("dir");
    change("set and cleared", "dir", 0, (struct attr){.set = 0x4, .clear = 0x4});
    flags_of("dir");
    change("all back", "dir", RECURSIVE, (struct attr){.clear = 0x20008f | 0x70});
    flags_of("dir");
    flags_of("dir/a");
    writer = open("dir/a/file", O_RDWR | O_CREAT, 0644);
    change("with a writer in it", "dir", RECURSIVE, (struct attr){.set = 1});
    flags_of("dir");
    change("without it", "dir", 0, (struct attr){.set = 1});
    flags_of("dir");
    close(writer);
    change("and all", "dir", RECURSIVE, (struct attr){.set = 1});
    flags_of("dir/a");
    change("no mount's root", "dir/a/..", 0, (struct attr){.set = 1});
    change("in a mount", "dir/a/file", 0, (struct attr){.set = 1});
    show("unmount", umount2("dir/a", 0));
    show("unmount", umount2("dir", 0));
}

static void spread(void)
{
    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/a", 0755);
    change("shared", "dir", 0, (struct attr){.propagation = MS_SHARED});
    show("bind", mount("dir", "empty", NULL, MS_BIND, NULL));
    show("mount in it", tmpfs("dir/a", 0, NULL));
    mkdir("dir/a/b", 0755);
    there("empty/a/b");
    change("private", "empty", RECURSIVE, (struct attr){.propagation = MS_PRIVATE});
    show("unmount", umount2("dir/a", 0));
    there("empty/a/b");
    change("unbindable", "empty", 0, (struct attr){.propagation = MS_UNBINDABLE, .set = 1});
    flags_of("empty");
    show("bind", mount("empty", "dir/a", NULL, MS_BIND, NULL));
    show("unmount", umount2("empty/a", 0));
    show("unmount", umount2("empty", 0));
    show("unmount", umount2("dir", 0));
}

static void without_place(void)
{
    struct attr attr = {.set = 0x4};
    long fs = fs_open("tmpfs", 0), made, copy;

    show("create", fs_config(fs, CREATE, NULL, NULL, 0));
    made = show_fd("mount", fs_mount(fs, 0, 0));
    close((int)fs);
    show("change", syscall(442, made, "", EMPTY, &attr, sizeof(attr)));
    mkdirat((int)made, "a", 0755);
    show("in it", syscall(442, made, "a", 0, &attr, sizeof(attr)));
    show("move", move_to(made, "", "dir"));
    flags_of("dir");
    close((int)made);
    show("mount in it", tmpfs("dir/a", 0, NULL));
    copy = show_fd("copy", syscall(428, AT_FDCWD, "dir", 0x8001));
    attr.set = 0x2;
    show("change all", syscall(442, copy, "", EMPTY | RECURSIVE, &attr, sizeof(attr)));
    show("one in it", syscall(442, copy, "a", 0, &attr, sizeof(attr)));
    show("move", move_to(copy, "", "empty"));
    close((int)copy);
    flags_of("empty");
    flags_of("empty/a");
    flags_of("dir/a");
    show("unmount", umount2("empty/a", 0));
    show("unmount", umount2("empty", 0));
    show("unmount", umount2("dir/a", 0));
    show("unmount", umount2("dir", 0));
}

int main(void)
{
    mounting_begin("mount_setattr");
    tree_make();
    puts("-- refused");
    refused();
    puts("-- changes");
    changes();
    puts("-- spread");
    spread();
    puts("-- without a place");
    without_place();
    tree_leave("mount_setattr");
    return 0;
}
