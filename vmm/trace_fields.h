/* SPDX-License-Identifier: Apache-2.0 */
/* trace_fields.h - structures whose fields stand in a table, as text. Pure. */
#ifndef LVMM_TRACE_FIELDS_H
#define LVMM_TRACE_FIELDS_H

#include "vmm/trace_line.h"

/* Bytes of such a structure that are looked at, in the form of a program of 64 bits; 0: it isn't one. */
unsigned trace_fields_size(enum kind_layout layout);
/* "{tv_sec=1, tv_nsec=0}": that many bytes are there. */
void trace_put_fields(struct trace_line *line, const char *isa, enum kind_layout layout, const uint8_t *at);

#endif
