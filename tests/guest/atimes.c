/* SPDX-License-Identifier: Apache-2.0 */
/* atimes.c - what sets a file's time of access, and what of that mount(2)'s options leave; O_NOATIME. */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

#include "mounting.h"

#define FS_IOC_GETFLAGS 0x80086601
#define FS_IOC_SETFLAGS 0x40086602
#define FS_NOATIME_FL 0x80
#define PAST 1000             /* seconds since 1970 */
#define FUTURE 4000000000ll   /* later than any change */
#define FIRST (-9223372036ll) /* about the first that a count of nanoseconds holds */

static char bytes[100];
static int pipes[2];

/* ---- what looks at a file; each leaves it as it is ---- */

static void with(const char *path, int flags, void (*what)(int fd))
{
    int fd = open(path, flags);

    if (fd < 0)
        printf("open %s: %s\n", path, error_name(errno));
    else
        what(fd);
    close(fd);
}

static void by_read(int fd)
{
    if (read(fd, bytes, 3) != 3)
        printf("read: %s\n", error_name(errno));
}

static void by_read_at_end(int fd)
{
    if (pread(fd, bytes, 3, 1000) != 0)
        printf("pread: %s\n", error_name(errno));
}

static void by_readv(int fd)
{
    if (preadv(fd, &(struct iovec){bytes, 2}, 1, 1) != 2)
        printf("preadv: %s\n", error_name(errno));
}

static void by_sendfile(int fd)
{
    if (sendfile(pipes[1], fd, NULL, 3) != 3 || read(pipes[0], bytes, 3) != 3)
        printf("sendfile: %s\n", error_name(errno));
}

static void by_splice(int fd)
{
    if (splice(fd, NULL, pipes[1], NULL, 3, 0) != 3 || read(pipes[0], bytes, 3) != 3)
        printf("splice: %s\n", error_name(errno));
}

static void by_mapping(int fd)
{
    void *at = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);

    if (at == MAP_FAILED)
        printf("mmap: %s\n", error_name(errno));
    else
        munmap(at, 1);
}

static void by_copy(int fd)
{
    int to = open("copy", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (copy_file_range(fd, NULL, to, NULL, 3, 0) != 3 && errno != EXDEV)
        printf("copy_file_range: %s\n", error_name(errno));
    close(to);
    unlink("copy");
}

static void not_at_all(int fd)
{
    struct stat st;

    fstat(fd, &st);
    lseek(fd, 0, SEEK_END);
}

static void listing(int fd)
{
    DIR *dir = fdopendir(dup(fd));

    while (readdir(dir) != NULL)
        ;
    closedir(dir);
}

/* ---- whether that is kept ---- */

static void set(const char *path, long long seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {0, UTIME_OMIT}};

    if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) != 0)
        printf("utimensat %s: %s\n", path, error_name(errno));
}

static int is_set(const char *path, long long seconds)
{
    struct stat st;

    return lstat(path, &st) == 0 && st.st_atim.tv_sec == seconds;
}

static void look(const char *name, const char *path, int flags, void (*what)(int fd))
{
    printf("  %s:", name);
    for (int i = 0; i < 2; i++) {
        long long at = i == 0 ? PAST : FUTURE;

        set(path, at);
        with(path, flags, what);
        printf(" %s", is_set(path, at) ? "kept" : "set");
    }
    printf("\n");
}

static void links(void)
{
    struct stat st;

    set("m/link", PAST);
    if (readlink("m/link", bytes, sizeof(bytes)) < 0)
        printf("readlink: %s\n", error_name(errno));
    printf("  readlink: %s\n", is_set("m/link", PAST) ? "kept" : "set");
    set("m/link", PAST);
    stat("m/link", &st);
    printf("  followed: %s\n", is_set("m/link", PAST) ? "kept" : "set");
    set("m/link", PAST);
    lstat("m/link", &st);
    printf("  not followed: %s\n", is_set("m/link", PAST) ? "kept" : "set");
}

static void all_looks(void)
{
    look("read", "m/file", O_RDONLY, by_read);
    look("read at the end", "m/file", O_RDONLY, by_read_at_end);
    look("readv", "m/file", O_RDONLY, by_readv);
    look("sendfile", "m/file", O_RDONLY, by_sendfile);
    look("splice", "m/file", O_RDONLY, by_splice);
    look("copy_file_range", "m/file", O_RDONLY, by_copy);
    look("mmap", "m/file", O_RDONLY, by_mapping);
    look("read with O_NOATIME", "m/file", O_RDONLY | O_NOATIME, by_read);
    look("mmap with O_NOATIME", "m/file", O_RDONLY | O_NOATIME, by_mapping);
    look("no look", "m/file", O_RDONLY, not_at_all);
    look("a listing", "m/dir", O_RDONLY, listing);
    look("a listing with O_NOATIME", "m/dir", O_RDONLY | O_NOATIME, listing);
    links();
}

static void line_show(void)
{
    FILE *in = fopen("/proc/self/mountinfo", "r");
    struct statvfs st;
    char line[500], options[200];

    while (fgets(line, sizeof(line), in) != NULL) {
        const char *at = strstr(line, "/atimes/m ");

        if (at != NULL && sscanf(at, "%*s %199s", options) == 1)
            printf("  %s\n", options);
    }
    fclose(in);
    statvfs("m", &st);
    printf("  statvfs: %lx\n", st.f_flag & (ST_NOATIME | ST_NODIRATIME | ST_RELATIME));
}

static void mounted(const char *what, unsigned long flags)
{
    printf("%s: %s\n", what, tmpfs("m", flags, NULL) == 0 ? "mounted" : error_name(errno));
    line_show();
    tree_file("m/file", "content", 0644);
    mkdir("m/dir", 0755);
    if (symlink("file", "m/link") != 0)
        exit(2);
    all_looks();
    if (umount("m") != 0)
        exit(2);
}

/* The same of the file system that the test lies on, which may be on a disk, by one more mount of a directory. */
static void bound(const char *what, unsigned long flags)
{
    printf("%s\n", what);
    show("bind", mount("here", "m", NULL, MS_BIND, NULL));
    show("remount", mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | flags, NULL));
    all_looks();
    if (umount("m") != 0)
        exit(2);
}

static void bound_read_only(void)
{
    set("here/file", PAST);
    set("here/dir", PAST);
    show("bind", mount("here", "m", NULL, MS_BIND, NULL));
    show("remount", mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    with("m/file", O_RDONLY, by_read);
    with("m/dir", O_RDONLY, listing);
    show_bool("kept read-only", is_set("m/file", PAST) && is_set("m/dir", PAST));
    if (umount("m") != 0)
        exit(2);
}

/* Who looks once more within a day changes nothing. */
static void once(void)
{
    struct stat first, second;
    int fd = open("here/file", O_RDONLY);

    set("here/file", PAST);
    fstat(fd, &second);
    by_read(fd);
    fstat(fd, &first);
    show_bool("set, not earlier than the change", first.st_atim.tv_sec >= first.st_ctim.tv_sec);
    show_bool("a change by itself", memcmp(&first.st_ctim, &second.st_ctim, sizeof(first.st_ctim)) != 0);
    by_read_at_end(fd);
    fstat(fd, &second);
    show_bool("set once", memcmp(&first.st_atim, &second.st_atim, sizeof(first.st_atim)) == 0);
    show("fsync", fsync(fd));
    fstat(fd, &second);
    show_bool("stored", memcmp(&first.st_atim, &second.st_atim, sizeof(first.st_atim)) == 0);
    set("here/file", FIRST);
    by_read(fd);
    fstat(fd, &second);
    show_bool("long ago is more than a day ago", second.st_atim.tv_sec >= first.st_atim.tv_sec);
    close(fd);
}

static void remounted(void)
{
    show("mount", tmpfs("m", 0, NULL));
    tree_file("m/file", "content", 0644);
    set("m/file", PAST);
    show("read only", mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    line_show();
    with("m/file", O_RDONLY, by_read);
    show_bool("kept", is_set("m/file", PAST));
    show("without", mount(NULL, "m", NULL, MS_REMOUNT | MS_NOATIME, NULL));
    line_show();
    with("m/file", O_RDONLY, by_read);
    show_bool("kept", is_set("m/file", PAST));
    show("one mount of two", mount("m", "n", NULL, MS_BIND, NULL));
    show("with", mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_STRICTATIME, NULL));
    line_show();
    with("n/file", O_RDONLY, by_read);
    show_bool("kept by the other", is_set("m/file", PAST));
    with("m/file", O_RDONLY, by_read);
    show_bool("kept by this one", is_set("m/file", PAST));
    umount("n");
    umount("m");
}

/* A file that is marked so, and who may open with O_NOATIME. */
static void without(void)
{
    int fd, flags = 0;

    tree_file("file", "content", 0644);
    fd = open("file", O_RDONLY);
    show("marks", ioctl(fd, FS_IOC_GETFLAGS, &flags));
    flags |= FS_NOATIME_FL;
    show("mark", ioctl(fd, FS_IOC_SETFLAGS, &flags));
    look("marked", "file", O_RDONLY, by_read);
    flags &= ~FS_NOATIME_FL;
    show("not any more", ioctl(fd, FS_IOC_SETFLAGS, &flags));
    if (seteuid(65534) != 0)
        exit(2);
    show("O_NOATIME", open("file", O_RDONLY | O_NOATIME));
    show("F_SETFL", fcntl(fd, F_SETFL, O_NOATIME));
    close(fd);
    if (seteuid(0) != 0)
        exit(2);
    fd = open("file", O_RDONLY);
    show("F_SETFL", fcntl(fd, F_SETFL, O_NOATIME));
    set("file", PAST);
    by_read(fd);
    show_bool("kept", is_set("file", PAST));
    close(fd);
}

int main(void)
{
    mounting_begin("atimes");
    if (pipe(pipes) != 0 || mkdir("m", 0755) != 0 || mkdir("n", 0755) != 0)
        exit(2);
    show("a pipe's times", futimens(pipes[0], NULL)); /* it is in no file system */
    mounted("relatime", 0);
    mounted("strictatime", MS_STRICTATIME);
    mounted("noatime", MS_NOATIME);
    mounted("nodiratime", MS_NODIRATIME);
    mounted("nodiratime, strictatime", MS_NODIRATIME | MS_STRICTATIME);
    mounted("noatime, relatime", MS_NOATIME | MS_RELATIME);
    remounted();
    if (mkdir("here", 0755) != 0 || mkdir("here/dir", 0755) != 0 || symlink("file", "here/link") != 0)
        exit(2);
    tree_file("here/file", "content", 0644);
    bound("here, relatime", MS_RELATIME);
    bound("here, strictatime", MS_STRICTATIME);
    bound("here, noatime", MS_NOATIME);
    bound("here, nodiratime", MS_NODIRATIME);
    bound_read_only();
    once();
    without();
    tree_leave("atimes");
    return 0;
}
