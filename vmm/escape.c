/* SPDX-License-Identifier: Apache-2.0 */
/* escape.c - see escape.h. */
#include "vmm/escape.h"

size_t escape_filter(struct escape *escape, uint8_t *bytes, size_t size, void (*on_key)(void *owner, uint8_t key),
                     void *owner)
{
    size_t kept = 0;

    if (escape->byte == 0)
        return size;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];

        if (!escape->held && byte == escape->byte) {
            escape->held = true;
        } else if (escape->held && byte != escape->byte) {
            escape->held = false;
            if (on_key != NULL)
                on_key(owner, byte);
        } else { /* an ordinary byte, or the second escape, which stands for one */
            escape->held = false;
            bytes[kept++] = byte;
        }
    }
    return kept;
}
