/* SPDX-License-Identifier: Apache-2.0 */
/* proc_smaps.c - /proc/PID/smaps and smaps_rollup: what is in memory of each area, and of all (proc_pid_smaps(5)). */
#include "abi/errno.h"
#include "fs/proc_process.h"
#include "core/wait.h"
#include "mm/keys.h"
#include "mm/page.h"
#include "mm/remote.h"
#include "mm/turns.h"

#define KIB(pages) ((unsigned long)((pages) * (PAGE_SIZE / 1024)))
#define SHARES_KIB(shares) ((unsigned long)((shares) * (PAGE_SIZE / 1024) / 4096)) /* struct area_pages */

struct sums { /* over areas */
    struct area_pages all;
    uint64_t file_shares, memory_shares; /* of the pages that aren't anonymous */
    uint64_t locked_shares;
};

static void sums_add(struct sums *sums, const struct area *area)
{
    struct area_pages pages;
    uint64_t object_shares;

    area_count_pages(area, &pages);
    object_shares = pages.share_sum - pages.anonymous_share_sum;
    sums->all.resident += pages.resident;
    sums->all.anonymous += pages.anonymous;
    sums->all.shared += pages.shared;
    sums->all.share_sum += pages.share_sum;
    sums->all.anonymous_share_sum += pages.anonymous_share_sum;
    sums->all.shared_anonymous += pages.shared_anonymous;
    if (proc_area_is_memory(area))
        sums->memory_shares += object_shares;
    else
        sums->file_shares += object_shares;
    if (area->locked != 0)
        sums->locked_shares += pages.share_sum;
}

static void line(struct proc_text *text, const char *name, unsigned long kib)
{
    proc_print(text, "%-16s%8lu kB\n", name, kib);
}

/* Anonymous pages are dirty, as they are nowhere else; those of files are clean, to whoever maps them. */
static void sums_print(struct proc_text *text, const struct sums *sums, bool rollup)
{
    const struct area_pages *all = &sums->all;
    uint64_t private = all->resident - all->shared, private_anonymous = all->anonymous - all->shared_anonymous;

    line(text, "Rss:", KIB(all->resident));
    line(text, "Pss:", SHARES_KIB(all->share_sum));
    line(text, "Pss_Dirty:", SHARES_KIB(all->anonymous_share_sum));
    if (rollup) {
        line(text, "Pss_Anon:", SHARES_KIB(all->anonymous_share_sum));
        line(text, "Pss_File:", SHARES_KIB(sums->file_shares));
        line(text, "Pss_Shmem:", SHARES_KIB(sums->memory_shares));
    }
    line(text, "Shared_Clean:", KIB(all->shared - all->shared_anonymous));
    line(text, "Shared_Dirty:", KIB(all->shared_anonymous));
    line(text, "Private_Clean:", KIB(private - private_anonymous));
    line(text, "Private_Dirty:", KIB(private_anonymous));
    line(text, "Referenced:", KIB(all->resident));
    line(text, "Anonymous:", KIB(all->anonymous));
    line(text, "KSM:", 0);
    line(text, "LazyFree:", 0);
    line(text, "AnonHugePages:", 0);
    line(text, "ShmemPmdMapped:", 0);
    line(text, "FilePmdMapped:", 0);
    line(text, "Shared_Hugetlb:", 0);
    line(text, "Private_Hugetlb:", 0);
    line(text, "Swap:", 0);
    line(text, "SwapPss:", 0);
    line(text, "Locked:", SHARES_KIB(sums->locked_shares));
}

int proc_smaps_rollup_show(struct proc_text *text, const struct proc_inode *at)
{
    struct space *space = proc_space_get(at);
    uaddr_t start = 0, end = 0;
    struct sums sums = {0};
    unsigned areas = 0;

    if (space == NULL)
        return -ESRCH;
    space_begin(space);
    for (const struct area *area = area_first(space, 0); area != NULL; area = area_next(area)) {
        start = end == 0 ? area->start : start;
        end = area->end;
        sums_add(&sums, area);
        space_turn_area(space, &areas);
    }
    space_end(space);
    size_t line_start = text->length;
    proc_print(text, "%08lx-%08lx ---p 00000000 00:00 0 ", (unsigned long)start, (unsigned long)end);
    proc_pad(text, line_start, 72);
    proc_print(text, "[rollup]\n");
    sums_print(text, &sums, true);
    space_put(space);
    return text->error;
}

/* Linux's two letters for what an area is. */
static void flags_print(struct proc_text *text, const struct area *area)
{
    static const struct {
        unsigned bit;
        const char *now, *may;
    } rights[] = {{PROT_READ, "rd ", "mr "}, {PROT_WRITE, "wr ", "mw "}, {PROT_EXEC, "ex ", "me "}};

    proc_print(text, "VmFlags: ");
    for (unsigned i = 0; i < 3; i++)
        if (area->prot & rights[i].bit)
            proc_print(text, "%s", rights[i].now);
    if (area->shared)
        proc_print(text, "sh ");
    for (unsigned i = 0; i < 3; i++)
        if (area->max_prot & rights[i].bit)
            proc_print(text, "%s", rights[i].may);
    proc_print(text, "%s%s%s%s%s%s%s\n", area->shared ? "ms " : "", area->grows ? "gd " : "",
               area->locked != 0 ? "lo " : "", area->unreserved ? "nr " : "", area->fork & AREA_FORK_OMITS ? "dc " : "",
               area->fork & AREA_FORK_WIPES ? "wf " : "", area->sealed ? "sl " : "");
}

/* The first area from `next` on, which stays until space_end. NULL: there is none. */
static const struct area *area_begin(struct space *space, uaddr_t next)
{
    space_begin(space);
    return area_first(space, next);
}

int proc_smaps_show(struct proc_text *text, const struct proc_inode *at)
{
    struct space *space = proc_space_get(at);
    struct page *page = space != NULL ? page_alloc_dirty() : NULL;
    const struct area *area;
    uaddr_t next = 0;

    if (space == NULL)
        return proc_process(at) == NULL ? -ESRCH : 0;
    while (page != NULL && proc_text_reserve(text, PROC_MAPS_ROOM + PAGE_SIZE) &&
           (area = area_begin(space, next)) != NULL) {
        struct sums sums = {0};

        sums_add(&sums, area);
        proc_maps_line(text, area, page_data(page));
        line(text, "Size:", (unsigned long)(area->end - area->start) / 1024);
        line(text, "KernelPageSize:", KIB(1));
        line(text, "MMUPageSize:", KIB(1));
        sums_print(text, &sums, false);
        proc_print(text, "THPeligible:           0\n");
        if (keys_count != 0)
            proc_print(text, "ProtectionKey:  %8u\n", area->key);
        flags_print(text, area);
        next = area->end;
        space_end(space);
        if (wait_loop_ends(true))
            break;
    }
    space_put(space);
    if (page == NULL)
        return -ENOMEM;
    page_put(page);
    return text->error;
}
