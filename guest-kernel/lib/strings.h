/* SPDX-License-Identifier: Apache-2.0 */
/* strings.h - a list of strings, one after the other, each with its NUL: argv and envp on their way to a program. */
#ifndef GK_LIB_STRINGS_H
#define GK_LIB_STRINGS_H

#include <stddef.h>

struct strings {
    const char *bytes;
    size_t size;
    unsigned count;
};

#endif
