/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - see names.h. */
#include "lib/names.h"

#include "lib/printf.h"
#include "lib/string.h"

void names_append(char *buf, size_t size, const char *names, uint64_t bits)
{
    size_t used = strlen(buf);

    for (; *names != 0; bits >>= 1) {
        const char *space = strchr(names, ' ');
        size_t length = space != NULL ? (size_t)(space - names) : strlen(names);

        if ((bits & 1) && names[0] != '-' && used + length + 1 < size)
            used += (size_t)snprintf(buf + used, size - used, " %.*s", (int)length, names);
        names += length + (space != NULL);
    }
}
