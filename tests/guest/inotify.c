/* SPDX-License-Identifier: Apache-2.0 */
/* inotify.c - inotify(7)'s calls: how something is watched, how events are read, and what is wrong. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#include "tree.h"
#include "watching.h"

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644);

    if (fd < 0)
        printf("touch %s: %s\n", path, error_name(errno));
    close(fd);
}

/* ---- what is wrong ---- */

static void wrong_instances(void)
{
    int fd;

    show("flags", inotify_init1(1));
    show("O_RDWR", inotify_init1(O_RDWR));
    fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    printf("flags: %o, %d\n", (unsigned)fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
    show("write", write(fd, "x", 1));
    show("lseek", lseek(fd, 0, SEEK_SET));
    show("pread", pread(fd, (char[1]){0}, 1, 0));
    show("fsync", fsync(fd));
    close(fd);
    fd = inotify_init();
    printf("flags: %o, %d\n", (unsigned)fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
    close(fd);
}

static void wrong_watches(void)
{
    int file = open("d/f", O_RDONLY), path = open("d/f", O_PATH), wd;

    show("no mask", inotify_add_watch(watching, "d", 0));
    show("a bit too much", inotify_add_watch(watching, "d", IN_ACCESS | 0x1000));
    show("another", inotify_add_watch(watching, "d", 0x8000000));
    show("no descriptor", inotify_add_watch(-1, "d", IN_ACCESS));
    show("no mask, no descriptor", inotify_add_watch(-1, "d", 0));
    show("another kind", inotify_add_watch(file, "d", IN_ACCESS));
    show("O_PATH", inotify_add_watch(path, "d", IN_ACCESS));
    show("add and create, another kind", inotify_add_watch(file, "d", IN_ACCESS | IN_MASK_ADD | IN_MASK_CREATE));
    show("add and create", inotify_add_watch(watching, "d", IN_ACCESS | IN_MASK_ADD | IN_MASK_CREATE));
    show("not there", inotify_add_watch(watching, "d/none", IN_ACCESS));
    show("empty", inotify_add_watch(watching, "", IN_ACCESS));
    show("nowhere", inotify_add_watch(watching, (const char *)1, IN_ACCESS));
    show("not a directory", inotify_add_watch(watching, "d/f", IN_ACCESS | IN_ONLYDIR));
    show("not a directory, slash", inotify_add_watch(watching, "d/f/", IN_ACCESS));
    show("a link to one", inotify_add_watch(watching, "link", IN_ACCESS | IN_ONLYDIR | IN_DONT_FOLLOW));
    show("a link to nothing", inotify_add_watch(watching, "dangling", IN_ACCESS));
    show("remove, no descriptor", inotify_rm_watch(-1, 1));
    show("remove, another kind", inotify_rm_watch(file, 1));
    show("remove, O_PATH", inotify_rm_watch(path, 1));
    show("remove none", inotify_rm_watch(watching, 1));
    show("remove -1", inotify_rm_watch(watching, -1));
    wd = inotify_add_watch(watching, "d", IN_ISDIR);
    show("IN_ISDIR alone", wd);
    show("remove", inotify_rm_watch(watching, wd));
    show("remove again", inotify_rm_watch(watching, wd));
    told("removed");
    close(file);
    close(path);
}

static void unreadable(void)
{
    chmod("d/f", 0222);
    mkdir("d/closed", 0700);
    show("as root", inotify_rm_watch(watching, inotify_add_watch(watching, "d/f", IN_ACCESS)));
    if (seteuid(65534) != 0)
        exit(2);
    show("unreadable", inotify_add_watch(watching, "d/f", IN_ACCESS));
    show("unreadable directory", inotify_add_watch(watching, "d/closed", IN_ACCESS));
    show("unreadable, not a directory", inotify_add_watch(watching, "d/f", IN_ACCESS | IN_ONLYDIR));
    if (seteuid(0) != 0)
        exit(2);
    chmod("d/f", 0644);
    rmdir("d/closed");
    told("root's watch");
}

/* ---- how something is watched ---- */

static void masks(void)
{
    int wd = watch("d", IN_CREATE), other;

    touch("d/1");
    told("created alone");
    show_bool("the same", watch("d", IN_OPEN) == wd);
    touch("d/1");
    told("opened alone");
    show_bool("the same", watch("d", IN_CLOSE_WRITE | IN_MASK_ADD) == wd);
    touch("d/1");
    told("opened and closed");
    show("a second one", inotify_add_watch(watching, "d", IN_OPEN | IN_MASK_CREATE));
    other = watch("d/1", IN_OPEN | IN_MASK_CREATE);
    show_bool("the next number", other == wd + 1);
    touch("d/1");
    told("both");
    show("remove", inotify_rm_watch(watching, other));
    touch("d/1");
    told("one of them");
    other = watch("d/1", IN_OPEN);
    show_bool("a new number", other == wd + 2);
    show("remove", inotify_rm_watch(watching, other));
    show("remove", inotify_rm_watch(watching, wd));
    told("none");
    show_bool("a link's file", watch("filelink", IN_ATTRIB) == watch("d/f", IN_ATTRIB));
    show_bool("a link", watch("filelink", IN_ATTRIB | IN_DONT_FOLLOW) == watch("d/f", IN_ATTRIB));
    show("lchown", lchown("filelink", 0, 0));
    show("chown", chown("filelink", 0, 0));
    told("the link, and its file");
    unlink("d/1");
}

static void once(void)
{
    watching_begin();
    int wd = watch("d", IN_CREATE | IN_ONESHOT);

    touch("d/f");
    told("not that");
    touch("d/1");
    touch("d/2");
    told("once");
    show("remove", inotify_rm_watch(watching, wd));
    wd = watch("d", IN_CREATE | IN_ONESHOT);
    watch("d", IN_OPEN);
    touch("d/1");
    touch("d/2");
    told("once no more");
    watch("d", IN_MASK_ADD | IN_ONESHOT);
    touch("d/1");
    told("once again");
    unlink("d/1");
    unlink("d/2");
    watching_end();
}

/* Two instances, each with its own queue. */
static void twice(void)
{
    int other = inotify_init1(IN_NONBLOCK), first;

    watching_begin();
    watch("d", IN_OPEN);
    first = watching;
    watching = other;
    watch("d", IN_CLOSE);
    touch("d/f");
    told("one");
    watching = first;
    told("the other");
    close(other);
    touch("d/f");
    told("the first alone");
    watching_end();
}

/* ---- coalescing ---- */

static void equals(void)
{
    int fd = open("d/f", O_RDWR);

    watching_begin();
    watch("d", IN_MODIFY | IN_ACCESS | IN_ATTRIB);
    for (int i = 0; i < 3; i++)
        show("write", write(fd, "abc", 3));
    told("three are one");
    show("write", write(fd, "abc", 3));
    told("read in between");
    for (int i = 0; i < 2; i++) {
        show("write", write(fd, "abc", 3));
        show("read", pread(fd, (char[3]){0}, 3, 0));
    }
    told("by turns");
    tree_file("d/g", "g", 0644);
    show("write", write(fd, "abc", 3));
    tree_file("d/g", "gg", 0644);
    told("by name");
    close(fd);
    unlink("d/g");
    watching_end();
}

/* ---- reading ---- */

static char *room(void)
{
    static char buffer[4096] __attribute__((aligned(8)));

    return buffer;
}

static void bytes_ready(const char *what)
{
    int count = -1, result = ioctl(watching, FIONREAD, &count);
    struct pollfd entry = {.fd = watching, .events = POLLIN | POLLOUT | POLLRDNORM};

    printf("%s: %d, %d bytes, ", what, result, count);
    result = poll(&entry, 1, 0);
    printf("poll %d, %x\n", result, (unsigned)entry.revents);
}

static void sizes(void)
{
    const char *const long_name = "d/a-name-of-thirty-two-characters";

    watching_begin();
    watch("d", IN_CREATE | IN_DELETE);
    bytes_ready("nothing");
    show("nothing, too little", read(watching, room(), 1));
    show("nothing, none", read(watching, room(), 0));
    touch("d/g");
    touch("d/fifteen-letters");
    touch("d/sixteen--letters");
    touch(long_name);
    bytes_ready("four");
    show("none", read(watching, room(), 0));
    show("too little", read(watching, room(), 16));
    show("too little", read(watching, room(), 31));
    bytes_ready("still four");
    show("one", read(watching, room(), 32));
    bytes_ready("three");
    show("one and a half", read(watching, room(), 60));
    bytes_ready("two");
    show("bad memory", read(watching, (void *)8, 4096));
    bytes_ready("one is lost");
    show("the last", read(watching, room(), 4096));
    bytes_ready("none");
    unlink("d/g");
    unlink("d/fifteen-letters");
    unlink("d/sixteen--letters");
    unlink(long_name);
    told("names");
    show("FIONREAD to nowhere", ioctl(watching, FIONREAD, (void *)8));
    show("another request", ioctl(watching, TIOCGWINSZ, room()));
    watching_end();
}

static void *touch_later(void *path)
{
    struct timespec while_waiting = {0, 20000000};

    nanosleep(&while_waiting, NULL);
    touch(path);
    return NULL;
}

static void ignore(int signal)
{
    (void)signal;
}

static void waits(void)
{
    struct pollfd entry;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.u32 = 5}};
    int epoll = epoll_create1(0), fd = inotify_init();
    pthread_t thread;

    inotify_add_watch(fd, "d", IN_CREATE);
    entry = (struct pollfd){.fd = fd, .events = POLLIN};
    pthread_create(&thread, NULL, touch_later, "d/1");
    show("poll", poll(&entry, 1, -1));
    show("read", read(fd, room(), 4096));
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, touch_later, "d/2");
    show("read waits", read(fd, room(), 4096));
    pthread_join(thread, NULL);

    show("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    show("epoll, nothing", epoll_wait(epoll, &event, 1, 0));
    touch("d/3");
    show("epoll", epoll_wait(epoll, &event, 1, -1));
    show("epoll, the edge is gone", epoll_wait(epoll, &event, 1, 0));
    touch("d/4");
    show("epoll, another", epoll_wait(epoll, &event, 1, -1));
    show("read", read(fd, room(), 4096));
    show("epoll, read", epoll_wait(epoll, &event, 1, 0));

    struct sigaction action = {.sa_handler = ignore};
    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 0);
    show("a signal", read(fd, room(), 4096));
    close(epoll);
    close(fd);
    for (char name[] = "d/1"; name[2] <= '4'; name[2]++)
        unlink(name);
}

/* ---- too many events ---- */

static long limit_of(const char *name)
{
    char path[100], text[32] = {0};
    struct stat st;

    snprintf(path, sizeof(path), "/proc/sys/fs/inotify/%s", name);
    int fd = open(path, O_RDONLY);
    ssize_t got = read(fd, text, sizeof(text) - 1);
    fstat(fd, &st);
    printf("%s: mode %o, %s\n", name, (unsigned)st.st_mode, got > 1 && text[got - 1] == '\n' ? "a line" : "no line");
    close(fd);
    return atol(text);
}

static void overflows(void)
{
    long most = limit_of("max_queued_events"), events = 0, lost = 0;
    ssize_t got;

    show_bool("instances", limit_of("max_user_instances") >= 128);
    show_bool("watches", limit_of("max_user_watches") >= 8192);
    watching_begin();
    watch("d/f", IN_OPEN | IN_CLOSE);
    for (long i = 0; i < most / 2 + 5; i++)
        touch("d/f");
    while ((got = read(watching, room(), 4096)) > 0)
        for (const char *at = room(); at < room() + got; at += sizeof(struct inotify_event)) {
            const struct inotify_event *event = (const void *)at;

            events++;
            if (event->mask != IN_Q_OVERFLOW)
                continue;
            lost++;
            event_show(event);
            show_bool("after as many as there may be", events == most + 1);
        }
    show_bool("no more than that", events == most + 1);
    show("told once", lost);
    touch("d/f");
    told("and on it goes");
    watching_end();
}

/* ---- /proc ---- */

static void told_by_proc(void)
{
    char path[100], line[500], name[100] = "";
    struct stat st;

    watching_begin();
    watch("d", IN_ALL_EVENTS | IN_ISDIR | IN_ONLYDIR);
    watch("d/f", IN_CREATE | IN_ONESHOT | IN_EXCL_UNLINK);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", watching);
    show("name", readlink(path, name, sizeof(name)));
    printf("%s\n", name);
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", watching);
    FILE *file = fopen(path, "r");
    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned wd, device, mask, ignored;
        unsigned long inode;
        int end = 0;

        if (strncmp(line, "mnt_id", 6) == 0 || strncmp(line, "ino:", 4) == 0)
            continue;
        if (sscanf(line, "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:%x %n", &wd, &inode, &device, &mask,
                   &ignored, &end) < 5) {
            printf("%s", line);
            continue;
        }
        stat(watched[wd], &st);
        printf("wd %u, inode %s, device %s, mask %x, ignored %x\n", wd, inode == st.st_ino ? "right" : "wrong",
               device == (major(st.st_dev) << 20 | minor(st.st_dev)) ? "right" : "wrong", mask, ignored);
    }
    fclose(file);
    watching_end();
}

/* ---- over fork, and after the last close ---- */

static void shared(void)
{
    int status;

    watching_begin();
    watch("d", IN_OPEN);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(watching);
        touch("d/f");
        _exit(0);
    }
    waitpid(child, &status, 0);
    told("by a child");
    child = fork();
    if (child == 0) {
        touch("d/f");
        _exit(read(watching, room(), 4096) > 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    show("the child reads", status);
    told("what is left");
    watching_end();
}

/* ---- whose they are ---- */

/* As many instances as a user may have are that of who is in effect when they are made. */
static void counted(void)
{
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (setresuid(61234, 61235, 61234) != 0)
            _exit(2);
        while (inotify_init() >= 0)
            ;
        show("one more", inotify_init());
        if (setresuid(61235, 61234, 61234) != 0)
            _exit(2);
        show("another user's", inotify_init() < 0 ? -1 : 0);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    show("status", status);
}

/* ---- files without a name ---- */

/* Their names tell the descriptor, which is to be the same whatever else is open. */
static int moved(int fd)
{
    int to = dup2(fd, 20);

    close(fd);
    return to;
}

static void nameless(void)
{
    char path[40], *memory;
    int fd = moved(memfd_create("memory", 0)), again;

    watching_begin();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    watch(path, IN_DELETE_SELF);
    again = dup(fd);
    close(fd);
    told("one descriptor closed");
    if (ftruncate(again, 4096) != 0)
        exit(2);
    memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED, again, 0);
    close(again);
    told("mapped");
    munmap(memory, 4096);
    told("nobody has it");
    fd = moved(open("d", O_RDWR | O_TMPFILE, 0600));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    watch(path, IN_DELETE_SELF);
    close(fd);
    told("O_TMPFILE");
    watching_end();
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    tree_enter("inotify");
    mkdir("d", 0755);
    touch("d/f");
    if (symlink("d", "link") + symlink("none", "dangling") + symlink("d/f", "filelink") != 0)
        exit(2);
    wrong_instances();
    watching_begin();
    wrong_watches();
    unreadable();
    masks();
    watching_end();
    once();
    twice();
    equals();
    sizes();
    waits();
    overflows();
    told_by_proc();
    shared();
    counted();
    nameless();
    tree_leave("inotify");
    return 0;
}
