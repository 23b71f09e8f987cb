/* SPDX-License-Identifier: Apache-2.0 */
/*
 * racer.c - does things at random in a folder, where others do the same; says what is there. On the host and in guests.
 *
 *     racer FOLDER race SEED COUNT    so many calls; those errors are printed that no race explains
 *     racer FOLDER list               what is in it, with sums of the contents
 *     racer FILE append WORD COUNT    so many lines "WORD NUMBER", each by one write
 *     racer FILE wait                 until it is there
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state;
static unsigned failed;

static unsigned pick(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

/* Few names, in few folders, so that all meet. */
static const char *place(void)
{
    static char paths[4][64];
    static unsigned next;
    char *path = paths[next++ % 4];

    if (pick(2) == 0)
        snprintf(path, sizeof(paths[0]), "n%u", pick(6));
    else
        snprintf(path, sizeof(paths[0]), "d%u/n%u", pick(3), pick(6));
    return path;
}

static void result(const char *what, long got)
{
    static const int expected[] = {ENOENT, EEXIST, ENOTEMPTY, ENOTDIR, EISDIR, EINVAL, ELOOP, EPERM, ENXIO};

    if (got >= 0)
        return;
    for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        if (errno == expected[i])
            return;
    printf("%s: %s\n", what, strerrorname_np(errno));
    failed = 1;
}

static void contents(void)
{
    char buffer[9000];
    int fd = open(place(), O_CREAT | O_RDWR | (pick(4) == 0 ? O_APPEND : 0) | (pick(8) == 0 ? O_TRUNC : 0), 0644);

    result("open", fd);
    if (fd < 0)
        return;
    for (unsigned i = pick(4); i != 0; i--) {
        size_t size = pick(sizeof(buffer)), at = pick(20000);
        memset(buffer, (int)('a' + pick(26)), size);
        switch (pick(5)) {
        case 0:
            result("pread", pread(fd, buffer, size, (off_t)at));
            break;
        case 1:
            result("ftruncate", ftruncate(fd, (off_t)at));
            break;
        case 2:
            result("lseek", lseek(fd, 0, pick(2) ? SEEK_HOLE : SEEK_END));
            break;
        default:
            result("pwrite", pwrite(fd, buffer, size, (off_t)at));
        }
    }
    if (pick(8) == 0)
        result("fsync", fsync(fd));
    result("close", close(fd));
}

static void names(void)
{
    char text[PATH_MAX];
    struct stat st;

    snprintf(text, sizeof(text), "d%u", pick(3));
    switch (pick(9)) {
    case 0:
        result("mkdir", mkdir(pick(2) ? text : place(), 0755));
        break;
    case 1:
        result("rmdir", rmdir(pick(4) == 0 ? text : place()));
        break;
    case 2:
        result("rename", rename(place(), place()));
        break;
    case 3:
        result("renameat2", renameat2(AT_FDCWD, place(), AT_FDCWD, place(), 1 + pick(2)));
        break;
    case 4:
        result("link", link(place(), place()));
        break;
    case 5:
        result("symlink", symlink(place(), place()));
        break;
    case 6:
        result("unlink", unlink(place()));
        break;
    case 7:
        result("readlink", readlink(place(), text, sizeof(text)));
        break;
    default:
        result("stat", stat(place(), &st));
    }
}

static void look(void)
{
    DIR *dir = opendir(pick(2) ? "." : "d0");

    if (dir == NULL)
        return;
    for (errno = 0; readdir(dir) != NULL;)
        errno = 0;
    result("readdir", errno == 0 ? 0 : -1);
    closedir(dir);
}

static int race(const char *folder, uint64_t seed, unsigned count)
{
    if (chdir(folder) != 0)
        return 2;
    state = seed;
    for (unsigned i = 0; i < count; i++) {
        switch (pick(8)) {
        case 0:
            look();
            break;
        case 1:
        case 2:
        case 3:
            contents();
            break;
        default:
            names();
        }
    }
    return (int)failed;
}

/* ---- what is there ---- */

static uint64_t sum(const char *path)
{
    unsigned char buffer[4096];
    uint64_t sum = 14695981039346656037u;
    int fd = open(path, O_RDONLY);

    for (ssize_t n; fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0;)
        for (ssize_t i = 0; i < n; i++)
            sum = (sum ^ buffer[i]) * 1099511628211u;
    close(fd);
    return sum;
}

static int list(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        char below[PATH_MAX], target[PATH_MAX] = "";
        struct stat st = {0};
        if (strcmp(entries[i]->d_name, ".") == 0 || strcmp(entries[i]->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
        lstat(below, &st);
        printf("%s: type %o", below, (unsigned)st.st_mode);
        if (S_ISREG(st.st_mode))
            printf(", links %u, size %ld, sum %lx", (unsigned)st.st_nlink, (long)st.st_size, (unsigned long)sum(below));
        if (S_ISLNK(st.st_mode))
            printf(", to %s", readlink(below, target, sizeof(target) - 1) >= 0 ? target : "?");
        printf("\n");
        if (S_ISDIR(st.st_mode))
            list(below);
    }
    return count < 0;
}

static int append(const char *path, const char *word, int count)
{
    char line[64];

    for (int i = 0; i < count; i += 10) { /* ten by each open file */
        int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0644);
        for (int j = i; j < i + 10; j++)
            if (write(fd, line, (size_t)snprintf(line, sizeof(line), "%s %d\n", word, j)) <= 0)
                return 1;
        close(fd);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[2], "race") == 0)
        return race(argv[1], (uint64_t)atol(argv[3]), (unsigned)atol(argv[4]));
    if (argc == 5 && strcmp(argv[2], "append") == 0)
        return append(argv[1], argv[3], atoi(argv[4]));
    if (argc == 3 && strcmp(argv[2], "list") == 0)
        return chdir(argv[1]) != 0 ? 2 : list(".");
    if (argc == 3 && strcmp(argv[2], "wait") == 0)
        while (access(argv[1], F_OK) != 0)
            usleep(1000);
    return argc != 3;
}
