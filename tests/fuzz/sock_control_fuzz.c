/* SPDX-License-Identifier: Apache-2.0 */
/* sock_control_fuzz.c - any bytes as a program's ancillary data, in both forms: nothing is read or written beyond them.
 */
// sources: guest-kernel/net/control_list.c
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/control_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Goes through a list, each byte of it; it has to come to an end. */
static void walk(const uint8_t *bytes, uint32_t size)
{
    struct control_message message;
    uint32_t at = 0, before = 0;
    volatile uint8_t sum = 0;

    while (control_parse(bytes, size, &at, &message) == 1) {
        for (uint32_t i = 0; i < message.size; i++)
            sum = (uint8_t)(sum + ((const uint8_t *)message.data)[i]);
        if (at <= before || at > size)
            abort();
        before = at;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes, *wide;
    int64_t wide_size;

    if (size > 65536)
        return 0;
    bytes = malloc(size + 1);
    wide = malloc(control_wide_size((uint32_t)size));
    if (bytes != NULL && wide != NULL) {
        memcpy(bytes, data, size);
        walk(bytes, (uint32_t)size);
        wide_size = control_widen(bytes, (uint32_t)size, wide);
        if (wide_size > (int64_t)control_wide_size((uint32_t)size))
            abort();
        if (wide_size > 0)
            walk(wide, (uint32_t)wide_size);
    }
    free(wide);
    free(bytes);
    return 0;
}
