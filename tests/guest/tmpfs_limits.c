/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_limits.c - how much a tmpfs holds, by the options of mount(2): pages, inodes, and what each of them counts. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "own_mounts.h"
#include "show.h"

static char folder[] = "/dev/shm/tmpfs_limits.XXXXXX";
static long page;

static void figures(void)
{
    struct statvfs st;

    if (statvfs(folder, &st) != 0)
        printf("statvfs: %s\n", error_name(errno));
    else
        printf("  %llu of %llu pages, %llu of %llu inodes\n", (unsigned long long)(st.f_bfree * st.f_frsize / page),
               (unsigned long long)(st.f_blocks * st.f_frsize / page), (unsigned long long)st.f_ffree,
               (unsigned long long)st.f_files);
}

/* In pages, as their size is the ISA's. */
static int mount_pages(unsigned pages, const char *more)
{
    char options[200];

    snprintf(options, sizeof(options), "size=%lu%s", pages * (unsigned long)page, more);
    if (mount("tmpfs", folder, "tmpfs", 0, options) != 0 || chdir(folder) != 0) {
        printf("mount %s: %s\n", more, error_name(errno));
        return 0;
    }
    return 1;
}

static void unmount(void)
{
    show("unmount", chdir("/") == 0 ? umount(folder) : -1);
}

static void refused(void)
{
    static const char *const options[] = {"size=x",    "size=",      "size=1kk", "nosuch",        "nr_inodes=5%",
                                          "mode=9",    "uid=nobody", "size",     "nr_blocks=1%",  "size=1m,what",
                                          "mode=755x", "gid=",       "huge=no",  "nr_inodes=abc", "uid=4294967295"};

    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        int result = mount("tmpfs", folder, "tmpfs", 0, options[i]);

        printf("%s: %s\n", options[i], result == 0 ? "mounted" : error_name(errno));
        if (result == 0)
            umount(folder);
    }
}

static void accepted(void)
{
    static const char *const options[] = {
        "size=1m",    "size=1M,nr_inodes=1k", "size=0x100000", "nr_blocks=5,mode=711", "mode=01777,uid=5,gid=6",
        ",size=64k,,"};
    struct stat st;

    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        int result = mount("tmpfs", folder, "tmpfs", 0, options[i]);

        printf("%s: %s\n", options[i], result == 0 ? "mounted" : error_name(errno));
        if (result == 0 && stat(folder, &st) == 0) {
            printf("  %o %u:%u links %lu size %lld\n", st.st_mode, st.st_uid, st.st_gid, (unsigned long)st.st_nlink,
                   (long long)st.st_size);
            umount(folder);
        }
    }
}

static void data(void)
{
    static char bytes[1 << 20];
    int fd, other;

    if (!mount_pages(16, ",nr_inodes=10"))
        return;
    figures();
    fd = open("file", O_CREAT | O_RDWR, 0600);
    show("pages written", write(fd, bytes, (size_t)(20 * page)) / page);
    figures();
    show("and no more", write(fd, "x", 1));
    other = open("other", O_CREAT | O_RDWR, 0600);
    show("nor in another", write(other, "x", 1));
    show("holes take none", ftruncate(other, 100 * page));
    show("and are read", read(other, bytes, (size_t)(2 * page)) / page);
    show("within", pwrite(fd, "x", 1, 15 * page + 5));
    show("punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page, 4 * page));
    figures();
    show("allocate what there is", fallocate(other, 0, 0, 4 * page));
    show("allocate more", fallocate(other, 0, 0, 5 * page));
    figures();
    show("truncate", ftruncate(other, 2 * page));
    figures();
    unlink("file");
    figures();
    close(fd);
    figures();
    close(other);
    unmount();
}

static void inodes(void)
{
    char name[32];
    int made = 0;

    if (!mount_pages(16, ",nr_inodes=10"))
        return;
    for (; made < 20; made++) {
        snprintf(name, sizeof(name), "f%d", made);
        if (mknod(name, S_IFREG | 0600, 0) != 0)
            break;
    }
    printf("made %d: %s\n", made, error_name(errno));
    figures();
    show("mkdir", mkdir("d", 0700));
    show("symlink", symlink("f1", "l"));
    show("link", link("f1", "l"));
    show("O_TMPFILE", open(".", O_TMPFILE | O_RDWR, 0600));
    show("rename", rename("f1", "g1"));
    unlink("f2");
    show("link", link("f3", "l"));
    figures();
    unlink("f3");
    figures();
    show("symlink", symlink("f1", "m"));
    figures();
    unlink("m");
    show("attribute", setxattr("f4", "user.a", "x", 1, 0));
    figures();
    unmount();
}

/* A long symbolic link takes a page. */
static void links(void)
{
    char target[200];

    if (!mount_pages(2, ""))
        return;
    memset(target, 'x', sizeof(target));
    target[sizeof(target) - 1] = 0;
    show("long", symlink(target, "a"));
    show("long", symlink(target, "b"));
    show("long", symlink(target, "c"));
    show("short", symlink("x", "c"));
    unlink("a");
    show("long", symlink(target, "d"));
    unmount();
}

static void mapped(void)
{
    volatile char *memory;
    int fd, status;

    if (!mount_pages(3, ",nr_inodes=10"))
        return;
    fd = open("file", O_CREAT | O_RDWR, 0600);
    show("longer than there is room", ftruncate(fd, 5 * page));
    fflush(stdout);
    if (fork() == 0) {
        memory = mmap(NULL, (size_t)(5 * page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        for (int i = 0; i < 5; i++)
            memory[i * page] = 1;
        _exit(0);
    }
    wait(&status);
    show("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    figures();
    close(fd);
    show("busy", umount(folder));
    unmount();
}

int main(void)
{
    page = sysconf(_SC_PAGESIZE);
    own_mounts();
    umask(0);
    if (mkdtemp(folder) == NULL)
        return 2;
    refused();
    accepted();
    data();
    inodes();
    links();
    mapped();
    return rmdir(folder) != 0;
}
