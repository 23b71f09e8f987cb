/* SPDX-License-Identifier: Apache-2.0 */
/* news.c - see news.h. */
#include "core/news.h"

uint64_t news_count;
