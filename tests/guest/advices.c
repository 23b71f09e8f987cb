/* SPDX-License-Identifier: Apache-2.0 */
/* advices.c - madvise's values one by one, on each kind of memory; what mincore and msync answer of each. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)
#define KINDS 7
#define PAGES 4

static const char *const kinds[KINDS] = {"private",         "shared", "file",     "file, shared",
                                         "file, read-only", "stack",  "no access"};
static char *area[KINDS];

/* musl has names for some of them. */
static const struct {
    const char *name;
    int value;
} advices[] = {
    {"NORMAL", 0},         {"RANDOM", 1},          {"SEQUENTIAL", 2},       {"WILLNEED", 3}, {"DONTNEED", 4},
    {"FREE", 8},           {"REMOVE", 9},          {"DONTFORK", 10},        {"DOFORK", 11},  {"DONTDUMP", 16},
    {"DODUMP", 17},        {"WIPEONFORK", 18},     {"KEEPONFORK", 19},      {"COLD", 20},    {"PAGEOUT", 21},
    {"POPULATE_READ", 22}, {"POPULATE_WRITE", 23}, {"DONTNEED_LOCKED", 24}, {"none: 5", 5},  {"none: 7", 7},
    {"none: -1", -1},      {"none: 99", 99},
};
#define ADVICES (sizeof(advices) / sizeof(advices[0]))

static void make(void)
{
    int fd = open("advised", O_CREAT | O_RDWR | O_TRUNC, 0600), reader = open("advised", O_RDONLY);
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

    ftruncate(fd, (off_t)(PAGES * PAGE));
    area[0] = mmap(NULL, PAGES * PAGE, RW, anonymous, -1, 0);
    area[1] = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    area[2] = mmap(NULL, PAGES * PAGE, RW, MAP_PRIVATE, fd, 0);
    area[3] = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
    area[4] = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, reader, 0);
    area[5] = mmap(NULL, PAGES * PAGE, RW, anonymous | MAP_GROWSDOWN, -1, 0);
    area[6] = mmap(NULL, PAGES * PAGE, PROT_NONE, anonymous, -1, 0);
    close(fd);
    close(reader);
}

static void unmake(void)
{
    for (int kind = 0; kind < KINDS; kind++)
        munmap(area[kind], PAGES * PAGE);
    unlink("advised");
}

static const char *advise(char *at, size_t length, int value)
{
    return syscall(SYS_madvise, at, length, value) == 0 ? "ok" : error_name(errno);
}

/* Each of all kinds, with pages there and not. */
static void matrix(void)
{
    for (size_t i = 0; i < ADVICES; i++) {
        printf("%s:", advices[i].name);
        make();
        for (int kind = 0; kind < KINDS; kind++) {
            if (kind != 4 && kind != 6)
                memset(area[kind], kind + 1, 2 * PAGE);
            if (kind != 3 || advices[i].value != 9) /* not every file system makes holes */
                printf(" %s", advise(area[kind], PAGES * PAGE, advices[i].value));
        }
        printf("; then");
        for (int kind = 0; kind < KINDS - 1; kind++)
            if (advices[i].value != 8)
                printf(" %d", area[kind][PAGE]);
        printf("; unaligned %s", advise(area[0] + 1, PAGE, advices[i].value));
        printf(", of nothing %s", advise(area[0], 0, advices[i].value));
        printf(", too long %s", advise(area[0], ~(size_t)0, advices[i].value));
        printf(", to the end %s", advise(area[0], -(size_t)area[0], advices[i].value));
        printf(", around it %s\n", advise(area[0], -2 * PAGE, advices[i].value));
        unmake();
    }
}

/* A gap is told after the rest is done. */
static void gaps(void)
{
    for (size_t i = 0; i < ADVICES; i++) {
        char *at = mmap(NULL, 6 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        memset(at, 1, 6 * PAGE);
        munmap(at + 2 * PAGE, PAGE);
        munmap(at + 5 * PAGE, PAGE);
        printf("%s with gaps: %s", advices[i].name, advise(at, 6 * PAGE, advices[i].value));
        printf(", from one %s", advise(at + 2 * PAGE, 2 * PAGE, advices[i].value));
        printf(", to one %s", advise(at + PAGE, 2 * PAGE, advices[i].value));
        printf(", one %s", advise(at + 2 * PAGE, PAGE, advices[i].value));
        if (advices[i].value != 8)
            printf(", then %d %d %d", at[0], at[3 * PAGE], at[4 * PAGE]);
        printf("\n");
        munmap(at, 6 * PAGE);
    }
}

static void show_core(const char *what, char *at, size_t pages)
{
    unsigned char vector[8];

    printf("%s: ", what);
    if (syscall(SYS_mincore, at, pages * PAGE, vector) != 0) {
        printf("%s\n", error_name(errno));
        return;
    }
    for (size_t i = 0; i < pages; i++)
        printf("%d", vector[i] & 1);
    printf("\n");
}

static void cores(void)
{
    make();
    for (int kind = 0; kind < KINDS; kind++) {
        if (kind != 2 && kind != 3 && kind != 4) /* the file's own may be in memory, or not */
            show_core(kinds[kind], area[kind], PAGES);
    }
    area[3][0] = area[3][PAGE] = area[3][2 * PAGE] = area[3][3 * PAGE] = 1;
    for (int kind = 2; kind < 5; kind++)
        show_core(kinds[kind], area[kind], PAGES);
    area[1][PAGE] = 1;
    madvise(area[1], PAGES * PAGE, MADV_DONTNEED);
    show_core("shared, not mapped", area[1], PAGES);
    (void)*(volatile char *)(area[0] + 2 * PAGE);
    area[0][PAGE] = 1; /* behind the other, as pages that are touched in order may be given ahead */
    show_core("private, one read", area[0], PAGES);
    madvise(area[0] + PAGE, PAGE, MADV_DONTNEED);
    show_core("one given back", area[0], PAGES);
    mprotect(area[0], PAGES * PAGE, PROT_NONE);
    show_core("no access", area[0], PAGES);
    show("answer to nowhere", syscall(SYS_mincore, area[0], PAGE, NULL));
    show("answer to what can't be written", syscall(SYS_mincore, area[1], PAGE, area[4]));
    show("unaligned, nothing", syscall(SYS_mincore, area[1] + 1, 0, NULL));
    show("nothing", syscall(SYS_mincore, area[1], 0, NULL));
    show("the end of all", syscall(SYS_mincore, -PAGE, PAGE, area[1]));
    show("length around the end", syscall(SYS_mincore, area[1], ~0ul, area[1]));
    unmake();
}

static void syncs(void)
{
    static const int flags[] = {0, MS_ASYNC, MS_SYNC, MS_INVALIDATE, MS_ASYNC | MS_SYNC, MS_SYNC | MS_INVALIDATE, 8};

    make();
    munmap(area[3] + PAGE, PAGE);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        printf("msync %d:", flags[i]);
        for (int kind = 0; kind < KINDS; kind++)
            printf(" %s", syscall(SYS_msync, area[kind], PAGES * PAGE, flags[i]) == 0 ? "ok" : error_name(errno));
        printf("; unaligned %s", syscall(SYS_msync, area[0] + 1, PAGE, flags[i]) == 0 ? "ok" : error_name(errno));
        printf(", of nothing %s", syscall(SYS_msync, area[0], 0, flags[i]) == 0 ? "ok" : error_name(errno));
        printf(", of a gap %s", syscall(SYS_msync, area[3] + PAGE, PAGE, flags[i]) == 0 ? "ok" : error_name(errno));
        printf(", around %s\n", syscall(SYS_msync, area[0], -PAGE, flags[i]) == 0 ? "ok" : error_name(errno));
    }
    unmake();
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    matrix();
    gaps();
    cores();
    syncs();
    return 0;
}
