/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_archives.c - see unpack_archives.h. */
#include "vmm/cli/unpack_archives.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boot/archives.h"
#include "vmm/cli/unpack_file.h"
#include "vmm/clock.h"
#include "vmm/log.h"

static int unpack_all(const char *option, struct backend_file *file, const void **bytes, uint64_t max_bytes)
{
    uint64_t start_ns = clock_ns(CLOCK_MONOTONIC), packed_bytes = file->size_bytes;
    char why[256];
    void *out = NULL;
    size_t size = 0;
    int error, fd = unpack_memfd_create(max_bytes, &out);

    if (fd < 0) {
        log_error("%s %s: is compressed, and there is no room to unpack it: memfd: %s", option, file->path,
                  strerror(-fd));
        return fd;
    }
    error = archives_unpack(*bytes, file->size_bytes, out, max_bytes, &size, why, sizeof(why));
    if (error != 0) {
        log_error("%s %s: %s", option, file->path, why);
        munmap(out, max_bytes);
        close(fd);
        return error;
    }
    error = unpack_memfd_use(fd, out, max_bytes, size, file, bytes);
    if (error != 0)
        log_error("%s %s: what was unpacked can't be used: %s", option, file->path, strerror(-error));
    else
        log_detail("%s %s: %llu bytes -> %zu bytes in %.1f ms", option, file->path, (unsigned long long)packed_bytes,
                   size, (double)(clock_ns(CLOCK_MONOTONIC) - start_ns) / (NS_PER_S / 1000.0));
    return error;
}

int unpack_archives(const char *option, struct backend_file *file, const void **bytes, uint64_t max_bytes)
{
    bool is_plain;
    char why[256];
    int error = archives_are_plain(*bytes, file->size_bytes, &is_plain, why, sizeof(why));

    if (error != 0) {
        log_error("%s %s: %s", option, file->path, why);
        return error;
    }
    return is_plain ? 0 : unpack_all(option, file, bytes, max_bytes);
}
