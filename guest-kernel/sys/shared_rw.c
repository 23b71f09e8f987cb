/* SPDX-License-Identifier: Apache-2.0 */
/* shared_rw.c - read, write and what goes with them, of open files, while other CPUs share the kernel lock. */
#include "sys/sharing.h"
#include "sys/user.h"
#include "vfs/regular_shared.h"

static struct file *file_of(uint64_t fd)
{
    return fd_get(current_thread()->files, (int)fd);
}

/* Neither the buffer's addresses nor the position's are such that it is an error, whatever there is to move. */
static bool is_in_range(uaddr_t buffer, uint64_t size, const uint64_t *pos)
{
    return size <= ISA_USER_TOP && buffer <= ISA_USER_TOP - size &&
           (pos == NULL || (*pos <= INT64_MAX && size <= INT64_MAX - *pos));
}

static bool transfer(const uint64_t arg[6], bool write, const uint64_t *pos, int64_t *result)
{
    struct thread *thread = current_thread();
    struct file *file = file_of(arg[0]);
    bool is_done;

    if (file == NULL || (write && thread->process->limits != NULL) || !is_in_range(arg[1], arg[2], pos))
        return false;
    is_done = write ? regular_write_shared(file, arg[1], arg[2], pos, result)
                    : regular_read_shared(file, arg[1], arg[2], pos, result);
    if (is_done) {
        thread->io.calls[write]++;
        thread->io.bytes[write] += (uint64_t)*result;
    }
    return is_done;
}

bool shared_read(const uint64_t arg[6], int64_t *result)
{
    return transfer(arg, false, NULL, result);
}

bool shared_write(const uint64_t arg[6], int64_t *result)
{
    return transfer(arg, true, NULL, result);
}

bool shared_pread64(const uint64_t arg[6], int64_t *result)
{
    return transfer(arg, false, &arg[3], result);
}

bool shared_pwrite64(const uint64_t arg[6], int64_t *result)
{
    return transfer(arg, true, &arg[3], result);
}

bool shared_lseek(const uint64_t arg[6], int64_t *result)
{
    struct file *file = file_of(arg[0]);

    return file != NULL && !(file->flags & O_PATH) && regular_seek_shared(file, (int64_t)arg[1], (int)arg[2], result);
}
