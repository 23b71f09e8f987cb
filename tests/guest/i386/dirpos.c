/* SPDX-License-Identifier: Apache-2.0 */
/* dirpos.c - positions in a directory, as a 32-bit program has them: they fit in 31 bits, and lead back. */
#include "bare.h"

ENTRY("main");

#define NAMES 60
#define MOST (NAMES + 10)

enum { CREATE = 0101, DIRECTORY = 0200000, CURRENT = 1 };

struct __attribute__((packed)) entry {
    uint64_t number, off;
    uint16_t size;
    uint8_t type;
    char name[];
};

static char bytes[300];
static char names[MOST][32];
static uint32_t offs[MOST];
static unsigned count;
static int is_small = 1;

static void name_make(unsigned n, char *out)
{
    const char *const start = "some name ";
    unsigned at = 0;

    for (; start[at] != 0; at++)
        out[at] = start[at];
    out[at++] = (char)('0' + n / 10);
    out[at++] = (char)('0' + n % 10);
    out[at] = 0;
}

static void note(const struct entry *entry)
{
    unsigned at = 0;

    if (count == MOST)
        return;
    for (; entry->name[at] != 0 && at < 31; at++)
        names[count][at] = entry->name[at];
    names[count][at] = 0;
    offs[count++] = (uint32_t)entry->off;
    if (entry->off >> 31 != 0)
        is_small = 0;
}

static void list_all(long fd)
{
    long got;

    while ((got = CALL(NR_getdents64, fd, P(bytes), sizeof(bytes))) > 0)
        for (long at = 0; at < got; at += ((const struct entry *)(bytes + at))->size)
            note((const struct entry *)(bytes + at));
}

/* What comes after each is what came after it. */
static int leads_back(long fd)
{
    for (unsigned n = 0; n < count; n++) {
        if (CALL(NR_lseek, fd, (long)offs[n], 0) != (long)offs[n] || CALL(NR_lseek, fd, 0, CURRENT) != (long)offs[n])
            return 0;
        long got = CALL(NR_getdents64, fd, P(bytes), sizeof(bytes));
        if (n + 1 == count ? got != 0 : got <= 0 || !same(((const struct entry *)bytes)->name, names[n + 1]))
            return 0;
    }
    return 1;
}

void program(long *stack)
{
    const char *folder = (const char *)stack[2];
    char name[32];
    long fd;

    if (stack[0] != 2 || CALL(NR_chdir, P(folder)) != 0 || CALL(NR_mkdir, P("dirpos"), 0755) != 0 ||
        CALL(NR_chdir, P("dirpos")) != 0)
        leave(2);
    for (unsigned n = 0; n < NAMES; n++) {
        name_make(n, name);
        CALL(NR_close, CALL(NR_open, P(name), CREATE, 0644));
    }
    fd = CALL(NR_open, P("."), DIRECTORY, 0);
    list_all(fd);
    show("names", (long)count);
    show_bool("31 bits", is_small);
    show_bool("they lead back", leads_back(fd));
    for (unsigned n = 0; n < NAMES; n++) {
        name_make(n, name);
        CALL(NR_unlink, P(name));
    }
    CALL(NR_chdir, P(".."));
    show("rmdir", CALL(NR_rmdir, P("dirpos")));
    leave(0);
}
