/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.c - mount(2), umount2(2), pivot_root(2) refused: new ones, binds, moves, flags, what is in use, lazy and
 * expiring ones.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/statvfs.h>

#include "mounting.h"

#define MNT_EXPIRES 4
#define NOSYMFOLLOW 256

static long opens(const char *path, int flags)
{
    int fd = open(path, flags, 0644);

    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : -1;
}

static void flags_of(const char *path)
{
    struct statvfs at;

    if (statvfs(path, &at) != 0)
        printf("  %s: %s\n", path, error_name(errno));
    else
        printf("  %s: flags %lx\n", path, at.f_flag & 0xfff);
}

static void refused(void)
{
    tree_make();
    show("no type", mount("none", "dir", NULL, 0, NULL));
    show("unknown type", mount("none", "dir", "nosuchfs", 0, NULL));
    show("nowhere", tmpfs("none", 0, NULL));
    show("on a file", tmpfs("file", 0, NULL));
    show("bad option", tmpfs("dir", 0, "nosuchoption=1"));
    show("bad address", mount("none", "dir", "tmpfs", 0, (void *)8));
    show("bad type", mount("none", "dir", (void *)8, 0, NULL));
    show("bad source", mount((void *)8, "dir", "tmpfs", 0, NULL));
    show("an empty name", tmpfs("", 0, NULL));
    show("bind nothing", mount("none", "dir", NULL, MS_BIND, NULL));
    show("bind without a source", mount(NULL, "dir", NULL, MS_BIND, NULL));
    show("bind an empty source", mount("", "dir", NULL, MS_BIND, NULL));
    show("bind a file on a directory", mount("file", "dir", NULL, MS_BIND, NULL));
    show("bind a directory on a file", mount("dir", "file", NULL, MS_BIND, NULL));
    show("move what is no mount", mount("dir", "empty", NULL, MS_MOVE, NULL));
    show("remount what is no mount", mount("none", "dir", NULL, MS_REMOUNT, NULL));
    show("two propagations", mount("none", "dir", NULL, MS_SHARED | MS_PRIVATE, NULL));
    show("of no mount", mount("none", "dir", NULL, MS_PRIVATE, NULL));
    show("unmount no mount", umount2("dir", 0));
    show("unmount nothing", umount2("none", 0));
    show("unknown flag", umount2("dir", 16));
    show("not by a link", umount2("dirlink", UMOUNT_NOFOLLOW));
    act_as(1000, 1000);
    show("as another user", tmpfs("dir", 0, NULL));
    show("unmount", umount2("dir", 0));
    show("pivot", syscall(SYS_pivot_root, "dir", "dir"));
    act_as(0, 0);
}

static void covers(void)
{
    struct stat st, up;

    tree_make();
    show("mount", tmpfs("dir", 0, "mode=0700,size=1m"));
    there("dir/inner");
    show("stat", stat("dir", &st));
    printf("  %o\n", st.st_mode);
    tree_file("dir/new", "x", 0644);
    show("on top", tmpfs("dir", 0, NULL));
    there("dir/new");
    show("its ..", stat("dir/..", &up) | stat(".", &st));
    printf("  %s\n", up.st_ino == st.st_ino && up.st_dev == st.st_dev ? "the same" : "another");
    show("rmdir", rmdir("dir"));
    show("rename", rename("dir", "other"));
    show("rename to it", rename("empty", "dir"));
    show("exchange", syscall(SYS_renameat2, AT_FDCWD, "empty", AT_FDCWD, "dir", 2));
    show("link into", link("file", "dir/file"));
    show("rename into", rename("file", "dir/file"));
    show("unmount", umount2("dir", 0));
    there("dir/new");
    show("unmount", umount2("dirlink", 0));
    there("dir/inner");
    show("unmount", umount2("dir", 0));
    show("a read-only one", tmpfs("dir", MS_RDONLY, NULL));
    show("make in it", mkdir("dir/x", 0755));
    flags_of("dir");
    show("its mount alone", mount("none", "dir", NULL, MS_REMOUNT | MS_BIND, NULL));
    show("make in it", mkdir("dir/x", 0755));
    show("all of it", mount("none", "dir", NULL, MS_REMOUNT, NULL));
    show("make in it", mkdir("dir/x", 0755));
    show("unmount", umount2("dir", 0));
}

static void binds(void)
{
    tree_make();
    show("bind", mount("dir", "empty", NULL, MS_BIND, NULL));
    there("empty/inner");
    show("rename between", rename("dir/inner", "empty/other"));
    show("link between", link("dir/inner", "empty/other"));
    show("a file", mount("file", "dir/inner", NULL, MS_BIND, NULL));
    show("unlink it", unlink("dir/inner"));
    show("by the other", unlink("empty/inner"));
    show("unmount the file", umount2("dir/inner", 0));
    show("read-only", mount("none", "empty", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    flags_of("empty");
    show("write", opens("empty/inner", O_RDWR));
    show("make", opens("empty/new", O_RDWR | O_CREAT));
    show("what is there", opens("empty/inner", O_RDONLY | O_CREAT));
    show("exclusively", opens("empty/inner", O_RDONLY | O_CREAT | O_EXCL));
    show("mkdir", mkdir("empty/new", 0755));
    show("mkdir of what is there", mkdir("empty/inner", 0755));
    show("unlink", unlink("empty/inner"));
    show("unlink nothing", unlink("empty/none"));
    show("rmdir", rmdir("empty/none"));
    show("rename", rename("empty/inner", "empty/x"));
    show("link", link("empty/inner", "empty/x"));
    show("link from elsewhere", link("dir/inner", "empty/x"));
    show("symlink", symlink("x", "empty/x"));
    show("access", access("empty/inner", W_OK));
    show("access of the directory", access("empty", W_OK));
    show("truncate", truncate("empty/inner", 0));
    show("nameless", opens("empty", O_TMPFILE | O_RDWR));
    show("through the other", mkdir("dir/new", 0755));
    there("empty/new");
    show("unmount", umount2("empty", 0));

    show("a mount in it", tmpfs("dir/new", 0, NULL));
    mkdir("dir/new/deep", 0755);
    show("another in that", tmpfs("dir/new/deep", MS_NODEV, NULL));
    mkdir("dir/new/deep/est", 0755);
    show("plain", mount("dir", "empty", NULL, MS_BIND, NULL));
    there("empty/new/deep");
    show("unmount", umount2("empty", 0));
    show("with all", mount("dir", "empty", NULL, MS_BIND | MS_REC, NULL));
    there("empty/new/deep/est");
    flags_of("empty/new/deep");
    show("in itself, with all", mount("dir", "dir/new/deep/est", NULL, MS_BIND | MS_REC, NULL));
    there("dir/new/deep/est/new/deep/est");
    there("dir/new/deep/est/new/deep/est/new");
    there("empty/new/deep/est/new");
    show("unmount what has others", umount2("dir/new", 0));
    show("lazily", umount2("dir/new", MNT_DETACH));
    there("dir/new/deep");
    there("empty/new/deep/est");
    show("the copy", umount2("empty", MNT_DETACH));
    there("empty/new");
}

static void moves(void)
{
    tree_make();
    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/a", 0755);
    show("another in it", tmpfs("dir/a", 0, NULL));
    mkdir("dir/a/b", 0755);
    show("into itself", mount("dir", "dir/a", NULL, MS_MOVE, NULL));
    show("onto itself", mount("dir", "dir", NULL, MS_MOVE, NULL));
    show("to a file", mount("dir", "file", NULL, MS_MOVE, NULL));
    show("a part", mount("dir/a/b", "empty", NULL, MS_MOVE, NULL));
    show("move", mount("dir", "empty", NULL, MS_MOVE, NULL));
    there("empty/a/b");
    there("dir/inner");
    show("the inner one out", mount("empty/a", "dir", NULL, MS_MOVE, NULL));
    there("dir/b");
    there("empty/a/b");
    show("and the outer one in", mount("empty", "dir/b", NULL, MS_MOVE, NULL));
    there("dir/b/a");
    show("unmount", umount2("dir/b", 0));
    show("unmount", umount2("dir", 0));
}

static void in_use(void)
{
    tree_make();
    show("mount", tmpfs("dir", 0, NULL));
    tree_file("dir/file", "text", 0644);
    int fd = open("dir/file", O_RDWR);
    show("with an open file", umount2("dir", 0));
    show("read-only", mount("none", "dir", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    show("the mount alone", mount("none", "dir", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    char *text = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    show("read-only, with a mapping", mount("none", "dir", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    show("that is written to", mprotect(text, 4096, PROT_READ | PROT_WRITE));
    show("with a mapping", umount2("dir", 0));
    show("lazily", umount2("dir", MNT_DETACH));
    printf("  %.4s\n", text);
    text[0] = 'n';
    printf("  %.4s\n", text);
    munmap(text, 4096);

    show("mount", tmpfs("dir", 0, NULL));
    show("bind", mount("dir", "empty", NULL, MS_BIND, NULL));
    fd = open("empty/file", O_RDWR | O_CREAT, 0644);
    show("lazily", umount2("empty", MNT_DETACH));
    show("read-only, with what is open of no mount", mount("none", "dir", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    close(fd);
    show("read-only", mount("none", "dir", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    show("unmount", umount2("dir", 0));

    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/sub", 0755);
    if (chdir("dir/sub") != 0)
        return;
    show("with a working directory", umount2("../../dir", 0));
    show("expire", umount2("../../dir", MNT_EXPIRES));
    show("lazily", umount2("../../dir", MNT_DETACH));
    where("nowhere");
    show("make", mkdir("new", 0755));
    there("new");
    there("..");
    there("../..");
    there("../../dir");
    show("bind from there", mount("new", "/dev/shm/lvmm-mounts/dir", NULL, MS_BIND, NULL));
    show("move it", mount("..", "/dev/shm/lvmm-mounts/dir", NULL, MS_MOVE, NULL));
    show("unmount it", umount2("..", 0));
    show("remount it", mount("none", "..", NULL, MS_REMOUNT, NULL));
    if (chdir("/dev/shm/lvmm-mounts") != 0)
        return;

    show("mount", tmpfs("dir", 0, NULL));
    show("expire", umount2("dir", MNT_EXPIRES));
    there("dir/x");
    show("expire", umount2("dir", MNT_EXPIRES));
    show("expire, once more", umount2("dir", MNT_EXPIRES));
    show("it is gone", umount2("dir", 0));
    show("both", umount2("dir", MNT_EXPIRES | MNT_DETACH));
    show("mount", tmpfs("dir", 0, NULL));
    show("both", umount2("dir", MNT_EXPIRES | MNT_FORCE));
    show("by force", umount2("dir", MNT_FORCE));
}

static void flags(void)
{
    struct stat st;

    tree_make();
    show("mount", tmpfs("dir", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, NULL));
    flags_of("dir");
    tree_file("dir/run", "#!/none\n", 0755);
    show("run it", execl("dir/run", "run", (char *)NULL));
    show("access", access("dir/run", X_OK));
    show("a directory", access("dir", X_OK));
    show("a device", mknod("dir/null", S_IFCHR | 0666, 0x103));
    show("open it", opens("dir/null", O_RDWR));
    show("stat it", stat("dir/null", &st));
    show("remount", mount("none", "dir", NULL, MS_REMOUNT | MS_BIND | NOSYMFOLLOW, NULL));
    flags_of("dir");
    show("open it", opens("dir/null", O_RDWR));
    show("run it", execl("dir/run", "run", (char *)NULL));
    show("a link", symlink("null", "dir/link"));
    show("followed", opens("dir/link", O_RDONLY));
    show("read", readlink("dir/link", (char[10]){0}, 10));
    show("looked at", lstat("dir/link", &st));
    show("on the way", opens("dir/link/x", O_RDONLY));
    show("remount", mount("none", "dir", NULL, MS_REMOUNT | MS_BIND | MS_NODIRATIME, NULL));
    flags_of("dir");
    show("strictly", mount("none", "dir", NULL, MS_REMOUNT | MS_BIND | MS_STRICTATIME, NULL));
    flags_of("dir");
    show("unmount", umount2("dir", 0));
    show("plain", tmpfs("dir", 0, NULL));
    flags_of("dir");
    show("strictly", mount("none", "dir", NULL, MS_REMOUNT | MS_STRICTATIME, NULL));
    flags_of("dir");
    show("unmount", umount2("dir", 0));
}

static void covered(void)
{
    tree_make();
    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/first", 0755);
    if (chdir("dir") != 0)
        return;
    show("on .", tmpfs(".", 0, NULL));
    there("first");
    there("../dir/first");
    show("on . again", tmpfs(".", 0, "mode=0711"));
    mkdir("../dir/third", 0755);
    there("../dir/third");
    show("bind on .", mount("../empty", ".", NULL, MS_BIND, NULL));
    there("../dir/third");
    show("unmount .", umount2(".", 0));
    there("../dir/third");
    show("unmount .", umount2(".", 0));
    show("unmount .", umount2(".", 0));
    there("../dir/first");
    show("unmount .", umount2(".", 0));
    show("unmount .", umount2(".", MNT_DETACH));
    there("first");
    if (chdir("/dev/shm/lvmm-mounts") != 0)
        return;
    show("mount", tmpfs("dir", 0, NULL));
    mkdir("dir/gone", 0755);
    if (chdir("dir/gone") != 0)
        return;
    rmdir("../gone");
    show("on what is removed", tmpfs(".", 0, NULL));
    show("bind to it", mount("../../empty", ".", NULL, MS_BIND, NULL));
    show("bind from it", mount(".", "../../empty", NULL, MS_BIND, NULL));
    umount2("../../empty", 0);
    if (chdir("/dev/shm/lvmm-mounts") != 0)
        return;
    show("unmount", umount2("dir", 0));
}

int main(void)
{
    mounting_begin("lvmm-mounts");
    refused();
    covers();
    binds();
    moves();
    in_use();
    flags();
    covered();
    tree_leave("lvmm-mounts");
    return 0;
}
