/* SPDX-License-Identifier: Apache-2.0 */
/* devnumbers.c - the device that a file is said to be on: stat, mountinfo, maps and inotify's fdinfo agree, a file
 * system on a disk has the disk's number, and one in memory has none of a device. Which root there is differs; on btrfs
 * stat tells of a subvolume and there is nothing to compare. */
#define _GNU_SOURCE
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "mounting.h"

struct mounted {
    unsigned major, minor;
    char type[64];
    int is_there;
};

/* What mountinfo says of the last mount on that path. */
static struct mounted mounted_on(const char *path)
{
    struct mounted found = {0}, line_has;
    char line[8192], root[4096], point[4096];
    FILE *file = fopen("/proc/self/mountinfo", "r");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *rest = strstr(line, " - ");

        if (sscanf(line, "%*u %*u %u:%u %4095s %4095s", &line_has.major, &line_has.minor, root, point) == 4 &&
            rest != NULL && sscanf(rest, " - %63s", line_has.type) == 1 && strcmp(point, path) == 0) {
            found = line_has;
            found.is_there = 1;
        }
    }
    if (file != NULL)
        fclose(file);
    return found;
}

static int is_of_disks(const char *type)
{
    return strcmp(type, "vfat") == 0 || strncmp(type, "ext", 3) == 0 || strcmp(type, "xfs") == 0;
}

static int agree(const struct mounted *mounted, const char *path)
{
    struct stat st;

    return mounted->is_there && stat(path, &st) == 0 && major(st.st_dev) == mounted->major &&
           minor(st.st_dev) == mounted->minor;
}

/* The number behind "sdev:" of a watch of that place. */
static int watched_as(const char *path, unsigned *number)
{
    char name[64], line[4096];
    int fd = inotify_init1(IN_CLOEXEC), found = 0;

    snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
    if (inotify_add_watch(fd, path, IN_DELETE_SELF) < 0)
        return 0;
    FILE *file = fopen(name, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        found |= sscanf(line, "inotify wd:%*x ino:%*x sdev:%x", number) == 1;
    if (file != NULL)
        fclose(file);
    close(fd);
    return found;
}

/* A file's mapping has the same number in maps. */
static int mapped_as(const char *path, unsigned *device_major, unsigned *device_minor)
{
    char line[8192];
    unsigned long start;
    int fd = open(path, O_RDWR | O_CREAT, 0644), found = 0;
    char *at =
        ftruncate(fd, page_size()) == 0 ? mmap(NULL, (size_t)page_size(), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    FILE *file = fopen("/proc/self/maps", "r");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL && !found)
        found = sscanf(line, "%lx-%*x %*s %*x %x:%x", &start, device_major, device_minor) == 3 &&
                start == (unsigned long)at;
    if (file != NULL)
        fclose(file);
    close(fd);
    return found;
}

static void place(const char *path, const struct mounted *mounted)
{
    unsigned number = 0;

    show_bool("mountinfo as stat", agree(mounted, path));
    show_bool("a disk's", (mounted->major != 0) == (is_of_disks(mounted->type) != 0));
    show_bool("inotify as stat", watched_as(path, &number) && number == (mounted->major << 20 | mounted->minor));
}

static void look(void)
{
    unsigned device_major = 1, device_minor = 1;
    char here[4096];
    const struct mounted unknown = {0};

    struct mounted root = mounted_on("/");
    if (root.is_there && strcmp(root.type, "btrfs") != 0)
        place("/", &root);
    else
        printf("mountinfo as stat: yes\na disk's: yes\ninotify as stat: yes\n");
    mkdir("t", 0755);
    show("tmpfs", tmpfs("t", 0, NULL));
    struct mounted memory = getcwd(here, sizeof(here) - 2) != NULL ? mounted_on(strcat(here, "/t")) : unknown;
    show_bool("found", memory.is_there);
    place("t", &memory);
    show_bool("maps as stat", mapped_as("t/f", &device_major, &device_minor) && device_major == memory.major &&
                                  device_minor == memory.minor);
    show("umount", umount2("t", MNT_DETACH));
    rmdir("t");
}

int main(void)
{
    mounting_alone("devnumbers", NULL, look);
    return 0;
}
