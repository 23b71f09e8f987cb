/* SPDX-License-Identifier: Apache-2.0 */
/* proc_files.c - files under /proc as files: reads in pieces, seeks, writes, descriptors as links and what fdinfo says
 * of them. */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include <signal.h>
#include <sys/ioctl.h>

#include "show.h"

static char whole[1 << 16], pieces[1 << 16];

static int open_proc(const char *name, int flags)
{
    char path[100];

    snprintf(path, sizeof(path), "/proc/self/%s", name);
    return open(path, flags);
}

static void reading(void)
{
    int fd = open_proc("limits", O_RDONLY);
    long length = read(fd, whole, sizeof(whole)), at;

    show_bool("read at once", length > 1000);
    show("then the end", read(fd, whole, 1));
    show("back", lseek(fd, 0, SEEK_SET));
    for (at = 0; read(fd, pieces + at, 1) == 1; at++)
        ;
    show_bool("byte by byte the same", at == length && memcmp(whole, pieces, (size_t)length) == 0);
    show("pread", pread(fd, pieces, 5, 0));
    printf("%.5s\n", pieces);
    show("pread in the middle", pread(fd, pieces, 10, 80));
    show_bool("the same", memcmp(pieces, whole + 80, 10) == 0);
    show("pread beyond", pread(fd, pieces, 10, 1 << 20));
    show("pread far beyond", pread(fd, pieces, 10, LONG_MAX - 100));
    show("pread before", pread(fd, pieces, 10, -1));
    show("from here", (lseek(fd, 10, SEEK_SET), lseek(fd, 5, SEEK_CUR)));
    show("read there", read(fd, pieces, 3));
    show_bool("the same", memcmp(pieces, whole + 15, 3) == 0);
    show("from the end", lseek(fd, 0, SEEK_END));
    show("before the beginning", lseek(fd, -1, SEEK_SET));
    show("nothing", read(fd, pieces, 0));
    show("to nowhere", read(fd, (void *)8, 10));
    struct iovec parts[2] = {{pieces, 7}, {pieces + 7, 9}};
    lseek(fd, 0, SEEK_SET);
    show("readv", readv(fd, parts, 2));
    show_bool("the same", memcmp(pieces, whole, 16) == 0);
    show("write", write(fd, "x", 1));
    show("ioctl", ioctl(fd, 0x5401, whole));
    show("ftruncate", ftruncate(fd, 0));
    close(fd);
    show("to be written", open_proc("comm", O_WRONLY | O_TRUNC) >= 0 ? 0 : -1);
    struct stat st;
    show("stat", stat("/proc/self/limits", &st));
    show("its size", st.st_size);
    show("mmap", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open_proc("limits", O_RDONLY), 0) == MAP_FAILED ? -1 : 0);
}

static void wrong_names(void)
{
    show("nothing by that name", open_proc("nothing", O_RDONLY));
    show("created", open_proc("nothing", O_RDWR | O_CREAT));
    show("a file as a directory", open_proc("stat/x", O_RDONLY));
    show("no process", open("/proc/999999999/stat", O_RDONLY));
    show("no number", open("/proc/0/stat", O_RDONLY));
    show("with a zero", open("/proc/01/stat", O_RDONLY));
    show("negative", open("/proc/-1/stat", O_RDONLY));
    show("too large", open("/proc/4294967297/stat", O_RDONLY));
    show("a directory, written to", open_proc("fd", O_RDWR));
    show("mkdir", mkdir("/proc/x", 0777));
    show("unlink", unlink("/proc/self/stat"));
    show("rmdir", rmdir("/proc/self/fd"));
    show("rename", rename("/proc/self/stat", "/proc/self/x"));
    show("chmod", chmod("/proc/self/stat", 0777));
    show("no such thread", access("/proc/self/task/999999999/comm", F_OK));
    show("init is no thread of ours", access("/proc/self/task/1/comm", F_OK));
    show("a descriptor that isn't open", access("/proc/self/fd/900", F_OK));
    show("no descriptor", access("/proc/self/fd/x", F_OK));
}

static void comm_is(const char *what)
{
    char name[100];
    int fd = open_proc("comm", O_RDONLY);
    long length = read(fd, name, sizeof(name));

    close(fd);
    printf("%s: %.*s", what, (int)length, name);
    prctl(PR_GET_NAME, name);
    printf("  and %s\n", name);
}

static void adj_is(const char *what)
{
    char number[100];
    int fd = open_proc("oom_score_adj", O_RDONLY);
    long length = read(fd, number, sizeof(number));

    close(fd);
    printf("%s: %.*s", what, (int)length, number);
}

static void adj_set(const char *value)
{
    int fd = open_proc("oom_score_adj", O_WRONLY);

    printf("%s: ", value);
    show("written", write(fd, value, strlen(value)));
    close(fd);
    adj_is("it is");
}

/* Root without it is nobody special. */
static void drop_sys_resource(void)
{
    unsigned header[2] = {0x20080522, 0}, data[6]; /* version 3 */

    syscall(SYS_capget, header, data);
    data[0] &= ~(1u << 24);
    syscall(SYS_capset, header, data);
}

static void writing(void)
{
    int fd = open_proc("comm", O_RDWR);

    drop_sys_resource();

    show("comm", write(fd, "short", 5));
    comm_is("it is");
    show("longer than it can be", write(fd, "a very long name indeed", 23));
    comm_is("it is");
    show("with a line's end", write(fd, "two\nlines\n", 10));
    comm_is("it is");
    show("nothing", write(fd, "", 0));
    show("from nowhere", write(fd, (void *)8, 3));
    comm_is("it is");
    close(fd);
    prctl(PR_SET_NAME, "other");
    comm_is("by prctl");
    memset(whole, 'x', sizeof(whole));
    show("a lot", write(fd = open_proc("comm", O_RDWR), whole, sizeof(whole)));
    close(fd);
    adj_is("at first");
    adj_set("500");
    adj_set("  0x64\n");
    adj_set("1000");
    adj_set("1001");
    adj_set("-1001");
    adj_set("-5");
    adj_set("x");
    adj_set("5x");
    adj_set("");
    adj_set("1 2");
    adj_set("0");
    fd = open_proc("stat", O_RDWR);
    show_ok("stat to be written", fd);
}

static void target(const char *what, int fd)
{
    char path[64], link[4096];
    struct stat st;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    long length = readlink(path, link, sizeof(link));
    lstat(path, &st);
    if (length > 0 && link[length - 1] == ']' && strchr(link, '[')[1] >= '0' && strchr(link, '[')[1] <= '9')
        length = strchr(link, '[') - link + 1;
    printf("%s: %.*s, %o, %ld\n", what, (int)length, link, st.st_mode, (long)st.st_size);
}

static void info(const char *what, int fd, const char *line)
{
    char path[64];
    int file;
    long length;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    file = open(path, O_RDONLY);
    length = read(file, whole, sizeof(whole) - 1);
    close(file);
    whole[length > 0 ? length : 0] = 0;
    const char *at = strstr(whole, line);
    printf("%s: %.*s\n", what, at != NULL ? (int)strcspn(at, "\n") : 7, at != NULL ? at : "nothing");
}

static void list(const char *path)
{
    DIR *dir = opendir(path);
    int own = dirfd(dir);

    printf("%s:", path);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (atoi(entry->d_name) != own || entry->d_name[0] == '.')
            printf(" %s(%d)", entry->d_name, entry->d_type);
    printf("\n");
    closedir(dir);
}

static void descriptors(void)
{
    struct itimerspec when = {.it_value = {1000, 0}};
    int ends[2], fd, again;
    struct stat a, b;
    sigset_t set;

    for (fd = 3; fd < 1000; fd++)
        close(fd);
    fd = open("a file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    show("descriptor", fd);
    show("write", write(fd, "hello", 5));
    show("pipe", pipe(ends));
    list("/proc/self/fd");
    list("/proc/self/fdinfo");
    stat("/proc/self/fd", &a);
    show("there are as many", a.st_size);
    char path[4096], cwd[4000];
    long length = readlink("/proc/self/fd/3", path, sizeof(path) - 1);
    path[length] = 0;
    show_bool("the file's path",
              strncmp(path, getcwd(cwd, sizeof(cwd)), strlen(cwd)) == 0 && strcmp(path + strlen(cwd), "/a file") == 0);
    info("position", fd, "pos:");
    info("flags", fd, "flags:\t02");
    again = open("/proc/self/fd/3", O_RDONLY);
    show_bool("opened again", fstat(fd, &a) == 0 && fstat(again, &b) == 0 && a.st_ino == b.st_ino);
    show("read from its beginning", read(again, path, 10));
    show("its own position", lseek(fd, 0, SEEK_CUR));
    close(again);
    unlink("a file");
    length = readlink("/proc/self/fd/3", path, sizeof(path) - 1);
    path[length] = 0;
    show_bool("deleted", length > 10 && strcmp(path + length - 10, " (deleted)") == 0);
    again = open("/proc/self/fd/3", O_RDONLY);
    show("opened all the same", read(again, path, 10));
    close(again);
    target("reading end", ends[0]);
    target("writing end", ends[1]);
    write(ends[1], "through", 7);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    again = open(path, O_RDONLY | O_NONBLOCK);
    show("the pipe once more", read(again, path, 10));
    close(again);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    target("eventfd", again = eventfd(7, 0));
    info("it has", again, "eventfd-count:");
    target("epoll", again = epoll_create1(0));
    target("timerfd", again = timerfd_create(CLOCK_MONOTONIC, 0));
    timerfd_settime(again, 0, &when, NULL);
    info("its clock", again, "clockid:");
    target("signalfd", again = signalfd(-1, &set, 0));
    info("its signals", again, "sigmask:");
    show("opened", open("/proc/self/fd/6", O_RDWR));
    target("memfd", again = (int)syscall(SYS_memfd_create, "some name", 0));
    write(again, "inside", 6);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", again);
    again = open(path, O_RDONLY);
    show("opened again", read(again, path, 10));
    target("a directory", again = open("/", O_RDONLY | O_DIRECTORY));
    target("O_PATH", again = open("/proc", O_PATH));
    target("a file of proc", again = open("/proc/version", O_RDONLY));
}

static void limits(void)
{
    struct rlimit limit = {12345, 67890};
    int fd = open_proc("limits", O_RDONLY);
    long length;

    setrlimit(RLIMIT_FSIZE, &limit);
    length = read(fd, whole, sizeof(whole) - 1);
    whole[length > 0 ? length : 0] = 0;
    close(fd);
    printf("%.*s|\n", (int)strcspn(whole, "\n"), whole);
    const char *at = strstr(whole, "Max file size");
    printf("%.*s|\n", (int)strcspn(at, "\n"), at);
    at = strstr(whole, "Max nice priority");
    printf("%.*s|\n", (int)strcspn(at, "\n"), at);
    at = strstr(whole, "Max realtime timeout");
    printf("%.*s|\n", (int)strcspn(at, "\n"), at);
}

/* Many open files with text of their own; and a large one in one piece. */
static void many(void)
{
    int fds[200], same = 1;
    char byte[2];

    for (int i = 0; i < 200; i++) {
        fds[i] = open_proc("maps", O_RDONLY);
        same &= read(fds[i], byte, 1) == 1;
    }
    for (int i = 0; i < 200; i++) {
        same &= read(fds[i], byte + 1, 1) == 1;
        close(fds[i]);
    }
    show_bool("many at a time", same);
    for (int i = 0; i < 2000; i++)
        mmap(NULL, (size_t)page_size(), i % 2 != 0 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open_proc("maps", O_RDONLY);
    long lines = 0, got;
    while ((got = read(fd, whole, sizeof(whole))) > 0)
        for (long i = 0; i < got; i++)
            lines += whole[i] == '\n';
    close(fd);
    show_bool("many lines", lines > 2000);
}

/* A pipe, a terminal or a file. Last, as a file that is opened anew has a position of its own. */
static void last_words(void)
{
    int fd;

    show_bool("standard input once more", open("/proc/self/fd/0", O_RDONLY) >= 0);
    fflush(stdout);
    fd = open("/proc/self/fd/1", O_WRONLY | O_APPEND);
    write(fd, "and output\n", 11);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    reading();
    wrong_names();
    writing();
    descriptors();
    limits();
    many();
    last_words();
    return 0;
}
