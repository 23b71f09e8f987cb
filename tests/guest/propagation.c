/* SPDX-License-Identifier: Apache-2.0 */
/* propagation.c - shared, slave, private and unbindable mounts (mount_namespaces(7)): how mounts and unmounts spread,
 * and what mountinfo tells of it. */
#define _GNU_SOURCE
#include <limits.h>

#include "mounting.h"

static char here[PATH_MAX];

/* Prints a line with the groups' numbers, which may be any, as letters: the first that is seen is A, and so on. */
static void print_line(const char *line, unsigned long seen[26])
{
    for (; *line != 0; line++) {
        char *end;
        int i = 0;

        putchar(*line);
        if (*line != ':')
            continue;
        unsigned long number = strtoul(line + 1, &end, 10);
        while (i < 25 && seen[i] != 0 && seen[i] != number)
            i++;
        seen[i] = number;
        putchar('A' + i);
        line = end - 1;
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* What is mounted below the working directory, in order of the paths, with the optional fields. */
static void tree(const char *what)
{
    static char line[2 * PATH_MAX], lines[100][300];
    FILE *in = fopen("/proc/self/mountinfo", "r");
    unsigned long seen[26] = {0};
    int count = 0;

    while (in != NULL && fgets(line, sizeof(line), in) != NULL && count < 100) {
        char *fields[30], *save;
        int i = 0;

        for (char *field = strtok_r(line, " \n", &save); field != NULL && i < 30; field = strtok_r(NULL, " \n", &save))
            fields[i++] = field;
        if (strncmp(fields[4], here, strlen(here)) != 0 || fields[4][strlen(here)] != '/')
            continue;
        int length = snprintf(lines[count], sizeof(lines[0]), "%s", fields[4] + strlen(here) + 1);
        for (int field = 6; strcmp(fields[field], "-") != 0; field++)
            length += snprintf(lines[count] + length, sizeof(lines[0]) - (size_t)length, " %s", fields[field]);
        count++;
    }
    if (in != NULL)
        fclose(in);
    qsort(lines, (size_t)count, sizeof(lines[0]), by_name);
    printf("%s:", what);
    for (int i = 0; i < count; i++) {
        printf(i != 0 ? ", " : " ");
        print_line(lines[i], seen);
    }
    printf("\n");
}

static long set(const char *at, unsigned long type)
{
    return mount("none", at, NULL, type, NULL);
}

static long bind(const char *from, const char *to, unsigned long flags)
{
    return mount(from, to, NULL, MS_BIND | flags, NULL);
}

static void clear(void)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};

    for (int i = 0; i < 5; i++)
        for (size_t name = 0; name < sizeof(names) / sizeof(names[0]); name++)
            while (umount2(names[name], MNT_DETACH) == 0)
                ;
}

static void fresh(const char *what)
{
    clear();
    printf("-- %s\n", what);
    tmpfs("a", 0, NULL);
    mkdir("a/x", 0755);
    mkdir("a/y", 0755);
    mkdir("a/x/deep", 0755);
}

static void kinds(void)
{
    fresh("kinds");
    tree("at first");
    show("two at once", set("a", MS_SHARED | MS_SLAVE));
    show("with another flag", set("a", MS_SHARED | MS_RDONLY));
    show("of no mount", set("a/x", MS_SHARED));
    show("shared", set("a", MS_SHARED));
    tree("it is");
    show("shared again", set("a", MS_SHARED));
    show("bind", bind("a", "b", 0));
    tree("peers");
    show("slave", set("b", MS_SLAVE));
    tree("it is");
    show("shared as well", set("b", MS_SHARED));
    tree("both");
    show("bind of that", bind("b", "c", 0));
    tree("both are");
    show("private", set("b", MS_PRIVATE));
    tree("it is");
    show("unbindable", set("b", MS_UNBINDABLE));
    show("can't be bound", bind("b", "d", 0));
    show("nor a part of it", bind("b/x", "d", 0));
    tree("it is");
    show("a slave that is not shared", set("b", MS_SLAVE));
    tree("it stays");
    show("shared", set("b", MS_SHARED));
    tree("it is");
    show("the master private", set("a", MS_PRIVATE));
    tree("nobody's slave");
    show("quietly", set("a", MS_SHARED | MS_SILENT));
    show("all of it", set("a", MS_REC | MS_PRIVATE));
}

static void spreads(void)
{
    fresh("peers");
    set("a", MS_SHARED);
    bind("a", "b", 0);
    bind("a", "c", 0);
    bind("a/x", "d", 0);
    show("mount in one", tmpfs("a/x", 0, NULL));
    tree("in all");
    show("in what is mounted there", mkdir("b/x/in", 0755) | tmpfs("b/x/in", 0, NULL));
    there("c/x/in");
    tree("in all of those");
    show("unmount by another", umount("c/x/in"));
    tree("gone");
    int fd = open("b/x/in", O_RDONLY | O_DIRECTORY);
    show("in use elsewhere", umount("a/x"));
    show("lazily", umount2("a/x", MNT_DETACH));
    tree("gone");
    close(fd);
    show("mount below", tmpfs("a/x/deep", 0, NULL));
    tree("also where that is mounted alone");
    show("unmount there", umount("d/deep"));
    tree("gone");
    show("a bind", bind("e", "a/y", 0));
    tree("spreads");
    show("one of two is private", set("b/y", MS_PRIVATE));
    show("unmount", umount("a/y"));
    tree("its place counts");
}

static void slaves(void)
{
    fresh("slaves");
    set("a", MS_SHARED);
    bind("a", "b", 0);
    set("b", MS_SLAVE);
    show("in the master", tmpfs("a/x", 0, NULL));
    tree("spreads");
    show("in the slave", tmpfs("b/y", 0, NULL));
    tree("doesn't");
    show("unmount at the slave", umount("b/x"));
    tree("nor does that");
    show("unmount at the master", umount("a/x"));
    show("a slave's peers", set("b", MS_SHARED) | bind("b", "c", 0) | bind("c", "d", 0) | set("d", MS_SLAVE));
    tree("are");
    show("in the master", tmpfs("a/x", 0, NULL));
    tree("in all");
    show("in the middle", mkdir("c/x/in", 0755) | tmpfs("c/x/in", 0, NULL));
    tree("not in the master");
    show("unmount all", umount2("a/x", MNT_DETACH));
    tree("left");
    show("the master leaves", umount("a"));
    tree("without it");
}

static void trees(void)
{
    fresh("trees");
    tmpfs("a/x", 0, NULL);
    mkdir("a/x/in", 0755);
    tmpfs("a/x/in", 0, NULL);
    set("a/x/in", MS_UNBINDABLE);
    mkdir("a/x/other", 0755);
    tmpfs("a/x/other", 0, NULL);
    show("recursive bind leaves it out", bind("a", "b", MS_REC));
    tree("copied");
    clear();
    tmpfs("a", 0, NULL);
    mkdir("a/x", 0755);
    tmpfs("c", 0, NULL);
    mkdir("c/1", 0755);
    mkdir("c/2", 0755);
    tmpfs("c/1", 0, NULL);
    set("a", MS_SHARED);
    bind("a", "b", 0);
    show("a tree into what is shared", bind("c", "a/x", MS_REC));
    tree("in both");
    show("in one of it", tmpfs("b/x/2", 0, NULL));
    tree("in both, and where it came from not");
    show("unmount the tree", umount2("b/x", MNT_DETACH));
    tree("gone");
    show("move out of what is private", mount("c", "a/x", NULL, MS_MOVE, NULL));
    tree("in both");
    show("move out of what is shared", mount("a/x", "d", NULL, MS_MOVE, NULL));
    show("itself into itself", bind("a", "a/x/2", 0));
    tree("is");
    clear();
    tmpfs("a", 0, NULL);
    mkdir("a/x", 0755);
    tmpfs("d", 0, NULL);
    set("d", MS_UNBINDABLE);
    set("a", MS_SHARED);
    show("unbindable to what is shared", mount("d", "a/x", NULL, MS_MOVE, NULL));
    set("a", MS_PRIVATE);
    show("to what isn't", mount("d", "a/x", NULL, MS_MOVE, NULL));
    tree("is");
}

static void covered(void)
{
    fresh("covered");
    set("a", MS_SHARED);
    bind("a", "b", 0);
    set("b", MS_SLAVE);
    show("in the slave first", tmpfs("b/x", 0, NULL));
    tree_file("b/x/slaves", "x", 0644);
    show("then in the master", tmpfs("a/x", 0, NULL));
    tree_file("a/x/masters", "x", 0644);
    tree("both");
    there("b/x/slaves");
    there("b/x/masters");
    show("the upper one away", umount("b/x"));
    there("b/x/slaves");
    there("b/x/masters");
    show("recursively", set("a", MS_REC | MS_SHARED));
    tree("all shared");
    show("recursively private", set("a", MS_REC | MS_PRIVATE));
    tree("all private");
}

static void all(void)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};

    if (getcwd(here, sizeof(here)) == NULL)
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        mkdir(names[i], 0755);
    kinds();
    spreads();
    slaves();
    trees();
    covered();
    clear();
}

int main(void)
{
    mounting_alone("propagation", NULL, all);
    return 0;
}
