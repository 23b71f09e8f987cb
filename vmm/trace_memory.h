/* SPDX-License-Identifier: Apache-2.0 */
/* trace_memory.h - what the guest sends beside a call that it tells of. */
#ifndef LVMM_TRACE_MEMORY_H
#define LVMM_TRACE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* struct lvmm_piece (boot/abi.h) and its bytes, again and again; the guest's, so that it may be anything. size 0:
 * nothing. */
struct trace_memory {
    const uint8_t *pieces;
    size_t size;
};

#endif
