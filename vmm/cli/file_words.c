/* SPDX-License-Identifier: Apache-2.0 */
/* file_words.c - see file_words.h. */
#include "vmm/cli/file_words.h"

#include <string.h>

#include "vmm/cli/values.h"

#define PART_MAX 1000u /* more than any table has */

/* Cuts a suffix off in place; whether it was there. */
static bool cut_suffix(char *value, const char *suffix)
{
    size_t length = strlen(value), suffix_length = strlen(suffix);

    if (length < suffix_length || strcmp(value + length - suffix_length, suffix) != 0)
        return false;
    value[length - suffix_length] = '\0';
    return true;
}

bool file_words_cut(char *value, struct config_file *out)
{
    *out = (struct config_file){.path = value, .read_only = cut_suffix(value, ",ro"), .part = CONFIG_PART_NONE};
    return out->read_only || cut_suffix(value, ",rw");
}

/* ",part=N" at the end, cut off; CONFIG_PART_NONE: it isn't there. */
static unsigned cut_part(char *value)
{
    static const char suffix[] = ",part=";
    char *comma = strrchr(value, ',');
    uint64_t number;

    if (comma == NULL || strncmp(comma, suffix, sizeof(suffix) - 1) != 0)
        return CONFIG_PART_NONE;
    const char *digits = comma + sizeof(suffix) - 1;
    if (strspn(digits, "0123456789") != strlen(digits) || value_size(digits, &number) != 0 || number > PART_MAX)
        return CONFIG_PART_NONE;
    *comma = '\0';
    return (unsigned)number;
}

static void cut_cow(char *value, struct config_file *out)
{
    static const char suffix[] = ",cow=";
    char *last = NULL;

    out->cow = cut_suffix(value, ",cow");
    if (out->cow)
        return;
    for (char *at = strstr(value, suffix); at != NULL; at = strstr(at + 1, suffix))
        last = at;
    if (last == NULL)
        return;
    *last = '\0';
    out->cow = true;
    out->changes = last + sizeof(suffix) - 1;
}

void file_words_cut_disk(char *value, struct config_file *out)
{
    unsigned part = cut_part(value);

    if (!file_words_cut(value, out))
        cut_cow(value, out);
    out->part = part != CONFIG_PART_NONE ? part : cut_part(value);
}
