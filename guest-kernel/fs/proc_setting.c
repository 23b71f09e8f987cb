/* SPDX-License-Identifier: Apache-2.0 */
/* proc_setting.c - see proc_setting.h. */
#include "fs/proc_setting.h"

#include "abi/errno.h"
#include "core/cred.h"
#include "core/thread.h"
#include "lib/string.h"

int proc_setting_check(void)
{
    return current_thread()->cred.user.effective == 0 || cred_has(&current_thread()->cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

int proc_setting_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct proc_setting *setting = at->entry->arg;

    proc_print(text, "%d\n", *setting->value);
    return 0;
}

int proc_setting_store(const struct proc_inode *at, char *text, size_t size)
{
    const struct proc_setting *setting = at->entry->arg;
    int64_t value;
    int error = proc_setting_check();

    if (error == 0)
        error = proc_parse_number(text, size, &value);
    if (error != 0)
        return error;
    if (value < setting->least || value > setting->most)
        return -EINVAL;
    *setting->value = (int)value;
    return 0;
}

int proc_range_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct proc_setting *setting = at->entry->arg;

    proc_print(text, "%d\t%d\n", *setting[0].value, *setting[1].value);
    return 0;
}

int proc_range_store(const struct proc_inode *at, char *text, size_t size)
{
    const struct proc_setting *setting = at->entry->arg;
    int64_t values[2];
    size_t first = 0, second;
    int error = proc_setting_check();

    while (first < size && (text[first] == ' ' || text[first] == '\t'))
        first++;
    second = first;
    while (second < size && text[second] != ' ' && text[second] != '\t')
        second++;
    if (error == 0 && second == size)
        error = -EINVAL;
    if (error == 0) {
        text[second] = 0;
        error = proc_parse_number(text + first, second - first, &values[0]);
    }
    if (error == 0)
        error = proc_parse_number(text + second + 1, size - second - 1, &values[1]);
    if (error != 0)
        return error;
    for (unsigned i = 0; i < 2; i++)
        if (values[i] < setting[i].least || values[i] > setting[i].most)
            return -EINVAL;
    if (values[0] > values[1])
        return -EINVAL;
    *setting[0].value = (int)values[0];
    *setting[1].value = (int)values[1];
    return 0;
}

int proc_setting_text_show(struct proc_text *text, const struct proc_inode *at)
{
    const char *value = at->entry->arg;

    proc_put(text, value, strlen(value));
    proc_put(text, "\n", 1);
    return 0;
}
