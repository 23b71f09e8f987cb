/* SPDX-License-Identifier: Apache-2.0 */
/* values.h - reads the sizes and times that options take. Pure: no messages. */
#ifndef LVMM_VALUES_H
#define LVMM_VALUES_H

#include <stdint.h>

#define VALUE_SECONDS_MAX 1000000000u

/* Decimal digits, then at most one of K, M, G and T in either case, which are powers of 1024. 0 with the bytes in *out;
 * -EINVAL if it is anything else; -ERANGE if it is 2^64 or more. */
int value_size(const char *text, uint64_t *out);

/* Decimal digits with an optional fraction, then at most one of s, m, h and d, as timeout(1) has them: seconds unless
 * told. 0 with the nanoseconds in *out_ns, rounded up, as 0 may mean something else than very little; -EINVAL if it is
 * anything else; -ERANGE beyond VALUE_SECONDS_MAX. */
int value_duration(const char *text, uint64_t *out_ns);

#endif
