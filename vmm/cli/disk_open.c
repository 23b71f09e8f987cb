/* SPDX-License-Identifier: Apache-2.0 */
/* disk_open.c - see disk_open.h. */
#include "vmm/cli/disk_open.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/cli/files.h"
#include "vmm/disk/cow.h"
#include "vmm/disk/format.h"
#include "vmm/disk/image.h"
#include "vmm/disk/partition.h"
#include "vmm/file_io.h"
#include "vmm/file_process.h"
#include "vmm/log.h"

#define WHY_BYTES 400

_Static_assert(COW_START_BYTES <= DISK_START_BYTES, "one read is enough for both");

/* How the disk's file is read. */
struct reader {
    int fd;
    struct file_process *process; /* NULL: by ourselves */
};

static int read_by_process(struct file_process *process, void *bytes, size_t size, uint64_t offset)
{
    for (size_t done = 0; done < size;) {
        size_t step = size - done < FILE_PROCESS_BYTES ? size - done : FILE_PROCESS_BYTES;
        ssize_t n;

        file_process_start(process, FILE_PROCESS_READ, offset + done, step, 0);
        while (!file_process_take(process, &n))
            file_process_wait(process);
        if (n <= 0 && n != -EINTR)
            return n < 0 ? (int)n : -EIO;
        if (n > 0)
            memcpy((uint8_t *)bytes + done, file_process_data(process), (size_t)n);
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int reader_read(void *owner, void *bytes, size_t size, uint64_t offset)
{
    struct reader *reader = owner;

    if (reader->process != NULL)
        return read_by_process(reader->process, bytes, size, offset);
    return file_io_read(reader->fd, bytes, size, offset);
}

/* ---- what is in it ---- */

static int check_format(const struct backend_file *disk, const uint8_t *start, size_t size)
{
    const char *format = disk_format_name(start, size);

    if (cow_header_is(start, size)) {
        log_error("--disk %s: is the file of another disk's changes; give that disk: --disk FILE,cow=%s", disk->path,
                  disk->path);
        return -EINVAL;
    }
    if (format == NULL)
        return 0;
    log_error("--disk %s: is a %s image, and disks are raw; convert it: qemu-img convert -f %s -O raw %s disk.img",
              disk->path, format, format, disk->path);
    return -EINVAL;
}

static int choose_partition(const struct config_file *file, const struct disk_wishes *wishes,
                            const struct partition_disk *in, struct backend_file *disk)
{
    bool by_number = file->part != CONFIG_PART_NONE;
    struct partition partition;
    char why[WHY_BYTES];

    if (by_number ? file->part == 0 : !wishes->linux_partition)
        return 0;
    int found = partition_find(in, by_number ? file->part : PARTITION_LINUX, &partition, why, sizeof(why));
    if (found > 0) {
        disk->offset = partition.offset;
        disk->size_bytes = partition.size_bytes;
        log_detail("--disk %s: partition %u, %" PRIu64 " bytes at %" PRIu64, disk->path, partition.number,
                   partition.size_bytes, partition.offset);
        return 0;
    }
    if (found == 0 && (why[0] == '\0' || !wishes->is_root))
        return 0;
    const char *instead = found == 0 ? "; ,part=N gives one of them, and ,part=0 all of the disk"
                                     : "; ,part=0 gives all of the disk, whatever is in it";
    log_error("--disk %s: %s%s", disk->path, why, by_number ? "" : instead);
    return found < 0 ? found : -ENOENT;
}

static void explain_read(const struct config_file *file, int error)
{
    log_error("--disk %s: can't be read: %s", file->path, strerror(-error));
}

/* ---- its changes ---- */

static int explain_changes(const struct config_file *file, const char *why)
{
    log_error("--disk %s,cow=%s: %s %s", file->path, file->changes, file->changes, why);
    return -EINVAL;
}

static void explain_failure(const struct config_file *file, int error)
{
    char why[WHY_BYTES];

    snprintf(why, sizeof(why), "can't be used: %s", strerror(-error));
    explain_changes(file, why);
}

static int open_changes(const struct config_file *file, int *fd)
{
    struct stat st;

    *fd = open(file->changes, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    int error = *fd < 0 || fstat(*fd, &st) < 0 || fcntl(*fd, F_SETFL, O_RDWR) < 0 ? -errno : 0;
    if (error == 0 && !S_ISREG(st.st_mode))
        return explain_changes(file, "is no ordinary file");
    if (error == 0)
        error = files_lock(*fd, false);
    if (error == -EWOULDBLOCK)
        explain_changes(file, "is locked by another lvmm, or given twice; each VM has its own");
    else if (error != 0)
        explain_failure(file, error);
    return error;
}

static int load_changes(const struct config_file *file, struct reader *reader, const uint8_t *start,
                        struct backend_file *disk)
{
    struct cow_base base = {.size_bytes = disk->size_bytes};
    size_t size = disk->size_bytes < COW_START_BYTES ? disk->size_bytes : COW_START_BYTES;
    uint8_t other[COW_START_BYTES];
    char why[WHY_BYTES] = "";
    int fd, error = open_changes(file, &fd);

    if (error == 0 && disk->offset != 0) {
        error = reader_read(reader, other, size, disk->offset);
        if (error != 0)
            explain_read(file, error);
        start = other;
    }
    if (error == 0) {
        base.start_hash = cow_hash(start, size);
        error = cow_load(fd, &base, &disk->cow, why, sizeof(why));
        if (error != 0 && why[0] != '\0')
            explain_changes(file, why);
        else if (error != 0)
            explain_failure(file, error);
    }
    if (error != 0 && fd >= 0)
        close(fd);
    return error;
}

static int forget_changes(const struct config_file *file, struct backend_file *disk)
{
    int error = cow_temporary(disk->size_bytes, &disk->cow);

    if (error != 0)
        log_error("--disk %s,cow: there can be no file for the changes: %s", file->path, strerror(-error));
    return error;
}

static int prepare_changes(const struct config_file *file, const struct disk_wishes *wishes, struct reader *reader,
                           const uint8_t *start, struct backend_file *disk)
{
    if (!file->cow || wishes->dry)
        return 0;
    int error = file->changes != NULL ? load_changes(file, reader, start, disk) : forget_changes(file, disk);
    if (error == 0 && file_process_is_wanted(disk->cow->fd))
        disk->host = VIRTIO_BLK_HOST_OTHER;
    return error;
}

/* ---- all of it ---- */

static int prepare(const struct config_file *file, const struct disk_wishes *wishes, struct reader *reader,
                   struct backend_file *disk)
{
    uint8_t start[DISK_START_BYTES];
    struct partition_disk in = {.size_bytes = disk->size_bytes, .start = start, .read = reader_read, .owner = reader};

    in.start_size = disk->size_bytes < sizeof(start) ? disk->size_bytes : sizeof(start);
    int error = reader_read(reader, start, in.start_size, 0);
    if (error != 0) {
        explain_read(file, error);
        return error;
    }
    error = check_format(disk, start, in.start_size);
    if (error == 0)
        error = choose_partition(file, wishes, &in, disk);
    if (error == 0)
        error = prepare_changes(file, wishes, reader, start, disk);
    return error;
}

int disk_open(const struct config_file *file, const struct disk_wishes *wishes, struct backend_file *out)
{
    struct reader reader = {0};
    int error = files_open_disk(file, out);

    if (error != 0)
        return error;
    const struct disk_image image = {.fd = out->fd};
    bool is_others = file_process_is_wanted(out->fd);
    out->host = is_others ? VIRTIO_BLK_HOST_OTHER : VIRTIO_BLK_HOST_OWN;
    reader.fd = out->fd;
    if (is_others)
        error = file_process_create(&image, wishes->sandbox, &reader.process);
    if (error == 0 && is_others) /* if it hangs our end must not have to close it */
        file_process_give_up_fd(reader.process);
    if (error == 0)
        error = prepare(file, wishes, &reader, out);
    else
        explain_read(file, error);
    if (error == 0 && is_others) {
        error = file_process_give_back(reader.process);
        if (error != 0)
            explain_read(file, error);
    }
    file_process_destroy(reader.process);
    if (error != 0)
        files_close(out);
    return error;
}
