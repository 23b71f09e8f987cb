/* SPDX-License-Identifier: Apache-2.0 */
/* cpuinfo.c - see cpuinfo.h. */
#include "vmm/cli/cpuinfo.h"

#include <stdlib.h>
#include <string.h>

#define SPACES " \t\n"

char *cpuinfo_read_flags(FILE *file)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, file) >= 0) {
        char *colon = strchr(line, ':');

        if (colon != NULL && strncmp(line, "flags", 5) == 0 && strspn(line + 5, SPACES) == (size_t)(colon - line) - 5) {
            memmove(line, colon + 1, strlen(colon + 1) + 1);
            return line;
        }
    }
    free(line);
    return NULL;
}

bool cpuinfo_has_flag(const char *flags, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = flags + strspn(flags, SPACES); *at != '\0'; at += strspn(at, SPACES)) {
        size_t n = strcspn(at, SPACES);

        if (n == length && strncmp(at, word, n) == 0)
            return true;
        at += n;
    }
    return false;
}
