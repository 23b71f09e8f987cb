/* SPDX-License-Identifier: Apache-2.0 */
/* proc_net_unix.c - see proc_net_unix.h. */
#include "fs/proc_net_unix.h"

#include "net/unix_list.h"

#define LINE_SIZE 256u /* more than any line takes */

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
    size_t count;

    (void)at;
    proc_print(text, "Num       RefCount Protocol Flags    Type St Inode Path\n");
    /* With room for all of them nothing waits for memory while the list is walked: others may have come meanwhile. */
    do
        count = unix_list_count();
    while (proc_text_reserve(text, LINE_SIZE * count) && unix_list_count() > count);
    if (text->error != 0)
        return 0;
    unix_list(line_print, text);
    return 0;
}
