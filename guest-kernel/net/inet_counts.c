/* SPDX-License-Identifier: Apache-2.0 */
/* inet_counts.c - see inet_counts.h. */
#include "net/inet_counts.h"

struct inet_counts inet_counts;
