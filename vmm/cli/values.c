/* SPDX-License-Identifier: Apache-2.0 */
/* values.c - see values.h. */
#include "vmm/cli/values.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define NS_PER_S 1000000000u

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int value_size(const char *text, uint64_t *out)
{
    static const char suffixes[] = "KMGT";
    const char *at = text;
    uint64_t value = 0;
    unsigned shift = 0;
    bool too_large = false;

    for (; is_digit(*at); at++)
        too_large |=
            __builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value);
    if (at == text)
        return -EINVAL;
    if (*at != '\0') {
        const char *suffix = strchr(suffixes, *at & ~0x20);

        if (suffix == NULL || *suffix == '\0' || at[1] != '\0')
            return -EINVAL;
        shift = 10 * (unsigned)(suffix - suffixes + 1);
    }
    if (too_large || value > UINT64_MAX >> shift)
        return -ERANGE;
    *out = value << shift;
    return 0;
}

/* The seconds that a suffix stands for; 0: it is none. */
static unsigned unit_seconds(const char *suffix)
{
    if (*suffix == '\0')
        return 1;
    if (suffix[1] != '\0')
        return 0;
    switch (*suffix) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 60 * 60;
    case 'd':
        return 24 * 60 * 60;
    default:
        return 0;
    }
}

int value_duration(const char *text, uint64_t *out_ns)
{
    uint64_t whole = 0, fraction_ns = 0, place_ns = NS_PER_S;
    const char *at = text;
    bool has_digits = false, has_finer = false;

    for (; is_digit(*at); at++, has_digits = true)
        if (whole <= VALUE_SECONDS_MAX) /* more is too much, however much */
            whole = whole * 10 + (uint64_t)(*at - '0');
    if (*at == '.') {
        for (at++; is_digit(*at); at++, has_digits = true) {
            place_ns /= 10;
            fraction_ns += (uint64_t)(*at - '0') * place_ns;
            has_finer |= place_ns == 0 && *at != '0';
        }
    }
    unsigned unit = unit_seconds(at);
    if (!has_digits || unit == 0)
        return -EINVAL;
    if (whole > VALUE_SECONDS_MAX / unit)
        return -ERANGE;
    *out_ns = (whole * NS_PER_S + fraction_ns) * unit + has_finer;
    return 0;
}
