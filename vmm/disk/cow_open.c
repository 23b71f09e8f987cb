/* SPDX-License-Identifier: Apache-2.0 */
/* cow_open.c - makes the files of changes, and reads those that are kept. Nothing in one is trusted. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/disk/cow.h"
#include "vmm/file_io.h"

/* COW_PAGE or more, and a page of the map is of a multiple of it. */
static uint64_t host_page_bytes(void)
{
    long bytes = sysconf(_SC_PAGESIZE);

    return bytes > (long)COW_PAGE ? (uint64_t)bytes : COW_PAGE;
}

static int cow_create(int fd, uint64_t size_bytes, struct cow **out)
{
    struct cow *cow = calloc(1, sizeof(*cow));
    int error = cow == NULL ? -ENOMEM : cow_layout(size_bytes, &cow->at);

    if (error == 0) {
        size_t bytes = cow->at.map_bytes + cow->at.map_bytes / COW_PAGE;
        void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        error = map == MAP_FAILED ? -errno : 0;
        cow->map = map;
    }
    if (error != 0) {
        free(cow);
        return error;
    }
    cow->fd = fd;
    cow->left = UINT64_MAX;
    cow->page_sectors = host_page_bytes() / COW_SECTOR;
    cow->dirty = (uint8_t *)cow->map + cow->at.map_bytes;
    *out = cow;
    return 0;
}

static void cow_free(struct cow *cow)
{
    munmap(cow->map, cow->at.map_bytes + cow->at.map_bytes / COW_PAGE);
    free(cow);
}

void cow_destroy(struct cow *cow)
{
    close(cow->fd);
    cow_free(cow);
}

/* ---- one that vanishes ---- */

static int open_unnamed(void)
{
    const char *const folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    int fd = -1;

    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]) && fd < 0; i++)
        if (folders[i] != NULL && folders[i][0] != '\0')
            fd = open(folders[i], O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    return fd;
}

/* In pages. */
static uint64_t half_of_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);

    return pages > 0 ? (uint64_t)pages / 2 : (UINT64_C(1) << 30) / host_page_bytes();
}

int cow_temporary(uint64_t size_bytes, struct cow **out)
{
    int fd = open_unnamed();
    bool in_memory = fd < 0;

    if (in_memory)
        fd = memfd_create("lvmm-cow", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    /* Zeroes that aren't written don't make it longer. */
    int error = ftruncate(fd, (off_t)size_bytes) < 0 ? -errno : cow_create(fd, size_bytes, out);
    if (error != 0) {
        close(fd);
        return error;
    }
    (*out)->at.data = 0; /* there is nothing else in it */
    if (in_memory)
        (*out)->left = half_of_memory();
    return 0;
}

/* ---- one that is kept ---- */

/* The host's, from its start on; all zero, as no host's is: it isn't known. */
static void read_boot(uint8_t boot[COW_BOOT_BYTES])
{
    char text[37] = "";
    unsigned digits = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

    if (fd >= 0)
        close(fd);
    memset(boot, 0, COW_BOOT_BYTES);
    for (ssize_t i = 0; i < length && digits < 2 * COW_BOOT_BYTES; i++) {
        const char *hex = "0123456789abcdef", *digit = text[i] != '\0' ? strchr(hex, text[i]) : NULL;

        if (digit == NULL)
            continue;
        boot[digits / 2] = (uint8_t)(boot[digits / 2] << 4 | (digit - hex));
        digits++;
    }
}

/* Is there nothing in it at all: was it made just now, or was its making broken off? */
static bool is_blank(int fd, uint64_t file_bytes, const struct cow_layout *at)
{
    return file_bytes == 0 || (file_bytes == at->file_bytes && lseek(fd, 0, SEEK_DATA) < 0 && errno == ENXIO);
}

/* A header tells that all is there, so it comes last. */
static int make_file(int fd, const struct cow_base *base, const struct cow_layout *at)
{
    uint8_t header[COW_PAGE];

    cow_header_make(base, header);
    if (ftruncate(fd, (off_t)at->file_bytes) < 0)
        return -errno;
    return file_io_write(fd, header, sizeof(header), 0);
}

/* The next part of [*at, end) that is no hole; *at goes behind it. 1: there is one; 0: there is none; -errno. */
static int next_data(int fd, uint64_t *at, uint64_t end, uint64_t *data, uint64_t *stop)
{
    off_t from = *at < end ? lseek(fd, (off_t)*at, SEEK_DATA) : (off_t)end, to;

    if (from < 0)
        return errno == ENXIO ? 0 : -errno;
    if ((uint64_t)from >= end)
        return 0;
    to = lseek(fd, from, SEEK_HOLE);
    if (to <= from)
        return to < 0 ? -errno : -EIO;
    *data = (uint64_t)from / COW_PAGE * COW_PAGE;
    *stop = (uint64_t)to < end ? ((uint64_t)to + COW_PAGE - 1) / COW_PAGE * COW_PAGE : end;
    *at = *stop;
    return 1;
}

/* Reads the map at `from`, but for its holes. `dirty`: what to note of its pages. */
static int read_map(struct cow *cow, uint64_t from, uint8_t dirty)
{
    uint64_t at = from, data = 0, stop = 0;
    int more;

    while ((more = next_data(cow->fd, &at, from + cow->at.map_bytes, &data, &stop)) > 0) {
        uint64_t offset = data - from, size = stop - data;
        int error = file_io_read(cow->fd, (uint8_t *)cow->map + offset, size, data);

        if (error != 0)
            return error;
        memset(cow->dirty + offset / COW_PAGE, dirty, size / COW_PAGE);
    }
    return more;
}

/* Writes the map to the file's first one, where the map at `like` (this one, or the other) is no hole. */
static int write_map(struct cow *cow, uint64_t like)
{
    uint64_t at = like, data = 0, stop = 0;
    int more;

    while ((more = next_data(cow->fd, &at, like + cow->at.map_bytes, &data, &stop)) > 0) {
        uint64_t offset = data - like;
        int error = file_io_write(cow->fd, (const uint8_t *)cow->map + offset, stop - data, cow->at.now + offset);

        if (error != 0)
            return error;
    }
    return more;
}

/* The host's start is not the one of the last run: the first map may tell of data that a crash has lost. */
static int begin_boot(struct cow *cow, const uint8_t boot[COW_BOOT_BYTES])
{
    int error = write_map(cow, cow->at.now);

    if (error == 0)
        error = write_map(cow, cow->at.stable);
    return error != 0 ? error : file_io_write(cow->fd, boot, COW_BOOT_BYTES, COW_BOOT_AT);
}

static int read_maps(struct cow *cow)
{
    static const uint8_t unknown[COW_BOOT_BYTES];
    uint8_t boot[COW_BOOT_BYTES], written[COW_BOOT_BYTES];
    int error = file_io_read(cow->fd, written, sizeof(written), COW_BOOT_AT);

    if (error != 0)
        return error;
    read_boot(boot);
    if (memcmp(boot, unknown, sizeof(boot)) != 0 && memcmp(boot, written, sizeof(boot)) == 0)
        return read_map(cow, cow->at.now, 1);
    error = read_map(cow, cow->at.stable, 0);
    return error != 0 ? error : begin_boot(cow, boot);
}

static int check_file(int fd, const struct cow_base *base, const struct cow_layout *at, char *why, size_t why_size)
{
    uint8_t header[COW_PAGE] = {0};
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (is_blank(fd, (uint64_t)st.st_size, at))
        return make_file(fd, base, at);
    if (pread(fd, header, sizeof(header), 0) < 0)
        return -errno;
    return cow_header_check(header, (uint64_t)st.st_size, base, why, why_size);
}

int cow_load(int fd, const struct cow_base *base, struct cow **out, char *why, size_t why_size)
{
    struct cow *cow;
    int error = cow_create(fd, base->size_bytes, &cow);

    why[0] = '\0';
    if (error != 0)
        return error;
    cow->kept = true;
    error = check_file(fd, base, &cow->at, why, why_size);
    if (error == 0)
        error = read_maps(cow);
    if (error != 0) {
        cow_free(cow);
        return error;
    }
    *out = cow;
    return 0;
}
