/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - see usage.h. */
#include "mm/usage.h"

#include "core/log.h"
#include "mm/check.h"
#include "mm/page.h"

static struct {
    uint64_t frames;
    int64_t objects;
} before;

static uint64_t frames_used(void)
{
    return page_total_count() - page_free_count() - check_kept();
}

void usage_begin(void)
{
    before.frames = frames_used();
    before.objects = check_objects();
}

void usage_end(void)
{
    int64_t frames, objects;

    if (!CHECKS_ON)
        return;
    frames = (int64_t)(frames_used() - before.frames);
    objects = check_objects() - before.objects;
    if (frames != 0 || objects != 0)
        panic("at the end %ld frames and %ld objects more are in use than at the beginning", (long)frames,
              (long)objects);
    log_info("all frames and objects were given back");
}
