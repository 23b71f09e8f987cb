/* SPDX-License-Identifier: Apache-2.0 */
/* proc_meminfo.c - /proc/meminfo and vmstat: what the machine's memory is used for. What isn't counted has no line. */
#include "core/oom.h"
#include "core/stack.h"
#include "core/threads.h"
#include "fs/proc_system.h"
#include "mm/commit.h"
#include "mm/page.h"
#include "mm/space.h"
#include "vfs/blk.h"
#include "vfs/pagecache.h"

#define KIB(pages) ((unsigned long)((pages) * (PAGE_SIZE / 1024)))

static void line(struct proc_text *text, const char *name, unsigned long kib)
{
    proc_print(text, "%-16s%8lu kB\n", name, kib);
}

int proc_meminfo_show(struct proc_text *text, const struct proc_inode *at)
{
    uint64_t free = page_free_count(), cached = pagecache_pages, memory = pagecache_memory_pages;
    uint64_t from_disk = cached - memory;

    (void)at;
    line(text, "MemTotal:", KIB(page_total_count()));
    line(text, "MemFree:", KIB(free));
    line(text, "MemAvailable:", KIB(free + from_disk));
    line(text, "Buffers:", 0);
    line(text, "Cached:", KIB(cached));
    line(text, "SwapCached:", 0);
    line(text, "Active(file):", 0);
    line(text, "Inactive(file):", KIB(from_disk));
    line(text, "SwapTotal:", 0);
    line(text, "SwapFree:", 0);
    line(text, "Shmem:", KIB(memory));
    line(text, "KernelStack:", (unsigned long)threads_count() * (STACK_SIZE / 1024));
    line(text, "CommitLimit:", (unsigned long)(commit_limit() / 1024));
    line(text, "Committed_AS:", (unsigned long)(commit_bytes / 1024));
    proc_print(text, "HugePages_Total:   %5u\nHugePages_Free:    %5u\nHugePages_Rsvd:    %5u\nHugePages_Surp:    %5u\n",
               0, 0, 0, 0);
    line(text, "Hugetlb:", 0);
    return 0;
}

/* KiB that disks were asked for, and that they were given. */
static void disk_traffic(unsigned long *in, unsigned long *out)
{
    const struct blk_device *dev;
    uint64_t rdev, read = 0, written = 0;

    for (unsigned n = 0; (dev = blk_nth(n, &rdev)) != NULL; n++) {
        read += dev->stats.of[BLK_STAT_READ].sectors;
        written += dev->stats.of[BLK_STAT_WRITE].sectors;
    }
    *in = (unsigned long)(read * SECTOR_SIZE / 1024);
    *out = (unsigned long)(written * SECTOR_SIZE / 1024);
}

int proc_vmstat_show(struct proc_text *text, const struct proc_inode *at)
{
    unsigned long in, out;

    (void)at;
    disk_traffic(&in, &out);
    proc_print(text, "nr_free_pages %lu\nnr_file_pages %lu\nnr_shmem %lu\n", (unsigned long)page_free_count(),
               (unsigned long)pagecache_pages, (unsigned long)pagecache_memory_pages);
    proc_print(text, "pgpgin %lu\npgpgout %lu\n", in, out);
    proc_print(text, "pswpin 0\npswpout 0\noom_kill %lu\n", (unsigned long)oom_kills());
    return 0;
}
