/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsmix.c - several processes make, fill, rename, link and remove names at random, from a seed, each in a folder of its
 * own and all in one that they share. Each knows what its names must lead to, and compares; at last the tree is walked
 * and removed.
 *
 *   fsmix FOLDER                    a short one there of what FAT can do, and one of all in /dev/shm
 *   fsmix FOLDER SEED STEPS [-p]    that one, in FOLDER; -p: of what FAT can do
 *   fsmix FOLDER SEED STEPS [-p] -v and says each step
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fsmix.h"

#define PROCESSES 4
#define PIECE 9000u
#define COMMON 3   /* names that all of them use */
#define EXCHANGE 2 /* of renameat2(2) */
#define NO_REPLACE 1

static uint64_t *digests; /* of all processes */

/* ---- the steps ---- */

static int file_new(void)
{
    for (int i = 0; i < NAMES; i++) {
        if (files[i].links == 0) {
            files[i].size = files[i].value = 0;
            files[i].mode = 0644;
            files[i].links = 1;
            return i;
        }
    }
    return -1; /* there are as many as names */
}

static void do_make(void)
{
    int i = pick_of(FREE), fd;
    unsigned kind = pick(plain ? 5 : 7);
    char target[120];

    if (i < 0)
        return;
    names[i].parent = pick_parent();
    names[i].variant = pick(1000);
    names[i].type = kind < 4 ? FILE_NAME : kind == 4 ? DIR_NAME : LINK_NAME;
    say("make", i);
    if (names[i].type == DIR_NAME) {
        expect(mkdir(path_of(i), 0755), 0, "mkdir");
    } else if (names[i].type == LINK_NAME) {
        text_of(i, names[i].variant, target);
        expect(symlink(target, path_of(i)), 0, "symlink");
    } else {
        fd = open(path_of(i), O_RDWR | O_CREAT | O_EXCL, 0644);
        expect(fd, 0, "open");
        close(fd);
        names[i].file = file_new();
    }
}

static void do_write(int i)
{
    struct file *file = &files[names[i].file];
    bool append = pick(3) == 0;
    unsigned count = 1 + pick(PIECE), pos = append ? file->size : pick(SIZE_MOST - PIECE);
    int fd;

    if (pos + count > (plain ? SIZE_MOST / 2 : SIZE_MOST))
        return;
    say("write", i);
    for (unsigned k = 0; k < count; k++)
        bytes[k] = (unsigned char)(1 + (seed >> 8) + k * 3 + k / 250);
    fd = open(path_of(i), O_WRONLY | (append ? O_APPEND : 0));
    expect(fd, 0, "open");
    if ((append ? write(fd, bytes, count) : pwrite(fd, bytes, count, pos)) != (ssize_t)count)
        fail("write");
    if (pick(6) == 0)
        expect(pick(2) == 0 ? fsync(fd) : fdatasync(fd), 0, "fsync");
    expect(close(fd), 0, "close");
    if (pos > file->size)
        memset(file->bytes + file->size, 0, pos - file->size);
    memcpy(file->bytes + pos, bytes, count);
    if (pos + count > file->size)
        file->size = pos + count;
}

static void do_truncate(int i)
{
    struct file *file = &files[names[i].file];
    unsigned size = pick(plain ? SIZE_MOST / 2 : SIZE_MOST);

    if (pick(3) == 0)
        size = 0;
    say("truncate", i);
    expect(truncate(path_of(i), size), 0, "truncate");
    if (size > file->size)
        memset(file->bytes + file->size, 0, size - file->size);
    file->size = size;
}

static void do_punch(int i)
{
    struct file *file = &files[names[i].file];
    unsigned pos = pick(SIZE_MOST), count = 1 + pick(20000);
    int fd = open(path_of(i), O_RDWR);

    say("punch", i);
    expect(fd, 0, "open");
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos, count) == 0) {
        if (pos < file->size)
            memset(file->bytes + pos, 0, count < file->size - pos ? count : file->size - pos);
    } else if (errno != EOPNOTSUPP) {
        fail("fallocate");
    }
    close(fd);
}

static void do_attribute(int i)
{
    struct file *file = &files[names[i].file];
    unsigned char value[400];
    unsigned size = 1 + pick(pick(2) == 0 ? 40 : 400);

    if (!has_attributes)
        return;
    say("attribute", i);
    memset(value, (int)(size % 251), size);
    if (pick(3) == 0) {
        expect(removexattr(path_of(i), "user.mix"), file->value == 0 ? ENODATA : 0, "removexattr");
        file->value = 0;
    } else {
        expect(setxattr(path_of(i), "user.mix", value, size, 0), 0, "setxattr");
        file->value = size;
    }
}

static void do_chmod(int i)
{
    say("chmod", i);
    files[names[i].file].mode = 0600 | pick(0100);
    expect(chmod(path_of(i), files[names[i].file].mode), 0, "chmod");
}

static void do_link(int i)
{
    int to = pick_of(FREE);

    if (to < 0)
        return;
    names[to] = (struct name){FILE_NAME, pick_parent(), pick(1000), names[i].file};
    say("link", to);
    expect(link(path_of(i), path_of(to)), 0, "link");
    files[names[i].file].links++;
}

static void forget(int i)
{
    if (names[i].type == FILE_NAME)
        files[names[i].file].links--;
    names[i].type = FREE;
}

static void do_remove(int i)
{
    say("remove", i);
    if (names[i].type == DIR_NAME && !is_empty(i)) {
        expect(rmdir(path_of(i)), ENOTEMPTY, "rmdir");
        return;
    }
    if (names[i].type == DIR_NAME)
        expect(rmdir(path_of(i)), 0, "rmdir");
    else
        expect(unlink(path_of(i)), 0, "unlink");
    forget(i);
}

/* A file is used when its name has gone. */
static void do_orphan(int i)
{
    struct file *file = &files[names[i].file];
    struct stat st;
    int fd = open(path_of(i), O_RDWR);

    say("remove while it is open", i);
    expect(fd, 0, "open");
    expect(unlink(path_of(i)), 0, "unlink");
    forget(i);
    if (!plain && (fstat(fd, &st) != 0 || st.st_nlink != file->links))
        fail("links");
    check_bytes(fd, file);
    if (file->links == 0) {
        expect(ftruncate(fd, 30000), 0, "ftruncate");
        if (pwrite(fd, "end", 3, 40000) != 3 || pread(fd, bytes, sizeof(bytes), 0) != 40003)
            fail("of a file without a name");
    }
    close(fd);
}

/* Another place, where nothing is. */
static void do_move(int i, unsigned flags)
{
    struct name before = names[i];
    char from[4096], text[120], to[4096];
    int parent = pick_parent();
    unsigned variant = pick(1000);
    bool into_itself = before.type == DIR_NAME && is_below(parent, i);

    if (parent == before.parent && variant == before.variant)
        return;
    say("move", i);
    strcpy(from, path_of(i));
    text_of(i, variant, text);
    path_in(parent, text, to);
    expect(flags == 0 ? rename(from, to) : syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags),
           into_itself ? EINVAL : 0, "rename");
    if (into_itself)
        return;
    names[i].parent = parent;
    names[i].variant = variant;
}

/* The name itself is a part of it: who takes a place takes it with the number in it. So the other's name stays, and
 * leads elsewhere. */
static void do_replace(int i)
{
    int to = (int)pick(NAMES);

    if (names[to].type != names[i].type || to == i || names[i].type == LINK_NAME)
        return;
    say("replace", to);
    if (names[i].type == FILE_NAME) {
        bool same = names[i].file == names[to].file;
        expect(rename(path_of(i), path_of(to)), 0, "rename");
        if (same)
            return; /* nothing happens then */
        files[names[to].file].links--;
        names[to].file = names[i].file;
        names[i].type = FREE;
        return;
    }
    if (is_below(to, i) || is_below(i, to))
        return;
    expect(rename(path_of(i), path_of(to)), is_empty(to) ? 0 : ENOTEMPTY, "rename");
    if (!is_empty(to))
        return;
    for (int k = 0; k < NAMES; k++)
        if (names[k].type != FREE && names[k].parent == i)
            names[k].parent = to;
    names[i].type = FREE;
}

static void do_exchange(int i)
{
    int to = (int)pick(NAMES);

    if (names[to].type != FILE_NAME || names[i].type != FILE_NAME || to == i)
        return;
    say("exchange", to);
    expect(syscall(SYS_renameat2, AT_FDCWD, path_of(i), AT_FDCWD, path_of(to), EXCHANGE), 0, "renameat2");
    int file = names[i].file;
    names[i].file = names[to].file;
    names[to].file = file;
}

static void do_sync_dir(int i)
{
    say("sync", i);
    int fd = open(path_of(i), O_RDONLY);
    expect(fd, 0, "open");
    expect(fsync(fd), 0, "fsync");
    close(fd);
}

static void may(long result, const char *what)
{
    if (result < 0 && errno != ENOENT && errno != EEXIST)
        fail(what);
}

/* A few names that all of them use at once: what comes of it is chance, but nothing strange. */
static void do_common(void)
{
    char one[40], two[40], text[40];
    int fd;

    sprintf(one, "shared/common-%u", pick(COMMON));
    sprintf(two, "shared/common-%u", pick(COMMON));
    doing = "common names";
    switch (pick(plain ? 4 : 5)) {
    case 0:
        fd = open(one, O_RDWR | O_CREAT, 0644);
        may(fd, "open");
        if (fd >= 0 && pwrite(fd, "common\n", 7, 0) != 7)
            fail("pwrite");
        close(fd);
        break;
    case 1:
        may(unlink(one), "unlink");
        break;
    case 2:
        may(rename(one, two), "rename");
        break;
    case 3:
        fd = open(one, O_RDONLY);
        may(fd, "open");
        if (fd >= 0 && read(fd, text, sizeof(text)) == 7 && memcmp(text, "common\n", 7) != 0)
            fail("read");
        close(fd);
        break;
    default:
        may(link(one, two), "link");
    }
}

static void step_file(int i)
{
    switch (pick(plain ? 9 : 14)) {
    case 0 ... 3:
        do_write(i);
        break;
    case 4 ... 5:
        do_truncate(i);
        break;
    case 6:
        do_orphan(i);
        break;
    case 7 ... 8:
        do_sync_dir(i);
        break;
    case 9:
        do_punch(i);
        break;
    case 10:
        do_attribute(i);
        break;
    case 11:
        do_chmod(i);
        break;
    case 12:
        do_exchange(i);
        break;
    default:
        do_link(i);
    }
}

static void step(void)
{
    int i = (int)pick(NAMES), file = pick_of(FILE_NAME);
    unsigned what = pick(20);

    if (what < 5) {
        do_make();
    } else if (what < 12) {
        if (file >= 0)
            step_file(file);
    } else if (what == 12) {
        do_common();
    } else if (names[i].type != FREE) {
        switch (what) {
        case 13:
            do_remove(i);
            break;
        case 14:
            names[i].type == DIR_NAME ? do_sync_dir(i) : do_move(i, 0);
            break;
        case 15:
            do_move(i, plain ? 0 : NO_REPLACE);
            break;
        case 16:
            do_replace(i);
            break;
        default:
            check(i);
        }
    }
}

static void add(uint64_t *sum, const void *data, size_t count)
{
    for (const unsigned char *at = data; count-- != 0; at++)
        *sum = (*sum ^ *at) * 1099511628211u;
}

static void process(unsigned steps)
{
    char own[40];
    uint64_t sum = 0;

    sprintf(own, "own-%u", me);
    expect(mkdir(own, 0755), 0, own);
    for (int i = 0; i < NAMES; i++)
        names[i].type = FREE;
    for (step_number = 1; step_number <= steps; step_number++)
        step();
    for (int i = 0; i < NAMES; i++) {
        if (names[i].type == FREE)
            continue;
        check(i);
        add(&sum, path_of(i), strlen(path_of(i)));
        if (names[i].type == FILE_NAME)
            add(&sum, files[names[i].file].bytes, files[names[i].file].size);
    }
    digests[me] = sum;
    exit(0);
}

/* ---- all of it ---- */

static unsigned walked[3]; /* files, folders, links */

static int walk_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where;
    if (strstr(path, "/common-") != NULL)
        return unlink(path);
    walked[type == FTW_D ? 1 : S_ISLNK(st->st_mode) ? 2 : 0]++;
    return 0;
}

static void tell_attributes(void)
{
    tree_file("probe", "x", 0644);
    has_attributes = !plain && setxattr("probe", "user.mix", "x", 1, 0) == 0;
    unlink("probe");
}

static void run(const char *where, uint32_t first, unsigned steps)
{
    int status, failed = 0;

    if (mkdir("fsmix", 0755) != 0 && errno != EEXIST)
        fail("mkdir");
    expect(chdir("fsmix"), 0, "chdir");
    tree_clear(); /* of a run that had no end */
    expect(mkdir("shared", 0755), 0, "mkdir");
    tell_attributes();
    fflush(stdout);
    for (me = 0; me < PROCESSES; me++) {
        seed = first * 1000003u + me * 7919u;
        pid_t pid = fork();
        if (pid == 0)
            process(steps);
        expect(pid, 0, "fork");
    }
    while (wait(&status) > 0)
        failed |= status;
    memset(walked, 0, sizeof(walked));
    expect(nftw(".", walk_one, 16, FTW_PHYS), 0, "nftw");
    printf("%s, seed %u: %s, %u files, %u folders, %u links\n", where, first, failed != 0 ? "failed" : "right",
           walked[0], walked[1], walked[2]);
    for (int i = 0; i < PROCESSES; i++)
        printf("    %016llx\n", (unsigned long long)digests[i]);
    if (failed != 0)
        exit(1);
    tree_clear();
    expect(chdir(".."), 0, "chdir");
    expect(rmdir("fsmix"), 0, "rmdir: something is left");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    umask(0);
    digests = mmap(NULL, sizeof(*digests) * PROCESSES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    enter(argc, argv);
    for (int i = 4; i < argc; i++) {
        plain |= strcmp(argv[i], "-p") == 0;
        verbose |= strcmp(argv[i], "-v") == 0;
    }
    if (argc >= 4) {
        run("here", (uint32_t)atoi(argv[2]), (unsigned)atoi(argv[3]));
        return 0;
    }
    plain = true;
    run("in the folder", 1, 150);
    plain = false;
    if (chdir("/dev/shm") != 0)
        return 1;
    run("in /dev/shm", 2, 300);
    run("in /dev/shm", 3, 300);
    return 0;
}
