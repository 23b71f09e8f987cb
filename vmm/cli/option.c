/* SPDX-License-Identifier: Apache-2.0 */
/* option.c - see option.h. */
#include "vmm/cli/option.h"

#include <stdarg.h>
#include <stdio.h>

#include "vmm/log.h"

void option_refuse(struct parse *parse, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (!parse->refused)
        log_error("%s", text);
    parse->refused = true;
}
