/* SPDX-License-Identifier: Apache-2.0 */
/* adjtimex.c - adjtimex(2), clock_adjtime(2): the realtime clock goes at the host's pace, which nothing here changes.
 * What programs say of it is kept, so that they find it again, and a step is made at once. */
#include "abi/timex.h"
#include "core/clock.h"
#include "sys/syscall.h"
#include "sys/user.h"

#define ERROR_MAX 16000000l /* us: Linux's at boot, as nobody has said how right the clock is */
#define TICK_US 10000l      /* 1 / USER_HZ */
#define CONSTANT_MAX 10l
#define TAI_MAX 100000

static struct {
    int64_t freq, maxerror, esterror, constant, tick;
    int32_t status, tai;
} kept = {.maxerror = ERROR_MAX, .esterror = ERROR_MAX, .constant = 2, .tick = TICK_US, .status = STA_UNSYNC};

/* 0, -EPERM, -EINVAL: as Linux looks at it. */
static int check(const struct timex_user *given)
{
    bool may = cred_has(&current_thread()->cred, CAP_SYS_TIME);

    if (given->modes & ADJ_ADJTIME) {
        if (!(given->modes & ADJ_OFFSET))
            return -EINVAL;
        return given->modes & ADJ_OFFSET_READONLY || may ? 0 : -EPERM;
    }
    if (given->modes != 0 && !may)
        return -EPERM;
    if ((given->modes & ADJ_TICK) && (given->tick < TICK_US * 9 / 10 || given->tick > TICK_US * 11 / 10))
        return -EINVAL;
    if ((given->modes & ADJ_SETOFFSET) &&
        (given->time.usec < 0 || given->time.usec >= (given->modes & ADJ_NANO ? NS_PER_SEC : 1000000)))
        return -EINVAL;
    return 0;
}

static int step(const struct timex_user *given)
{
    int64_t more, now = (int64_t)clock_realtime_ns();

    if (__builtin_mul_overflow(given->time.sec, NS_PER_SEC, &more) ||
        __builtin_add_overflow(more, given->time.usec * (given->modes & ADJ_NANO ? 1 : 1000), &more) ||
        __builtin_add_overflow(now, more, &now) || now < (int64_t)clock_monotonic_ns() ||
        now / NS_PER_SEC >= CLOCK_SECONDS_MAX)
        return -EINVAL;
    clock_realtime_set((uint64_t)now);
    return 0;
}

static void keep(const struct timex_user *given)
{
    if (given->modes & ADJ_STATUS)
        kept.status = (kept.status & STA_RONLY) | (given->status & ~STA_RONLY);
    if (given->modes & ADJ_FREQUENCY)
        kept.freq = given->freq;
    if (given->modes & ADJ_MAXERROR)
        kept.maxerror = given->maxerror;
    if (given->modes & ADJ_ESTERROR)
        kept.esterror = given->esterror;
    if (given->modes & ADJ_TIMECONST)
        kept.constant = given->constant < 0 ? 0 : given->constant > CONSTANT_MAX ? CONSTANT_MAX : given->constant;
    if (given->modes & ADJ_TICK)
        kept.tick = given->tick;
    if ((given->modes & ADJ_TAI) && given->constant >= 0 && given->constant <= TAI_MAX)
        kept.tai = (int32_t)given->constant;
}

static void tell(struct timex_user *out)
{
    uint64_t now = clock_realtime_ns();

    *out = (struct timex_user){
        .modes = out->modes,
        .freq = kept.freq,
        .maxerror = kept.maxerror,
        .esterror = kept.esterror,
        .status = kept.status,
        .constant = kept.constant,
        .precision = 1,
        .tolerance = 32768000,
        .time = {(int64_t)(now / NS_PER_SEC), (int64_t)(now % NS_PER_SEC / 1000)},
        .tick = kept.tick,
        .tai = kept.tai,
    };
}

/* In the program's form: what is neither kept nor looked at isn't converted, and is 0. */
static int timex_get(struct timex_user *timex, uaddr_t address)
{
    struct timex_32 half;

    if (!call_is_32bit())
        return user_get(*timex, address);
    if (user_get(half, address))
        return -EFAULT;
    *timex = (struct timex_user){
        .modes = half.modes,
        .freq = half.freq,
        .maxerror = half.maxerror,
        .esterror = half.esterror,
        .status = half.status,
        .constant = half.constant,
        .time = {half.time.sec, half.time.nsec},
        .tick = half.tick,
    };
    return 0;
}

static int timex_put(uaddr_t address, const struct timex_user *timex)
{
    const struct timex_32 half = {
        .modes = timex->modes,
        .freq = (int32_t)timex->freq,
        .maxerror = (int32_t)timex->maxerror,
        .esterror = (int32_t)timex->esterror,
        .status = timex->status,
        .constant = (int32_t)timex->constant,
        .precision = (int32_t)timex->precision,
        .tolerance = (int32_t)timex->tolerance,
        .time = {(int32_t)timex->time.sec, (int32_t)timex->time.usec},
        .tick = (int32_t)timex->tick,
        .tai = timex->tai,
    };

    return call_is_32bit() ? user_put(address, half) : user_put(address, *timex);
}

static int64_t adjust(uaddr_t address)
{
    struct timex_user timex;
    int error;

    if (timex_get(&timex, address))
        return -EFAULT;
    error = check(&timex);
    if (error == 0 && !(timex.modes & ADJ_ADJTIME)) {
        if (timex.modes & ADJ_SETOFFSET)
            error = step(&timex);
        if (error == 0)
            keep(&timex);
    }
    if (error != 0)
        return error;
    tell(&timex);
    if (timex_put(address, &timex))
        return -EFAULT;
    return kept.status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

int64_t sys_adjtimex(const uint64_t arg[6])
{
    return adjust(arg[0]);
}

int64_t sys_clock_adjtime(const uint64_t arg[6])
{
    switch ((int)arg[0]) {
    case CLOCK_REALTIME:
        return adjust(arg[1]);
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        return -EOPNOTSUPP;
    default:
        return (int)arg[0] < 0 ? -EOPNOTSUPP : -EINVAL;
    }
}
