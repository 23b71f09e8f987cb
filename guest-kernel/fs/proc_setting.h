/* SPDX-License-Identifier: Apache-2.0 */
/* proc_setting.h - entries of /proc/sys that are numbers or text. */
#ifndef GK_FS_PROC_SETTING_H
#define GK_FS_PROC_SETTING_H

#include "fs/proc.h"

struct proc_setting { /* arg of an entry: a number that can be set */
    int *value;
    int least, most;
};

/* Whether the caller may change settings: 0 or -EPERM. */
int proc_setting_check(void);
/* An entry's `show` and `store`, whose arg is a struct proc_setting. */
int proc_setting_show(struct proc_text *text, const struct proc_inode *at);
int proc_setting_store(const struct proc_inode *at, char *text, size_t size);
/* Two numbers, the first of which isn't above the second: arg is an array of two struct proc_setting. */
int proc_range_show(struct proc_text *text, const struct proc_inode *at);
int proc_range_store(const struct proc_inode *at, char *text, size_t size);
/* Text that stays what it is: arg is that. */
int proc_setting_text_show(struct proc_text *text, const struct proc_inode *at);

#define SETTING_TEXT(entry_name, text_value) \
    {.name = (entry_name), .mode = S_IFREG | 0444, .show = proc_setting_text_show, .arg = (text_value)}
#define SETTING_NUMBER_BY(entry_name, rights, variable, least_value, most_value, store_function)                \
    {                                                                                                           \
        .name = (entry_name), .mode = S_IFREG | (rights), .show = proc_setting_show, .store = (store_function), \
        .arg = &(const struct proc_setting)                                                                     \
        {                                                                                                       \
            &(variable), (least_value), (most_value)                                                            \
        }                                                                                                       \
    }
#define SETTING_NUMBER(entry_name, variable, least_value, most_value) \
    SETTING_NUMBER_BY(entry_name, 0644, variable, least_value, most_value, proc_setting_store)
#define SETTING_RANGE(entry_name, first, second, least_value, most_value)                                 \
    {                                                                                                     \
        .name = (entry_name), .mode = S_IFREG | 0644, .show = proc_range_show, .store = proc_range_store, \
        .arg = (const struct proc_setting[])                                                              \
        {                                                                                                 \
            {&(first), (least_value), (most_value)}, {&(second), (least_value), (most_value)},            \
        }                                                                                                 \
    }
#define SETTING_DIR(entry_name, table) {.name = (entry_name), .mode = S_IFDIR | 0555, .entries = (table)}

#endif
