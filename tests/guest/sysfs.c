/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs.c - a sysfs that a program mounts: the CPUs in it agree with each other, and what can't be done there. */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/statfs.h>

#include "mounting.h"

#define CPU "sys/devices/system/cpu/"

static const char *read_line(const char *path)
{
    static char line[4096];
    int fd = open(path, O_RDONLY);
    ssize_t length = fd >= 0 ? read(fd, line, sizeof(line) - 1) : -1;

    if (fd < 0 || length < 0)
        printf("%s: %s\n", path, error_name(errno));
    line[length > 0 ? length : 0] = 0;
    if (fd >= 0)
        close(fd);
    return line;
}

/* "0" or "0-N" and the end of the line: how many, or -1. */
static int cpus(const char *path)
{
    const char *line = read_line(path);
    char *end;
    long last = strtol(line, &end, 10);

    if (end == line)
        return -1;
    if (*end == '-')
        last = last == 0 ? strtol(end + 1, &end, 10) : -2;
    return strcmp(end, "\n") == 0 ? (int)last + 1 : -1;
}

static int directories(void)
{
    DIR *dir = opendir(CPU);
    int count = 0, number;
    char rest;

    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        count += sscanf(entry->d_name, "cpu%d%c", &number, &rest) == 1 && entry->d_type == DT_DIR;
    if (dir != NULL)
        closedir(dir);
    return count;
}

static long opens(const char *path, int flags)
{
    int fd = open(path, flags, 0644);

    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : -1;
}

static void look(void)
{
    struct statfs fs;
    struct stat st;

    mkdir("sys", 0755);
    show("mount", mount("none", "sys", "sysfs", 0, NULL));
    show_bool("its kind", statfs("sys", &fs) == 0 && fs.f_type == 0x62656572);
    show("stat", stat("sys", &st));
    printf("  %o\n", st.st_mode);
    int online = cpus(CPU "online"), present = cpus(CPU "present"), possible = cpus(CPU "possible");
    show_bool("CPUs", online > 0 && online <= present && present <= possible);
    show_bool("one directory for each", directories() == present);
    show("cpu0", stat(CPU "cpu0", &st));
    printf("  %o\n", st.st_mode);
    there(CPU "cpu00");
    there(CPU "cpu100000");
    there(CPU "cpu");
    there("sys/fs");
    show("online", stat(CPU "online", &st));
    printf("  %o, %ld bytes\n", st.st_mode, (long)st.st_size);
    const char *line = read_line("sys/kernel/mm/transparent_hugepage/enabled");
    show_bool("huge pages",
              strstr(line, "always") != NULL && strstr(line, "madvise") != NULL && strchr(line, '[') != NULL);
    show("chosen", opens("sys/kernel/mm/transparent_hugepage/enabled", O_RDWR));
    show("to be written", opens(CPU "online", O_RDWR));
    show("make", opens(CPU "new", O_RDWR | O_CREAT));
    show("make a directory", mkdir(CPU "new", 0755));
    show("make a link", symlink("x", CPU "new"));
    show("make a node", mknod(CPU "new", S_IFIFO | 0600, 0));
    show("remove", unlink(CPU "online"));
    show("remove a directory", rmdir(CPU "cpu0"));
    show("rename", rename(CPU "online", CPU "new"));
    int fd = open("sys/kernel/mm/transparent_hugepage/enabled", O_RDWR);
    show("nonsense", write(fd, "sometimes", 9));
    close(fd);
    show("umount", umount("sys"));
    rmdir("sys");
}

int main(void)
{
    mounting_alone("sysfs", NULL, look);
    return 0;
}
