/* SPDX-License-Identifier: Apache-2.0 */
/* proc_slabinfo.c - /proc/slabinfo: its form, and that it counts what there is. */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "show.h"

struct cache {
    char name[64];
    unsigned long active, objects, size, per_slab, pages, slabs;
};

static int parse(const char *line, struct cache *out)
{
    unsigned long limit, batch, shared, active_slabs, available;
    int end = 0;

    sscanf(line, "%63s %lu %lu %lu %lu %lu : tunables %lu %lu %lu : slabdata %lu %lu %lu%n", out->name, &out->active,
           &out->objects, &out->size, &out->per_slab, &out->pages, &limit, &batch, &shared, &active_slabs, &out->slabs,
           &available, &end);
    return end != 0 && strspn(line + end, " \n") == strlen(line + end) && limit + batch + shared + available == 0 &&
           active_slabs == out->slabs;
}

/* How many objects of all caches are in use; -1: a line that isn't one. */
static long used(int quiet)
{
    FILE *file = fopen("/proc/slabinfo", "r");
    char line[512];
    long active = 0;
    int lines = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        struct cache cache;

        if (lines++ < 2) {
            if (!quiet)
                printf("%s", line);
            continue;
        }
        if (!parse(line, &cache) || cache.active > cache.objects || cache.objects != cache.slabs * cache.per_slab)
            return -1;
        active += (long)cache.active;
        if (!quiet && (strcmp(cache.name, "kmalloc-64") == 0 || strcmp(cache.name, "kmalloc-1k") == 0))
            printf("%s: %lu bytes, %s\n", cache.name, cache.size, cache.active != 0 ? "used" : "not used");
    }
    if (file != NULL)
        fclose(file);
    return active;
}

int main(void)
{
    struct stat st;

    if (stat("/proc/slabinfo", &st) == 0)
        printf("mode %o, size %ld\n", (unsigned)st.st_mode, (long)st.st_size);
    show("write", open("/proc/slabinfo", O_WRONLY | O_APPEND) >= 0);
    show_bool("lines", used(0) > 0);
    for (int i = 0; i < 500; i++) {
        int ends[2];
        if (pipe(ends) != 0)
            break;
    }
    show_bool("pipes are among them", used(1) >= 1500);
    if (setuid(1000) == 0)
        show("as another user", open("/proc/slabinfo", O_RDONLY));
    return 0;
}
