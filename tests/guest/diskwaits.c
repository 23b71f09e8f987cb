/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diskwaits.c - several at a time with one disk: one computes while another has a large file stored, some read the same
 * file that nobody has read before, some write to one file, some change one directory.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "show.h"

#define CHILDREN 4
#define RECORDS 300
#define RECORD 64

static const char *program; /* this one: its folder has others */

/* ---- who waits for the disk lets others compute ---- */

static atomic_ulong count;
static atomic_int progress, done;

static void *store(void *arg)
{
    static char block[1 << 16];
    int fd = open("large", O_RDWR | O_CREAT, 0644);

    (void)arg;
    for (int round = 0; round < 100 && !progress; round++) {
        memset(block, round + 1, sizeof(block));
        for (int i = 0; i < 32; i++)
            if (pwrite(fd, block, sizeof(block), (off_t)i * (off_t)sizeof(block)) != (ssize_t)sizeof(block))
                puts("not written");
        unsigned long before = count;
        if (fsync(fd) != 0)
            puts("not stored");
        progress = count != before;
    }
    close(fd);
    done = 1;
    return NULL;
}

static void computing_goes_on(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, store, NULL) != 0)
        return;
    while (!done)
        count++;
    pthread_join(thread, NULL);
    printf("somebody computed while a file was stored: %d\n", progress);
    unlink("large");
}

/* ---- children ---- */

static int children(int (*work)(int number))
{
    int failed = 0, status;

    for (int i = 0; i < CHILDREN; i++)
        if (fork() == 0)
            _exit(work(i));
    for (int i = 0; i < CHILDREN; i++) {
        wait(&status);
        failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    return failed;
}

/* A sum over the bytes of a file beside this program. */
static unsigned long sum_of(const char *name)
{
    unsigned char bytes[3000];
    char path[512];
    unsigned long sum = 0;
    ssize_t got;

    snprintf(path, sizeof(path), "%.*s/%s", (int)(strrchr(program, '/') - program), program, name);
    int fd = open(path, O_RDONLY);
    while ((got = read(fd, bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; i < got; i++)
            sum = sum * 31 + bytes[i];
    close(fd);
    return got == 0 ? sum : 0;
}

static const char *const cold[] = {"pipestorm", "splices", "polls", "posixtimers", "pilocks"};
#define COLD (sizeof(cold) / sizeof(cold[0]))
static int results[2];

static int read_cold(int number)
{
    unsigned long sums[COLD];

    (void)number;
    for (unsigned i = 0; i < COLD; i++)
        sums[i] = sum_of(cold[i]);
    return write(results[1], sums, sizeof(sums)) != sizeof(sums);
}

static void same_cold_files(void)
{
    unsigned long sums[COLD];
    int differ = 0;

    if (pipe(results) != 0)
        return;
    printf("readers that failed: %d\n", children(read_cold));
    for (int i = 0; i < CHILDREN; i++) {
        if (read(results[0], sums, sizeof(sums)) != sizeof(sums))
            differ++;
        for (unsigned n = 0; n < COLD; n++)
            differ += sums[n] == 0 || sums[n] != sum_of(cold[n]);
    }
    printf("sums that differ: %d\n", differ);
}

/* ---- one file, one directory ---- */

static int append(int number)
{
    char record[RECORD];
    int fd = open("log", O_WRONLY | O_APPEND);

    memset(record, 'a' + number, sizeof(record));
    for (int i = 0; i < RECORDS; i++) {
        if (write(fd, record, sizeof(record)) != (ssize_t)sizeof(record))
            return 1;
        if (i % 50 == number && fsync(fd) != 0)
            return 2;
    }
    return close(fd) != 0;
}

static void one_log(void)
{
    int fd = open("log", O_RDWR | O_CREAT | O_TRUNC, 0644), counts[CHILDREN] = {0}, mixed = 0;
    char record[RECORD];

    printf("writers that failed: %d\n", children(append));
    while (read(fd, record, sizeof(record)) == (ssize_t)sizeof(record)) {
        for (int i = 1; i < RECORD; i++)
            mixed += record[i] != record[0];
        if (record[0] >= 'a' && record[0] < 'a' + CHILDREN)
            counts[record[0] - 'a']++;
    }
    printf("records: %d %d %d %d, mixed: %d\n", counts[0], counts[1], counts[2], counts[3], mixed);
    close(fd);
    unlink("log");
}

/* All want the same names: each is made by one of them. */
static int change_names(int number)
{
    char own[32], shared[32];
    int made = 0;

    for (int i = 0; i < 40; i++) {
        snprintf(own, sizeof(own), "names/own file %d of %d", i, number);
        snprintf(shared, sizeof(shared), "names/shared file %d", i);
        int fd = open(own, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (fd < 0 || write(fd, own, 10) != 10 || (i % 16 == number && fsync(fd) != 0) || close(fd) != 0)
            return 1;
        fd = open(shared, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (fd < 0 && errno != EEXIST)
            return 2;
        made += fd >= 0;
        if (fd >= 0 && close(fd) != 0)
            return 3;
        if (i % 2 == 0 ? unlink(own) != 0 : rename(own, "names/the last") != 0)
            return 4;
    }
    return write(results[1], &made, sizeof(made)) != sizeof(made);
}

static void one_directory(void)
{
    int made = 0, all = 0, gone = 0;
    char name[32];

    mkdir("names", 0755);
    printf("of those who change names failed: %d\n", children(change_names));
    for (int i = 0; i < CHILDREN; i++)
        if (read(results[0], &made, sizeof(made)) == sizeof(made))
            all += made;
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "names/shared file %d", i);
        gone += unlink(name) == 0;
    }
    printf("files made: %d, removed: %d, ", all, gone);
    printf("the last: %d, ", unlink("names/the last"));
    printf("the directory: %d\n", rmdir("names"));
}

int main(int argc, char **argv)
{
    program = realpath(argv[0], NULL);
    if (argc < 2 || program == NULL || chdir(argv[1]) != 0)
        return 2;
    setvbuf(stdout, NULL, _IONBF, 0);
    computing_goes_on();
    same_cold_files();
    one_log();
    one_directory();
    return 0;
}
