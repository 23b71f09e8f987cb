/* SPDX-License-Identifier: Apache-2.0 */
/* fileflags.c - what a file can be marked as (chattr(1)), in memory: who may, what is refused then; and what else files
 * answer to ioctl(2). */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tree.h"

/* linux/fs.h and linux/fiemap.h, which not every C library brings along. */
#define FS_IOC_GETFLAGS 0x80086601
#define FS_IOC_SETFLAGS 0x40086602
#define FS_IOC_FSGETXATTR 0x801c581f
#define FS_IOC_FSSETXATTR 0x401c5820
#define FS_IOC_FIEMAP 0xc020660b
#define FITRIM 0xc0185879
#define FIBMAP 1
#define FIGETBSZ 2
#define EXT4 0xef53
enum {
    FS_SECRM_FL = 1,
    FS_COMPR_FL = 4,
    FS_SYNC_FL = 8,
    FS_IMMUTABLE_FL = 0x10,
    FS_APPEND_FL = 0x20,
    FS_NODUMP_FL = 0x40,
    FS_NOATIME_FL = 0x80,
    FS_EXTENT_FL = 0x80000,
    FS_PROJINHERIT_FL = 0x20000000,
    FS_CASEFOLD_FL = 0x40000000,
};
#define FS_XFLAG_REALTIME 1
#define FS_XFLAG_NODUMP 0x80

struct fsxattr {
    uint32_t fsx_xflags, fsx_extsize, fsx_nextents, fsx_projid, fsx_cowextsize;
    char pad[8];
};

struct fiemap {
    uint64_t start, length;
    uint32_t flags, mapped, count, reserved;
    uint64_t extents[4][7];
};

#define STATX_FLAGS 0x70 /* immutable, append only, not to be dumped */

struct statx_start { /* struct statx, as far as it is looked at */
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t more[10];
    uint64_t attributes_mask;
    char rest[256];
};

static int opened(const char *path, int flags)
{
    int fd = open(path, flags, 0644);

    if (fd < 0)
        printf("  open %s: %s\n", path, error_name(errno));
    return fd;
}

static void flags_show(const char *path)
{
    struct fsxattr attributes;
    struct statx_start more;
    int fd = open(path, O_RDONLY), flags = 0;

    memset(&attributes, 0xee, sizeof(attributes));
    memset(&more, 0, sizeof(more));
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
        printf("  %s: %s\n", path, error_name(errno));
    else if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) == 0)
        printf("  %s: %x, %x %u %u %u %u\n", path, (unsigned)flags, attributes.fsx_xflags, attributes.fsx_extsize,
               attributes.fsx_nextents, attributes.fsx_projid, attributes.fsx_cowextsize);
    if (syscall(SYS_statx, fd, "", 0x1000, 0x7ff, &more) == 0)
        printf("  statx: %x of %x\n", (unsigned)more.attributes & STATX_FLAGS,
               (unsigned)more.attributes_mask & STATX_FLAGS);
    close(fd);
}

/* On a disk how it is kept where the file lies stays as it is: chattr.c is about that. */
static void mark(const char *what, const char *path, int flags)
{
    int fd = open(path, O_RDONLY), now = 0;

    if (ioctl(fd, FS_IOC_GETFLAGS, &now) == 0)
        flags |= now & FS_EXTENT_FL;
    show(what, ioctl(fd, FS_IOC_SETFLAGS, &flags));
    close(fd);
}

/* ---- setting ---- */

static void values(void)
{
    static const int refused[] = {FS_SYNC_FL,     FS_COMPR_FL, FS_EXTENT_FL, FS_PROJINHERIT_FL,
                                  FS_CASEFOLD_FL, FS_SECRM_FL, 1 << 28};
    int fd = opened("file", O_RDWR);
    struct fsxattr attributes = {.fsx_xflags = FS_XFLAG_NODUMP};

    flags_show("file");
    flags_show("dir");
    mark("all that there are", "file", FS_NODUMP_FL | FS_NOATIME_FL | FS_APPEND_FL | FS_IMMUTABLE_FL);
    flags_show("file");
    mark("none", "file", 0);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        mark("another", "file", refused[i]);
    flags_show("file");
    show("FSSETXATTR", ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
    flags_show("file");
    attributes.fsx_xflags = 0;
    attributes.fsx_extsize = 4096;
    show("an extent size", ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
    attributes.fsx_extsize = 0;
    attributes.fsx_projid = 5;
    show("a project", ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
    attributes.fsx_projid = 0;
    attributes.fsx_xflags = FS_XFLAG_REALTIME;
    show("real time", ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
    attributes.fsx_xflags = 0;
    show("none", ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
    flags_show("file");
    show("get to nowhere", ioctl(fd, FS_IOC_GETFLAGS, (void *)8));
    show("set from nowhere", ioctl(fd, FS_IOC_SETFLAGS, (void *)8));
    show("FSGETXATTR to nowhere", ioctl(fd, FS_IOC_FSGETXATTR, (void *)8));
    close(fd);
}

static const char *bytes_text(char text[32], long size)
{
    snprintf(text, 32, "%ld", size);
    return size == sysconf(_SC_PAGESIZE) ? "a page" : text;
}

/* Of devices and streams, too; and what stat(2) tells of the same. Not all ISAs have pages of one size. */
static void block_size(const char *what, int fd)
{
    char told[32], stats[32];
    struct stat stat;
    int size = 0, result = ioctl(fd, FIGETBSZ, &size);

    fstat(fd, &stat);
    printf("FIGETBSZ of %s: %d, %s, st_blksize %s\n", what, result, bytes_text(told, size),
           bytes_text(stats, stat.st_blksize));
}

static void block_sizes(void)
{
    static const char *const names[] = {"/dev/null",       "/dev",  "/dev/ptmx", "/dev/pts",
                                        "/proc/self/stat", "/proc", "/sys"};
    int pipes[2];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int fd = opened(names[i], O_RDONLY | O_NOCTTY);
        block_size(names[i], fd);
        close(fd);
    }
    if (pipe(pipes) != 0)
        exit(2);
    block_size("a pipe", pipes[0]);
    show("FIGETBSZ to nowhere", ioctl(pipes[1], FIGETBSZ, (void *)8));
    close(pipes[0]);
    close(pipes[1]);
}

static void others(void)
{
    int fd = opened("/dev/null", O_RDONLY), flags = 0, pipes[2];

    show("a device", ioctl(fd, FS_IOC_GETFLAGS, &flags));
    close(fd);
    fd = opened("/proc/self/stat", O_RDONLY);
    show("a file of proc", ioctl(fd, FS_IOC_GETFLAGS, &flags));
    show("a file of proc", ioctl(fd, FS_IOC_SETFLAGS, &flags));
    close(fd);
    if (pipe(pipes) != 0)
        exit(2);
    show("a pipe", ioctl(pipes[0], FS_IOC_GETFLAGS, &flags));
    close(pipes[0]);
    close(pipes[1]);
    fd = opened("file", O_PATH);
    show("O_PATH", ioctl(fd, FS_IOC_GETFLAGS, &flags));
    close(fd);
}

static void rights(void)
{
    chmod("file", 0666);
    if (seteuid(65534) != 0)
        exit(2);
    mark("another's file", "file", FS_NODUMP_FL);
    tree_file("open/own", "own", 0644);
    mark("one's own", "open/own", FS_NODUMP_FL | FS_NOATIME_FL);
    mark("immutable", "open/own", FS_IMMUTABLE_FL);
    mark("append only", "open/own", FS_APPEND_FL);
    flags_show("open/own");
    if (seteuid(0) != 0)
        exit(2);
    unlink("open/own");
}

static void inherited(void)
{
    mark("directory", "dir", FS_NODUMP_FL | FS_NOATIME_FL | FS_APPEND_FL);
    tree_file("dir/new", "new", 0644);
    mkdir("dir/sub", 0755);
    show("symlink", symlink("x", "dir/link"));
    flags_show("dir/new");
    flags_show("dir/sub");
    mark("directory", "dir", 0);
}

/* ---- what is refused ---- */

static void changes(const char *path)
{
    const struct timespec times[2] = {{1, 0}, {2, 0}};
    char other[100];

    snprintf(other, sizeof(other), "%s-other", path);
    show("  chmod", chmod(path, 0600));
    show("  chown", chown(path, 1, 1));
    show("  chown to nobody", chown(path, (uid_t)-1, (gid_t)-1));
    show("  utimes", utimensat(AT_FDCWD, path, times, 0));
    show("  utimes now", utimensat(AT_FDCWD, path, NULL, 0));
    show("  setxattr", setxattr(path, "user.x", "1", 1, 0));
    show("  removexattr", removexattr(path, "user.x"));
    show("  trusted", setxattr(path, "trusted.x", "1", 1, 0));
    show("  getxattr", getxattr(path, "user.x", other, 0));
    show("  link", link(path, other));
    show("  rename", rename(path, other));
    show("  rename over it", rename("open/spare", path));
    show("  exchange", syscall(SYS_renameat2, AT_FDCWD, "open/spare", AT_FDCWD, path, 2));
    show("  unlink", unlink(path));
    show("  truncate", truncate(path, 1));
    show("  access for writing", access(path, W_OK));
    close(opened(path, O_RDONLY));
    close(opened(path, O_WRONLY));
    close(opened(path, O_WRONLY | O_APPEND));
    close(opened(path, O_WRONLY | O_TRUNC | O_APPEND));
    close(opened(path, O_RDONLY | O_TRUNC));
}

static void open_files(int fd)
{
    show("  write nothing", write(fd, "", 0));
    show("  write", write(fd, "more", 4));
    show("  ftruncate", ftruncate(fd, 2));
    show("  fallocate", fallocate(fd, 0, 0, 10));
    show("  fallocate, keep", fallocate(fd, 1, 0, 10));
    show("  a hole", fallocate(fd, 3, 0, 10));
    show("  no appending", fcntl(fd, F_SETFL, 0));
    show("  appending", fcntl(fd, F_SETFL, O_APPEND));
    show_ok("  shared memory", (long)mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0));
    show_ok("  private memory", (long)mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
}

static void files(void)
{
    static const struct {
        const char *name;
        int flags;
    } marks[] = {
        {"append only", FS_APPEND_FL}, {"immutable", FS_IMMUTABLE_FL}, {"both", FS_IMMUTABLE_FL | FS_APPEND_FL}};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        tree_file("open/f", "content", 0644);
        tree_file("open/spare", "spare", 0644);
        int plain = opened("open/f", O_RDWR), appending = opened("open/f", O_RDWR | O_APPEND);

        mark(marks[i].name, "open/f", marks[i].flags);
        changes("open/f");
        printf(" open before\n");
        open_files(plain);
        printf(" open for appending\n");
        open_files(appending);
        close(plain);
        close(appending);
        mark("not any more", "open/f", 0);
        show("unlink", unlink("open/f"));
        unlink("open/spare");
    }
}

/* Who maps a file that becomes immutable, and has written to it before. */
static void mapped(void)
{
    int fd, status = 0;

    tree_file("open/mapped", "content", 0644);
    fd = opened("open/mapped", O_RDWR);
    char *map = mmap(NULL, 7, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        exit(2);
    map[0] = 'C';
    mark("a file that is mapped", "open/mapped", FS_IMMUTABLE_FL);
    printf("  reads %c\n", map[0]);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        map[1] = 'O';
        _exit(0);
    }
    waitpid(child, &status, 0);
    show("  a store ends by", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    mark("not any more", "open/mapped", 0);
    map[2] = 'N';
    printf("  reads %.3s\n", map);
    munmap(map, 7);
    close(fd);
    show("unlink", unlink("open/mapped"));
}

static void directories(void)
{
    static const int marks[] = {FS_APPEND_FL, FS_IMMUTABLE_FL};

    for (size_t i = 0; i < 2; i++) {
        mkdir("d", 0755);
        tree_file("d/there", "there", 0644);
        mark("a directory", "d", marks[i]);
        close(opened("d/new", O_WRONLY | O_CREAT));
        show("  mkdir", mkdir("d/sub", 0755));
        show("  link", link("d/there", "d/other"));
        show("  unlink", unlink("d/there"));
        show("  rename", rename("d/there", "d/moved"));
        show("  rename in", rename("file", "d/file"));
        show("  rename away", rename("d/there", "there"));
        show("  rename itself", rename("d", "e"));
        show("  rmdir", rmdir("d"));
        close(opened("d/there", O_WRONLY));
        close(opened("d", O_WRONLY | O_TMPFILE));
        mark("not any more", "d", 0);
        rename("d/file", "file");
        unlink("d/new");
        unlink("d/other");
        rmdir("d/sub");
        unlink("d/there");
        show("rmdir", rmdir("d"));
    }
}

/* ---- other questions ---- */

static void questions(void)
{
    struct fiemap map = {.length = 4096, .count = 4};
    uint64_t range[3] = {0, 4096, 0};
    int fd = opened("file", O_RDWR), dir = opened("dir", O_RDONLY), block = 0;

    show("FIEMAP", ioctl(fd, FS_IOC_FIEMAP, &map));
    show("FIEMAP from nowhere", ioctl(fd, FS_IOC_FIEMAP, (void *)8));
    show("FIEMAP of a directory", ioctl(dir, FS_IOC_FIEMAP, &map));
    show("FITRIM", ioctl(dir, FITRIM, range));
    show("FIBMAP", ioctl(fd, FIBMAP, &block));
    show("FIGETBSZ", ioctl(dir, FIGETBSZ, NULL));
    close(fd);
    close(dir);
}

static void want(const char *what, long got, long wanted)
{
    got = got == -1 ? -errno : got;
    if (got != wanted)
        printf("%s: %ld, not %ld\n", what, got, wanted);
}

/* In whole blocks, and by FIBMAP the same, which a process without rights to the disk may not ask for. */
static void disk_blocks(int fd, uint32_t size)
{
    struct fiemap map = {.start = size + 1, .length = 1, .count = 4, .flags = 5 /* FIEMAP_FLAG_SYNC, _CACHE */};
    int block = 1, unit = 0;
    struct stat stat;

    want("one of its blocks", ioctl(fd, FS_IOC_FIEMAP, &map), 0);
    want("one extent", map.mapped, 1);
    want("from its start", (long)map.extents[0][0], size);
    want("all of it", (long)map.extents[0][2], size);
    want("the last one asked for", (long)map.extents[0][5] & 1, 1);
    want("flags that are left", map.flags, 1);
    want("FIGETBSZ", ioctl(fd, FIGETBSZ, &unit), 0);
    want("a block's size", unit, (long)size);
    want("fstat", fstat(fd, &stat), 0);
    want("st_blksize", (long)stat.st_blksize, (long)size);
    if (ioctl(fd, FIBMAP, &block) == 0)
        want("its number", block, (long)(map.extents[0][1] / size));
    map = (struct fiemap){.length = UINT64_MAX, .count = 4, .flags = 2 /* FIEMAP_FLAG_XATTR */};
    want("no attributes", ioctl(fd, FS_IOC_FIEMAP, &map), 0);
    want("no place of them", map.mapped, 0);
    want("set one", fsetxattr(fd, "user.x", "1", 1, 0), 0);
    map.flags = 2;
    want("attributes", ioctl(fd, FS_IOC_FIEMAP, &map), 0);
    want("their place", map.mapped, 1);
}

/* What was written has a place when it is asked for; and of extents that can't be told none is counted. */
static void disk_asked(int fd, char *bytes, uint32_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *room = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct fiemap *map = (struct fiemap *)(void *)(room + page - offsetof(struct fiemap, extents));
    int block = 99;

    munmap(room + page, page);
    want("written", pwrite(fd, bytes, size, (off_t)size * block), size);
    if (ioctl(fd, FIBMAP, &block) == 0)
        want("somewhere", block != 0, 1);
    map->length = UINT64_MAX;
    map->count = 4;
    want("to nowhere", ioctl(fd, FS_IOC_FIEMAP, map), -EFAULT);
    want("none", map->mapped, 0);
    munmap(room, page);
}

/* Where a file lies on ext4: all of it, in order; its end is the last extent's. Others don't tell. What is wrong is
 * told, as the oracle's directory may be one in memory. */
static void disk_map(const char *name)
{
    struct fiemap map = {.length = UINT64_MAX, .flags = 1}, one = {.length = UINT64_MAX, .count = 1, .flags = 1};
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    struct statfs fs;
    char bytes[5000];
    uint64_t at = 0;

    memset(bytes, 'x', sizeof(bytes));
    show("write", write(fd, bytes, sizeof(bytes)));
    for (unsigned last = 0; fstatfs(fd, &fs) == 0 && fs.f_type == EXT4 && last == 0;) {
        one.start = at;
        want("FIEMAP", ioctl(fd, FS_IOC_FIEMAP, &one), 0);
        if (one.mapped != 1)
            break;
        last = (unsigned)one.extents[0][5] & 1;
        want("from there on", one.extents[0][0] == at && one.extents[0][1] != 0, 1);
        at = one.extents[0][0] + one.extents[0][2];
    }
    if (fs.f_type == EXT4) {
        uint32_t size = (uint32_t)fs.f_bsize;
        want("to the end", (long)at, (long)((sizeof(bytes) + size - 1) / size * size));
        want("counted", ioctl(fd, FS_IOC_FIEMAP, &map), 0);
        want("some", map.mapped >= 1 && map.mapped <= 2, 1);
        disk_blocks(fd, size);
        want("room behind the end", fallocate(fd, 1 /* FALLOC_FL_KEEP_SIZE */, (off_t)at, size), 0);
        one.start = at;
        want("behind the end", ioctl(fd, FS_IOC_FIEMAP, &one), 0);
        want("room", one.mapped, 1);
        want("that has nothing", (long)one.extents[0][5], 0x801);
        one.start = at + size;
        want("beyond", ioctl(fd, FS_IOC_FIEMAP, &one), 0);
        want("none", one.mapped, 0);
        one.flags = 0x80000000;
        want("unknown flags", ioctl(fd, FS_IOC_FIEMAP, &one), -53); /* EBADR */
        want("which", one.flags == 0x80000000, 1);
        one.flags = 0;
        one.length = 0;
        want("nothing", ioctl(fd, FS_IOC_FIEMAP, &one), -EINVAL);
        one.length = 1;
        one.count = 100000000;
        want("too many", ioctl(fd, FS_IOC_FIEMAP, &one), -EINVAL);
        one.count = 1;
        one.start = INT64_MAX;
        want("too far", ioctl(fd, FS_IOC_FIEMAP, &one), -EFBIG);
        disk_asked(fd, bytes, size);
    }
    close(fd);
    unlink(name);
}

/* ext4's directories lie somewhere as well. */
static void dir_map(const char *name)
{
    struct fiemap map = {.length = UINT64_MAX, .count = 4};
    struct stat st = {0};
    struct statfs fs;

    mkdir(name, 0755);
    int fd = opened(name, O_RDONLY);
    if (fstatfs(fd, &fs) == 0 && fs.f_type == EXT4 && fstat(fd, &st) == 0) {
        want("FIEMAP of a directory", ioctl(fd, FS_IOC_FIEMAP, &map), 0);
        want("its extents", map.mapped, 1);
        want("from", (long)map.extents[0][0], 0);
        want("somewhere", map.extents[0][1] != 0, 1);
        want("size", (long)map.extents[0][2], st.st_size);
        want("the last", (long)map.extents[0][5], 1);
    }
    close(fd);
    rmdir(name);
}

static void hints(void)
{
    int fd = opened("file", O_RDWR), only = opened("file", O_WRONLY), dir = opened("dir", O_RDONLY),
        path = opened("file", O_PATH), null = opened("/dev/null", O_RDWR), pipes[2];

    if (pipe(pipes) != 0)
        exit(2);
    show("fadvise of a pipe", posix_fadvise(pipes[0], 0, 0, POSIX_FADV_NORMAL));
    show("fadvise of a pipe, below", posix_fadvise(pipes[0], 0, -1, 9));
    show("fadvise of a directory", posix_fadvise(dir, 0, 0, POSIX_FADV_DONTNEED));
    show("fadvise of a device", posix_fadvise(null, 0, 0, POSIX_FADV_DONTNEED));
    show("fadvise, O_PATH", posix_fadvise(path, 0, 0, POSIX_FADV_DONTNEED));
    show("fadvise, another", posix_fadvise(fd, 0, 0, 6));
    show("fadvise, negative", posix_fadvise(fd, -5, 0, POSIX_FADV_WILLNEED));
    show("readahead", readahead(fd, 0, 100));
    show("readahead, negative", readahead(fd, -1, 100));
    show("readahead, too much", readahead(fd, 0, (size_t)-1));
    show("readahead, write only", readahead(only, 0, 100));
    show("readahead of a directory", readahead(dir, 0, 100));
    show("readahead of a pipe", readahead(pipes[0], 0, 100));
    show("readahead of a device", readahead(null, 0, 100));
    show("readahead, O_PATH", readahead(path, 0, 100));
    show("range", sync_file_range(fd, 0, 0, 7));
    show("range, write only", sync_file_range(only, 0, 10, 2));
    show("range, no flags", sync_file_range(fd, 0, 10, 0));
    show("range, other flags", sync_file_range(fd, 0, 10, 8));
    show("range below", sync_file_range(fd, -1, 10, 2));
    show("range of less", sync_file_range(fd, 10, -5, 2));
    show("range beyond", sync_file_range(fd, INT64_MAX, 1, 2));
    show("range to the end", sync_file_range(fd, INT64_MAX, 0, 2));
    show("range of a directory", sync_file_range(dir, 0, 10, 2));
    show("range of a pipe", sync_file_range(pipes[0], 0, 10, 2));
    show("range of a pipe, other flags", sync_file_range(pipes[0], 0, 10, 8));
    show("range of a device", sync_file_range(null, 0, 10, 2));
    show("range, O_PATH", sync_file_range(path, 0, 10, 2));
    show("syncfs", syncfs(dir));
    show("syncfs of a pipe", syncfs(pipes[0]));
    show("syncfs of a device", syncfs(null));
    show("syncfs, O_PATH", syncfs(path));
    show("syncfs of none", syncfs(-1));
    close(fd);
    close(only);
    close(dir);
    close(path);
    close(null);
    close(pipes[0]);
    close(pipes[1]);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    enter(argc, argv);
    disk_map("mapped");
    dir_map("placed");
    tree_enter("fileflags");
    tree_file("file", "content", 0644);
    mkdir("dir", 0755);
    mkdir("open", 0777);
    values();
    others();
    block_sizes();
    rights();
    inherited();
    files();
    mapped();
    directories();
    questions();
    hints();
    tree_leave("fileflags");
    return 0;
}
