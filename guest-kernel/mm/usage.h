/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - whether all memory was given back, for kernels with checks (check.h). In others nothing is done. */
#ifndef GK_MM_USAGE_H
#define GK_MM_USAGE_H

/* Remembers what is in use now; and panics, naming the difference, if it isn't the same later. To be called when all
 * that came meanwhile ought to have gone. */
void usage_begin(void);
void usage_end(void);

#endif
