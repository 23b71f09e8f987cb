/* SPDX-License-Identifier: Apache-2.0 */
/* escape.h - takes the terminal's escape key, and the key after it, out of what is typed. */
#ifndef LVMM_ESCAPE_H
#define LVMM_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct escape {
    uint8_t byte; /* the escape key; 0: there is none, and nothing is taken out */
    bool held;    /* it was the last byte: what comes next belongs to it */
};

/*
 * Filters bytes[0, size) in place and returns how many stay. The escape key twice is one such byte; with any other key
 * both are taken out and `on_key` is told that key (may be NULL).
 */
size_t escape_filter(struct escape *escape, uint8_t *bytes, size_t size, void (*on_key)(void *owner, uint8_t key),
                     void *owner);

#endif
