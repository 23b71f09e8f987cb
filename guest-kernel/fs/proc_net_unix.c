/* SPDX-License-Identifier: Apache-2.0 */
/* proc_net_unix.c - see proc_net_unix.h. */
#include "fs/proc_net_unix.h"

#include "net/unix_list.h"

static void line_print(void *arg, const struct unix_entry *entry)
{
    struct proc_text *text = arg;

    proc_print(text, "0000000000000000: %08X 00000000 %08X %04X %02X %5lu", entry->refs, entry->flags, entry->type,
               entry->state, (unsigned long)entry->inode);
    if (entry->name_size != 0)
        proc_print(text, " ");
    for (uint32_t i = 0; i < entry->name_size; i++)
        proc_put(text, entry->name[i] != 0 ? &entry->name[i] : "@", 1);
    proc_put(text, "\n", 1);
}

int proc_unix_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "Num       RefCount Protocol Flags    Type St Inode Path\n");
    unix_list(line_print, text);
    return 0;
}
