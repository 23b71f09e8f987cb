/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c
// sources: devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/file_io.c vmm/file_process.c vmm/disk/*.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c vmm/sandbox/*.c vmm/syscall_names.c
/* plan_fuzz.c - plans of all machines from spoiled kernels, with any memory, initrd, command line, CPUs and devices:
 * what is accepted lies in memory, apart from each other, and where the guest is told that there is memory. */
#include <stdio.h>

#include "boot/linux_x86.h"
#include "boot/planner.h"
#include "tests/fuzz/input.h"
#include "tests/unit/boot/elf_builder.h"
#include "tests/unit/boot/linux_images.h"

#define PAGE_BYTES 4096u
#define MIB (1ull << 20)
#define APPEND_MAX 70000u

static bool in_range(gpa_t gpa, uint64_t size, gpa_t base, uint64_t base_size)
{
    return gpa >= base && gpa - base <= base_size && size <= base_size - (gpa - base);
}

static bool in_memory(const struct plan *plan, gpa_t gpa, uint64_t size)
{
    for (unsigned i = 0; i < plan->memory_count; i++)
        if (in_range(gpa, size, plan->memory[i].base, plan->memory[i].size))
            return true;
    return false;
}

static void check_images(const struct plan *plan, const struct plan_input *input)
{
    for (unsigned i = 0; i < plan->image_count; i++) {
        const struct plan_image *image = &plan->image[i];

        must(image->file_size <= image->mem_size && in_memory(plan, image->gpa, image->mem_size));
        if (image->file == PLAN_FILE_KERNEL)
            must(in_range(image->file_offset, image->file_size, 0, input->kernel_size) &&
                 image->data == (const uint8_t *)input->kernel + image->file_offset);
        for (unsigned k = 0; k < i; k++) {
            const struct plan_image *other = &plan->image[k];

            must(image->mem_size == 0 || other->mem_size == 0 || image->gpa >= other->gpa + other->mem_size ||
                 other->gpa >= image->gpa + image->mem_size);
        }
    }
}

/* What Linux on x86 is told: ranges in order and apart, and all that is loaded for it in one of them. */
static void check_ranges(const struct plan *plan)
{
    struct x86_range range[X86_RANGES_MAX];
    unsigned count = linux_x86_ranges(plan, range);

    must(count > 0 && count <= X86_RANGES_MAX);
    for (unsigned i = 1; i < count; i++)
        must(range[i].addr >= range[i - 1].addr + range[i - 1].size);
    for (unsigned i = 0; i < plan->image_count; i++) {
        const struct plan_image *image = &plan->image[i];
        bool found = false;

        for (unsigned k = 0; k < count; k++) {
            bool is_ram = range[k].type == X86_RANGE_RAM;

            found = found || (in_range(image->gpa, image->mem_size, range[k].addr, range[k].size) &&
                              (is_ram || image->file == PLAN_FILE_NONE));
        }
        must(found || image->mem_size == 0);
    }
}

static void check(const struct plan *plan, const struct plan_input *input)
{
    check_images(plan, input);
    must(plan->device_count > 0 && plan->device_count <= PLAN_DEVICES);
    if (!plan->linux_guest)
        return;
    must(plan->initrd_size == input->initrd_size);
    if (input->initrd != NULL)
        must(plan->initrd_gpa != 0 && plan->initrd_gpa % PAGE_BYTES == 0);
    if (plan->machine == &machine_x86_64)
        check_ranges(plan);
}

/* A kernel of one of six kinds, some words of which are spoiled; returns its machine. */
static const struct machine *make_kernel(struct input *input, uint8_t file[LINUX_IMAGE_SIZE])
{
    static const uint16_t flats[] = {EM_AARCH64, EM_RISCV, EM_LOONGARCH};
    struct elf_builder elf;
    unsigned kind = input_u8(input) % 6, words = input_u8(input) % 8;

    _Static_assert(sizeof(elf) == LINUX_IMAGE_SIZE, "one size for all");
    if (kind < 3) {
        linux_flat(file, flats[kind]);
    } else if (kind == 3) {
        linux_bzimage(file);
    } else {
        elf_builder_init(&elf, kind == 5);
        if (kind == 4) {
            elf_builder_note(elf.rest + 20, "Xen", 6, 0x756e696c); /* XEN_ELFNOTE_GUEST_OS: "linu" */
            elf.ph[1].p_filesz += 20;
        }
        memcpy(file, &elf, sizeof(elf));
    }
    for (; words > 0; words--) {
        unsigned at = input_u16(input), size = 1u << (input_u8(input) & 3);
        unsigned place = kind < 3 ? at % 56 : kind == 3 ? 0x1f1 + at % 0x80 : at % 0x240;

        linux_put(file, place, size, input_u64(input));
    }
    return kind < 3 ? machine_by_elf(flats[kind]) : &machine_x86_64;
}

static uint64_t some_size(struct input *input)
{
    uint64_t value = input_u16(input);

    return (value & 0xfff) << (value >> 12 & 3) * 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char append[APPEND_MAX + 1];
    struct input bytes = {.data = data, .size = size};
    uint8_t kernel[LINUX_IMAGE_SIZE];
    char why[512] = "";
    struct plan *plan = NULL;
    struct plan_input input = {.machine = make_kernel(&bytes, kernel), .kernel = kernel, .kernel_size = sizeof(kernel)};
    uint8_t flags = input_u8(&bytes);

    input.memory_bytes = input.machine->memory_min + some_size(&bytes) * PAGE_BYTES;
    input.cpus = 1 + input_u8(&bytes) % (input.machine->cpus_max + 1);
    input.disks = input_u8(&bytes) % 10;
    input.qemu = flags & 1;
    input.pflash = flags & 2;
    input.pflash_size = input.pflash ? some_size(&bytes) + 1 : 0;
    if (flags & 4) {
        input.initrd_size = some_size(&bytes) + 1;
        input.initrd = data; /* nobody looks at it */
    }
    if (flags & 8) {
        size_t length = some_size(&bytes) % APPEND_MAX;

        memset(append, 'a', length);
        append[length] = '\0';
        input.append = append;
    }
    int error = plan_create(&input, &plan, why, sizeof(why));
    must((error == 0) == (why[0] == '\0') && strchr(why, '\n') == NULL);
    if (error == 0)
        check(plan, &input);
    plan_destroy(plan);
    return 0;
}
