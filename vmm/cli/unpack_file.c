/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_file.c - see unpack_file.h. */
#include "vmm/cli/unpack_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boot/unpack.h"
#include "vmm/clock.h"
#include "vmm/cli/files.h"
#include "vmm/log.h"

#define LAYERS_MAX 2
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct layer {
    const char *option,
        *inner; /* for messages; inner: ", unpacked" behind the path, where it is what was in the file */
    struct packed what;
    uint64_t max_bytes;
};

/* ---- the memfd: written through a mapping, as large as the contents may be, of which only what is written takes
 * memory ---- */

static int fail(const struct layer *layer, const struct backend_file *file, int error)
{
    log_error("%s %s: is compressed, and there is no room to unpack it: memfd: %s", layer->option, file->path,
              strerror(-error));
    return error;
}

int unpack_memfd_create(uint64_t max_bytes, void **out)
{
    int error, fd = memfd_create("unpacked", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -errno;
    *out = MAP_FAILED;
    if (ftruncate(fd, (off_t)max_bytes) == 0)
        *out = mmap(NULL, max_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*out != MAP_FAILED)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

int unpack_memfd_use(int fd, void *written, uint64_t max_bytes, size_t size, struct backend_file *file,
                     const void **bytes)
{
    void *mapped = MAP_FAILED;
    int error = 0;

    munmap(written, max_bytes);
    if (size == 0 || ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        error = size == 0 ? -EINVAL : -errno;
    else if ((mapped = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
        error = -errno;
    if (error != 0) {
        close(fd);
        return error;
    }
    munmap((void *)(uintptr_t)*bytes, file->size_bytes);
    files_close(file);
    file->fd = fd;
    file->size_bytes = size;
    *bytes = mapped;
    return 0;
}

static int explain(const struct layer *layer, const struct backend_file *file, int error, const char *why)
{
    log_error("%s %s%s: %s%s", layer->option, file->path, layer->inner, why,
              error != -EFBIG                    ? ""
              : layer->max_bytes == UNPACKED_MAX ? ", and no kernel is as large"
                                                 : ", the guest's memory; give it more by --memory");
    return error;
}

static int unpack_layer(const struct layer *layer, struct backend_file *file, const void **bytes)
{
    uint64_t start_ns = clock_ns(CLOCK_MONOTONIC);
    char why[256];
    void *out = NULL;
    size_t size = 0;
    int error, fd = unpack_memfd_create(layer->max_bytes, &out);

    if (fd < 0)
        return fail(layer, file, fd);
    error = unpack(*bytes, &layer->what, out, layer->max_bytes, &size, why, sizeof(why));
    if (error != 0) {
        munmap(out, layer->max_bytes);
        close(fd);
        return explain(layer, file, error, why);
    }
    error = unpack_memfd_use(fd, out, layer->max_bytes, size, file, bytes);
    if (error != 0) {
        log_error("%s %s: what was unpacked can't be sealed: %s", layer->option, file->path, strerror(-error));
        return error;
    }
    log_detail("%s %s%s: %s%s%s, %zu bytes -> %zu bytes in %.1f ms", layer->option, file->path, layer->inner,
               layer->what.wrapper != NULL ? layer->what.wrapper : "", layer->what.wrapper != NULL ? ", " : "",
               unpack_name(layer->what.packing), layer->what.size, size,
               (double)(clock_ns(CLOCK_MONOTONIC) - start_ns) / (NS_PER_S / 1000.0));
    return 0;
}

int unpack_file(const char *option, struct backend_file *file, const void **bytes, uint64_t max_bytes)
{
    struct layer layer = {
        .option = option, .inner = "", .max_bytes = max_bytes < UNPACKED_MAX ? max_bytes : UNPACKED_MAX};

    for (unsigned layers = 0;; layers++) {
        char why[256];
        int error = unpack_identify(*bytes, file->size_bytes, &layer.what, why, sizeof(why));

        if (error != 0) {
            log_error("%s %s%s: %s", option, file->path, layer.inner, why);
            return error;
        }
        if (layer.what.packing == PACKING_NONE)
            return 0;
        if (layers == LAYERS_MAX) {
            log_error("%s %s: is compressed more than %u times", option, file->path, LAYERS_MAX);
            return -ENOEXEC;
        }
        error = unpack_layer(&layer, file, bytes);
        if (error != 0)
            return error;
        layer.inner = ", unpacked";
    }
}
