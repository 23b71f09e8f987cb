/* SPDX-License-Identifier: Apache-2.0 */
/* proc_slabinfo.c - /proc/slabinfo (slabinfo(5)): the kernel's objects by their sizes, as Linux's caches of kmalloc. */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/proc_system.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

static const char head[] =
    "slabinfo - version: 2.1\n"
    "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> "
    "<sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n";

static void line(struct proc_text *text, const struct kmalloc_told *told)
{
    bool is_large = told->size >= 1024;
    char name[24];

    snprintf(name, sizeof(name), "kmalloc-%lu%s", (unsigned long)(is_large ? told->size / 1024 : told->size),
             is_large ? "k" : "");
    proc_print(text, "%-17s %6lu %6lu %6lu %4lu %4d : tunables %4d %4d %4d : slabdata %6lu %6lu %6d\n", name,
               told->objects - told->free, told->objects, (unsigned long)told->size,
               (unsigned long)(PAGE_SIZE / told->size), 1, 0, 0, 0, told->pages, told->pages, 0);
}

int proc_slabinfo_show(struct proc_text *text, const struct proc_inode *at)
{
    struct kmalloc_told told;
    unsigned classes = 0;

    (void)at;
    proc_put(text, head, sizeof(head) - 1);
    while (kmalloc_tell(classes, &told))
        classes++;
    while (classes-- != 0) { /* Linux has the largest first */
        (void)kmalloc_tell(classes, &told);
        line(text, &told);
        if (wait_loop_ends(true)) /* so many were counted */
            return -EINTR;
    }
    return 0;
}
