/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - a plan as it grows: what is placed in guest memory, and where there is room. */
#include "boot/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The largest page that Linux has on any ISA: it keeps an initrd's first and last page whole. */
#define PAGE_BYTES 65536u

static bool in_memory(const struct plan *plan, gpa_t gpa, uint64_t size)
{
    for (unsigned i = 0; i < plan->memory_count; i++) {
        const struct mem_range *range = &plan->memory[i];

        if (gpa >= range->base && gpa - range->base <= range->size && size <= range->size - (gpa - range->base))
            return true;
    }
    return false;
}

/* The image that has a byte in [gpa, gpa + size), or NULL. */
static const struct plan_image *image_at(const struct plan *plan, gpa_t gpa, uint64_t size)
{
    for (unsigned i = 0; i < plan->image_count; i++) {
        const struct plan_image *image = &plan->image[i];

        if (gpa < image->gpa + image->mem_size && image->gpa < gpa + size)
            return image;
    }
    return NULL;
}

int plan_add_image(struct plan *plan, const struct plan_image *image)
{
    if (image->mem_size < image->file_size || !in_memory(plan, image->gpa, image->mem_size))
        return -EFAULT;
    if (image->mem_size != 0 && image_at(plan, image->gpa, image->mem_size) != NULL)
        return -EEXIST;
    if (plan->image_count == PLAN_IMAGES)
        return -ENOSPC;
    plan->image[plan->image_count++] = *image;
    return 0;
}

/* The highest page of [base, end) from where `size` bytes are free, by going down from image to image; 0: none. */
static gpa_t highest_room(const struct plan *plan, gpa_t base, gpa_t end, uint64_t size)
{
    const struct plan_image *other;

    for (gpa_t top = end; top >= base && top - base >= size; top = other->gpa) {
        gpa_t gpa = (top - size) & ~(gpa_t)(PAGE_BYTES - 1);

        if (gpa < base)
            break;
        other = image_at(plan, gpa, size);
        if (other == NULL)
            return gpa;
    }
    return 0;
}

int plan_add_image_high(struct plan *plan, struct plan_image *image, gpa_t from, gpa_t limit)
{
    for (unsigned i = 0; i < plan->memory_count; i++) {
        gpa_t base = plan->memory[i].base, end = base + plan->memory[i].size;

        if (limit != 0 && limit < end)
            end = limit;
        image->gpa = highest_room(plan, from > base ? from : base, end, image->mem_size);
        if (image->gpa != 0)
            return plan_add_image(plan, image);
    }
    return -ENOSPC;
}

int plan_place_fdt(struct plan *plan, gpa_t preferred, uint64_t size_max, char *why, size_t why_size)
{
    struct plan_image image = {.name = "device tree", .gpa = preferred, .data = plan->fdt, .file_size = plan->fdt_size};

    image.mem_size = plan->fdt_size;
    if (image.mem_size > size_max) {
        snprintf(why, why_size,
                 "arguments and environment are too long: the device tree takes %" PRIu64 " bytes of at most %" PRIu64,
                 image.mem_size, size_max);
        return -E2BIG;
    }
    int error = plan_add_image(plan, &image);
    if (error == -EEXIST)
        error = plan_add_image_high(plan, &image, 0, 0);
    if (error != 0) {
        snprintf(why, why_size, "leaves no room for the device tree, neither at 0x%" PRIx64 " nor above", preferred);
        return -ENOEXEC;
    }
    plan->fdt_gpa = image.gpa;
    return 0;
}

int plan_enter_with_fdt(struct plan *plan, gpa_t preferred, uint64_t size_max, char *why, size_t why_size)
{
    int error = plan_place_fdt(plan, preferred, size_max, why, why_size);

    if (error == 0)
        plan->entry = (struct plan_entry){.pc = plan->kernel_entry, .arg = plan->fdt_gpa};
    return error;
}

const struct plan_image *plan_boot_image(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->image_count; i++)
        if (plan->boot_data != NULL && plan->image[i].data == plan->boot_data)
            return &plan->image[i];
    return NULL;
}

void plan_destroy(struct plan *plan)
{
    if (plan == NULL)
        return;
    free(plan->fdt);
    free(plan->firmware_fdt);
    free(plan->cmdline);
    free(plan->boot_data);
    free(plan->acpi);
    free(plan);
}
