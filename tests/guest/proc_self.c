/* SPDX-License-Identifier: Apache-2.0 */
/* proc_self.c - what /proc tells a process of itself: the fields of its files, and that their values are its own. */
#define _GNU_SOURCE
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

#include "show.h"

extern char **environ;
static char text[1 << 16];

/* The whole of a file, with a NUL behind. Its length or -1. */
static long slurp(const char *path)
{
    int fd = open(path, O_RDONLY);
    long length = 0, got = 0;

    if (fd < 0)
        return -1;
    while ((got = read(fd, text + length, sizeof(text) - 1 - (size_t)length)) > 0)
        length += got;
    close(fd);
    text[length] = 0;
    return got < 0 ? -1 : length;
}

/* What follows "name:\t" at the beginning of a line. */
static const char *field(const char *name)
{
    size_t length = strlen(name);

    for (const char *at = text; at != NULL && *at != 0; at = strchr(at, '\n'), at += at != NULL)
        if (strncmp(at, name, length) == 0 && at[length] == ':')
            return at + length + 1;
    return NULL;
}

static long number(const char *name)
{
    const char *at = field(name);

    return at != NULL ? strtol(at, NULL, 10) : -1;
}

static int line_is(const char *name, const char *value)
{
    const char *at = field(name);

    return at != NULL && strncmp(at, value, strlen(value)) == 0 && at[strlen(value)] == '\n';
}

/* Those lines of status that every Linux from 6.12 on has, whatever its configuration, in their order. */
static void status_names(void)
{
    static const char *const names[] = {"Name",
                                        "Umask",
                                        "State",
                                        "Tgid",
                                        "Ngid",
                                        "Pid",
                                        "PPid",
                                        "TracerPid",
                                        "Uid",
                                        "Gid",
                                        "FDSize",
                                        "Groups",
                                        "Kthread",
                                        "VmPeak",
                                        "VmSize",
                                        "VmLck",
                                        "VmPin",
                                        "VmHWM",
                                        "VmRSS",
                                        "RssAnon",
                                        "RssFile",
                                        "RssShmem",
                                        "VmData",
                                        "VmStk",
                                        "VmExe",
                                        "VmLib",
                                        "VmPTE",
                                        "VmSwap",
                                        "CoreDumping",
                                        "THP_enabled",
                                        "Threads",
                                        "SigQ",
                                        "SigPnd",
                                        "ShdPnd",
                                        "SigBlk",
                                        "SigIgn",
                                        "SigCgt",
                                        "CapInh",
                                        "CapPrm",
                                        "CapEff",
                                        "CapBnd",
                                        "CapAmb",
                                        "NoNewPrivs",
                                        "Seccomp",
                                        "Cpus_allowed",
                                        "Cpus_allowed_list",
                                        "Mems_allowed",
                                        "Mems_allowed_list",
                                        "voluntary_ctxt_switches",
                                        "nonvoluntary_ctxt_switches"};
    const char *last = text;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *at = field(names[i]);

        if (at == NULL || at < last)
            printf("%s: missing, or not in its place\n", names[i]);
        else
            last = at;
    }
}

static void status(void)
{
    char line[100];
    long size;

    umask(037);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, (void (*)(int))(uintptr_t)status);
    prctl(PR_SET_NAME, "a (b\n\\c");
    show_bool("status", slurp("/proc/self/status") > 0);
    status_names();
    printf("Name:%.*s\n", (int)strcspn(field("Name"), "\n"), field("Name"));
    show_bool("Umask", line_is("Umask", "\t0037"));
    show_bool("State", line_is("State", "\tR (running)"));
    show_bool("Pid", number("Pid") == getpid() && number("Tgid") == getpid() && number("PPid") == getppid());
    snprintf(line, sizeof(line), "\t%u\t%u\t%u\t%u", getuid(), geteuid(), geteuid(), geteuid());
    show_bool("Uid", line_is("Uid", line));
    snprintf(line, sizeof(line), "\t%u\t%u\t%u\t%u", getgid(), getegid(), getegid(), getegid());
    show_bool("Gid", line_is("Gid", line));
    show("Threads", number("Threads"));
    printf("SIGUSR1 and 2: ignored %llx, caught %llx\n", strtoull(field("SigIgn"), NULL, 16) & 0xa00,
           strtoull(field("SigCgt"), NULL, 16) & 0xa00);
    show_bool("SigBlk", line_is("SigBlk", "\t0000000000000000"));
    show_bool("sizes agree", number("VmPeak") >= number("VmSize") && number("VmHWM") >= number("VmRSS") &&
                                 number("RssAnon") + number("RssFile") + number("RssShmem") == number("VmRSS"));
    size = number("VmSize");
    char *more = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(more, 1, 1 << 20);
    slurp("/proc/self/status");
    show("mapped more, in KiB", number("VmSize") - size);
    long most = number("VmHWM"), resident = number("VmRSS");
    munmap(more, 1 << 20);
    slurp("/proc/self/status");
    show("and less", number("VmSize") - size);
    show_bool("the peaks stay",
              number("VmPeak") >= size + 1024 && number("VmHWM") >= most - 512); /* Linux counts in batches */
    show_bool("what was in memory isn't", resident - number("VmRSS") >= 900);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    umask(022);
}

static long long stat_field(int which) /* as proc(5) counts them, from 3 on */
{
    const char *at = strrchr(text, ')');

    for (int i = 2; i < which && at != NULL; i++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoll(at + 1, NULL, 10) : -1;
}

static void stat_line(void)
{
    struct rlimit limit = {1 << 30, RLIM_INFINITY};
    volatile unsigned spin = 0;
    struct tms before, after;
    int fields = 2;

    while (clock() < CLOCKS_PER_SEC / 20)
        spin += 1;
    setrlimit(RLIMIT_RSS, &limit);
    times(&before);
    slurp("/proc/self/stat");
    times(&after);
    show_bool("its number", strtol(text, NULL, 10) == getpid());
    for (const char *at = strrchr(text, ')'); (at = strchr(at + 1, ' ')) != NULL;)
        fields++;
    show("fields", fields);
    printf("name and state: %.*s\n", (int)(strrchr(text, ')') + 3 - strchr(text, '(')), strchr(text, '('));
    show_bool("family", stat_field(4) == getppid() && stat_field(5) == getpgrp() && stat_field(6) == getsid(0));
    show_bool("faults", stat_field(10) > 0);
    show_bool("CPU time", stat_field(14) + stat_field(15) >= 4 && stat_field(14) + stat_field(15) < 6000);
    show_bool("as times(2) has it", stat_field(14) >= before.tms_utime && stat_field(14) <= after.tms_utime &&
                                        stat_field(15) >= before.tms_stime && stat_field(15) <= after.tms_stime);
    show("priority", stat_field(18));
    show("nice", stat_field(19));
    show("threads", stat_field(20));
    struct timespec boot;
    clock_gettime(CLOCK_BOOTTIME, &boot);
    /* In hundredths: a guest's first program may start in the first of them. */
    show_bool("start", stat_field(22) >= 0 && stat_field(22) <= boot.tv_sec * 100 + boot.tv_nsec / 10000000);
    show("limit of memory", stat_field(25));
    show_bool("code",
              stat_field(26) <= (long long)(uintptr_t)stat_line && stat_field(27) > (long long)(uintptr_t)stat_line);
    show_bool("stack", stat_field(28) > (long long)(uintptr_t)&limit);
    show("end signal", stat_field(38));
    show("policy", stat_field(41));
    show_bool("arguments", stat_field(49) - stat_field(48) > 0 && stat_field(51) - stat_field(50) >= 0);
    slurp("/proc/self/statm");
    long size, resident, shared;
    show("statm", sscanf(text, "%ld %ld %ld", &size, &resident, &shared));
    show_bool("in order", size >= resident && resident >= shared && shared > 0);
}

/* argv as it is in one piece of memory. */
static void strings(int argc, char **argv)
{
    long length = slurp("/proc/self/cmdline"), at = 0;
    int same = 1;

    for (int i = 0; i < argc; i++) {
        same &= at + (long)strlen(argv[i]) < length && strcmp(text + at, argv[i]) == 0;
        at += (long)strlen(argv[i]) + 1;
    }
    show_bool("cmdline", same && at == length);
    length = slurp("/proc/self/environ");
    at = 0;
    same = 1;
    for (char **each = environ; *each != NULL; each++) {
        same &= at < length && strcmp(text + at, *each) == 0;
        at += (long)strlen(*each) + 1;
    }
    show_bool("environ", same && at == length);
    char was = argv[0][0];
    argv[0][0] = '!';
    slurp("/proc/self/cmdline");
    show_bool("what the program writes there is seen", text[0] == '!');
    argv[0][0] = was;
}

static void auxiliary(void)
{
    unsigned long pair[2];
    long length = slurp("/proc/self/auxv"), wrong = 0, count = 0;

    for (long at = 0; at + (long)sizeof(pair) <= length; at += (long)sizeof(pair), count++) {
        memcpy(pair, text + at, sizeof(pair));
        if (pair[0] == AT_NULL)
            break;
        wrong += getauxval(pair[0]) != pair[1];
    }
    show("auxv that differs", wrong);
    show_bool("and there is some", count > 10);
}

/* A line of maps that has the address. */
static const char *map_of(const void *address)
{
    const char *at = text;

    while (at != NULL && *at != 0) {
        char *end;
        unsigned long start = strtoul(at, &end, 16), stop = strtoul(end + 1, NULL, 16);
        if ((uintptr_t)address >= start && (uintptr_t)address < stop)
            return at;
        at = strchr(at, '\n');
        at += at != NULL;
    }
    return "none";
}

static void map_show(const char *what, const void *address)
{
    const char *at = map_of(address), *rights = strchr(at, ' ');
    int length = (int)strcspn(at, "\n");
    const char *name = at + 73 < at + length ? at + 73 : at + length;

    if (rights == NULL)
        printf("%s: not there\n", what);
    else
        printf("%s: %.4s%s%.*s\n", what, rights + 1, name[0] == '[' || name[0] == '/' ? ", in column 73 " : "",
               name[0] == '[' ? (int)(at + length - name) : 0, name);
}

static void maps(void)
{
    static const char constant[] = "constant";
    int here;
    char *shared = mmap(NULL, (size_t)page_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *none = mmap(NULL, (size_t)page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *heap = (char *)syscall(SYS_brk, 0); /* which musl keeps to itself */

    syscall(SYS_brk, heap + (1 << 16));

    slurp("/proc/self/maps");
    map_show("a variable on the stack", &here);
    map_show("the heap", heap);
    map_show("code", (const void *)(uintptr_t)map_show);
    map_show("a constant", constant);
    map_show("a variable", text);
    map_show("shared memory", shared);
    map_show("no rights", none);
    show_bool("shared memory has a name", strstr(map_of(shared), "/dev/zero (deleted)\n") != NULL);
    unsigned long last = 0, start;
    int ascending = 1;
    for (const char *at = text; at != NULL && *at != 0 && *at != 'f'; at = strchr(at, '\n'), at += at != NULL) {
        start = strtoul(at, NULL, 16);
        ascending &= start >= last;
        last = start;
    }
    show_bool("ascending", ascending);
    show_bool("smaps_rollup", slurp("/proc/self/smaps_rollup") > 0);
    show_bool("its parts",
              number("Rss") > 0 && number("Rss") >= number("Pss") &&
                  number("Shared_Clean") + number("Shared_Dirty") + number("Private_Clean") + number("Private_Dirty") ==
                      number("Rss"));
    show_bool("smaps", slurp("/proc/self/smaps") > 0 && strstr(text, "\nVmFlags: rd ") != NULL);
}

static void links(const char *program)
{
    char path[4096], other[4096];
    struct stat a, b;

    show_bool("self", readlink("/proc/self", path, sizeof(path)) > 0 && strtol(path, NULL, 10) == getpid());
    long length = readlink("/proc/thread-self", path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = 0;
    snprintf(other, sizeof(other), "%d/task/%d", getpid(), getpid());
    show_bool("thread-self", strcmp(path, other) == 0);
    length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = 0;
    show_bool("exe", stat(path, &a) == 0 && stat(program, &b) == 0 && a.st_ino == b.st_ino);
    show_bool("followed", stat("/proc/self/exe", &a) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
    length = readlink("/proc/self/cwd", path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = 0;
    show_bool("cwd", strcmp(path, getcwd(other, sizeof(other))) == 0);
    length = readlink("/proc/self/root", path, sizeof(path) - 1);
    printf("root: %.*s\n", (int)length, path);
    show("through it", access("/proc/self/root/proc/self/cwd/.", F_OK));
    show("a link can't be opened as one", open("/proc/self/exe", O_RDONLY | O_NOFOLLOW));
}

static void kinds(void)
{
    static const char *const names[] = {
        "",           "/stat", "/status",      "/maps",    "/mem",   "/environ", "/exe",           "/fd",
        "/fdinfo",    "/task", "/comm",        "/cmdline", "/auxv",  "/limits",  "/oom_score_adj", "/pagemap",
        "/mountinfo", "/io",   "/personality", "/cgroup",  "/wchan", "/root"};
    struct statfs fs;
    struct stat st;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d%s", getpid(), names[i]);
        if (lstat(path, &st) == 0)
            printf("%s: %o, %s\n", names[i], st.st_mode,
                   st.st_uid == geteuid() && st.st_gid == getegid() ? "ours" : "not ours");
        else
            printf("%s: %s\n", names[i], error_name(errno));
    }
    statfs("/proc/self/stat", &fs);
    printf("file system: %lx\n", (unsigned long)fs.f_type);
}

int main(int argc, char **argv)
{
    char program[4096];

    if (argv[0][0] == '/')
        snprintf(program, sizeof(program), "%s", argv[0]);
    else
        snprintf(program, sizeof(program), "%s/%s", getcwd(text, sizeof(text)), argv[0]);
    enter(argc, argv);
    status();
    stat_line();
    strings(argc, argv);
    auxiliary();
    maps();
    links(program);
    kinds();
    return 0;
}
