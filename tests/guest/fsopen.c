/* SPDX-License-Identifier: Apache-2.0 */
/* fsopen.c - fsopen(2), fsconfig(2), fsmount(2), fspick(2), move_mount(2): what is refused, and what gets where. */
#define _GNU_SOURCE
#include <sys/statvfs.h>

#include "mount_calls.h"

static void flags_of(const char *path)
{
    struct statvfs at;

    if (statvfs(path, &at) != 0)
        printf("  %s: %s\n", path, error_name(errno));
    else
        printf("  %s: flags %lx\n", path, at.f_flag & 0x1c1f);
}

static void modes(const char *path)
{
    struct stat st;

    printf("  %s: %o\n", path, stat(path, &st) == 0 ? st.st_mode : 0);
}

static void refused(void)
{
    char long_text[300];
    int plain = open("/dev/null", O_RDONLY), handle = open("file", O_PATH);
    long fs = show_fd("open", fs_open("tmpfs", 1));

    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = 0;
    show("closed at exec", fcntl((int)fs, F_GETFD));
    show("no such type", fs_open("nosuchfs", 0));
    show("no type", fs_open(NULL, 0));
    show("an empty type", fs_open("", 0));
    show("flags of open", fs_open("tmpfs", 2));
    show("bad descriptor", fs_config(-1, CREATE, NULL, NULL, 0));
    show("closed descriptor", fs_config(200, CREATE, NULL, NULL, 0));
    show("another file", fs_config(plain, CREATE, NULL, NULL, 0));
    show("a path", fs_config(handle, CREATE, NULL, NULL, 0));
    show("command", fs_config(fs, 9, NULL, NULL, 0));
    show("of no file", fs_config(200, 9, NULL, NULL, 0));
    show("flag without key", fs_config(fs, SET_FLAG, NULL, NULL, 0));
    show("flag with value", fs_config(fs, SET_FLAG, "ro", "x", 0));
    show("flag with number", fs_config(fs, SET_FLAG, "ro", NULL, 1));
    show("string without value", fs_config(fs, SET_STRING, "size", NULL, 0));
    show("string with number", fs_config(fs, SET_STRING, "size", "1m", 1));
    show("binary of none", fs_config(fs, SET_BINARY, "size", "1m", 0));
    show("binary of too much", fs_config(fs, SET_BINARY, "size", "1m", 1024 * 1024 + 1));
    show("binary", fs_config(fs, SET_BINARY, "size", "1m", 2));
    show("binary from nowhere", fs_config(fs, SET_BINARY, "size", (void *)8, 2));
    show("path from a number", fs_config(fs, SET_PATH, "size", ".", -5));
    show("path", fs_config(fs, SET_PATH, "nosuch", ".", AT_FDCWD));
    show("empty path", fs_config(fs, SET_PATH, "nosuch", "", AT_FDCWD));
    show("empty path allowed", fs_config(fs, SET_PATH_EMPTY, "nosuch", "", AT_FDCWD));
    show("descriptor", fs_config(fs, SET_FD, "nosuch", NULL, plain));
    show("a closed one", fs_config(fs, SET_FD, "nosuch", NULL, 200));
    show("source as descriptor", fs_config(fs, SET_FD, "source", NULL, plain));
    show("create with key", fs_config(fs, CREATE, "x", NULL, 0));
    show("reconfigure what isn't there", fs_config(fs, RECONFIGURE, NULL, NULL, 0));
    show("long key", fs_config(fs, SET_FLAG, long_text, NULL, 0));
    show("long value", fs_config(fs, SET_STRING, "size", long_text, 0));
    show("bad key", fs_config(fs, SET_FLAG, (void *)8, NULL, 0));
    show("bad value", fs_config(fs, SET_STRING, "size", (void *)8, 0));
    show("unknown flag", fs_config(fs, SET_FLAG, "nosuchoption", NULL, 0));
    show("unknown", fs_config(fs, SET_STRING, "nosuchoption", "1", 0));
    show("no number", fs_config(fs, SET_STRING, "size", "some", 0));
    show("no value", fs_config(fs, SET_FLAG, "size", NULL, 0));
    show("empty key", fs_config(fs, SET_FLAG, "", NULL, 0));
    show("write", write((int)fs, "x", 1));
    show("seek", lseek((int)fs, 0, SEEK_SET));
    show("mount before it is there", fs_mount(fs, 0, 0));
    show("mount flags", fs_mount(fs, 2, 0));
    show("mount attributes", fs_mount(fs, 0, 0x100));
    show("times", fs_mount(fs, 0, 0x30));
    show("ids", fs_mount(fs, 0, 0x100000));
    show("mount another", fs_mount(plain, 0, 0));
    show("mount none", fs_mount(200, 0, 0));
    show("pick what isn't mounted", fs_pick(AT_FDCWD, "dir", 0));
    show("pick nothing", fs_pick(AT_FDCWD, "none", 0));
    show("pick with flags", fs_pick(AT_FDCWD, "dir", 16));
    show("move with flags", syscall(429, AT_FDCWD, "dir", AT_FDCWD, "empty", 0x400));
    show("both", syscall(429, AT_FDCWD, "dir", AT_FDCWD, "empty", 0x300));
    show("move what isn't mounted", move_to(AT_FDCWD, "dir", "empty"));
    show("move nothing", move_to(AT_FDCWD, "none", "empty"));
    show("move nowhere", move_to(AT_FDCWD, "dir", "none"));
    show("move an empty name", syscall(429, AT_FDCWD, "", AT_FDCWD, "empty", 0));
    act_as(1000, 1000);
    show("open as another", fs_open("nosuchfs", 2));
    show("configure as another", fs_config(fs, SET_STRING, "size", "1m", 0));
    show("create as another", fs_config(fs, CREATE, NULL, NULL, 0));
    show("mount as another", fs_mount(200, 2, 0));
    show("pick as another", fs_pick(AT_FDCWD, "none", 16));
    show("move as another", syscall(429, AT_FDCWD, "none", AT_FDCWD, "empty", 0x400));
    act_as(0, 0);
    close((int)fs);
    close(plain);
    close(handle);
}

/* Whatever else there is to be read of it. */
static void messages(long fs)
{
    char text[400];
    ssize_t size;

    while ((size = read((int)fs, text, sizeof(text))) > 0)
        printf("  %.*s", (int)size, text);
    if (size == 0 || errno != ENODATA)
        show("  end", size);
}

static void told(void)
{
    long fs = show_fd("open", fs_open("tmpfs", 0));
    char text[8], key[8];

    messages(fs);
    show("unknown flag", fs_config(fs, SET_FLAG, "nosuchoption", NULL, 0));
    messages(fs);
    show("unknown", fs_config(fs, SET_STRING, "nosuchoption", "1", 0));
    show("no number", fs_config(fs, SET_STRING, "size", "some", 0));
    messages(fs);
    show("no value", fs_config(fs, SET_FLAG, "mode", NULL, 0));
    show("a path", fs_config(fs, SET_PATH, "size", ".", AT_FDCWD));
    show("empty key", fs_config(fs, SET_FLAG, "", NULL, 0));
    messages(fs);
    show("source", fs_config(fs, SET_STRING, "source", "some", 0));
    show("another source", fs_config(fs, SET_STRING, "source", "some", 0));
    show("source without", fs_config(fs, SET_FLAG, "source", NULL, 0));
    show("source as descriptor", fs_config(fs, SET_FD, "source", NULL, (int)fs));
    messages(fs);
    for (int i = 0; i < 12; i++) {
        snprintf(key, sizeof(key), "none%d", i);
        (void)fs_config(fs, SET_FLAG, key, NULL, 0);
    }
    show("a small buffer", read((int)fs, text, sizeof(text)));
    show("a bad one", read((int)fs, (void *)8, 400));
    messages(fs);
    show("create", fs_config(fs, CREATE, NULL, NULL, 0));
    messages(fs);
    close((int)fs);
}

static void created(void)
{
    long fs = show_fd("open", fs_open("tmpfs", 0)), mount, picked;
    char room[64];

    show("closed at exec", fcntl((int)fs, F_GETFD));
    show("no message", read((int)fs, room, sizeof(room)));
    show("source", fs_config(fs, SET_STRING, "source", "some", 0));
    show("another source", fs_config(fs, SET_STRING, "source", "some", 0));
    show("size", fs_config(fs, SET_STRING, "size", "1m", 0));
    show("mode", fs_config(fs, SET_STRING, "mode", "0710", 0));
    show("create", fs_config(fs, CREATE, NULL, NULL, 0));
    show("create again", fs_config(fs, CREATE, NULL, NULL, 0));
    show("set it now", fs_config(fs, SET_STRING, "size", "2m", 0));
    mount = show_fd("mount", fs_mount(fs, 1, 0x2 | 0x4));
    show("closed at exec", fcntl((int)mount, F_GETFD));
    show("mount again", fs_mount(fs, 0, 0));
    show("read the mount", read((int)mount, room, sizeof(room)));
    show("a directory in it", mkdirat((int)mount, "sub", 0755));
    show("move it on a file", move_to(mount, "", "file"));
    show("without the flag", syscall(429, mount, "", AT_FDCWD, "dir", 0));
    show("part of it", move_to(mount, "sub", "dir"));
    show("move it", move_to(mount, "", "dir"));
    flags_of("dir");
    modes("dir");
    there("dir/sub");
    show("move it again", move_to(mount, "", "empty"));
    there("dir/sub");
    there("empty/sub");
    show("into itself", move_to(mount, "", "empty/sub"));
    show("by its name", move_to(AT_FDCWD, "empty", "dir"));
    show("more room", fs_config(fs, SET_STRING, "size", "2m", 0));
    show("so be it", fs_config(fs, RECONFIGURE, NULL, NULL, 0));
    close((int)fs);
    picked = show_fd("pick", fs_pick(AT_FDCWD, "dir", 1));
    show("closed at exec", fcntl((int)picked, F_GETFD));
    show("mount it", fs_mount(picked, 0, 0));
    show("create it", fs_config(picked, CREATE, NULL, NULL, 0));
    show("read-only", fs_config(picked, SET_FLAG, "ro", NULL, 0));
    show("so be it", fs_config(picked, RECONFIGURE, NULL, NULL, 0));
    show("make in it", mkdir("dir/new", 0755));
    flags_of("dir");
    show("writable", fs_config(picked, SET_FLAG, "rw", NULL, 0));
    show("so be it", fs_config(picked, RECONFIGURE, NULL, NULL, 0));
    show("make in it", mkdir("dir/new", 0755));
    show("less than there is", fs_config(picked, SET_STRING, "nr_inodes", "1", 0));
    show("can't be", fs_config(picked, RECONFIGURE, NULL, NULL, 0));
    show("after that", fs_config(picked, SET_FLAG, "ro", NULL, 0));
    close((int)picked);
    show("in use", umount2("dir", 0));
    close((int)mount);
    show("unmount", umount2("dir", 0));
}

/* What goes with its descriptor, and what doesn't. */
static void dropped(void)
{
    long fs = fs_open("tmpfs", 0), mount;

    show("read-only", fs_config(fs, SET_FLAG, "ro", NULL, 0));
    show("exclusively", fs_config(fs, CREATE_EXCL, NULL, NULL, 0));
    mount = show_fd("mount", fs_mount(fs, 0, 0x1 | 0x10 | 0x80 | 0x8));
    close((int)fs);
    show("go there", fchdir((int)mount));
    where("cwd");
    show("unmount it", umount2(".", MNT_DETACH));
    show("change it", tmpfs(".", MS_REMOUNT, NULL));
    show("mount in it", tmpfs(".", 0, NULL));
    close((int)mount);
    there(".");
    show("and back", chdir("/dev/shm/fsopen"));
    fs = fs_open("tmpfs", 0);
    show("create", fs_config(fs, CREATE, NULL, NULL, 0));
    close((int)fs); /* with nothing mounted */
    fs = fs_open("tmpfs", 0);
    show("create", fs_config(fs, CREATE, NULL, NULL, 0));
    mount = show_fd("mount", fs_mount(fs, 0, 0x10));
    int twin = dup((int)mount);
    close((int)mount);
    show("by a copy", move_to(twin, "", "dir"));
    close(twin);
    flags_of("dir");
    show("unmount", umount2("dir", 0));
    show("is over", umount2("dir", 0));
    close((int)fs);
    fs = fs_open("proc", 0);
    show("create", fs_config(fs, CREATE, NULL, NULL, 0));
    mount = show_fd("proc", fs_mount(fs, 0, 0));
    show("there", faccessat((int)mount, "self/status", R_OK, 0));
    close((int)mount);
    close((int)fs);
}

/* Into what is shared, and out of it. */
static void spread(void)
{
    long fs = fs_open("tmpfs", 0), made;

    show("mount", tmpfs("dir", 0, NULL));
    show("shared", mount("none", "dir", NULL, MS_SHARED, NULL));
    mkdir("dir/sub", 0755);
    show("bind", mount("dir", "empty", NULL, MS_BIND, NULL));
    show("create", fs_config(fs, CREATE, NULL, NULL, 0));
    made = show_fd("mount", fs_mount(fs, 0, 0));
    close((int)fs);
    mkdirat((int)made, "new", 0755);
    show("move", move_to(made, "", "dir/sub"));
    close((int)made);
    there("dir/sub/new");
    there("empty/sub/new");
    show("out of what is shared", move_to(AT_FDCWD, "dir/sub", "dir"));
    show("unmount", umount2("empty/sub", 0));
    there("dir/sub/new");
    show("unmount", umount2("empty", 0));
    show("unmount", umount2("dir", 0));
}

int main(void)
{
    mounting_begin("fsopen");
    tree_make();
    puts("-- refused");
    refused();
    told();
    puts("-- created");
    created();
    puts("-- dropped");
    dropped();
    puts("-- spread");
    spread();
    tree_leave("fsopen");
    return 0;
}
