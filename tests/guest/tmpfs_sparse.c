/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_sparse.c - files in memory with holes: what they take, how holes are found and made (lseek(2), fallocate(2)),
 * and what mappings see of them. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "show.h"

#ifndef FALLOC_FL_ZERO_RANGE /* of <linux/falloc.h> */
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE 0x10
#define FALLOC_FL_INSERT_RANGE 0x20
#define FALLOC_FL_UNSHARE_RANGE 0x40
#endif
#define PUNCH (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

static off_t page;

/* Positions in pages and bytes, as the size of a page is the ISA's. */
static void at(const char *what, off_t pos)
{
    if (pos < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %lld pages, %lld bytes\n", what, (long long)(pos / page), (long long)(pos % page));
}

static void state(int fd)
{
    struct stat st;

    fstat(fd, &st);
    printf("  size %lld pages, %lld bytes; %lld pages are there\n", (long long)(st.st_size / page),
           (long long)(st.st_size % page), (long long)(st.st_blocks * 512 / page));
}

/* All data and holes, from the beginning. */
static void map_of(int fd)
{
    off_t pos = 0, end;

    printf(" ");
    while ((pos = lseek(fd, pos, SEEK_DATA)) >= 0) {
        end = lseek(fd, pos, SEEK_HOLE);
        printf(" data %lld.%lld-%lld.%lld", (long long)(pos / page), (long long)(pos % page), (long long)(end / page),
               (long long)(end % page));
        pos = end;
    }
    printf(" then %s\n", error_name(errno));
}

static void bytes_of(int fd, off_t from, size_t size)
{
    static char bytes[1 << 20];
    ssize_t got = pread(fd, bytes, size, from), zeros = 0;

    for (ssize_t i = 0; i < got; i++)
        zeros += bytes[i] == 0;
    printf("  read %s, zeros: %s\n", got == (ssize_t)size ? "all" : "not all", zeros == got ? "all" : "some");
}

static void put(int fd, off_t pos, const char *text)
{
    show("put", pwrite(fd, text, strlen(text), pos));
}

static void spliced(int fd)
{
    loff_t from = page / 2;
    char bytes[100] = "x";
    int ends[2];

    if (pipe(ends) != 0)
        return;
    show("splice from a hole", splice(fd, &from, ends[1], NULL, 100, 0));
    show("read", read(ends[0], bytes, sizeof(bytes)));
    show("zero", bytes[0]);
    close(ends[0]);
    close(ends[1]);
}

static void holes(void)
{
    int fd = open("holes", O_CREAT | O_RDWR | O_TRUNC, 0600);

    map_of(fd);
    at("data of nothing", lseek(fd, 0, SEEK_DATA));
    at("hole of nothing", lseek(fd, 0, SEEK_HOLE));
    show("grow", ftruncate(fd, 20 * page));
    state(fd);
    map_of(fd);
    bytes_of(fd, 0, (size_t)(2 * page));
    spliced(fd);
    state(fd);
    put(fd, 10 * page + 3, "abc");
    state(fd);
    map_of(fd);
    at("data from the middle", lseek(fd, 10 * page + 77, SEEK_DATA));
    at("hole from the middle", lseek(fd, 10 * page + 77, SEEK_HOLE));
    at("hole in a hole", lseek(fd, 5, SEEK_HOLE));
    at("at the end", lseek(fd, 20 * page, SEEK_HOLE));
    at("before the beginning", lseek(fd, -1, SEEK_DATA));
    put(fd, 20 * page - 2, "xyz");
    map_of(fd);
    show("shrink", ftruncate(fd, 10 * page + 4));
    state(fd);
    map_of(fd);
    show("grow again", ftruncate(fd, 11 * page));
    bytes_of(fd, 10 * page + 4, (size_t)(page - 4));
    close(fd);
    unlink("holes");
}

static void far(void)
{
    int fd = open("far", O_CREAT | O_RDWR | O_TRUNC, 0600);
    off_t end = 0x7fffffffffffffff;

    show("as far as can be", pwrite(fd, "x", 1, end - 10 * 65536) == 1);
    show("data is found", lseek(fd, 0, SEEK_DATA) > end - 11 * 65536);
    show("punch all before", fallocate(fd, PUNCH, 0, end - 20 * 65536));
    show("beyond", pwrite(fd, "x", 1, end));
    show("longest", ftruncate(fd, end));
    show("empty", ftruncate(fd, 0));
    state(fd);
    close(fd);
    unlink("far");
}

static void allocates(void)
{
    int fd = open("room", O_CREAT | O_RDWR | O_TRUNC, 0600), reader = open("room", O_RDONLY);

    show("allocate", fallocate(fd, 0, page, 3 * page));
    state(fd);
    map_of(fd);
    bytes_of(fd, 0, (size_t)(4 * page));
    map_of(fd);
    put(fd, 2 * page, "data");
    map_of(fd);
    show("keep size", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8 * page));
    state(fd);
    show("truncate to the same", ftruncate(fd, 4 * page));
    state(fd);
    show("longer", fallocate(fd, 0, 6 * page + 5, 10));
    state(fd);
    show("punch a part", fallocate(fd, PUNCH, 2 * page + 1, 2));
    state(fd);
    map_of(fd);
    show("punch all", fallocate(fd, PUNCH, 0, 100 * page));
    state(fd);
    show("punch and not keep", fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, page));
    show("zero", fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, page));
    show("zero and keep", fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, page));
    show("collapse", fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, page));
    show("insert", fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, page));
    show("unshare", fallocate(fd, FALLOC_FL_UNSHARE_RANGE, 0, page));
    show("unknown", fallocate(fd, 0x4000, 0, page));
    show("read-only", fallocate(reader, 0, 0, page));
    show("read-only collapse", fallocate(reader, FALLOC_FL_COLLAPSE_RANGE, 0, page));
    show("beyond all", fallocate(fd, 0, 0x7fffffffffffffff, 1));
    show("more than there is", fallocate(fd, 0, 0, 1ll << 50));
    state(fd);
    close(fd);
    close(reader);
    unlink("room");
}

static int touches(const volatile char *byte)
{
    int status;

    fflush(stdout);
    if (fork() == 0)
        _exit(*byte == 0 ? 0 : 1);
    wait(&status);
    return status;
}

/* What is mapped is there from then on, and what is punched is gone from mappings. */
static void mappings(void)
{
    int fd = open("map", O_CREAT | O_RDWR | O_TRUNC, 0600);
    char *memory;

    show("grow", ftruncate(fd, 6 * page));
    memory = mmap(NULL, (size_t)(8 * page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    memory[2 * page] = 'm';
    map_of(fd);
    state(fd);
    show("allocate", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8 * page));
    state(fd);
    memory[3 * page] = 'm';
    map_of(fd);
    show("beyond the end", WTERMSIG(touches(memory + 7 * page)));
    show("longer", ftruncate(fd, 8 * page));
    show("within", touches(memory + 7 * page));
    show("punch", fallocate(fd, PUNCH, 2 * page, page));
    show("zero now", memory[2 * page]);
    memory[2 * page + 9] = 'n';
    bytes_of(fd, 2 * page, (size_t)page);
    show("remove", madvise(memory + 3 * page, (size_t)page, MADV_REMOVE));
    show("zero now", memory[3 * page]);
    munmap(memory, (size_t)(8 * page));
    close(fd);
    unlink("map");
}

int main(void)
{
    char folder[] = "/dev/shm/tmpfs_sparse.XXXXXX";

    page = sysconf(_SC_PAGESIZE);
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 2;
    holes();
    far();
    allocates();
    mappings();
    return chdir("/") != 0 || rmdir(folder) != 0;
}
