/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - takes the host's records (boot/abi.h) out of the control port's bytes, which may be cut anywhere. */
#ifndef GK_DRV_RECORD_H
#define GK_DRV_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "boot/abi.h"

#define RECORD_KEPT_BYTES 32u /* of a payload: the largest of those that we know is shorter */

struct record_reader {
    /* payload: `size` bytes of it, at most RECORD_KEPT_BYTES and the same as the header says if it is shorter; behind
     * them zeros. */
    void (*handle)(uint32_t type, const void *payload, size_t size);
    uint32_t have; /* bytes of the current record, header included */
    struct lvmm_record header;
    uint8_t payload[RECORD_KEPT_BYTES];
};

/* The next bytes. They may lie in memory that the device still writes: each is read once. */
void record_feed(struct record_reader *reader, const volatile uint8_t *bytes, size_t size);

#endif
