/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locker.c - takes locks on a file, or changes it through a mapping, step by step: on the host and in guests alike.
 *
 *     locker FILE STEP...        FILE: a path, or fd:N
 *
 *     KIND-HOW-TYPE[-START-LENGTH]   KIND flock, posix, ofd; HOW set, wait, get; TYPE r, w, u. Prints what came of it.
 *     until=PATH, touch=PATH         waits for a file, and makes one
 *     map=TEXT                       a mapping has this at the file's beginning
 *     line                           reads a byte from stdin
 *     note=TEXT                      a line that ends the file FILE.notes
 *     closes=PATH                    another thread waits for that file, closes FILE, and makes PATH.closed
 *     alarm                          from now on signals come that interrupt calls, until one has
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

static const char *path;
static int fd;

static void interrupted(int signal)
{
    (void)signal;
}

static void alarms(long us)
{
    const struct itimerval often = {{0, us}, {0, us}};
    const struct sigaction action = {.sa_handler = interrupted}; /* without SA_RESTART */

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
}

static int whole(const char *how, char type)
{
    int operation = type == 'r' ? LOCK_SH : type == 'w' ? LOCK_EX : LOCK_UN;

    return flock(fd, strcmp(how, "set") == 0 ? operation | LOCK_NB : operation);
}

static int record(const char *kind, const char *how, struct flock *lock)
{
    static const int commands[2][3] = {{F_SETLK, F_SETLKW, F_GETLK}, {F_OFD_SETLK, F_OFD_SETLKW, F_OFD_GETLK}};

    return fcntl(fd, commands[strcmp(kind, "ofd") == 0][how[0] == 's' ? 0 : how[0] == 'w' ? 1 : 2], lock);
}

static void lock_step(const char *step)
{
    char kind[8], how[8], type;
    long start = 0, length = 0;

    if (sscanf(step, "%7[a-z]-%7[a-z]-%c-%ld-%ld", kind, how, &type, &start, &length) < 3) {
        fprintf(stderr, "locker: what is %s?\n", step);
        exit(2);
    }
    struct flock lock = {.l_type = type == 'r' ? F_RDLCK : type == 'w' ? F_WRLCK : F_UNLCK, .l_start = start};
    lock.l_len = length;
    int got = strcmp(kind, "flock") == 0 ? whole(how, type) : record(kind, how, &lock);
    int error = errno;
    alarms(0);
    if (got < 0)
        printf("%s: %s\n", step, strerrorname_np(error));
    else if (how[0] != 'g')
        printf("%s: ok\n", step);
    else if (lock.l_type == F_UNLCK)
        printf("%s: free\n", step);
    else
        printf("%s: %c, %ld, %ld\n", step, lock.l_type == F_RDLCK ? 'r' : 'w', (long)lock.l_start, (long)lock.l_len);
    fflush(stdout);
}

static void map(const char *text)
{
    static char *at;

    if (at == NULL)
        at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        exit(3);
    memcpy(at, text, strlen(text));
}

static void wait_for(const char *name)
{
    while (access(name, F_OK) != 0)
        usleep(10000);
}

static void touch(const char *name)
{
    close(open(name, O_CREAT | O_WRONLY, 0644));
}

static void *closer(void *name)
{
    char closed[4096];

    wait_for(name);
    close(fd);
    snprintf(closed, sizeof(closed), "%s.closed", (const char *)name);
    touch(closed);
    return NULL;
}

static void close_later(char *name)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, closer, name) != 0)
        exit(3);
}

static void note(const char *text)
{
    char name[4096];

    snprintf(name, sizeof(name), "%s.notes", path);
    FILE *notes = fopen(name, "a");
    if (notes == NULL || fprintf(notes, "%s\n", text) < 0 || fclose(notes) != 0)
        exit(3);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    path = argv[1];
    fd = strncmp(path, "fd:", 3) == 0 ? atoi(path + 3) : open(path, O_RDWR);
    for (int i = 2; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (strncmp(argv[i], "until=", 6) == 0)
            wait_for(value + 1);
        else if (strncmp(argv[i], "closes=", 7) == 0)
            close_later(value + 1);
        else if (strncmp(argv[i], "touch=", 6) == 0)
            touch(value + 1);
        else if (strncmp(argv[i], "map=", 4) == 0)
            map(value + 1);
        else if (strncmp(argv[i], "note=", 5) == 0)
            note(value + 1);
        else if (strcmp(argv[i], "line") == 0)
            getchar();
        else if (strcmp(argv[i], "alarm") == 0)
            alarms(20000);
        else
            lock_step(argv[i]);
    }
    return 0;
}
