/* SPDX-License-Identifier: Apache-2.0 */
/* outside.c - see outside.h. */
#include "core/outside.h"

uint64_t outside_count;
