/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - lists of names for the bits of a word, in one string. */
#ifndef GK_LIB_NAMES_H
#define GK_LIB_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* Appends to what `buf` holds the names of those bits that are set, each with a space before it. `names` has one for
 * each bit from 0 on, separated by spaces; "-" for those that have none. */
void names_append(char *buf, size_t size, const char *names, uint64_t bits);

#endif
