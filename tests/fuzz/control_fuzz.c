/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/control.c
/* control_fuzz.c - the control port: any bytes, cut in two ways, mean the same. */
#include "vmm/control.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/backend.h"

static int feed(const uint8_t *data, size_t size, size_t piece, struct backend_result *result)
{
    static struct control control;
    int error = 0;

    memset(&control, 0x5a, sizeof(control));
    control_init(&control);
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        int now = control_feed(&control, data + at, n, result);
        error = error != 0 ? error : now;
    }
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct backend_result whole = {0}, pieces = {0};

    if (size == 0)
        return 0;
    int error = feed(data, size, size, &whole);
    if (feed(data, size, data[0] % 7 + 1, &pieces) != error || memcmp(&whole, &pieces, sizeof(whole)) != 0)
        abort();
    if (whole.exited && (whole.status < 0 || whole.status > 255))
        abort();
    for (const char *c = whole.failure; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            abort();
    return 0;
}
