/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - see files.h. */
#include "vmm/cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/log.h"

#define SECTOR_BYTES 512u
#define LOCK_TRIES 10
#define LOCK_PAUSE_MS 10

/* What FILE,word was meant to be if there is no such file, but there is a FILE. NULL: not that. */
static const char *unknown_suffix(const char *path)
{
    const char *comma = strrchr(path, ',');
    char without[PATH_MAX];

    if (comma == NULL || (size_t)(comma - path) >= sizeof(without))
        return NULL;
    memcpy(without, path, (size_t)(comma - path));
    without[comma - path] = '\0';
    return access(without, F_OK) == 0 ? comma : NULL;
}

static bool is_mode(const char *suffix)
{
    return strcmp(suffix, ",ro") == 0 || strcmp(suffix, ",rw") == 0 || strncmp(suffix, ",cow", 4) == 0;
}

/* `devices`: of a disk, which has more of them. */
static void explain_suffix(const char *option, const char *path, const char *suffix, bool devices)
{
    if (is_mode(suffix) && !devices && suffix[1] == 'c')
        log_error("%s %s: ,cow is for --disk; here are ,ro (reading only) and ,rw (the default)", option, path);
    else if (is_mode(suffix))
        log_error("%s %s: give one of ,ro and ,rw%s, not two", option, path, devices ? " and ,cow" : "");
    else if (devices && strncmp(suffix, ",part", 5) == 0)
        log_error("%s %s: %s is not the number of a partition; it is e.g. ,part=2, and ,part=0 is all of the disk",
                  option, path, suffix);
    else
        log_error("%s %s: %s is not known; there are ,ro (reading only) and ,rw (the default)%s", option, path, suffix,
                  devices ? ", ,cow (changes are forgotten), ,cow=FILE2 (or kept there) and ,part=N (a partition)"
                          : "");
}

static int explain_open(const char *option, const struct config_file *file, bool devices, int error)
{
    const char *suffix = error == -ENOENT ? unknown_suffix(file->path) : NULL;
    bool would_help = !file->read_only && !file->cow && (error == -EACCES || error == -EROFS || error == -EPERM);

    if (would_help && access(file->path, R_OK) == 0) {
        log_error("%s %s: can't be opened for writing: %s; %s,ro opens it for reading only", option, file->path,
                  strerror(-error), file->path);
    } else if (suffix != NULL) {
        explain_suffix(option, file->path, suffix, devices);
    } else {
        log_error("%s %s: %s", option, file->path, strerror(-error));
    }
    return error;
}

/* Only what has a size and can be read at any place: a file or a block device. */
static int check_kind(const char *option, const char *path, int fd, bool devices)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISREG(st.st_mode) || (devices && S_ISBLK(st.st_mode)))
        return 0;
    log_error("%s %s: %s; give an ordinary file%s", option, path,
              S_ISDIR(st.st_mode) ? "is a directory" : "is a pipe or a device", devices ? " or a block device" : "");
    return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
}

static bool only_reads(const struct backend_file *file)
{
    return file->read_only || file->is_cow;
}

/* open(2) lets a device be opened for writing whose every write then fails (losetup -r, blockdev --setro). */
static int check_writable(const char *option, const struct backend_file *file)
{
    int read_only = 0;

    if (only_reads(file) || ioctl(file->fd, BLKROGET, &read_only) < 0 || read_only == 0) /* ENOTTY: an ordinary file */
        return 0;
    log_error("%s %s: is a read-only device: %s %s,ro", option, file->path, option, file->path);
    return -EROFS;
}

static int measure(const char *option, struct backend_file *out)
{
    off_t end = lseek(out->fd, 0, SEEK_END);

    if (end < 0 || lseek(out->fd, 0, SEEK_SET) < 0) {
        int error = -errno;
        log_error("%s %s: its size can't be found: %s", option, out->path, strerror(-error));
        return error;
    }
    if (end == 0) {
        log_error("%s %s: is empty (0 bytes)", option, out->path);
        return -EINVAL;
    }
    out->size_bytes = (uint64_t)end;
    return 0;
}

static int try_lock(int fd, bool shared)
{
    return flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 ? 0 : -errno;
}

int files_lock(int fd, bool shared)
{
    int error = try_lock(fd, shared);

    /* Of an lvmm that was killed while its disk was busy, the kernel gives up the lock a moment later. */
    for (unsigned i = 0; i < LOCK_TRIES && error == -EWOULDBLOCK; i++) {
        poll(NULL, 0, LOCK_PAUSE_MS);
        error = try_lock(fd, shared);
    }
    return error;
}

/* `devices`: of a disk. */
static int lock(const char *option, bool devices, const struct backend_file *out)
{
    int error = files_lock(out->fd, only_reads(out));

    if (error == 0)
        return 0;
    if (error == -EWOULDBLOCK) {
        log_error("%s %s: is locked by another lvmm, or given twice; %s,ro shares it between readers%s", option,
                  out->path, out->path, devices ? ", and ,cow between those that write" : "");
    } else {
        log_error("%s %s: can't be locked: %s", option, out->path, strerror(-error));
    }
    return error;
}

/* O_NONBLOCK: a FIFO must not hold us up; it comes off again, as io_uring would give EAGAIN for it. */
static int open_file(const char *option, const struct config_file *file, bool devices, struct backend_file *out)
{
    int flags = (file->read_only || file->cow ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOCTTY;

    *out = (struct backend_file){.path = file->path, .read_only = file->read_only, .is_cow = file->cow};
    out->fd = open(file->path, flags | O_NONBLOCK);
    if (out->fd < 0)
        return explain_open(option, file, devices, -errno);
    int error = check_kind(option, file->path, out->fd, devices);
    if (error == 0 && fcntl(out->fd, F_SETFL, flags & O_ACCMODE) < 0)
        error = -errno;
    if (error == 0)
        error = check_writable(option, out);
    if (error == 0)
        error = measure(option, out);
    if (error != 0)
        files_close(out);
    return error;
}

int files_open_disk(const struct config_file *file, struct backend_file *out)
{
    int error = open_file("--disk", file, true, out);

    if (error != 0)
        return error;
    if (out->size_bytes % SECTOR_BYTES != 0) {
        log_error("--disk %s: has %" PRIu64 " bytes, not a multiple of %u", file->path, out->size_bytes, SECTOR_BYTES);
        error = -EINVAL;
    } else {
        error = lock("--disk", true, out);
    }
    if (error != 0)
        files_close(out);
    return error;
}

int files_open_pflash(const struct config_file *file, uint64_t window, struct backend_file *out)
{
    int error = open_file("--pflash", file, false, out);

    if (error != 0)
        return error;
    if (out->size_bytes > window) {
        log_error("--pflash %s: has %" PRIu64 " bytes, more than the flash window's %" PRIu64, file->path,
                  out->size_bytes, window);
        error = -EFBIG;
    } else {
        error = lock("--pflash", false, out);
    }
    if (error != 0)
        files_close(out);
    return error;
}

/* Mapped, not read: most of it then is mapped in the guest as well and never copied. A file that shrinks meanwhile
 * kills us with SIGBUS, before there is anything to clean up, or fails the guest. */
static int map_all(const struct backend_file *file, const void **bytes)
{
    void *mapped = mmap(NULL, file->size_bytes, PROT_READ, MAP_PRIVATE, file->fd, 0);

    if (mapped == MAP_FAILED)
        return -errno;
    *bytes = mapped;
    return 0;
}

int files_open_mapped(const char *option, const char *path, uint64_t max_bytes, struct backend_file *out,
                      const void **bytes)
{
    const struct config_file file = {.path = path, .read_only = true};
    int error = open_file(option, &file, false, out);

    if (error != 0)
        return error;
    if (out->size_bytes > max_bytes) {
        log_error("%s %s: has %" PRIu64 " bytes, more than %" PRIu64, option, path, out->size_bytes, max_bytes);
        error = -EFBIG;
    } else {
        error = map_all(out, bytes);
        if (error != 0)
            log_error("%s %s: can't be read: %s", option, path, strerror(-error));
    }
    if (error != 0)
        files_close(out);
    return error;
}

enum files_kind files_guess(const char *path)
{
    uint8_t start[2048] = {0}; /* up to ext4's superblock and its magic */
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t length = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, start, sizeof(start)) : 0;
    bool is_block = fd >= 0 && fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);

    if (fd >= 0)
        close(fd);
    if (is_block)
        return FILES_DISK_IMAGE;
    if (length >= 4 && (memcmp(start,
                               "\x7f"
                               "ELF",
                               4) == 0 ||
                        memcmp(start, "#!", 2) == 0))
        return FILES_PROGRAM;
    if (length < (ssize_t)sizeof(start))
        return FILES_UNKNOWN;
    bool is_fat_or_mbr = start[510] == 0x55 && start[511] == 0xaa,
         is_ext = start[0x438] == 0x53 && start[0x439] == 0xef;
    return is_fat_or_mbr || is_ext ? FILES_DISK_IMAGE : FILES_UNKNOWN;
}

void files_close(struct backend_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
