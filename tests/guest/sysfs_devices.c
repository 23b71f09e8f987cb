/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs_devices.c - the devices in a sysfs: disks, terminals, those of memory, lo and the CPUs' topology. Which disks
 * there are differs; what is shown holds for each of them, and the ways to one lead to the same directory. */
#define _GNU_SOURCE
#include <dirent.h>

#include "mounting.h"

/* The text of a file without the end of its last line; empty where there is none. */
static const char *text_of(const char *format, const char *name)
{
    static char text[4096];
    char path[512];

    snprintf(path, sizeof(path), format, name);
    int fd = open(path, O_RDONLY);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (length > 0 && text[length - 1] == '\n')
        length--;
    text[length > 0 ? length : 0] = 0;
    return text;
}

static long number_of(const char *format, const char *name)
{
    const char *text = text_of(format, name);
    char *end;
    long value = strtol(text, &end, 10);

    return end != text && *end == 0 ? value : -1;
}

static int same(const char *one_format, const char *other_format, const char *one, const char *other)
{
    char path[512];
    struct stat a, b;

    snprintf(path, sizeof(path), one_format, one);
    int error = stat(path, &a);
    snprintf(path, sizeof(path), other_format, other);
    return error == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev && S_ISDIR(a.st_mode);
}

static int is_link(const char *format, const char *name)
{
    char path[512];
    struct stat st;

    snprintf(path, sizeof(path), format, name);
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && (st.st_mode & 07777) == 0777;
}

/* ---- disks ---- */

static int is_a_flag(long value)
{
    return value == 0 || value == 1;
}

static int is_a_size(long value)
{
    return value >= 512 && (value & (value - 1)) == 0;
}

static int disk_is_told_of(const char *name)
{
    char wanted[100];
    unsigned major, minor;

    return sscanf(text_of("sys/block/%s/dev", name), "%u:%u", &major, &minor) == 2 &&
           snprintf(wanted, sizeof(wanted), "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=disk", major, minor, name) > 0 &&
           strncmp(text_of("sys/block/%s/uevent", name), wanted, strlen(wanted)) == 0 &&
           number_of("sys/block/%s/size", name) >= 0 && is_a_flag(number_of("sys/block/%s/ro", name)) &&
           is_a_flag(number_of("sys/block/%s/removable", name));
}

static int disk_has_ways(const char *name)
{
    char number[100];

    snprintf(number, sizeof(number), "%s", text_of("sys/block/%s/dev", name));
    return is_link("sys/block/%s", name) && is_link("sys/class/block/%s", name) &&
           is_link("sys/dev/block/%s", number) && same("sys/block/%s", "sys/class/block/%s", name, name) &&
           same("sys/block/%s", "sys/dev/block/%s", name, number) &&
           same("sys/block/%s/subsystem", "sys/class/%s", name, "block");
}

static int disk_has_a_queue(const char *name)
{
    return is_a_size(number_of("sys/block/%s/queue/logical_block_size", name)) &&
           is_a_size(number_of("sys/block/%s/queue/physical_block_size", name)) &&
           is_a_size(number_of("sys/block/%s/queue/hw_sector_size", name)) &&
           number_of("sys/block/%s/queue/max_sectors_kb", name) > 0 &&
           number_of("sys/block/%s/queue/read_ahead_kb", name) >= 0 &&
           number_of("sys/block/%s/queue/discard_max_bytes", name) >= 0 &&
           is_a_flag(number_of("sys/block/%s/queue/rotational", name));
}

static int stat_has_numbers(const char *name)
{
    const char *text = text_of("sys/block/%s/stat", name);
    int count = 0;
    char *end;

    for (; strtoul(text, &end, 10), end != text; text = end)
        count++;
    return count >= 15;
}

static void disks(void)
{
    DIR *dir = opendir("sys/block");
    int told = 1, ways = 1, queue = 1, numbers = 1, links = 1;

    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        links &= entry->d_type == DT_LNK;
        told &= disk_is_told_of(entry->d_name);
        ways &= disk_has_ways(entry->d_name);
        queue &= disk_has_a_queue(entry->d_name);
        numbers &= stat_has_numbers(entry->d_name);
    }
    show_bool("disks", dir != NULL);
    if (dir != NULL)
        closedir(dir);
    show_bool("each is a link", links);
    show_bool("each is told of", told);
    show_bool("the ways lead to it", ways);
    show_bool("each has a queue", queue);
    show_bool("and numbers", numbers);
    there("sys/block/none");
    there("sys/dev/block/4000:4000");
}

/* ---- character devices ---- */

static void character_device(const char *class, const char *name, const char *number)
{
    char path[100], uevent[100];
    unsigned major = 0, minor = 0;

    snprintf(path, sizeof(path), "%s/%s", class, name);
    show_bool(name, is_link("sys/class/%s", path));
    printf("  %s\n", text_of("sys/class/%s/dev", path));
    sscanf(number, "%u:%u", &major, &minor);
    snprintf(uevent, sizeof(uevent), "MAJOR=%u\nMINOR=%u\nDEVNAME=%s", major, minor, name);
    show_bool("uevent", strncmp(text_of("sys/class/%s/uevent", path), uevent, strlen(uevent)) == 0);
    const char *mode = strstr(text_of("sys/class/%s/uevent", path), "DEVMODE=");
    printf("  %s\n", mode != NULL ? mode : "no mode");
    show_bool("by number", same("sys/class/%s", "sys/dev/char/%s", path, number));
    show_bool("its class", same("sys/class/%s/subsystem", "sys/class/%s", path, class));
    show_bool("not a real one", same("sys/class/%s", "sys/devices/virtual/%s", path, path));
}

/* ---- CPUs ---- */

static int bits(const char *mask)
{
    int count = 0;

    for (; *mask != 0; mask++)
        for (unsigned digit = *mask == ',' ? 0 : (unsigned)strtoul((char[]){*mask, 0}, NULL, 16); digit != 0;
             digit >>= 1)
            count += digit & 1;
    return count;
}

/* Of a list as "0-3,8": how many. */
static int listed(const char *list)
{
    int count = 0;

    while (*list != 0) {
        char *end;
        long first = strtol(list, &end, 10), last = *end == '-' ? strtol(end + 1, &end, 10) : first;

        if (end == list)
            return -1;
        count += (int)(last - first + 1);
        list = *end == ',' ? end + 1 : end;
    }
    return count;
}

#define TOPOLOGY "sys/devices/system/cpu/cpu0/topology/"

static void topology(void)
{
    int threads = listed(text_of("%s", TOPOLOGY "thread_siblings_list"));
    int cores = listed(text_of("%s", TOPOLOGY "core_siblings_list"));

    show_bool("its package", number_of("%s", TOPOLOGY "physical_package_id") >= 0);
    show_bool("its core", number_of("%s", TOPOLOGY "core_id") >= 0);
    show_bool("threads", threads >= 1 && bits(text_of("%s", TOPOLOGY "thread_siblings")) == threads);
    show_bool("of the same core", listed(text_of("%s", TOPOLOGY "core_cpus_list")) == threads);
    show_bool("of the same package", cores >= threads && bits(text_of("%s", TOPOLOGY "core_siblings")) == cores);
    show_bool("so many at most", number_of("%s", "sys/devices/system/cpu/kernel_max") + 1 >=
                                     listed(text_of("%s", "sys/devices/system/cpu/possible")));
}

static void look(void)
{
    struct stat st;

    mkdir("sys", 0755);
    show("mount", mount("none", "sys", "sysfs", 0, NULL));
    disks();
    character_device("tty", "tty", "5:0");
    character_device("tty", "ptmx", "5:2");
    character_device("tty", "console", "5:1");
    character_device("mem", "null", "1:3");
    character_device("mem", "urandom", "1:9");
    character_device("mem", "kmsg", "1:11");
    there("sys/dev/char/4000:4000");
    there("sys/class/tty/none");
    show_bool("lo's class", same("sys/class/net/lo/subsystem", "sys/class/%s", "", "net"));
    topology();
    show("a file", stat("sys/class/mem/null/dev", &st));
    printf("  %o, %ld bytes\n", st.st_mode, (long)st.st_size);
    show("write it", open("sys/class/mem/null/dev", O_WRONLY));
    show("umount", umount("sys"));
    rmdir("sys");
}

int main(void)
{
    mounting_alone("sysfs_devices", NULL, look);
    return 0;
}
