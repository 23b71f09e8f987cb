/* SPDX-License-Identifier: Apache-2.0 */
/* used.c - see used.h. */
#include "sys/used.h"

#include "boot/abi.h"
#include "core/oom.h"
#include "core/system.h"
#include "core/threads.h"
#include "drv/virtio_console.h"
#include "mm/page.h"

static bool wanted;

void used_tell(void)
{
    struct system_time time;

    if (!wanted)
        return;
    system_time_sum(&time);
    const struct lvmm_usage record = {.user_ns = time.busy.user_ns,
                                      .system_ns = time.busy.system_ns,
                                      .peak_memory_bytes = page_touched_count() * PAGE_SIZE,
                                      .oom_kills = oom_kills(),
                                      .refused_threads = threads_refused()};
    console_control_send(LVMM_RECORD_USAGE, &record, sizeof(record));
}

void used_wanted(void)
{
    wanted = true;
    oom_told = used_tell;
}
