/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - see memory.h. */
#include "vmm/vhost/memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* A file that is too short would end us by SIGBUS. (It can be made so afterwards: then that happens.) */
static bool file_holds(int fd, const struct vhost_user_region *region)
{
    struct stat about;

    return fstat(fd, &about) == 0 && about.st_size >= 0 && region->offset <= (uint64_t)about.st_size &&
           region->size <= (uint64_t)about.st_size - region->offset;
}

static bool user_overlaps(const struct vhost_memory *memory, const struct vhost_user_region *region)
{
    if (region->size == 0 || region->user + (region->size - 1) < region->user)
        return true;
    for (unsigned i = 0; i < memory->mem.count; i++) {
        uint64_t last = memory->user[i] + (memory->mem.range[i].size - 1);

        if (memory->user[i] <= region->user + (region->size - 1) && region->user <= last)
            return true;
    }
    return false;
}

static int map_region(struct vhost_memory *memory, const struct vhost_user_region *region, int fd)
{
    const struct mem_range range = {region->gpa, region->size};

    if (user_overlaps(memory, region) || !file_holds(fd, region))
        return -EINVAL;
    void *host =
        mmap(NULL, region->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, (off_t)region->offset);
    if (host == MAP_FAILED)
        return -errno;
    int error = mem_add(&memory->mem, &range, host);
    if (error != 0)
        munmap(host, region->size);
    else
        memory->user[memory->mem.count - 1] = region->user;
    return error;
}

int vhost_memory_init(struct vhost_memory *memory, const struct vhost_user_memory *table, const int *fds)
{
    int error = table->count == 0 || table->count > VHOST_REGIONS_MAX ? -EINVAL : 0;

    memory->mem = (struct mem){.count = 0};
    memory->mem.shared = false; /* what mem_fini closes is not ours */
    for (unsigned i = 0; error == 0 && i < table->count; i++)
        error = map_region(memory, &table->region[i], fds[i]);
    if (error != 0)
        vhost_memory_fini(memory);
    return error;
}

void vhost_memory_fini(struct vhost_memory *memory)
{
    mem_fini(&memory->mem);
}

bool vhost_memory_gpa(const struct vhost_memory *memory, uint64_t user, gpa_t *out)
{
    for (unsigned i = 0; i < memory->mem.count; i++) {
        uint64_t offset = user - memory->user[i]; /* huge if it is below: fails the test */

        if (offset < memory->mem.range[i].size) {
            *out = memory->mem.range[i].base + offset;
            return true;
        }
    }
    return false;
}
