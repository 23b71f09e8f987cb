/* SPDX-License-Identifier: Apache-2.0 */
/* forkmemory.c - memory after a fork: what the child has of it, and that neither sees what the other writes, unless it
 * is shared. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/wait.h>

#include "show.h"

#define PAGE ((size_t)65536) /* of the largest that an ISA has, and more than one of the others */
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char data[3 * 65536] = "data";
static int fd;

static char *map(size_t size, int prot, int flags, int file)
{
    char *area = mmap(NULL, size, prot, flags, file, 0);

    if (area == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return area;
}

/* Runs `part` in a child, on what is shared with it or copied. Its status. */
static int in_child(int (*part)(char *area), char *area)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(part(area));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- each has its own ---- */

static int change(char *area)
{
    int was = area[0] == 1 && area[PAGE] == 2 && area[2 * PAGE] == 0 && strcmp(data, "data") == 0;

    area[0] = 11;
    area[PAGE] = 12;
    area[2 * PAGE] = 13;
    strcpy(data, "mine");
    data[2 * PAGE] = 14;
    return was;
}

static void private_memory(void)
{
    char *area = map(4 * PAGE, RW, ANON, -1);

    area[0] = 1;
    area[PAGE] = 2;
    show("the child has it", in_child(change, area));
    show("here it is as it was", area[0] == 1 && area[PAGE] == 2 && area[2 * PAGE] == 0);
    show("data too", strcmp(data, "data") == 0 && data[2 * PAGE] == 0);
    munmap(area, 4 * PAGE);
}

/* Until the other one has come to that step. */
static void await(volatile char *step, char which)
{
    while (*step != which)
        usleep(1000);
}

/* Both write while the other is there. */
static void both_write(void)
{
    char *area = map(PAGE, RW, ANON, -1);
    volatile char *step = map(PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
    int status = -1;

    area[0] = 1;
    area[1] = 1;
    pid_t pid = fork();
    if (pid == 0) {
        await(step, 1);
        int was = area[0] == 1;
        area[1] = 3;
        *step = 2;
        await(step, 3);
        _exit(was && area[0] == 1 && area[1] == 3);
    }
    area[0] = 2;
    *step = 1;
    await(step, 2);
    show("mine", area[0] == 2 && area[1] == 1);
    area[1] = 4;
    *step = 3;
    show("waited", waitpid(pid, &status, 0) == pid);
    show("the child's", WEXITSTATUS(status));
    munmap(area, PAGE);
    munmap((char *)step, PAGE);
}

/* ---- shared ---- */

static int change_shared(char *area)
{
    int was = area[0] == 1;

    area[0] = 21;
    area[3 * PAGE] = 22;
    return was;
}

static void shared_memory(void)
{
    char *area = map(4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1), byte = 0;

    area[0] = 1;
    show("shared: the child has it", in_child(change_shared, area));
    show("and I what it wrote", area[0] == 21 && area[3 * PAGE] == 22);
    munmap(area, 4 * PAGE);
    area = map(4 * PAGE, RW, MAP_SHARED, fd);
    area[0] = 1;
    show("file: the child has it", in_child(change_shared, area));
    show("and I what it wrote", area[0] == 21 && area[3 * PAGE] == 22);
    munmap(area, 4 * PAGE);
    show("and the file", pread(fd, &byte, 1, (off_t)(3 * PAGE)) == 1 && byte == 22);
}

static int change_private_file(char *area)
{
    int was = area[0] == 31 && area[PAGE] == 'f' && area[2 * PAGE] == 'f';

    area[0] = 41;
    area[PAGE] = 42;
    area[2 * PAGE] = 43;
    return was;
}

static void private_file(void)
{
    char *area, byte = 0;

    for (size_t i = 0; i < 4; i++)
        if (pwrite(fd, "f", 1, (off_t)(i * PAGE)) != 1)
            exit(1);
    area = map(4 * PAGE, RW, MAP_PRIVATE, fd);
    area[0] = 31;
    show("read before", area[PAGE] == 'f');
    show("private: the child has it", in_child(change_private_file, area));
    show("here it is as it was", area[0] == 31 && area[PAGE] == 'f' && area[2 * PAGE] == 'f');
    show("and the file", pread(fd, &byte, 1, (off_t)PAGE) == 1 && byte == 'f');
    munmap(area, 4 * PAGE);
}

/* ---- what may not be touched, or is left out ---- */

static int allow(char *area)
{
    if (mprotect(area, PAGE, RW) != 0)
        return 2;
    int was = area[0] == 1;
    area[0] = 51;
    return was;
}

static int look(char *area)
{
    return area[0];
}

static void left_out(void)
{
    char *area = map(4 * PAGE, RW, ANON, -1);

    area[0] = 1;
    area[2 * PAGE] = 3;
    mprotect(area, PAGE, PROT_NONE);
    show("PROT_NONE: the child has it", in_child(allow, area));
    show("and may not touch it", in_child(look, area));
    mprotect(area, PAGE, RW);
    show("nor is it changed", area[0]);
    show("DONTFORK", madvise(area, PAGE, MADV_DONTFORK));
    show("it is missing", in_child(look, area));
    show("DOFORK", madvise(area, PAGE, MADV_DOFORK));
    show("it is there", in_child(look, area));
    show("WIPEONFORK", madvise(area + PAGE, 2 * PAGE, MADV_WIPEONFORK));
    show("it is empty", in_child(look, area + 2 * PAGE));
    show("here it isn't", area[2 * PAGE]);
    show("KEEPONFORK", madvise(area + PAGE, 2 * PAGE, MADV_KEEPONFORK));
    show("it is there", in_child(look, area + 2 * PAGE));
    munmap(area, 4 * PAGE);
}

/* ---- again and again ---- */

static int grandchildren(char *area)
{
    if (area[0] == 5)
        return 5;
    area[0]++;
    int result = in_child(grandchildren, area);
    return result == 5 && area[1]++ == 0 ? 5 : 1;
}

static void many(void)
{
    size_t size = 64 * PAGE;
    char *area = map(size, RW, ANON, -1);
    int good = 0;

    show("five generations", in_child(grandchildren, area));
    for (int round = 0; round < 20; round++) {
        memset(area, round + 1, size);
        good += in_child(look, area + (size_t)round * PAGE) == round + 1;
    }
    show("of twenty", good);
    show("zero again", area[1] == 20);
    munmap(area, size);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    fd = open("forkmemory.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)(4 * PAGE)) != 0)
        return 1;
    private_memory();
    both_write();
    shared_memory();
    private_file();
    left_out();
    many();
    return 0;
}
