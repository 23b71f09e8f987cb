/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c
// sources: devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/file_io.c vmm/file_process.c vmm/disk/*.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c vmm/sandbox/*.c vmm/syscall_names.c
/* plan_test.c - plans: where things are placed, what is refused, and the device tree as a whole (tests/golden). */
#include "boot/abi_net.h"
#include "boot/plan.h"

#include <errno.h>
#include <libfdt.h>
#include <unistd.h>

#include "tests/unit/boot/golden.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static struct elf_builder kernel;
static struct plan_input input;
static struct plan *plan;
static char why[512];

static void setup(void)
{
    elf_builder_init(&kernel, true);
    input = (struct plan_input){.machine = &machine_x86_64,
                                .kernel = &kernel,
                                .kernel_size = sizeof(kernel),
                                .memory_bytes = 64 * MIB,
                                .cpus = 1};
    plan = NULL;
    why[0] = '\0';
}

static void make(void)
{
    ck_assert_msg(plan_create(&input, &plan, why, sizeof(why)) == 0, "%s", why);
}

static void refuses(int error, const char *part)
{
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), error);
    ck_assert_msg(strstr(why, part) != NULL, "\"%s\" is not in \"%s\"", part, why);
}

static const struct plan_image *image(const char *name)
{
    for (unsigned i = 0; i < plan->image_count; i++)
        if (strcmp(plan->image[i].name, name) == 0)
            return &plan->image[i];
    ck_abort_msg("no image %s", name);
    return NULL;
}

static const struct plan_device *device(unsigned i)
{
    ck_assert_uint_lt(i, plan->device_count);
    return &plan->device[i];
}

START_TEST(a_plan_has_all_of_it)
{
    input.disks = 2;
    input.pflash = true;
    input.pflash_size = 1 * MIB;
    make();
    ck_assert(!plan->bare);
    ck_assert_uint_eq(plan->memory_count, 1);
    ck_assert_uint_eq(plan->memory[0].size, 64 * MIB);
    ck_assert_uint_eq(image("kernel")->gpa, KERNEL_PADDR);
    ck_assert_uint_eq(image("device tree")->gpa, 0x100000);
    ck_assert_uint_eq(plan->entry.pc, KERNEL_PADDR + 0x100);
    ck_assert_uint_eq(plan->entry.arg, image("PVH start info")->gpa);
    ck_assert_uint_eq(plan->device_count, 6);
    ck_assert_ptr_eq(device(0)->type, &device_serial16550);
    ck_assert_ptr_eq(device(1)->type, &device_debug_exit);
    ck_assert_ptr_eq(device(2)->type, &device_virtio_console);
    ck_assert_uint_eq(device(2)->window.base, 0xfeb00000);
    ck_assert_uint_eq(device(2)->window.irq, 5);
    ck_assert_ptr_eq(device(4)->type, &device_virtio_blk);
    ck_assert_uint_eq(device(4)->window.base, 0xfeb00400);
    ck_assert_uint_eq(device(4)->window.irq, 7);
    ck_assert_uint_eq(device(4)->window.unit, 1);
    ck_assert_uint_eq(device(5)->window.base, 0xffc00000);
    ck_assert_uint_eq(device(5)->window.size, 1 * MIB);
    plan_destroy(plan);
}
END_TEST

START_TEST(the_start_info_is_as_pvh_says)
{
    uint32_t word[14];
    uint64_t module[2], memmap[3];

    input.memory_bytes = 5 * GIB;
    input.append = "quiet";
    make();
    ck_assert_uint_eq(plan->memory_count, 2);
    ck_assert_uint_eq(plan->memory[0].size, 3 * GIB);
    ck_assert_uint_eq(plan->memory[1].base, 4 * GIB);
    ck_assert_uint_eq(plan->memory[1].size, 2 * GIB);
    const struct plan_image *info = image("PVH start info");
    const uint8_t *bytes = info->data;
    memcpy(word, bytes, sizeof(word));
    ck_assert_uint_eq(word[0], 0x336ec578);
    ck_assert_uint_eq(word[1], 1);
    ck_assert_uint_eq(word[3], 1);
    ck_assert_uint_eq(word[12], 2); /* memmap_entries */
    memcpy(module, bytes + (word[4] - info->gpa), sizeof(module));
    ck_assert_uint_eq(module[0], image("device tree")->gpa);
    ck_assert_uint_eq(module[1], plan->fdt_size);
    memcpy(memmap, bytes + (word[10] - info->gpa) + 24, sizeof(memmap));
    ck_assert_uint_eq(memmap[0], 4 * GIB);
    ck_assert_uint_eq(memmap[1], 2 * GIB);
    ck_assert_str_eq((const char *)bytes + (word[6] - info->gpa), "quiet");
    plan_destroy(plan);
}
END_TEST

START_TEST(a_bare_kernel_has_no_console)
{
    elf_builder_init(&kernel, false);
    input.disks = 1;
    make();
    ck_assert(plan->bare);
    ck_assert_uint_eq(plan->device_count, 3);
    ck_assert_ptr_eq(device(2)->type, &device_virtio_blk);
    ck_assert_uint_eq(device(2)->window.base, 0xfeb00200);
    plan_destroy(plan);
}
END_TEST

START_TEST(a_kernel_at_1_mib_moves_the_tree)
{
    kernel.ph[0].p_paddr = 0x100000;
    memcpy(kernel.rest + 16, &(uint32_t){0x100000}, 4);
    make();
    const struct plan_image *tree = image("device tree");
    ck_assert_uint_eq(tree->gpa % 4096, 0);
    ck_assert_uint_le(tree->gpa + tree->mem_size, 64 * MIB);
    ck_assert_uint_gt(tree->gpa, 63 * MIB);
    plan_destroy(plan);
}
END_TEST

START_TEST(bad_kernels)
{
    kernel.ph[1].p_type = PT_NULL;
    refuses(-ENOEXEC, "has no PVH entry note (XEN_ELFNOTE_PHYS32_ENTRY)");
    setup();
    kernel.header.e_machine = EM_AARCH64;
    refuses(-ENOEXEC, "e_machine is 183; x86_64 has 62");
    setup();
    kernel.ph[0].p_memsz = 64 * MIB;
    refuses(-ENOEXEC, "outside of the guest's memory: p_paddr 0x200000, p_memsz 0x4000000");
    setup();
    kernel.ph[0].p_paddr = 0xfee00000;
    kernel.ph[1].p_type = PT_NULL;
    input.memory_bytes = 8 * GIB; /* there is memory below and above, but not there */
    refuses(-ENOEXEC, "outside of the guest's memory: p_paddr 0xfee00000");
    setup();
    kernel.ph[0].p_paddr = 0x6000;
    memcpy(kernel.rest + 16, &(uint32_t){0x6000}, 4);
    refuses(-ENOEXEC, "no room for the PVH start info");
    setup();
    input.kernel_size = 3;
    refuses(-ENOEXEC, "not an ELF file");
}
END_TEST

START_TEST(number_of_cpus)
{
    input.cpus = 0;
    refuses(-EDOM, "0: x86_64 guests can have from 1 to 64");
    input.cpus = 65;
    refuses(-EDOM, "65: x86_64 guests can have from 1 to 64");
}
END_TEST

START_TEST(bad_memory)
{
    input.memory_bytes = 1 * MIB;
    refuses(-ERANGE, "1048576 bytes: x86_64 guests can have from 16M to 523264M");
    input.memory_bytes = 512 * GIB;
    refuses(-ERANGE, "multiples of 4K");
    input.memory_bytes = 64 * MIB + 512;
    refuses(-ERANGE, "multiples of 4K");
    input.memory_bytes = 16 * MIB;
    make();
    plan_destroy(plan);
    input.memory_bytes = 511 * GIB;
    make();
    plan_destroy(plan);
}
END_TEST

START_TEST(too_much)
{
    char *long_argv = calloc(1, 2 * MIB);

    input.argv = long_argv;
    input.argv_size = 1 * MIB;
    refuses(-E2BIG, "too long");
    input.argv_size = 900 * 1024;
    make();
    plan_destroy(plan);
    input.argv_size = (size_t)INT32_MAX + 1; /* refused before it is read */
    refuses(-E2BIG, "too long");
    free(long_argv);
    setup();
    input.disks = 8;
    refuses(-ENOSPC, "at most 7 disks");
    setup();
    input.pflash = true;
    input.pflash_size = 4 * MIB + 1;
    refuses(-ENOSPC, "4194304 bytes of flash");
    input.pflash_size = 0;
    refuses(-ENOSPC, "flash");
}
END_TEST

START_TEST(images_are_checked)
{
    struct plan_image extra = {.name = "extra", .gpa = 0x1000000, .data = "x", .file_size = 1, .mem_size = 0x1000};

    make();
    ck_assert_int_eq(plan_add_image(plan, &extra), 0);
    extra.gpa += 0xfff;
    ck_assert_int_eq(plan_add_image(plan, &extra), -EEXIST);
    extra.gpa = 64 * MIB - 0xfff;
    ck_assert_int_eq(plan_add_image(plan, &extra), -EFAULT);
    extra.gpa = UINT64_MAX;
    ck_assert_int_eq(plan_add_image(plan, &extra), -EFAULT);
    extra.gpa = 0x1002000;
    extra.mem_size = UINT64_MAX;
    ck_assert_int_eq(plan_add_image(plan, &extra), -EFAULT);
    extra.mem_size = 0x1000;
    for (; plan->image_count < PLAN_IMAGES; extra.gpa += 0x1000)
        ck_assert_int_eq(plan_add_image(plan, &extra), 0);
    ck_assert_int_eq(plan_add_image(plan, &extra), -ENOSPC);
    plan_destroy(plan);
}
END_TEST

START_TEST(strings_arrive_unharmed)
{
    static const char bytes[] = "/x\0a b\"'\n\t\xff\0\0last";
    int length;

    input.argv = bytes;
    input.argv_size = sizeof(bytes);
    make();
    const void *argv = fdt_getprop(plan->fdt, fdt_path_offset(plan->fdt, "/chosen"), "lvmm,argv", &length);
    ck_assert_int_eq(length, sizeof(bytes));
    ck_assert_mem_eq(argv, bytes, sizeof(bytes));
    plan_destroy(plan);
}
END_TEST

/* Behind the disks, and last of all slots. */
START_TEST(shares_have_a_device)
{
    static const char shares[] = "0\0/\0rw\0001\0/mnt\0ro";
    int length;

    input = golden_input(machines[_i], &kernel);
    input.shares = shares;
    input.shares_size = sizeof(shares);
    make();
    const void *told = fdt_getprop(plan->fdt, fdt_path_offset(plan->fdt, "/chosen"), "lvmm,shares", &length);
    ck_assert_int_eq(length, sizeof(shares));
    ck_assert_mem_eq(told, shares, sizeof(shares));
    const struct plan_device *last = &plan->device[plan->device_count - 1];
    ck_assert_ptr_eq(last->type, &device_virtio_fs);
    ck_assert_uint_eq(last->window.base, plan->machine->virtio.base + (input.disks + 1) * plan->machine->virtio_stride);
    ck_assert(plan->shared_memory);
    input.disks = plan->machine->virtio_slots - 1;
    plan_destroy(plan);
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), -ENOSPC);
    ck_assert_msg(strstr(why, "beside shared folders") != NULL, "%s", why);
}
END_TEST

/* Behind the memory and above 4 GiB, in a GiB of its own; without QEMU, and where the guest reaches it. */
START_TEST(shares_have_a_window)
{
    input = golden_input(machines[_i], &kernel);
    input.shares = "0\0/mnt\0rw";
    input.shares_size = 10;
    input.dax = input.dax_writes = true;
    make();
    const struct mem_range *last = &plan->memory[plan->memory_count - 1];
    if (plan->machine->window_limit == 0) {
        ck_assert_uint_eq(plan->dax.bytes, 0);
        return;
    }
    ck_assert_uint_ge(plan->dax.gpa, UINT64_C(4) << 30);
    ck_assert_uint_ge(plan->dax.gpa, last->base + last->size);
    ck_assert_uint_eq(plan->dax.gpa % (UINT64_C(1) << 30), 0);
    ck_assert_uint_eq(plan->dax.bytes, UINT64_C(1) << 30);
    ck_assert_uint_eq(plan->dax.write_bytes, UINT64_C(512) << 20);
    plan_destroy(plan);
    input.dax_writes = false;
    input.memory_bytes = UINT64_C(6) << 30;
    make();
    last = &plan->memory[plan->memory_count - 1];
    ck_assert_uint_ge(plan->dax.gpa, last->base + last->size);
    ck_assert_uint_eq(plan->dax.bytes, UINT64_C(512) << 20);
    ck_assert_uint_eq(plan->dax.write_bytes, 0);
    plan_destroy(plan);
    input.qemu = true;
    make();
    ck_assert_uint_eq(plan->dax.bytes, 0);
    plan_destroy(plan);
    input.qemu = input.dax = false;
    make();
    ck_assert_uint_eq(plan->dax.bytes, 0);
}
END_TEST

/* The same, behind the shared folders. */
START_TEST(a_network_has_a_device)
{
    static const struct lvmm_net_config net = {.sockets = 64, .address4 = {[10] = 255, 255, 10, 0, 2, 15}};
    int length;

    input = golden_input(machines[_i], &kernel);
    input.shares = "0\0/mnt\0rw";
    input.shares_size = 10;
    input.net = &net;
    make();
    const void *told = fdt_getprop(plan->fdt, fdt_path_offset(plan->fdt, "/chosen"), "lvmm,net", &length);
    ck_assert_int_eq(length, sizeof(net));
    ck_assert_mem_eq(told, &net, sizeof(net));
    const struct plan_device *last = &plan->device[plan->device_count - 1];
    ck_assert_ptr_eq(last->type, &device_virtio_sockets);
    ck_assert_uint_eq(last->window.base, plan->machine->virtio.base + (input.disks + 2) * plan->machine->virtio_stride);
    ck_assert(plan->shared_memory);
    input.shares = NULL;
    input.disks = plan->machine->virtio_slots - 1;
    plan_destroy(plan);
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), -ENOSPC);
    ck_assert_msg(strstr(why, "beside a network") != NULL, "%s", why);
}
END_TEST

START_TEST(golden_tree)
{
    input = golden_input(machines[_i], &kernel);
    input.pflash = machines[_i]->pflash.size != 0;
    input.pflash_size = machines[_i]->pflash.size;
    make();
    ck_assert_uint_ge(plan->entry.pc, kernel.ph[0].p_paddr);
    ck_assert_uint_lt(plan->entry.pc, kernel.ph[0].p_paddr + KERNEL_MEM);
    golden_compare_tree(plan, plan->fdt, plan->fdt_size, "");
    if (plan->firmware_fdt != NULL)
        golden_compare_tree(plan, plan->firmware_fdt, plan->firmware_fdt_size, "-firmware");
    plan_destroy(plan);
}
END_TEST

START_TEST(an_older_gic)
{
    input = golden_input(&machine_aarch64, &kernel);
    input.irqchip_version = 2;
    make();
    int node = fdt_path_offset(plan->fdt, "/intc@8000000"), length;
    ck_assert_str_eq(fdt_getprop(plan->fdt, node, "compatible", NULL), "arm,cortex-a15-gic");
    const fdt32_t *reg = fdt_getprop(plan->fdt, node, "reg", &length);
    ck_assert_int_eq(length, 32);
    ck_assert_uint_eq(fdt32_to_cpu(reg[5]), 0x08010000);
    plan_destroy(plan);
}
END_TEST

START_TEST(golden_tree_with_aia)
{
    input = golden_input(&machine_riscv64, &kernel);
    input.irqchip_version = 1;
    make();
    golden_compare_tree(plan, plan->fdt, plan->fdt_size, "-aia");
    plan_destroy(plan);
}
END_TEST

/* QEMU's machine for a flash: what differs is where memory goes on, and how the flash is wired. */
START_TEST(a_flash_in_qemu)
{
    input.qemu = true;
    make();
    ck_assert_ptr_eq(plan->machine, &machine_x86_64);
    plan_destroy(plan);
    input.pflash = true;
    input.pflash_size = 4 * MIB;
    refuses(-ENOTSUP, "bare kernels"); /* ours wants a console */
    elf_builder_init(&kernel, false);
    input.disks = 1;
    refuses(-ENOTSUP, "without disks");
    input.disks = 0;
    kernel.ph[1].p_filesz += elf_builder_note(kernel.rest + kernel.ph[1].p_filesz, "Linux", 0x100, 0);
    refuses(-ENOTSUP, "bare kernels"); /* Linux has a console of ours too */
    elf_builder_init(&kernel, false);
    input.memory_bytes = 3 * GIB;
    make();
    ck_assert_ptr_eq(plan->machine, &machine_x86_64_q35);
    ck_assert_uint_eq(plan->memory_count, 2);
    ck_assert_uint_eq(plan->memory[0].size, 2 * GIB);
    ck_assert_uint_eq(plan->memory[1].base, 4 * GIB);
    ck_assert_uint_eq(plan->memory[1].size, 1 * GIB);
    ck_assert_uint_eq(device(2)->window.base, 0xffc00000);
    ck_assert_uint_eq(plan->stub_gpa + MACHINE_STUB_BYTES, plan->fdt_gpa + plan->fdt_size);
    ck_assert_ptr_eq(plan_boot_image(plan), image("PVH start info"));
    golden_compare_tree(plan, plan->fdt, plan->fdt_size, "-flash");
    plan_destroy(plan);
}
END_TEST

/* A bare kernel may print by SBI calls; ours has a console of its own. */
START_TEST(the_console_of_opensbi)
{
    input = golden_input(&machine_riscv64, &kernel);
    make();
    ck_assert_int_lt(fdt_path_offset(plan->firmware_fdt, "/serial@10000000"), 0);
    plan_destroy(plan);
    elf_builder_init(&kernel, false);
    input = golden_input(&machine_riscv64, &kernel);
    make();
    int node = fdt_path_offset(plan->firmware_fdt, "/serial@10000000");
    ck_assert_str_eq(fdt_getprop(plan->firmware_fdt, node, "compatible", NULL), "ns16550a");
    plan_destroy(plan);
}
END_TEST

START_TEST(another_clock)
{
    input = golden_input(&machine_riscv64, &kernel);
    make();
    ck_assert_uint_eq(plan->timebase_hz, 10000000);
    plan_destroy(plan);
    input.timebase_hz = 4000000;
    make();
    ck_assert_uint_eq(plan->timebase_hz, 4000000);
    const fdt32_t *hz = fdt_getprop(plan->fdt, fdt_path_offset(plan->fdt, "/cpus"), "timebase-frequency", NULL);
    ck_assert_uint_eq(fdt32_to_cpu(*hz), 4000000);
    plan_destroy(plan);
}
END_TEST

START_TEST(loongarch64_is_entered_with_its_tree)
{
    static const uint32_t code[] = {
        0x14006004, 0x03800084, 0x16000004, /* a0 = 0x300000: lu12i.w, ori, lu32i.d */
        0x1400400c, 0x0384018c, 0x1600000c, /* t0 = 0x200100 */
        0x4c000180,                         /* jr t0 */
    };

    kernel.header.e_machine = machine_loongarch64.elf_machine;
    kernel.header.e_entry = kernel.ph[0].p_vaddr + 0x100;
    input.machine = &machine_loongarch64;
    make();
    const struct plan_image *tree = image("device tree");
    ck_assert_uint_eq(plan->entry.pc, KERNEL_PADDR + 0x100);
    ck_assert_uint_eq(plan->entry.arg, 0x300000);
    ck_assert_uint_eq(tree->gpa, 0x300000);
    ck_assert_uint_ge(plan->stub_gpa, tree->gpa);
    ck_assert_uint_le(plan->stub_gpa - tree->gpa + sizeof(code), tree->file_size);
    ck_assert_mem_eq((const uint8_t *)tree->data + (plan->stub_gpa - tree->gpa), code, sizeof(code));
    plan_destroy(plan);
}
END_TEST

START_TEST(the_same_input_gives_the_same_plan)
{
    struct plan *first;

    input = golden_input(&machine_x86_64, &kernel);
    make();
    first = plan;
    make();
    ck_assert_uint_eq(first->fdt_size, plan->fdt_size);
    ck_assert_mem_eq(first->fdt, plan->fdt, plan->fdt_size);
    plan_destroy(first);
    plan_destroy(plan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/plan");
    TCase *tc = tcase_create("plan");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_plan_has_all_of_it);
    tcase_add_test(tc, the_start_info_is_as_pvh_says);
    tcase_add_test(tc, a_bare_kernel_has_no_console);
    tcase_add_test(tc, a_kernel_at_1_mib_moves_the_tree);
    tcase_add_test(tc, bad_kernels);
    tcase_add_test(tc, bad_memory);
    tcase_add_test(tc, too_much);
    tcase_add_test(tc, images_are_checked);
    tcase_add_test(tc, strings_arrive_unharmed);
    tcase_add_test(tc, number_of_cpus);
    tcase_add_loop_test(tc, golden_tree, 0, golden_machines());
    tcase_add_loop_test(tc, shares_have_a_device, 0, golden_machines());
    tcase_add_loop_test(tc, shares_have_a_window, 0, golden_machines());
    tcase_add_loop_test(tc, a_network_has_a_device, 0, golden_machines());
    tcase_add_test(tc, an_older_gic);
    tcase_add_test(tc, golden_tree_with_aia);
    tcase_add_test(tc, a_flash_in_qemu);
    tcase_add_test(tc, the_console_of_opensbi);
    tcase_add_test(tc, another_clock);
    tcase_add_test(tc, loongarch64_is_entered_with_its_tree);
    tcase_add_test(tc, the_same_input_gives_the_same_plan);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
