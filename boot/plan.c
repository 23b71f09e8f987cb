/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - a plan as it grows: what is placed in guest memory, and where there is room. */
#include "boot/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_BYTES 4096u

static bool in_memory(const struct plan *plan, gpa_t gpa, uint64_t size)
{
    for (unsigned i = 0; i < plan->memory_count; i++) {
        const struct mem_range *range = &plan->memory[i];

        if (gpa >= range->base && gpa - range->base <= range->size && size <= range->size - (gpa - range->base))
            return true;
    }
    return false;
}

int plan_add_image(struct plan *plan, const struct plan_image *image)
{
    if (image->mem_size < image->file_size || !in_memory(plan, image->gpa, image->mem_size))
        return -EFAULT;
    for (unsigned i = 0; i < plan->image_count; i++) {
        const struct plan_image *other = &plan->image[i];

        if (image->gpa < other->gpa + other->mem_size && other->gpa < image->gpa + image->mem_size)
            return -EEXIST;
    }
    if (plan->image_count == PLAN_IMAGES)
        return -ENOSPC;
    plan->image[plan->image_count++] = *image;
    return 0;
}

int plan_place_fdt(struct plan *plan, gpa_t preferred, uint64_t size_max, char *why, size_t why_size)
{
    const struct mem_range *low = &plan->memory[0];
    struct plan_image image = {.name = "device tree", .gpa = preferred, .data = plan->fdt, .file_size = plan->fdt_size};

    image.mem_size = plan->fdt_size;
    if (image.mem_size > size_max) {
        snprintf(why, why_size,
                 "arguments and environment are too long: the device tree takes %" PRIu64 " bytes of at most %" PRIu64,
                 image.mem_size, size_max);
        return -E2BIG;
    }
    int error = plan_add_image(plan, &image);
    if (error == -EEXIST) {
        image.gpa = (low->base + low->size - image.mem_size) & ~(gpa_t)(PAGE_BYTES - 1);
        error = plan_add_image(plan, &image);
    }
    if (error != 0) {
        snprintf(why, why_size, "leaves no room for the device tree, neither at 0x%" PRIx64 " nor at the top of memory",
                 preferred);
        return -ENOEXEC;
    }
    plan->fdt_gpa = image.gpa;
    return 0;
}

int plan_enter_with_fdt(struct plan *plan, gpa_t preferred, uint64_t size_max, char *why, size_t why_size)
{
    int error = plan_place_fdt(plan, preferred, size_max, why, why_size);

    if (error == 0)
        plan->entry = (struct plan_entry){.pc = elf_entry_paddr(&plan->kernel), .arg = plan->fdt_gpa};
    return error;
}

void plan_destroy(struct plan *plan)
{
    if (plan == NULL)
        return;
    free(plan->fdt);
    free(plan->firmware_fdt);
    free(plan->boot_data);
    free(plan);
}
