/* SPDX-License-Identifier: Apache-2.0 */
/* devpts_options.c - see devpts_options.h. */
#include "fs/devpts_options.h"

#include "abi/errno.h"
#include "lib/string.h"

#define PERMISSIONS 07777u

/* A number of the given base that takes the whole text up to `end`; false: it doesn't, or is too large. */
static bool number_read(const char *text, const char *end, uint32_t base, uint32_t *out)
{
    uint32_t number = 0;

    if (text == end)
        return false;
    for (; text != end; text++) {
        uint32_t digit = (uint32_t)(*text - '0');

        if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return false;
    }
    *out = number;
    return true;
}

/* Whether the option begins with "NAME=": its value then follows at *value. */
static bool is_option(const char *text, const char *end, const char *name, const char **value)
{
    size_t length = strlen(name);

    if ((size_t)(end - text) <= length || memcmp(text, name, length) != 0 || text[length] != '=')
        return false;
    *value = text + length + 1;
    return true;
}

static bool option_read(const char *text, const char *end, struct devpts_options *out)
{
    const char *value;

    if (is_option(text, end, "uid", &value))
        return out->has_uid = number_read(value, end, 10, &out->uid);
    if (is_option(text, end, "gid", &value))
        return out->has_gid = number_read(value, end, 10, &out->gid);
    if (is_option(text, end, "mode", &value) && number_read(value, end, 8, &out->mode)) {
        out->mode &= PERMISSIONS;
        return true;
    }
    if (is_option(text, end, "ptmxmode", &value) && number_read(value, end, 8, &out->ptmx_mode)) {
        out->ptmx_mode &= PERMISSIONS;
        return true;
    }
    if (is_option(text, end, "max", &value))
        return number_read(value, end, 10, &out->max) && out->max <= DEVPTS_MAX_MOST;
    return end - text == 11 && memcmp(text, "newinstance", 11) == 0; /* each mount is one */
}

int devpts_options(const char *text, struct devpts_options *out)
{
    while (text != NULL && *text != 0) {
        const char *comma = strchr(text, ','), *end = comma != NULL ? comma : text + strlen(text);

        if (end != text && !option_read(text, end, out))
            return -EINVAL;
        text = comma != NULL ? comma + 1 : NULL;
    }
    return 0;
}
