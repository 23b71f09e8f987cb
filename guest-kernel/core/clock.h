/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - time. */
#ifndef GK_CORE_CLOCK_H
#define GK_CORE_CLOCK_H

#include <stdint.h>

/* The realtime clock isn't set to that, as on Linux: some 30 years less than what 63 bits of ns hold. */
#define CLOCK_SECONDS_MAX (INT64_MAX / 1000000000 - 30ll * 365 * 24 * 3600)

uint64_t clock_monotonic_ns(void); /* since boot */
uint64_t clock_realtime_ns(void);  /* since 1970 */
/* The realtime clock shows that from now on, at least what the monotonic one does. Deadlines that were made of it
 * before stay where they are. */
void clock_realtime_set(uint64_t ns);
/* The same at boot: what is made then has it for free, where the others may have to measure a counter first. */
uint64_t clock_boot_realtime_ns(void);

/* arch/ tells, once, how arch_clock_ns comes from a counter that programs can read: the vDSO then does the same
 * (vdso/data.h). Not before clock_init. An ISA without a vDSO, or without such a counter, doesn't. */
void clock_show(uint64_t counter_base, uint64_t ns_per_tick);
/* So it tells that each CPU shows programs its number. */
void clock_show_cpu(void);
const void *clock_page(void); /* the page that programs see it in */

#endif
