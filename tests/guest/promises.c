/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promises.c - files are written, replaced, renamed, linked, cut and removed, from a seed; each step is told when it is
 * done. Whoever was told so many steps, before all was killed, has them looked at afterwards: what was synced is there,
 * what was renamed or removed since is as before or as after it, and in files that were being written is nothing that
 * isn't theirs.
 *
 *   promises FOLDER                  a few steps in /dev/shm, and looks: FOLDER may be one without links
 *   promises FOLDER SEED STEPS       works in FOLDER/SEED
 *   promises FOLDER SEED check LINES looks, as so many lines were told, and removes FOLDER/SEED
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "tree.h"

#define FILES 12
#define SIZE_MOST 30000u
#define STATES 200 /* of a file that may be, when it isn't known which */
#define UNTOLD 30u /* steps that may have been done without being told: what was told was on its way */
#define ABSENT 0xffffffffu

struct state {
    unsigned size; /* ABSENT: there is no file */
    uint64_t sum;
};

struct file {
    bool exists;
    bool is_loose;    /* its bytes were written and not synced */
    bool is_replaced; /* it may be another one that is loose: until it is known which is there */
    unsigned size;
    unsigned char bytes[SIZE_MOST];
    struct state states[STATES]; /* since the last sync: any of these */
    unsigned state_count;
};

static struct file files[FILES];
static uint32_t seed, step_number;
static bool on_disk;     /* the steps are done, not only thought of */
static bool may_be_done; /* nobody was told of them: what was there before may be there as well */
static unsigned char bytes[SIZE_MOST + 1];

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void must(long result, const char *what, const char *name)
{
    if (result >= 0)
        return;
    printf("step %u: %s %s: %s\n", step_number, what, name, error_name(errno));
    exit(1);
}

static uint64_t sum_of(const unsigned char *data, unsigned size)
{
    uint64_t sum = 14695981039346656037u;

    for (unsigned i = 0; i < size; i++)
        sum = (sum ^ data[i]) * 1099511628211u;
    return sum;
}

/* Some are in folders, whose names are long. */
static const char *name_of(int i)
{
    static char names[4][100];
    static unsigned turn;
    char *name = names[turn++ % 4];

    sprintf(name, "%s/file-%d%s",
            i % 3 == 0   ? "."
            : i % 3 == 1 ? "one"
                         : "two",
            i, i % 2 == 0 ? "" : "-with-a-name-that-is-rather-long");
    return name;
}

/* ---- what may be there ---- */

static void remember(struct file *file)
{
    struct state state = {file->exists ? file->size : ABSENT, file->exists ? sum_of(file->bytes, file->size) : 0};

    for (unsigned i = 0; i < file->state_count; i++)
        if (file->states[i].size == state.size && file->states[i].sum == state.sum)
            return;
    if (file->state_count == STATES) {
        printf("too many states\n");
        exit(1);
    }
    file->states[file->state_count++] = state;
}

/* What the file is now is on the disk. */
static void is_safe(struct file *file)
{
    if (!may_be_done) {
        file->state_count = 0;
        file->is_loose = file->is_replaced = false;
    }
    remember(file);
}

/* A new file was synced: the journal brings all names up to now. */
static void names_are_safe(void)
{
    for (int i = 0; i < FILES; i++)
        if (!files[i].is_loose || files[i].is_replaced)
            is_safe(&files[i]);
}

static unsigned char tag(int i)
{
    return (unsigned char)((i + 1) << 4);
}

/* ---- steps ---- */

static void put(const char *name, int flags, unsigned pos, unsigned size, bool sync)
{
    int fd = open(name, O_WRONLY | O_CREAT | flags, 0644);

    must(fd, "open", name);
    must(pwrite(fd, bytes, size, pos) == (ssize_t)size ? 0 : -1, "write", name);
    if (sync)
        must(flags == 0 || step_number % 2 == 0 ? fsync(fd) : fdatasync(fd), "fsync", name);
    must(close(fd), "close", name);
}

static void make_bytes(int i, unsigned size)
{
    for (unsigned k = 0; k < size; k++)
        bytes[k] = (unsigned char)(tag(i) + 1 + (step_number + k * 3 + k / 70) % 15);
}

static void take_over(struct file *file, unsigned pos, unsigned size)
{
    if (!file->exists)
        file->size = 0;
    file->exists = true;
    if (pos > file->size)
        memset(file->bytes + file->size, 0, pos - file->size);
    memcpy(file->bytes + pos, bytes, size);
    if (pos + size > file->size)
        file->size = pos + size;
}

static void do_write(int i, bool sync)
{
    struct file *file = &files[i];
    unsigned size = 1 + pick(6000), pos = !file->exists ? 0 : pick(2) == 0 ? file->size : pick(SIZE_MOST);

    if (pos + size > SIZE_MOST)
        pos = 0;
    make_bytes(i, size);
    file->is_loose = true;
    file->is_replaced = false;
    if (on_disk)
        put(name_of(i), 0, pos, size, sync);
    take_over(file, pos, size);
    if (sync)
        is_safe(file);
    else
        remember(file);
}

/* How programs replace a file. */
static void do_replace(int i)
{
    unsigned size = 1 + pick(9000);

    make_bytes(i, size);
    if (on_disk)
        put("one/new", O_TRUNC, 0, size, true);
    names_are_safe();
    if (on_disk)
        must(rename("one/new", name_of(i)), "rename", name_of(i));
    files[i].exists = false;
    take_over(&files[i], 0, size);
    files[i].is_replaced = true; /* and if it was being written, the old one may be there still, with any bytes */
    remember(&files[i]);
}

static void do_truncate(int i)
{
    unsigned size = pick(3) == 0 ? 0 : pick(SIZE_MOST);
    struct file *file = &files[i];

    file->is_loose = true;
    file->is_replaced = false;
    if (on_disk)
        must(truncate(name_of(i), size), "truncate", name_of(i));
    if (size > file->size)
        memset(file->bytes + file->size, 0, size - file->size);
    file->size = size;
    remember(file);
}

static void do_remove(int i)
{
    if (on_disk)
        must(unlink(name_of(i)), "unlink", name_of(i));
    files[i].exists = false;
    files[i].is_replaced = true;
    remember(&files[i]);
}

/* Another name, and the first one goes. */
static void do_link(int i)
{
    if (!on_disk)
        return;
    must(link(name_of(i), "two/another"), "link", name_of(i));
    must(rename("two/another", name_of(i)), "rename", name_of(i)); /* the same file: nothing happens */
    must(unlink("two/another"), "unlink", "two/another");
}

/* A folder that comes and goes, with many names. */
static void do_folder(void)
{
    char name[100];

    for (int i = 0; on_disk && i < 40; i++) {
        if (i == 0)
            must(mkdir("two/folder", 0755), "mkdir", "two/folder");
        sprintf(name, "two/folder/%d-is-a-name-that-takes-some-room-in-a-folder", i);
        must(symlink(name, name), "symlink", name);
    }
    for (int i = 0; on_disk && i < 40; i++) {
        sprintf(name, "two/folder/%d-is-a-name-that-takes-some-room-in-a-folder", i);
        must(unlink(name), "unlink", name);
    }
    if (on_disk)
        must(rmdir("two/folder"), "rmdir", "two/folder");
}

static void do_sync(void)
{
    int fd = open(".", O_RDONLY);

    if (on_disk)
        must(syncfs(fd), "syncfs", ".");
    close(fd);
    for (int i = 0; i < FILES; i++)
        is_safe(&files[i]);
}

static void step(void)
{
    int i = (int)pick(FILES);
    unsigned what = pick(16);

    step_number++;
    if (what < 4)
        do_write(i, true);
    else if (what < 7)
        do_write(i, false);
    else if (what < 10)
        do_replace(i);
    else if (what == 15)
        do_sync();
    else if (what == 14)
        do_folder();
    else if (!files[i].exists)
        do_write(i, false);
    else if (what < 12)
        do_truncate(i);
    else if (what == 12)
        do_remove(i);
    else
        do_link(i);
}

static void begin(const char *name, bool is_done)
{
    seed = (uint32_t)atoi(name) * 7919u + 1;
    step_number = 0;
    on_disk = is_done;
    memset(files, 0, sizeof(files));
    if (on_disk && mkdir(name, 0755) == 0)
        (void)!chdir(name);
    else
        must(chdir(name), "chdir", name);
    if (on_disk) {
        must(mkdir("one", 0755), "mkdir", "one");
        must(mkdir("two", 0755), "mkdir", "two");
    }
    do_sync();
}

static void work(const char *name, unsigned steps)
{
    begin(name, true);
    printf("0\n");
    while (step_number < steps) {
        step();
        printf("%u\n", step_number);
    }
}

/* ---- afterwards ---- */

static void look_at(int i)
{
    const struct file *file = &files[i];
    int fd = open(name_of(i), O_RDONLY);
    ssize_t got = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes));
    unsigned size = fd < 0 ? ABSENT : (unsigned)got;
    bool is_right = false;

    must(fd >= 0 || errno == ENOENT ? got : -1, "read", name_of(i));
    close(fd);
    for (unsigned k = 0; k < file->state_count; k++)
        is_right |= file->states[k].size == size && (fd < 0 || file->states[k].sum == sum_of(bytes, size));
    if (!is_right && (!file->is_loose || fd < 0)) {
        printf("%s is as it never was, of %zd bytes; %u states may be, of which the first has %d\n", name_of(i), got,
               file->state_count, (int)file->states[0].size);
        exit(1);
    }
    for (ssize_t k = 0; k < got; k++) {
        if (bytes[k] == 0 || (bytes[k] & 0xf0) == tag(i))
            continue;
        printf("%s: byte %zd of %zd is %02x, which isn't its own\n", name_of(i), k, got, bytes[k]);
        exit(1);
    }
}

static void look(const char *name, unsigned lines)
{
    char up[200];

    if (lines == 0) /* not even the folders have to be there */
        must(mkdir(name, 0755) == 0 || errno == EEXIST ? 0 : -1, "mkdir", name);
    begin(name, false);
    while (step_number + 1 < lines)
        step();
    may_be_done = true;
    for (unsigned i = 0; i < UNTOLD; i++)
        step();
    for (int i = 0; i < FILES && lines != 0; i++)
        look_at(i);
    tree_clear();
    sprintf(up, "../%s", name);
    must(rmdir(up), "rmdir", name);
    must(chdir(".."), "chdir", "..");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    umask(0);
    enter(argc, argv);
    if (argc == 2) {
        if (chdir("/dev/shm") != 0)
            return 1;
        work("7", 60);
        must(chdir(".."), "chdir", "..");
        look("7", 61);
    } else if (argc == 4) {
        work(argv[2], (unsigned)atoi(argv[3]));
    } else {
        look(argv[2], (unsigned)atoi(argv[4]));
        puts("kept");
    }
    return 0;
}
