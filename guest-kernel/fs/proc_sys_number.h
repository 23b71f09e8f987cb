/* SPDX-License-Identifier: Apache-2.0 */
/* proc_sys_number.h - for the tables of /proc/sys: numbers that can be set. */
#ifndef GK_FS_PROC_SYS_NUMBER_H
#define GK_FS_PROC_SYS_NUMBER_H

#include "fs/proc.h"

struct proc_sys_number { /* arg of an entry */
    int *value;
    int least, most;
};

/* Of an entry whose arg is one; as struct proc_entry has them. */
int proc_sys_number_show(struct proc_text *text, const struct proc_inode *at);
int proc_sys_number_store(const struct proc_inode *at, char *text, size_t size);
/* Whether the current thread may set anything there: 0 or -EPERM. */
int proc_sys_may_set(void);

#define NUMBER_ENTRY_BY(entry_name, rights, variable, least_value, most_value, store_function)                     \
    {                                                                                                              \
        .name = (entry_name), .mode = S_IFREG | (rights), .show = proc_sys_number_show, .store = (store_function), \
        .arg = &(const struct proc_sys_number)                                                                     \
        {                                                                                                          \
            &(variable), (least_value), (most_value)                                                               \
        }                                                                                                          \
    }
#define NUMBER_ENTRY(entry_name, variable, least_value, most_value) \
    NUMBER_ENTRY_BY(entry_name, 0644, variable, least_value, most_value, proc_sys_number_store)

#endif
