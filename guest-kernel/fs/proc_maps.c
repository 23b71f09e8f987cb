/* SPDX-License-Identifier: Apache-2.0 */
/* proc_maps.c - /proc/PID/maps: a line for each area of a process's memory (proc_pid_maps(5)). */
#include "abi/errno.h"
#include "fs/proc_process.h"
#include "core/wait.h"
#include "mm/page.h"
#include "mm/space.h"
#include "vfs/device.h"

#define NAME_COLUMN (25 + sizeof(void *) * 6 - 1) /* Linux's, of fs/proc/task_mmu.c */

static bool is_vdso(const struct area *area)
{
    return area->space->vdso != 0 && area->start >= area->space->vdso && area->start <= area->space->vdso + PAGE_SIZE;
}

/* What an area without a file is for. NULL: for nothing in particular. */
static const char *purpose(const struct area *area)
{
    const struct space *space = area->space;

    if (area->object != NULL && is_vdso(area))
        return area->start == space->vdso ? "[vvar]" : "[vdso]";
    if (area->object != NULL)
        return "/dev/zero (deleted)"; /* shared memory without a file is one of these, on Linux */
    if (area->start < space->brk && area->end > space->brk_start)
        return "[heap]";
    if (area->start <= space->place.stack && area->end >= space->place.stack)
        return "[stack]";
    return NULL;
}

static uint64_t device_of(const struct inode *inode)
{
    return inode != NULL && inode->fs != NULL ? inode->fs->device : 0;
}

void proc_maps_line(struct proc_text *text, const struct area *area, char *page)
{
    struct inode *inode = area->object != NULL ? inode_of_object(area->object) : NULL;
    uint64_t device = device_of(inode), offset = area->object != NULL && !is_vdso(area) ? area->offset : 0;
    const char *name = inode == NULL ? purpose(area) : proc_path(inode, page) >= 0 ? page : "(unreachable)";
    size_t start = text->length;

    proc_print(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", (unsigned long)area->start, (unsigned long)area->end,
               area->prot & PROT_READ ? 'r' : '-', area->prot & PROT_WRITE ? 'w' : '-',
               area->prot & PROT_EXEC ? 'x' : '-', area->shared ? 's' : 'p', (unsigned long)offset,
               device_major(device), device_minor(device), inode != NULL ? (unsigned long)inode->number : 0);
    if (name != NULL) {
        proc_pad(text, start, NAME_COLUMN);
        proc_put_escaped(text, name, "\n");
    }
    proc_put(text, "\n", 1);
}

/* Areas may come and go where room for the next line is made: it goes on at the address where it was. */
int proc_maps_show(struct proc_text *text, const struct proc_inode *at)
{
    struct space *space = proc_space_get(at);
    struct page *page = space != NULL ? page_alloc_dirty() : NULL;
    const struct area *area;
    uaddr_t next = 0;

    if (space == NULL)
        return proc_process(at) == NULL ? -ESRCH : 0;
    while (page != NULL && proc_text_reserve(text, PROC_MAPS_ROOM) && (area = area_first(space, next)) != NULL) {
        proc_maps_line(text, area, page_data(page));
        next = area->end;
        if (wait_loop_ends(true))
            break;
    }
    space_put(space);
    if (page == NULL)
        return -ENOMEM;
    page_put(page);
    return text->error;
}
