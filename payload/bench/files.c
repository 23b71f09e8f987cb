/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.c - what operations on a file system cost, in nanoseconds each: instructions where the clock counts them.
 *
 *   files FOLDER NAME[=COUNT]...
 *
 * Jobs are done in the order they are given, in a folder that can be written and has a file `file` of 4096 bytes, with
 * COUNT operations or as many as the table says. One line for each that is measured: NAME NANOSECONDS. The smallest of
 * its rounds is printed, so a job that is repeated is one of cached files. `make` prepares the folders that the lookups
 * want, for a later machine in which no name is cached.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FEW 100
#define MANY 100000
#define LINKS 50000 /* names of one file: ext4 takes 65000 */
#define TREE_FILES 10000
#define TREE_FOLDER 100 /* files of a folder of the tree */
#define FILE_BYTES 1000

static char bytes[4096];

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- single files ---- */

static int open_close(long count)
{
    while (count-- != 0) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, "file", O_RDONLY, 0);

        if (fd < 0 || close(fd) != 0)
            return errno;
    }
    return 0;
}

static int stat_file(long count)
{
    struct stat st;

    while (count-- != 0)
        if (fstatat(AT_FDCWD, "file", &st, 0) != 0)
            return errno;
    return 0;
}

static int create_write_unlink(long count)
{
    while (count-- != 0) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, "created", O_CREAT | O_EXCL | O_WRONLY, 0644);

        if (fd < 0 || write(fd, bytes, 1) != 1 || close(fd) != 0 || unlink("created") != 0)
            return errno;
    }
    return 0;
}

/* Each writes one page, whose block is there (fdatasync) or comes with it (fsync). */
static int sync_page(long count, int grows, int (*sync_file)(int fd))
{
    int fd = open(grows != 0 ? "growing" : "file", O_RDWR | O_CREAT, 0644);

    if (fd < 0)
        return errno;
    if (grows != 0)
        lseek(fd, 0, SEEK_END);
    for (long i = 0; i < count; i++)
        if ((grows != 0 ? write(fd, bytes, sizeof(bytes)) : pwrite(fd, bytes, sizeof(bytes), 0)) != sizeof(bytes) ||
            sync_file(fd) != 0)
            return errno;
    return close(fd) != 0 ? errno : 0;
}

static int fsync_page(long count)
{
    return sync_page(count, 1, fsync);
}

static int fdatasync_page(long count)
{
    return sync_page(count, 0, fdatasync);
}

/* ---- folders ---- */

static int make_file(const char *name)
{
    int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0644);

    return fd < 0 || close(fd) != 0 ? errno : 0;
}

static int make_names(const char *folder, long count)
{
    char name[64], file[64];

    if (mkdir(folder, 0755) != 0)
        return errno;
    for (long i = 0; i < count; i++) {
        int error = 0;

        snprintf(file, sizeof(file), "%s/name%06ld", folder, i / LINKS * LINKS);
        snprintf(name, sizeof(name), "%s/name%06ld", folder, i);
        error = i % LINKS == 0 ? make_file(name) : link(file, name) != 0 ? errno : 0;
        if (error != 0)
            return error;
    }
    return 0;
}

static int make(long count)
{
    int error = make_names("few", FEW);

    return error != 0 ? error : make_names("many", count);
}

static int walk(int parent, const char *name, long *seen)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY), error = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    struct stat st;

    if (dir == NULL)
        return errno;
    while (error == 0 && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        ++*seen;
        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            error = errno;
        else if (S_ISDIR(st.st_mode))
            error = walk(fd, entry->d_name, seen);
    }
    closedir(dir);
    return error;
}

/* The folder's blocks are read before, so that a lookup is not a request to the disk. */
static int list(const char *folder)
{
    DIR *dir = opendir(folder);

    if (dir == NULL)
        return errno;
    while (readdir(dir) != NULL)
        continue;
    closedir(dir);
    return 0;
}

/* Names that nobody has asked for in this machine, far apart. */
static int lookup(const char *job, const char *folder, long count, long names)
{
    char name[64];
    struct stat st;
    int64_t sum = 0;
    int error = list(folder);

    for (long i = 0; error == 0 && i < count; i++) {
        snprintf(name, sizeof(name), "%s/name%06ld", folder, i * (names / count) + 1);
        int64_t start = now_ns();

        if (fstatat(AT_FDCWD, name, &st, 0) != 0)
            error = errno;
        sum += i < 4 ? 0 : now_ns() - start; /* the first ones bring the files themselves */
    }
    if (error == 0)
        printf("%s %lld\n", job, (long long)(sum / (count - 4)));
    return error;
}

static int lookup_few(long count)
{
    return lookup("lookup_few", "few", count, FEW - 1);
}

static int lookup_many(long count)
{
    return lookup("lookup_many", "many", count, MANY - 1);
}

/* As tar does: the file, its data, its mode and its time. */
static int untar_file(const char *name)
{
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);

    if (fd < 0 || write(fd, bytes, FILE_BYTES) != FILE_BYTES || futimens(fd, times) != 0 || fchmod(fd, 0644) != 0)
        return errno;
    return close(fd) != 0 ? errno : 0;
}

static int untar(long count)
{
    char name[64];

    if (mkdir("tree", 0755) != 0)
        return errno;
    for (long i = 0; i < count; i++) {
        int error = 0;

        snprintf(name, sizeof(name), "tree/%03ld", i / TREE_FOLDER);
        if (i % TREE_FOLDER == 0 && mkdir(name, 0755) != 0)
            return errno;
        snprintf(name, sizeof(name), "tree/%03ld/file%03ld", i / TREE_FOLDER, i % TREE_FOLDER);
        error = untar_file(name);
        if (error != 0)
            return error;
    }
    return 0;
}

static int find(long count)
{
    long seen = 0;
    int error = walk(AT_FDCWD, "tree", &seen);

    return error != 0 ? error : seen < count ? ENOENT : 0;
}

static int sync_all(long count)
{
    (void)count;
    sync();
    return 0;
}

/* Another disk: with ext4 on it, looked at and left. */
static int mount_other(long count)
{
    mkdir("other", 0755);
    while (count-- != 0)
        if (mount("/dev/vdb", "other", "ext4", MS_RDONLY, "") != 0 || umount("other") != 0)
            return errno;
    return 0;
}

/* ---- the table ---- */

static const struct job {
    const char *name;
    int (*run)(long count);
    long count;
    int rounds; /* 0: nothing is printed */
    int whole;  /* what is printed is the cost of all together */
} jobs[] = {{"open_close", open_close, 1000, 3, 0},
            {"stat", stat_file, 1000, 3, 0},
            {"create_write_unlink", create_write_unlink, 1000, 3, 0},
            {"make", make, MANY, 0, 0},
            {"lookup_few", lookup_few, FEW - 2, 0, 0},
            {"lookup_many", lookup_many, FEW - 2, 0, 0},
            {"untar", untar, TREE_FILES, 1, 1},
            {"find", find, TREE_FILES, 3, 1},
            {"sync", sync_all, 1, 0, 0},
            {"fsync", fsync_page, 8, 0, 0},
            {"fdatasync", fdatasync_page, 8, 0, 0},
            {"mount", mount_other, 1, 0, 0}};

#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

static void run(const struct job *job, long count)
{
    int64_t least = INT64_MAX;
    int error = 0;

    errno = 0;
    for (int i = 0; error == 0 && (i < job->rounds || i == 0); i++) {
        int64_t start = now_ns();

        error = job->run(count);
        int64_t ns = now_ns() - start;

        if (ns < least)
            least = ns;
    }
    if (error != 0)
        printf("%s unsupported %d\n", job->name, error);
    else if (job->rounds != 0)
        printf("%s %lld\n", job->name, (long long)(job->whole != 0 ? least : least / count));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3 || chdir(argv[1]) != 0) {
        fprintf(stderr, "usage: files FOLDER NAME[=COUNT]...\n");
        return 2;
    }
    memset(bytes, 'x', sizeof(bytes));
    for (char **arg = argv + 2; *arg != NULL; arg++) {
        char *count = strchr(*arg, '=');

        if (count != NULL)
            *count++ = 0;
        size_t i = 0;
        while (i < JOBS && strcmp(jobs[i].name, *arg) != 0)
            i++;
        if (i == JOBS) {
            fprintf(stderr, "files: there is no job %s\n", *arg);
            return 2;
        }
        run(&jobs[i], count != NULL ? atol(count) : jobs[i].count);
    }
    return 0;
}
