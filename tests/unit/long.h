/* SPDX-License-Identifier: Apache-2.0 */
/*
 * long.h - for suites that do more when they have time: `make check-long` runs those that include this
 * (tests/build.mk), with LONG in their environment.
 */
#ifndef TESTS_UNIT_LONG_H
#define TESTS_UNIT_LONG_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool is_long(void)
{
    return getenv("LONG") != NULL;
}

/* What the environment has as NAME, or a number by how much time there is. */
static inline unsigned long_number(const char *name, unsigned otherwise, unsigned if_long)
{
    const char *text = getenv(name);

    return text != NULL ? (unsigned)atoi(text) : is_long() ? if_long : otherwise;
}

#endif
