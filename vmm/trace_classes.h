/* SPDX-License-Identifier: Apache-2.0 */
/* trace_classes.h - classes of system calls as strace(1) has them: "%file", "%network" ... Pure. */
#ifndef LVMM_TRACE_CLASSES_H
#define LVMM_TRACE_CLASSES_H

#include <stdbool.h>
#include <stdint.h>

struct trace_class;

/* name: without the "%". NULL: there is none. */
const struct trace_class *trace_class_find(const char *name);
/* Is a call with that name and those kinds of arguments one of the class? */
bool trace_class_has(const struct trace_class *class, const char *name, const uint32_t *kinds);
/* "%clock, %creds ..." for a message. */
const char *trace_class_names(void);

#endif
