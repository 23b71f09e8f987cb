/* SPDX-License-Identifier: Apache-2.0 */
/* option.h - one option of the command line, and what those that take its value share. */
#ifndef LVMM_OPTION_H
#define LVMM_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/cli/config.h"

struct command; /* command_line.c's */

struct parse {
    struct config *config;
    const struct command *command;
    bool refused; /* a message is out */
    bool help, version;
};

struct config_option {
    const char *name;     /* without its two dashes */
    char letter;          /* of its short form; 0: it has none */
    const char *argument; /* as its help calls it; NULL: it takes none */
    bool may_lack_it;     /* then the value is NULL */
    const char *text;     /* of its help */
    void (*set)(struct parse *parse, const struct config_option *option, char *value);
    size_t field; /* offsetof() in struct config of what set() fills, where more than one option has the same set() */
};

/* Says what is wrong with the command line, the first time only. */
__attribute__((format(printf, 2, 3))) void option_refuse(struct parse *parse, const char *fmt, ...);

#endif
