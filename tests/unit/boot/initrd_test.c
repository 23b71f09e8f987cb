/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c
// sources: devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/file_io.c vmm/file_process.c vmm/disk/*.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c vmm/sandbox/*.c vmm/syscall_names.c
/* initrd_test.c - where our kernel's archives lie on each machine, and how it is told. */
#include <errno.h>
#include <libfdt.h>

#include "boot/plan.h"
#include "tests/unit/boot/golden.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static const struct machine *const all[] = {&machine_x86_64, &machine_aarch64, &machine_riscv64, &machine_loongarch64};

static struct elf_builder kernel;
static struct plan_input input;
static struct plan *plan;
static char why[512];

static void use(const struct machine *machine, uint64_t memory, size_t size)
{
    elf_builder_init(&kernel, true);
    input = golden_input(machine, &kernel);
    input.memory_bytes = memory;
    input.initrd = &kernel; /* only looked at when it is placed */
    input.initrd_size = size;
    input.root_bytes = 5 * MIB;
}

static void make(void)
{
    ck_assert_msg(plan_create(&input, &plan, why, sizeof(why)) == 0, "%s", why);
}

static const struct plan_image *image(void)
{
    for (unsigned i = 0; i < plan->image_count; i++)
        if (plan->image[i].file == PLAN_FILE_INITRD)
            return &plan->image[i];
    ck_abort_msg("no initrd");
    return NULL;
}

static uint64_t number(const char *name)
{
    int size, chosen = fdt_path_offset(plan->fdt, "/chosen");
    const fdt64_t *value = fdt_getprop(plan->fdt, chosen, name, &size);

    ck_assert_ptr_nonnull(value);
    ck_assert_int_eq(size, 8);
    return fdt64_ld(value);
}

START_TEST(it_lies_in_memory_of_its_own)
{
    use(all[_i], 128 * MIB, 3 * MIB + 5);
    make();
    ck_assert_uint_eq(image()->gpa, plan->initrd_gpa);
    ck_assert_uint_eq(image()->gpa % 65536, 0);
    ck_assert_uint_eq(image()->mem_size, 3 * MIB + 5);
    ck_assert_uint_ge(image()->gpa, plan->memory[0].base + 64 * MIB); /* not in the way of what begins below */
    ck_assert_uint_eq(number("linux,initrd-start"), plan->initrd_gpa);
    ck_assert_uint_eq(number("linux,initrd-end"), plan->initrd_gpa + 3 * MIB + 5);
    ck_assert_uint_eq(number("lvmm,root-size"), 5 * MIB);
    for (unsigned i = 0; i < plan->image_count; i++) {
        const struct plan_image *other = &plan->image[i];
        uint64_t end = (image()->gpa + image()->mem_size + 65535) & ~65535ull;

        if (other != image())
            ck_assert(other->gpa >= end || other->gpa + other->mem_size <= image()->gpa);
    }
    plan_destroy(plan);
}
END_TEST

/* The kernel needs no more of its map then than it has. */
START_TEST(it_lies_in_the_kernels_gib)
{
    use(all[_i], 3 * GIB, 100 * MIB);
    make();
    ck_assert_uint_le(image()->gpa + image()->mem_size, (plan->memory[0].base & ~(GIB - 1)) + GIB);
    plan_destroy(plan);
    use(all[_i], 6 * GIB, 1500 * MIB);
    make();
    ck_assert_uint_ge(image()->gpa, plan->memory[0].base + 16 * MIB);
    plan_destroy(plan);
}
END_TEST

START_TEST(one_that_does_not_fit)
{
    use(all[_i], 64 * MIB, 64 * MIB);
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), -ENOBUFS);
    ck_assert_ptr_nonnull(strstr(why, "don't fit beside the kernel with --memory of 67108864 bytes; give more memory"));
    input.initrd_size = 56 * MIB;
    make();
    /* The kernel has its table of page frames between. */
    ck_assert_uint_ge(image()->gpa, plan->memory[0].base + KERNEL_PADDR % GIB + MIB);
    plan_destroy(plan);
}
END_TEST

START_TEST(none_for_other_kernels)
{
    use(&machine_x86_64, 64 * MIB, MIB);
    elf_builder_init(&kernel, false);
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), -ENOBUFS);
    ck_assert_ptr_nonnull(strstr(why, "takes no initrd; Linux and lvmm's own do"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("initrd");
    TCase *tcase = tcase_create("initrd");

    tcase_add_loop_test(tcase, it_lies_in_memory_of_its_own, 0, 4);
    tcase_add_loop_test(tcase, it_lies_in_the_kernels_gib, 0, 4);
    tcase_add_loop_test(tcase, one_that_does_not_fit, 0, 4);
    tcase_add_test(tcase, none_for_other_kernels);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
