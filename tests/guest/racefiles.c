/* SPDX-License-Identifier: Apache-2.0 */
/* racefiles.c - threads on several CPUs read and write the same files at once, while they are cut, grow, are closed,
 * and while the buffers go away: no byte is lost, taken twice or anybody else's. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "racers.h"

#define RECORDS 600
#define ROUNDS 60
#define PAGE 4096

static int shared_fd; /* of all threads */
static atomic_int taken[RECORDS], wrong, stop, turns;
static char *window; /* comes and goes */

static int file_make(const char *name, int on_disk)
{
    int fd = on_disk ? open(name, O_RDWR | O_CREAT | O_TRUNC, 0600) : open("/dev/shm", O_RDWR | O_TMPFILE, 0600);

    if (fd < 0) {
        printf("%s: %s\n", name, error_name(errno));
        exit(1);
    }
    if (on_disk)
        unlink(name);
    return fd;
}

static void run(void *(*body)(void *), int count)
{
    pthread_t threads[CPUS_MAX];
    const struct racers_cpus cpus = racers_cpus_get();

    if (count == 0)
        count = racers_count(&cpus);
    for (int i = 0; i < count; i++)
        threads[i] = racers_start(body, (void *)(intptr_t)i);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* ---- one position for all: each record is read once, and each place is written once ---- */

static void *take(void *arg)
{
    uint32_t record[2];

    (void)arg;
    while (read(shared_fd, record, sizeof(record)) == (ssize_t)sizeof(record)) {
        if (record[0] >= RECORDS || record[1] != ~record[0])
            atomic_fetch_add(&wrong, 1);
        else
            atomic_fetch_add(&taken[record[0]], 1);
    }
    return NULL;
}

static void *put(void *arg)
{
    uint32_t record[2] = {(uint32_t)(intptr_t)arg};

    for (int i = 0; i < RECORDS / CPUS_MAX; i++) {
        record[1] = (uint32_t)i;
        if (write(shared_fd, record, sizeof(record)) != (ssize_t)sizeof(record))
            atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

/* What put() has written: of each thread its records in their order, none left out. */
static int all_are_there(int count)
{
    uint32_t next[CPUS_MAX] = {0}, record[2];

    lseek(shared_fd, 0, SEEK_SET);
    for (int i = 0; i < count * (RECORDS / CPUS_MAX); i++)
        if (read(shared_fd, record, sizeof(record)) != (ssize_t)sizeof(record) || record[0] >= CPUS_MAX ||
            record[1] != next[record[0]]++)
            return 0;
    return 1;
}

static void one_position(int on_disk)
{
    int once = 1;

    shared_fd = file_make("racefiles.tmp", on_disk);
    for (uint32_t i = 0; i < RECORDS; i++) {
        const uint32_t record[2] = {i, ~i};
        if (write(shared_fd, record, sizeof(record)) != (ssize_t)sizeof(record))
            puts("can't write");
    }
    lseek(shared_fd, 0, SEEK_SET);
    run(take, 0);
    for (int i = 0; i < RECORDS; i++)
        once &= atomic_exchange(&taken[i], 0) == 1;
    printf("each record was read once: %d, none was torn: %d\n", once, atomic_exchange(&wrong, 0) == 0);
    lseek(shared_fd, 0, SEEK_SET);
    run(put, CPUS_MAX); /* over bytes that are there, and beyond them */
    printf("each was written once: %d, all whole: %d\n", all_are_there(CPUS_MAX), atomic_exchange(&wrong, 0) == 0);
    close(shared_fd);
}

/* ---- the file is cut and grows, and buffers go, while others read and write ---- */

/* Of a file whose pages have nothing but zeros or their own letter. */
static int is_page(const char *bytes, ssize_t size)
{
    for (ssize_t i = 0; i < size; i++)
        if (bytes[i] != 0 && bytes[i] != bytes[0] && bytes[0] != 0)
            return 0;
    return 1;
}

static void *read_and_write(void *arg)
{
    static _Thread_local char page[PAGE];
    int me = (int)(intptr_t)arg;
    struct stat status;

    for (int i = 0; !atomic_load(&stop); i++) {
        off_t place = (off_t)(i % 4) * PAGE;
        ssize_t n = pread(shared_fd, page, PAGE, place);
        if (n < 0 ? errno != EBADF : !is_page(page, n))
            atomic_fetch_add(&wrong, 1);
        memset(page, 'a' + me, PAGE); /* a page of each one's own, but for what is cut */
        n = pwrite(shared_fd, page, PAGE, (off_t)(8 + me) * PAGE);
        if (n < 0 ? errno != EBADF : n != PAGE)
            atomic_fetch_add(&wrong, 1);
        n = pread(shared_fd, window, PAGE, (off_t)(8 + me) * PAGE); /* or it is away */
        if (n < 0 && errno != EBADF && errno != EFAULT)
            atomic_fetch_add(&wrong, 1);
        if (fstat(shared_fd, &status) < 0 ? errno != EBADF : status.st_size > 64 * PAGE)
            atomic_fetch_add(&wrong, 1);
        atomic_fetch_add(&turns, 1);
        if (i % 16 == 15)
            sched_yield();
    }
    return NULL;
}

static void *change(void *arg)
{
    int other = file_make("racefiles.2", 0);

    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        racers_wait(&turns, atomic_load(&turns) + 2);
        if (ftruncate(shared_fd, (off_t)(i % 3) * PAGE + 100) < 0 && errno != EBADF)
            atomic_fetch_add(&wrong, 1);
        munmap(window, PAGE);
        racers_spin(300);
        if (mmap(window, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != window)
            atomic_fetch_add(&wrong, 1);
        if (i % 8 == 7) { /* another file takes its place, and it the other's */
            int kept = dup(shared_fd);
            if (kept < 0 || dup2(other, shared_fd) < 0 || dup2(kept, other) < 0)
                atomic_fetch_add(&wrong, 1);
            close(kept);
        }
    }
    atomic_store(&stop, 1);
    close(other);
    return NULL;
}

static void *change_or_use(void *arg)
{
    return (intptr_t)arg == 0 ? change(arg) : read_and_write(arg);
}

static void changes(int on_disk)
{
    atomic_store(&stop, 0);
    shared_fd = file_make("racefiles.tmp", on_disk);
    window = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    run(change_or_use, 0);
    printf("nothing is seen that nobody wrote: %d\n", atomic_exchange(&wrong, 0) == 0);
    munmap(window, PAGE);
    close(shared_fd);
}

/* ---- names come and go, while processes open, look up and close what they find ---- */

static char folder[64], names[2][80]; /* of a file that says so: "even" or "odd" */
static atomic_int *rounds;            /* of both processes */

/* Each name leads to one of the two files, or nowhere; what was opened stays what it is. */
static int use_name(int i)
{
    const char *name = names[i % 2];
    struct stat by_name, by_file;
    char text[8] = "", again[8] = "";
    int fd = open(name, i % 3 == 0 ? O_RDWR : O_RDONLY);

    if (fd < 0)
        return errno == ENOENT || errno == ETXTBSY;
    if (read(fd, text, 4) != 4 || fstat(fd, &by_file) < 0 || (strcmp(text, "even") != 0 && strcmp(text, "odd ") != 0))
        return 0;
    if (stat(name, &by_name) == 0 && by_name.st_ino == by_file.st_ino && by_name.st_size != by_file.st_size)
        return 0;
    return pread(fd, again, 4, 0) == 4 && strcmp(text, again) == 0 && close(fd) == 0 && close(fd) < 0 && errno == EBADF;
}

static pid_t user_start(int me)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    for (int i = 0;; i++) {
        if (!use_name(i))
            _exit(1);
        atomic_fetch_add(&rounds[me], 1);
    }
}

static void name_make(const char *name, const char *text)
{
    char other[96];
    int fd;

    snprintf(other, sizeof(other), "%s.new", name);
    fd = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, text, 4) != 4 || close(fd) < 0 || rename(other, name) < 0)
        puts("no name");
}

static void names_race(void)
{
    pid_t users[2];
    int status, all_are_well = 1;

    snprintf(folder, sizeof(folder), "/dev/shm/racefiles-%d", (int)getpid());
    if (mkdir(folder, 0700) < 0)
        puts("no folder");
    for (int i = 0; i < 2; i++)
        snprintf(names[i], sizeof(names[i]), "%s/%d", folder, i);
    rounds = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    name_make(names[0], "even");
    name_make(names[1], "odd ");
    fflush(stdout);
    for (int i = 0; i < 2; i++)
        users[i] = user_start(i);
    for (int i = 0; i < ROUNDS; i++) {
        for (int user = 0; user < 2; user++)
            racers_wait(&rounds[user], i / 2);
        if (i % 3 == 0)
            unlink(names[0]);
        else if (i % 3 == 1)
            rename(names[1], names[0]);
        name_make(names[i % 2], i % 2 ? "odd " : "even");
        name_make(names[1], "odd ");
    }
    for (int i = 0; i < 2; i++) {
        all_are_well &= waitpid(users[i], &status, WNOHANG) == 0;
        kill(users[i], SIGKILL);
        waitpid(users[i], &status, 0);
        unlink(names[i]);
    }
    printf("names lead to files: %d, the folder is empty: %d\n", all_are_well, rmdir(folder) == 0);
}

/* ---- a write is seen in the times ---- */

static void times(void)
{
    int fd = file_make("racefiles.tmp", 0), moved = 0;
    struct stat before, after;

    if (pwrite(fd, "x", 1, 0) != 1 || fstat(fd, &before) < 0)
        puts("no file");
    for (int i = 0; i < 1000000 && !moved; i++) {
        if (pwrite(fd, "y", 1, 0) != 1 || fstat(fd, &after) < 0)
            puts("no file");
        moved = after.st_mtim.tv_sec != before.st_mtim.tv_sec || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec;
    }
    printf("the time of the last change: %d\n", moved);
    close(fd);
}

int main(void)
{
    one_position(0);
    one_position(1);
    changes(0);
    changes(1);
    names_race();
    times();
    return 0;
}
