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

static int fail(const struct layer *layer, const struct backend_file *file, const char *doing)
{
    int error = -errno;

    log_error("%s %s: is compressed, and there is no room to unpack it: %s: %s", layer->option, file->path, doing,
              strerror(-error));
    return error;
}

/* Unpacks into the memfd. */
static int fill(const struct layer *layer, const struct backend_file *file, const void *bytes, int fd, size_t *size)
{
    char why[256];
    void *out = MAP_FAILED;
    int error;

    if (ftruncate(fd, (off_t)layer->max_bytes) == 0)
        out = mmap(NULL, layer->max_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (out == MAP_FAILED)
        return fail(layer, file, "memfd");
    error = unpack(bytes, &layer->what, out, layer->max_bytes, size, why, sizeof(why));
    munmap(out, layer->max_bytes);
    if (error != 0) {
        log_error("%s %s%s: %s%s", layer->option, file->path, layer->inner, why,
                  error != -EFBIG                    ? ""
                  : layer->max_bytes == UNPACKED_MAX ? ", and no kernel is as large"
                                                     : ", the guest's memory; give it more by --memory");
    }
    return error;
}

/* Nobody changes it any more, neither we nor a QEMU that it is handed to. */
static int seal(int fd, size_t size, const void **bytes)
{
    void *mapped;

    if (size == 0) /* unpack() gives more */
        return -EINVAL;
    if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        return -errno;
    mapped = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED)
        return -errno;
    *bytes = mapped;
    return 0;
}

static int unpack_layer(const struct layer *layer, struct backend_file *file, const void **bytes)
{
    uint64_t start_ns = clock_ns(CLOCK_MONOTONIC);
    const void *unpacked = NULL;
    size_t size = 0;
    int error, fd = memfd_create("kernel", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return fail(layer, file, "memfd_create");
    error = fill(layer, file, *bytes, fd, &size);
    if (error == 0) {
        error = seal(fd, size, &unpacked);
        if (error != 0)
            log_error("%s %s: what was unpacked can't be sealed: %s", layer->option, file->path, strerror(-error));
    }
    if (error != 0) {
        close(fd);
        return error;
    }
    log_detail("%s %s%s: %s%s%s, %zu bytes -> %zu bytes in %.1f ms", layer->option, file->path, layer->inner,
               layer->what.wrapper != NULL ? layer->what.wrapper : "", layer->what.wrapper != NULL ? ", " : "",
               unpack_name(layer->what.packing), layer->what.size, size,
               (double)(clock_ns(CLOCK_MONOTONIC) - start_ns) / (NS_PER_S / 1000.0));
    munmap((void *)(uintptr_t)*bytes, file->size_bytes);
    files_close(file);
    file->fd = fd;
    file->size_bytes = size;
    *bytes = unpacked;
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
