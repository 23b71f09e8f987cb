/* SPDX-License-Identifier: Apache-2.0 */
/* timex.h - Linux's struct timex, 64-bit (linux/timex.h). */
#ifndef GK_ABI_TIMEX_H
#define GK_ABI_TIMEX_H

#include <stdint.h>

#include "abi/time.h"

struct timex_user {
    uint32_t modes, pad0;
    int64_t offset, freq, maxerror, esterror;
    int32_t status, pad1;
    int64_t constant, precision, tolerance;
    struct timeval_user time;
    int64_t tick, ppsfreq, jitter;
    int32_t shift, pad2;
    int64_t stabil, jitcnt, calcnt, errcnt, stbcnt;
    int32_t tai, pad3[11];
};
_Static_assert(sizeof(struct timex_user) == 208, "struct timex");

struct timex_32 { /* struct old_timex32 */
    uint32_t modes;
    int32_t offset, freq, maxerror, esterror, status, constant, precision, tolerance;
    struct timespec_32 time;
    int32_t tick, ppsfreq, jitter, shift, stabil, jitcnt, calcnt, errcnt, stbcnt, tai, pad[11];
};
_Static_assert(sizeof(struct timex_32) == 128, "struct old_timex32");

enum { /* modes */
       ADJ_OFFSET = 0x0001,
       ADJ_FREQUENCY = 0x0002,
       ADJ_MAXERROR = 0x0004,
       ADJ_ESTERROR = 0x0008,
       ADJ_STATUS = 0x0010,
       ADJ_TIMECONST = 0x0020,
       ADJ_TAI = 0x0080,
       ADJ_SETOFFSET = 0x0100,
       ADJ_NANO = 0x2000,
       ADJ_TICK = 0x4000,
       ADJ_ADJTIME = 0x8000,
       ADJ_OFFSET_READONLY = 0x2000, /* with ADJ_ADJTIME */
};
enum { STA_UNSYNC = 0x40, STA_RONLY = 0xff00 };
enum { TIME_OK = 0, TIME_ERROR = 5 };

#endif
