/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_many.c - many names in a directory in memory: each is listed once while others come and go. */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/stat.h>

#include "show.h"

#define MANY 6000 /* a small machine with large pages has room for some 8,000 files */
#define SOME 1000

static unsigned char seen[MANY];

static void name_of(char *name, unsigned n)
{
    sprintf(name, "file-%u", n);
}

static void make(unsigned count)
{
    char name[32];
    unsigned failed = 0;

    for (unsigned i = 0; i < count; i++) {
        int fd;

        name_of(name, i);
        fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
        failed += fd < 0;
        close(fd);
    }
    printf("made %u, failed %u\n", count, failed);
}

/* The next name that make() made, or -1. */
static int next(DIR *dir)
{
    const struct dirent *entry;

    while ((entry = readdir(dir)) != NULL)
        if (strncmp(entry->d_name, "file-", 5) == 0)
            return atoi(entry->d_name + 5);
    return -1;
}

static void count(const char *what, unsigned of)
{
    unsigned none = 0, twice = 0;

    for (unsigned i = 0; i < of; i++) {
        none += seen[i] == 0;
        twice += seen[i] > 1;
    }
    printf("%s: %u not seen, %u seen more than once\n", what, none, twice);
    memset(seen, 0, sizeof(seen));
}

static void lookups(void)
{
    char name[32];
    unsigned found = 0, other = 0;

    for (unsigned i = 0; i < MANY; i++) {
        name_of(name, i);
        found += access(name, F_OK) == 0;
        strcat(name, "x");
        other += access(name, F_OK) == 0;
    }
    printf("found %u and %u others\n", found, other);
}

/* Each name is removed as soon as it was listed. */
static void remove_listed(void)
{
    DIR *dir = opendir(".");
    char name[32];
    int n;

    while ((n = next(dir)) >= 0) {
        seen[n]++;
        name_of(name, (unsigned)n);
        if (unlink(name) != 0)
            printf("unlink %s: %s\n", name, error_name(errno));
    }
    closedir(dir);
    count("removed as they are listed", MANY);
    dir = opendir(".");
    printf("left: %d\n", next(dir));
    closedir(dir);
}

/* Names that stay are listed once, whatever comes and goes beside them. */
static void come_and_go(void)
{
    DIR *dir = opendir(".");
    char name[32];
    unsigned round = 0;
    int n;

    while ((n = next(dir)) >= 0) {
        if (n < SOME)
            seen[n]++;
        name_of(name, SOME + round);
        close(open(name, O_CREAT | O_WRONLY, 0600)); /* whether it is listed is open */
        unlink(name);
        round++;
        if (round > 3 * SOME)
            break;
    }
    closedir(dir);
    count("beside others", SOME);
}

/* Positions that were told once are good for as long as the directory is open. */
static void positions(void)
{
    static long at[SOME + 1];
    static int after[SOME + 1];
    DIR *dir = opendir(".");
    char name[32];
    unsigned wrong = 0, told = 0;

    for (;;) {
        at[told] = telldir(dir);
        after[told] = next(dir);
        if (after[told] < 0)
            break;
        told++;
    }
    for (unsigned i = 0; i < told; i += 2) { /* each second one goes */
        name_of(name, (unsigned)after[i]);
        unlink(name);
    }
    for (unsigned i = 1; i < told; i += 2) {
        seekdir(dir, at[i]);
        wrong += next(dir) != after[i];
        seekdir(dir, at[i - 1]); /* what was there is gone: the one after it */
        wrong += next(dir) != after[i];
    }
    printf("told %u, wrong %u\n", told, wrong);
    rewinddir(dir);
    for (told = 0; next(dir) >= 0; told++)
        ;
    printf("left %u\n", told);
    closedir(dir);
}

static void clean(void)
{
    char name[32];

    for (unsigned i = 0; i < 4 * SOME; i++) {
        name_of(name, i);
        unlink(name);
    }
}

/* A directory in a directory in a directory, and away again. */
static void deep(void)
{
    unsigned depth = 0, up = 0;

    while (depth < 1000 && mkdir("d", 0700) == 0 && chdir("d") == 0)
        depth++;
    while (up < depth && chdir("..") == 0 && rmdir("d") == 0)
        up++;
    printf("down %u and up %u\n", depth, up);
}

int main(void)
{
    char folder[] = "/dev/shm/tmpfs_many.XXXXXX";
    struct stat st;

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 2;
    make(MANY);
    lookups();
    stat(".", &st);
    printf("size %lld\n", (long long)st.st_size);
    remove_listed();
    make(SOME);
    come_and_go();
    positions();
    clean();
    deep();
    stat(".", &st);
    printf("size %lld, links %lu\n", (long long)st.st_size, (unsigned long)st.st_nlink);
    return chdir("/") != 0 || rmdir(folder) != 0;
}
