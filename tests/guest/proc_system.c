/* SPDX-License-Identifier: Apache-2.0 */
/* proc_system.c - what /proc tells of the system as a whole: its files' structure, and that they agree with the calls
 * that tell the same. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

#include "show.h"

static char text[1 << 17];

static long slurp(const char *path)
{
    int fd = open(path, O_RDONLY);
    long length = 0, got = 0;

    text[0] = 0;
    if (fd < 0)
        return -1;
    while ((got = read(fd, text + length, sizeof(text) - 1 - (size_t)length)) > 0)
        length += got;
    close(fd);
    text[length] = 0;
    return got < 0 ? -1 : length;
}

static const char *line(const char *name)
{
    const char *at = text;
    size_t length = strlen(name);

    while (at != NULL && strncmp(at, name, length) != 0)
        at = (at = strchr(at, '\n')) != NULL ? at + 1 : NULL;
    return at != NULL ? at + length : NULL;
}

static long kib(const char *name)
{
    const char *at = line(name);

    if (at == NULL || strncmp(strchr(at, '\n') - 3, " kB", 3) != 0)
        return -1;
    return strtol(at, NULL, 10);
}

static void meminfo(void)
{
    struct sysinfo info;

    slurp("/proc/meminfo");
    show_bool("it begins", strncmp(text, "MemTotal:       ", 16) == 0);
    show("where the unit is", strstr(text, " kB\n") - text);
    sysinfo(&info);
    show_bool("total", kib("MemTotal:") == (long)(info.totalram * info.mem_unit / 1024));
    show_bool("free", kib("MemFree:") > 0 && kib("MemFree:") < kib("MemTotal:"));
    show_bool("available", kib("MemAvailable:") > 0 && kib("MemAvailable:") <= kib("MemTotal:"));
    show_bool("buffers, cached, swap", kib("Buffers:") >= 0 && kib("Cached:") >= 0 && kib("SwapTotal:") >= 0);
}

static void times(void)
{
    struct timespec now;
    struct sysinfo info;
    long up, idle, up_hundredth, idle_hundredth;
    int used = -1;

    slurp("/proc/uptime");
    show("uptime", sscanf(text, "%ld.%2ld %ld.%2ld\n%n", &up, &up_hundredth, &idle, &idle_hundredth, &used));
    show_bool("no more", used == (int)strlen(text));
    clock_gettime(CLOCK_BOOTTIME, &now);
    sysinfo(&info);
    show_bool("is now", now.tv_sec - up <= 2 && info.uptime - up <= 2);
    int load[6], running, all, last;
    slurp("/proc/loadavg");
    show("loadavg", sscanf(text, "%d.%2d %d.%2d %d.%2d %d/%d %d\n%n", load, load + 1, load + 2, load + 3, load + 4,
                           load + 5, &running, &all, &last, &used));
    show_bool("no more", used == (int)strlen(text));
    show_bool("threads", running >= 1 && running <= all && last > 0);
    show_bool("as sysinfo has them", labs((long)info.loads[0] / 655 - load[0] * 100 - load[1]) <= 20);
}

static void system_stat(void)
{
    long long value[10];

    slurp("/proc/stat");
    show("stat", sscanf(text, "cpu  %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld\ncpu0 ", value, value + 1,
                        value + 2, value + 3, value + 4, value + 5, value + 6, value + 7, value + 8, value + 9));
    static const char *const names[] = {"intr ",          "ctxt ",          "btime ",  "processes ",
                                        "procs_running ", "procs_blocked ", "softirq "};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        show_bool(names[i], line(names[i]) != NULL && isdigit((unsigned char)*line(names[i])));
    show_bool("booted before now",
              atol(line("btime ")) <= time(NULL) && time(NULL) - atol(line("btime ")) < 1000000000);
    long before = atol(line("processes "));
    volatile int spin = 0;
    clock_t start = clock();
    while (clock() - start < CLOCKS_PER_SEC / 10)
        spin++;
    long long user = value[0], system = value[2];
    slurp("/proc/stat");
    sscanf(text, "cpu  %lld %lld %lld", value, value + 1, value + 2);
    show_bool("time goes on", value[0] + value[2] - user - system >= 5);
    show_bool("processes don't go back", atol(line("processes ")) >= before);
}

static void names(void)
{
    struct utsname name;
    char other[300];

    uname(&name);
    slurp("/proc/version");
    snprintf(other, sizeof(other), "Linux version %s (", name.release);
    show_bool("version", strncmp(text, other, strlen(other)) == 0);
    static const struct {
        const char *path;
        size_t offset;
    } files[] = {{"ostype", offsetof(struct utsname, sysname)},
                 {"osrelease", offsetof(struct utsname, release)},
                 {"version", offsetof(struct utsname, version)},
                 {"hostname", offsetof(struct utsname, nodename)}};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(other, sizeof(other), "/proc/sys/kernel/%s", files[i].path);
        slurp(other);
        snprintf(other, sizeof(other), "%s\n", (const char *)&name + files[i].offset);
        show_bool(files[i].path, strcmp(text, other) == 0);
    }
}

static int is_uuid(void)
{
    for (int i = 0; i < 36; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return 0;
    return strlen(text) == 37 && text[36] == '\n' && text[14] == '4' && strchr("89ab", text[19]) != NULL;
}

static void settings(void)
{
    static const char *const constants[] = {"kernel/cap_last_cap",    "kernel/overflowuid",
                                            "kernel/overflowgid",     "kernel/randomize_va_space",
                                            "kernel/ngroups_max",     "kernel/random/entropy_avail",
                                            "kernel/random/poolsize", "fs/nr_open",
                                            "fs/pipe-max-size",       "fs/overflowuid",
                                            "fs/lease-break-time",    "vm/overcommit_memory",
                                            "vm/max_map_count",       "vm/swappiness",
                                            "vm/overcommit_ratio",    "vm/page-cluster",
                                            "kernel/core_pattern",    "kernel/shmmni",
                                            "kernel/shmmax",          "kernel/msgmax"};
    static const char *const others[] = {"kernel/pid_max", "kernel/threads-max", "fs/file-max", "kernel/printk"};
    char path[100], before[50];
    struct stat st;

    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        snprintf(path, sizeof(path), "/proc/sys/%s", constants[i]);
        slurp(path);
        printf("%s: %s", constants[i], text);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        snprintf(path, sizeof(path), "/proc/sys/%s", others[i]);
        show_bool(others[i], slurp(path) > 1 && atol(text) > 0);
    }
    slurp("/proc/sys/kernel/random/boot_id");
    snprintf(before, sizeof(before), "%.40s", text);
    show_bool("boot_id", is_uuid());
    slurp("/proc/sys/kernel/random/boot_id");
    show_bool("always the same", strcmp(text, before) == 0);
    slurp("/proc/sys/kernel/random/uuid");
    snprintf(before, sizeof(before), "%.40s", text);
    show_bool("uuid", is_uuid());
    slurp("/proc/sys/kernel/random/uuid");
    show_bool("another each time", strcmp(text, before) != 0 && is_uuid());
    long open_files, free_files, most;
    slurp("/proc/sys/fs/file-nr");
    show("file-nr", sscanf(text, "%ld\t%ld\t%ld\n", &open_files, &free_files, &most));
    show_bool("some are open", open_files >= 3);
    stat("/proc/sys/vm/max_map_count", &st);
    printf("mode %o, owner %u\n", st.st_mode, st.st_uid);
    stat("/proc/sys/kernel/osrelease", &st);
    printf("mode %o\n", st.st_mode);
    show("to be written", open("/proc/sys/vm/max_map_count", O_WRONLY) >= 0 ? 0 : -1);
    show("nonsense", write(open("/proc/sys/vm/max_map_count", O_WRONLY), "x\n", 2));
    show("too little", write(open("/proc/sys/kernel/pid_max", O_WRONLY), "5\n", 2));
    show("what it is", write(open("/proc/sys/vm/max_map_count", O_WRONLY), "65530\n", 6));
    show("nothing", open("/proc/sys/kernel/nothing", O_RDONLY));
}

static int rows(const char *prefix)
{
    int count = 0;

    for (const char *at = text; (at = strstr(at, prefix)) != NULL; at++)
        count += at[strlen(prefix)] >= '0' && at[strlen(prefix)] <= '9';
    return count;
}

/* The numbers of a row, or -1: there is no such row. The sum goes to *sum. */
static int numbers(const char *row, unsigned long long *sum)
{
    char *at = strstr(text, row), *end;
    int count = 0;

    *sum = 0;
    if (at == NULL)
        return -1;
    for (at += strlen(row);; at = end, count++) {
        unsigned long long number = strtoull(at, &end, 10);

        if (end == at)
            return count;
        *sum += number;
    }
}

/* A column for each CPU. */
static void interrupts(void)
{
    unsigned long long timer, before, kicks;
    int cpus;

    slurp("/proc/stat");
    cpus = rows("\ncpu");
    slurp("/proc/interrupts");
    show_bool("interrupts", strncmp(text, "           CPU0       ", 22) == 0);
    show_bool("a column for each CPU", rows(" CPU") == cpus);
    show_bool("each has its timer", numbers("\nLOC:", &before) == cpus);
#ifdef __x86_64__ /* elsewhere Linux has other names */
    show_bool("and is woken by others", numbers("\nRES:", &kicks) == cpus);
#else
    (void)kicks;
    show_bool("and is woken by others", 1);
#endif
    usleep(30000);
    slurp("/proc/interrupts");
    show_bool("which has come meanwhile", numbers("\nLOC:", &timer) == cpus && timer > before);
}

/* Each line of diskstats: two numbers, a name, and at least 15 numbers. */
static int disks_have_numbers(void)
{
    for (const char *line = text; *line != 0; line = strchr(line, '\n') + 1) {
        unsigned major, minor, count = 0;
        int length = 0;
        char name[64];

        if (strchr(line, '\n') == NULL || sscanf(line, "%4u %7u %63s%n", &major, &minor, name, &length) != 3)
            return 0;
        for (const char *at = line + length; *at == ' '; at += 1 + strcspn(at + 1, " \n"))
            count++;
        if (count < 15)
            return 0;
    }
    return 1;
}

static void others(void)
{
    unsigned char magic[4] = {0};
    struct stat st;

    read(open("/proc/config.gz", O_RDONLY), magic, sizeof(magic));
    printf("config.gz: %02x%02x%02x\n", magic[0], magic[1], magic[2]);
    slurp("/proc/filesystems");
    show_bool("filesystems", strstr(text, "nodev\tproc\n") != NULL && strstr(text, "nodev\ttmpfs\n") != NULL);
    slurp("/proc/mounts");
    show_bool("mounts", strstr(text, "proc /proc proc rw,") != NULL && strstr(text, " 0 0\n") != NULL);
    slurp("/proc/self/mountinfo");
    show_bool("mountinfo", strstr(text, " - proc proc rw\n") != NULL);
    slurp("/proc/devices");
    show_bool("devices",
              strncmp(text, "Character devices:\n  1 mem\n", 27) == 0 && strstr(text, "\n\nBlock devices:\n") != NULL);
    slurp("/proc/partitions");
    show_bool("partitions", text[0] == 0 || strncmp(text, "major minor  #blocks  name\n\n", 28) == 0);
    show_bool("diskstats", slurp("/proc/diskstats") >= 0 && disks_have_numbers());
    slurp("/proc/swaps");
    printf("%.*s|\n", (int)strcspn(text, "\n"), text);
    slurp("/proc/vmstat");
    show_bool("vmstat", strncmp(text, "nr_free_pages ", 14) == 0);
    show_bool("vmstat: what disks gave and got",
              strstr(text, "\npgpgin ") != NULL && strstr(text, "\npgpgout ") != NULL);
    show_bool("cpuinfo", slurp("/proc/cpuinfo") > 20 && strstr(text, "processor\t") != NULL);
    show_bool("cmdline", slurp("/proc/cmdline") >= 1 && text[strlen(text) - 1] == '\n');
    show("written to", open("/proc/version", O_WRONLY) >= 0 ? 0 : -1);
    lstat("/proc/self", &st);
    printf("self: %o\n", st.st_mode);
    lstat("/proc/mounts", &st);
    printf("mounts: %o\n", st.st_mode);
    stat("/proc", &st);
    printf("proc: %o, inode %lu, %s\n", st.st_mode, (unsigned long)st.st_ino, st.st_nlink > 2 ? "links" : "no links");
    stat("/proc/sys/kernel", &st);
    printf("sys/kernel: %o\n", st.st_mode);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    meminfo();
    times();
    system_stat();
    names();
    settings();
    others();
    interrupts();
    return 0;
}
