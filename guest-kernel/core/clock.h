/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - time. */
#ifndef GK_CORE_CLOCK_H
#define GK_CORE_CLOCK_H

#include <stdint.h>

uint64_t clock_monotonic_ns(void); /* since boot */
uint64_t clock_realtime_ns(void);  /* since 1970 */

#endif
