/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c
// sources: devices/*.c devices/*/*.c vmm/escape.c vmm/file_io.c vmm/file_process.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c
/* plan_linux_test.c - plans for stock Linux on machines that take its flat Images: where they go, and what the device
 * tree says beside what our own kernel is told (tests/golden). */
#include "boot/plan.h"

#include <errno.h>
#include <libfdt.h>
#include <unistd.h>

#include "tests/unit/boot/flat_builder.h"
#include "tests/unit/boot/golden.h"

#define MIB (1ull << 20)

static const struct machine *const flat_machines[] = {&machine_aarch64, &machine_riscv64};

static struct elf_builder elf;
static struct flat_builder flat;
static struct plan_input input;
static struct plan *plan;
static char why[512];

static void use(const struct machine *machine)
{
    elf_builder_init(&elf, false);
    flat_builder_init(&flat, machine->elf_machine);
    input = golden_input(machine, &elf);
    input.kernel = &flat;
    input.kernel_size = sizeof(flat);
    input.initrd = "an initial RAM disk";
    input.initrd_size = 19;
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

static const struct plan_image *image(enum plan_file file)
{
    for (unsigned i = 0; i < plan->image_count; i++)
        if (plan->image[i].file == file)
            return &plan->image[i];
    ck_abort_msg("no such image");
    return NULL;
}

START_TEST(golden_tree)
{
    use(flat_machines[_i]);
    make();
    ck_assert(plan->bare && plan->linux_guest);
    golden_compare_tree(plan, plan->fdt, plan->fdt_size, "-linux");
    if (plan->firmware_fdt != NULL)
        golden_compare_tree(plan, plan->firmware_fdt, plan->firmware_fdt_size, "-linux-firmware");
    plan_destroy(plan);
}
END_TEST

START_TEST(where_it_goes)
{
    static const uint64_t place[] = {0x40200000, 0x80200000};

    use(flat_machines[_i]);
    input.memory_bytes = 64 * MIB;
    make();
    ck_assert_uint_eq(image(PLAN_FILE_KERNEL)->gpa, place[_i]);
    ck_assert_uint_eq(image(PLAN_FILE_KERNEL)->mem_size, FLAT_BUILDER_MEM);
    ck_assert_uint_eq(plan->entry.pc, place[_i]);
    ck_assert_uint_eq(plan->entry.arg, plan->fdt_gpa);
    ck_assert_uint_eq(image(PLAN_FILE_INITRD)->gpa, plan->initrd_gpa);
    ck_assert_uint_ge(plan->initrd_gpa, place[_i] + FLAT_BUILDER_MEM);
    ck_assert_uint_eq(plan->initrd_gpa, plan->memory[0].base + 64 * MIB - 4096);
    plan_destroy(plan);
}
END_TEST

/* arm64's before 3.17 or so, and any multiple of 2 MiB on riscv. */
START_TEST(an_offset_of_its_own)
{
    use(&machine_aarch64);
    flat.text_offset = 0x80000;
    make();
    ck_assert_uint_eq(plan->entry.pc, 0x40280000);
    plan_destroy(plan);
    use(&machine_riscv64);
    flat.text_offset = 0x400000;
    make();
    ck_assert_uint_eq(plan->entry.pc, 0x80400000);
    plan_destroy(plan);
}
END_TEST

START_TEST(bad_offsets)
{
    use(&machine_aarch64);
    flat.text_offset = 0x80001;
    refuses(-ENOEXEC, "has a bad header of an arm64 Image: text_offset 0x80001");
    use(&machine_riscv64);
    flat.text_offset = 0;
    refuses(-ENOEXEC, "is a riscv Image with text_offset 0x0; a kernel for S-mode has a multiple of 2 MiB there");
    flat.text_offset = 0x300000;
    refuses(-ENOEXEC, "text_offset 0x300000");
    flat.text_offset = UINT64_MAX;
    refuses(-ENOEXEC, "has a bad header of a riscv Image");
}
END_TEST

START_TEST(too_large_for_its_memory)
{
    use(flat_machines[_i]);
    input.memory_bytes = 16 * MIB;
    flat.image_size = 17 * MIB;
    refuses(-ENOEXEC, "doesn't fit with --memory of 16777216 bytes");
}
END_TEST

/* What KVM's CPUs have. */
START_TEST(another_isa)
{
    int length;

    use(&machine_riscv64);
    input.cpu_isa = "rv64imac_zicsr_sstc";
    make();
    int node = fdt_path_offset(plan->fdt, "/cpus/cpu@1");
    ck_assert_str_eq(fdt_getprop(plan->fdt, node, "riscv,isa", NULL), "rv64imac_zicsr_sstc");
    ck_assert_str_eq(fdt_getprop(plan->fdt, node, "riscv,isa-base", NULL), "rv64i");
    const void *list = fdt_getprop(plan->fdt, node, "riscv,isa-extensions", &length);
    ck_assert_int_eq(length, 19);
    ck_assert_mem_eq(list, "i\0m\0a\0c\0zicsr\0sstc", 19);
    plan_destroy(plan);
}
END_TEST

/* A list that is longer than there is room for loses its end, and no more. */
START_TEST(a_long_isa)
{
    static char isa[2048] = "rv64ima";
    int length;

    while (strlen(isa) < 1500)
        strcat(isa, "_zextension");
    use(&machine_riscv64);
    input.cpu_isa = isa;
    make();
    int node = fdt_path_offset(plan->fdt, "/cpus/cpu@0");
    const char *list = fdt_getprop(plan->fdt, node, "riscv,isa-extensions", &length);
    ck_assert_int_gt(length, 400);
    ck_assert_str_eq(list + length - 11, "zextension");
    plan_destroy(plan);
}
END_TEST

/* Of an interrupt controller that is a CPU's own Linux looks for none above. */
START_TEST(a_cpus_interrupts_have_no_parent)
{
    use(&machine_riscv64);
    make();
    ck_assert_ptr_null(fdt_getprop(plan->fdt, 0, "interrupt-parent", NULL));
    ck_assert_ptr_nonnull(fdt_getprop(plan->fdt, fdt_path_offset(plan->fdt, "/soc"), "interrupt-parent", NULL));
    plan_destroy(plan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/plan_linux");
    TCase *tc = tcase_create("plan_linux");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, golden_tree, 0, 2);
    tcase_add_loop_test(tc, where_it_goes, 0, 2);
    tcase_add_test(tc, an_offset_of_its_own);
    tcase_add_test(tc, bad_offsets);
    tcase_add_loop_test(tc, too_large_for_its_memory, 0, 2);
    tcase_add_test(tc, another_isa);
    tcase_add_test(tc, a_long_isa);
    tcase_add_test(tc, a_cpus_interrupts_have_no_parent);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
