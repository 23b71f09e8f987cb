/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holds_more.c - the rest of holds.c: ends and looks that take as long as what there is of a thing. A file in memory
 * that goes, private copies of what a file no longer has, 40,000 mappings that are looked at, 100,000 descriptors, five
 * hundred threads and as many children that are left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))
#define FILE_SIZE (48ul << 20)
#define COPIED (12ul << 20)
#define AREAS ((160ul << 20) / PAGE) /* 40,000 of 4 KiB */
#define DESCRIPTORS 100000
#define THREADS 500
#define CHILDREN 500

static void ok(const char *what, int good)
{
    printf("%s: %s\n", what, good ? "ok" : error_name(errno));
    fflush(stdout);
}

static int memory_file(size_t size)
{
    static char block[1 << 16];
    int fd = (int)syscall(SYS_memfd_create, "holds", 0);

    memset(block, 1, sizeof(block));
    for (size_t at = 0; at < size; at += sizeof(block))
        if (write(fd, block, sizeof(block)) != sizeof(block))
            return -1;
    return fd;
}

static void file_that_goes(void)
{
    int fd = memory_file(FILE_SIZE);

    ok("the last of a file", fd >= 0 && close(fd) == 0);
}

/* Of two mappings each page is a copy; of the file there is none, when it gets shorter. */
static void copies_that_go(void)
{
    int fd = memory_file(COPIED), into[2], left = 0;
    char *map[2];

    if (pipe(into) != 0)
        return;
    for (int i = 0; i < 2; i++) {
        map[i] = mmap(NULL, COPIED, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        for (size_t at = 0; at < COPIED; at += PAGE)
            map[i][at] = 7;
    }
    ok("a hole below copies", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, COPIED) == 0 &&
                                  map[0][0] == 7 && map[1][COPIED - PAGE] == 7);
    ok("the end above copies", ftruncate(fd, (off_t)PAGE + 1) == 0);
    for (int i = 0; i < 2; i++)
        for (size_t at = 0; at < COPIED; at += PAGE)
            left += write(into[1], map[i] + at, 1) == 1 && read(into[0], map[i] + at, 1) == 1;
    show("copies that are left", left);
    for (int i = 0; i < 2; i++)
        munmap(map[i], COPIED);
    close(fd);
    close(into[0]);
    close(into[1]);
}

/* How many lines the file has, and how many begin with `word`. */
static int lines(const char *path, const char *word, int *with)
{
    FILE *file = fopen(path, "r");
    char line[512];
    int count = 0;

    *with = 0;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        count++;
        *with += strncmp(line, word, strlen(word)) == 0;
    }
    if (file != NULL)
        fclose(file);
    return count;
}

/* Each page one mapping, every other of which has its page. */
static void many_areas(void)
{
    char *memory = mmap(NULL, AREAS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int error = 0, with;

    for (size_t at = 0; at < AREAS * PAGE; at += 2 * PAGE) {
        error |= mprotect(memory + at, PAGE, PROT_READ | PROT_WRITE);
        memory[at] = 1;
    }
    ok("as many mappings", error == 0);
    ok("maps", lines("/proc/self/maps", "", &with) > (int)AREAS);
    ok("smaps_rollup", lines("/proc/self/smaps_rollup", "Rss:", &with) > 5 && with == 1);
    ok("statm", lines("/proc/self/statm", "", &with) == 1);
    ok("status", lines("/proc/self/status", "VmRSS:", &with) > 5 && with == 1);
    ok("their end", munmap(memory, AREAS * PAGE) == 0);
}

static void many_descriptors(void)
{
    const struct rlimit limit = {DESCRIPTORS + 10, DESCRIPTORS + 10};
    int fd = open("/dev/null", O_RDONLY), last = fd, status = -1;

    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) { /* it takes a right to have more than before */
        printf("a table of all: ok\na table of some: ok\nall closed: ok\n");
        return;
    }
    for (int i = 0; i < DESCRIPTORS && last >= 0; i++)
        last = dup(fd);
    pid_t child = fork();
    if (child == 0)
        _exit(fcntl(last, F_GETFD) == 0 ? 3 : 4);
    ok("a table of all", waitpid(child, &status, 0) == child && status == 3 << 8);
    child = fork();
    if (child == 0) /* a table of its own that is shared first: by a thread */
        _exit(syscall(SYS_close_range, 10, last - 10, 2) == 0 && fcntl(last, F_GETFD) == 0 ? 3 : 4);
    ok("a table of some", waitpid(child, &status, 0) == child && status == 3 << 8);
    ok("all closed", syscall(SYS_close_range, fd, ~0u, 0) == 0 && fcntl(last, F_GETFD) == -1 && errno == EBADF);
}

static void *waits(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

static void many_threads(void)
{
    int status = -1, made = 0, from[2];
    char byte;

    if (pipe(from) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        pthread_attr_t attr;
        pthread_t thread;

        pthread_attr_init(&attr);
        pthread_attr_setstacksize(&attr, 16384);
        while (made < THREADS && pthread_create(&thread, &attr, waits, NULL) == 0)
            made++;
        if (write(from[1], "x", 1) != 1 || made < THREADS)
            _exit(4);
        for (;;)
            pause();
    }
    ok("as many threads", read(from[0], &byte, 1) == 1);
    kill(child, SIGSTOP);
    ok("stopped", waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    kill(child, SIGCONT);
    ok("continued", waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    kill(child, SIGTERM);
    ok("ended", waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    close(from[0]);
    close(from[1]);
}

/* Half of them have ended when their parent does, and nobody has waited for them; the others end then. */
static void many_children(void)
{
    int status = -1, left[2], all = 0, begun = 0;
    char byte;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (pipe(left) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        int made = 0;

        close(left[1]);
        for (int i = 0; i < CHILDREN; i++) {
            pid_t grandchild = fork();
            if (grandchild == 0) {
                if (i % 2 == 0)
                    (void)!read(left[0], &byte, 1);
                _exit(i % 2 + 5);
            }
            made += grandchild > 0;
        }
        _exit(made == CHILDREN ? 3 : 4);
    }
    close(left[0]);
    ok("as many children", waitpid(child, &status, 0) == child && status == 3 << 8);
    close(left[1]);
    while (waitpid(-1, &status, 0) > 0) {
        all++;
        begun += status == 6 << 8;
    }
    show("children left", all);
    show("of them with status 6", begun);
}

int main(void)
{
    file_that_goes();
    copies_that_go();
    many_areas();
    many_descriptors();
    many_threads();
    many_children();
    return 0;
}
