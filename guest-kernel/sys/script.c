/* SPDX-License-Identifier: Apache-2.0 */
/* script.c - the first line of a script (execve(2), "Interpreter scripts"). */
#include <stdbool.h>

#include "abi/errno.h"
#include "lib/string.h"
#include "sys/exec_image.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Ends the line at its newline. Without one it was cut: then at least the interpreter's name must be whole. */
static int line_end(char *line)
{
    char *end = memchr(line, '\n', SCRIPT_LINE_MAX);

    if (end != NULL) {
        *end = 0;
        return 0;
    }
    line[SCRIPT_LINE_MAX - 1] = 0;
    size_t length = strlen(line), at = 2;
    if (length < SCRIPT_LINE_MAX - 1)
        return 0; /* the file ends here */
    while (at < length && is_blank(line[at]))
        at++;
    while (at < length && !is_blank(line[at]))
        at++;
    return at < length ? 0 : -ENOEXEC;
}

int script_parse(char *line, struct script *out)
{
    int error = line_end(line);

    if (error != 0)
        return error;
    char *end = line + strlen(line), *at = line + 2;
    while (end > at && is_blank(end[-1]))
        *--end = 0;
    while (is_blank(*at))
        at++;
    if (*at == 0)
        return -ENOEXEC;
    out->name = at;
    out->argument = NULL;
    while (*at != 0 && !is_blank(*at))
        at++;
    if (*at == 0)
        return 0;
    *at++ = 0;
    while (is_blank(*at))
        at++;
    out->argument = at;
    return 0;
}
