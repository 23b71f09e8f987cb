/* SPDX-License-Identifier: Apache-2.0 */
/* dirs.c - directories: made, listed, walked, moved, removed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/stat.h>

#include "show.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
    char *names[300];
    int count = 0;
    DIR *dir = opendir(path);

    if (dir == NULL) {
        show(path, -1);
        return;
    }
    for (struct dirent *entry; count < 300 && (entry = readdir(dir)) != NULL;) {
        char *line;
        if (asprintf(&line, "%s%s", entry->d_name, entry->d_type == DT_DIR ? "/" : "") > 0)
            names[count++] = line;
    }
    closedir(dir);
    qsort(names, (size_t)count, sizeof(names[0]), by_name);
    printf("%s: %d entries\n", path, count);
    for (int i = 0; i < count; i++)
        if (count < 20 || i % 20 == 0)
            printf("  %s\n", names[i]);
    for (int i = 0; i < count; i++)
        free(names[i]);
}

static void touch(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0644);

    if (fd < 0)
        show(path, fd);
    else
        close(fd);
}

static void make_and_remove(void)
{
    show("mkdir", mkdir("d", 0755));
    show("mkdir again", mkdir("d", 0755));
    show("mkdir without a parent", mkdir("none/d", 0755));
    touch("d/file one");
    touch("d/A rather long name, with Mixed Case and a dot.text");
    show("mkdir below", mkdir("d/sub", 0755));
    list("d");
    list("d/sub");
    list("d/file one");
    list("d/none");
    show("rmdir of what is not empty", rmdir("d"));
    show("rmdir of a file", rmdir("d/file one"));
    show("unlink of a directory", unlink("d/sub") == -1 && (errno == EISDIR || errno == EPERM) ? 0 : 1);
    show("rename a directory", rename("d/sub", "moved"));
    show("into itself", rename("d", "d/sub"));
    show("onto a file", rename("moved", "d/file one"));
    show("a file onto a directory", rename("d/file one", "moved"));
    list(".");
    show("rmdir", rmdir("moved"));
}

static void walk(void)
{
    char here[4096], there[4096];
    struct stat a, b;

    show_bool("getcwd", getcwd(here, sizeof(here)) != NULL);
    show("chdir", chdir("d"));
    show_bool("getcwd", getcwd(there, sizeof(there)) != NULL);
    show_bool("it is below", strncmp(here, there, strlen(here)) == 0);
    printf("  %s\n", there + strlen(here));
    show_bool("too small a buffer", getcwd(there, 2) == NULL && errno == ERANGE);
    show("a name from here", access("file one", F_OK));
    show("chdir to a file", chdir("file one"));
    show("chdir ..", chdir(".."));
    show("stat .", stat(".", &a));
    show("stat d/../d/..", stat("d/../d/..", &b));
    show_bool("the same inode", a.st_ino == b.st_ino && a.st_dev == b.st_dev);
    int fd = open("d", O_RDONLY | O_DIRECTORY);
    show_ok("open the directory", fd);
    show("openat", close(openat(fd, "file one", O_RDONLY)));
    show("fstatat", fstatat(fd, "file one", &a, 0));
    show("unlinkat", unlinkat(fd, "file one", 0));
    show("read a directory", read(fd, here, 1));
    show("fchdir", fchdir(fd));
    show("fchdir back", chdir(".."));
    show("close", close(fd));
}

static void many(void)
{
    char name[64];

    show("mkdir", mkdir("many", 0755));
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "many/entry number %d with a name", i);
        touch(name);
    }
    list("many");
    int bad = 0;
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "many/entry number %d with a name", i);
        bad += unlink(name) != 0;
    }
    show("failed unlinks", bad);
    list("many");
    show("rmdir", rmdir("many"));
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    make_and_remove();
    walk();
    many();
    show("unlink", unlink("d/A rather long name, with Mixed Case and a dot.text"));
    show("rmdir", rmdir("d"));
    list(".");
    return 0;
}
