/* SPDX-License-Identifier: Apache-2.0 */
/* bundled.c - see bundled.h. */
#include "vmm/cli/bundled.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_NAME "guest-kernel.elf"

int bundled_kernel(const char *isa, char *path, size_t path_size, char *why, size_t why_size)
{
    char dir[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
    char *slash = NULL;

    if (n > 0) {
        dir[n] = '\0';
        slash = strrchr(dir, '/');
    }
    if (slash == NULL) {
        snprintf(why, why_size, "lvmm can't find its own place (/proc/self/exe); give --kernel FILE");
        return -ENOENT;
    }
    *slash = '\0';
    int length = snprintf(path, path_size, "%s/%s/" KERNEL_NAME, dir, isa);
    if ((size_t)length < path_size && access(path, F_OK) == 0)
        return 0;
    length = snprintf(path, path_size, "%s/../lib/lvmm/%s/" KERNEL_NAME, dir, isa);
    if ((size_t)length < path_size && access(path, F_OK) == 0)
        return 0;
    snprintf(why, why_size,
             "no guest kernel for %s came with this lvmm: neither %s/%s/" KERNEL_NAME
             " nor %s is there; give --kernel FILE",
             isa, dir, isa, path);
    return -ENOENT;
}
