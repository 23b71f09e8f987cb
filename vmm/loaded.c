/* SPDX-License-Identifier: Apache-2.0 */
/* loaded.c - see loaded.h. */
#include "vmm/loaded.h"

#include <inttypes.h>

#include "vmm/log.h"

static void print_image(const struct plan_image *image)
{
    if (image->mem_size > image->file_size)
        log_detail("loaded: %s, %" PRIu64 " bytes at 0x%" PRIx64 " and %" PRIu64 " zeros behind them", image->name,
                   image->file_size, image->gpa, image->mem_size - image->file_size);
    else
        log_detail("loaded: %s, %" PRIu64 " bytes at 0x%" PRIx64, image->name, image->file_size, image->gpa);
}

static void print_flash(const struct backend_job *job, const struct device_window *window)
{
    log_detail("flash: %s, %" PRIu64 " bytes at 0x%" PRIx64 "%s", job->pflash.path, job->pflash.size_bytes,
               window->base, job->pflash.read_only ? ", read-only" : "");
}

void loaded_print(const struct backend_job *job, bool by_firmware)
{
    const struct plan *plan = job->plan;

    if (!log_is_verbose())
        return;
    for (unsigned i = 0; i < plan->image_count; i++) {
        const struct plan_image *image = &plan->image[i];

        if (!by_firmware)
            print_image(image);
        else if (image->file != PLAN_FILE_NONE)
            log_detail("loaded: %s, %" PRIu64 " bytes, where QEMU puts it", image->name, image->file_size);
    }
    for (unsigned i = 0; i < plan->device_count; i++)
        if (plan->device[i].type == &device_pflash)
            print_flash(job, &plan->device[i].window);
}
