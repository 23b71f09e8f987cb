/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/file_io.c vmm/file_process.c vmm/disk/*.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c vmm/sandbox/*.c vmm/syscall_names.c
/* acpi_test.c - the ACPI tables by their own rules, and by iasl: it reads them, and compiles what it has read. */
#include "boot/acpi_x86.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/boot/acpi_reader.h"
#include "tests/unit/boot/bzimage_builder.h"

#define BASE 0xe0000u

static struct bzimage_builder kernel;
static struct plan *plan;
static struct acpi_x86_input input;
static struct acpi_reader acpi;

static void make(unsigned disks, unsigned cpus)
{
    char why[512];

    bzimage_builder_init(&kernel);
    struct plan_input plan_input = {.machine = &machine_x86_64,
                                    .kernel = &kernel,
                                    .kernel_size = sizeof(kernel),
                                    .memory_bytes = 256ull << 20,
                                    .cpus = cpus,
                                    .disks = disks};
    ck_assert_int_eq(plan_create(&plan_input, &plan, why, sizeof(why)), 0);
    input = (struct acpi_x86_input){
        .plan = plan, .cpus = cpus, .lapic_base = 0xfee00000, .ioapic_base = 0xfec00000, .base = BASE, .room = 0x1fff0};
    acpi.base = BASE;
    ck_assert_int_eq(acpi_x86_create(&input, (void **)&acpi.tables, &acpi.size), 0);
}

static void setup(void)
{
    make(2, 2);
}

static void teardown(void)
{
    plan_destroy(plan);
    free(acpi.tables);
}

START_TEST(pointers_lengths_and_sums)
{
    ck_assert_mem_eq(acpi.tables, "RSD PTR ", 8);
    ck_assert_uint_eq(acpi.tables[15], 2);
    ck_assert_uint_eq(acpi_sum(acpi.tables, 20), 0);
    ck_assert_uint_eq(acpi_sum(acpi.tables, 36), 0);
    ck_assert_uint_eq(acpi_get(acpi.tables, 20, 4), 36);
    ck_assert_uint_eq(acpi_get(acpi_table_at(&acpi, acpi_get(acpi.tables, 24, 8), "XSDT"), 4, 4), 36 + 2 * 8);
    const uint8_t *fadt = acpi_xsdt_entry(&acpi, 0, "FACP");
    ck_assert_uint_eq(acpi_get(fadt, 4, 4), 276);
    ck_assert_uint_eq(fadt[8], 6);
    ck_assert_uint_eq(acpi_get(fadt, 40, 4), acpi_get(fadt, 140, 8));
    acpi_table_at(&acpi, acpi_get(fadt, 140, 8), "DSDT");
}
END_TEST

START_TEST(the_machine_is_hardware_reduced)
{
    const uint8_t *fadt = acpi_xsdt_entry(&acpi, 0, "FACP");

    ck_assert_uint_eq(acpi_get(fadt, 109, 2), 0x24); /* no VGA, no RTC, no 8042 */
    ck_assert_uint_eq(acpi_get(fadt, 112, 4),
                      1 << 20 | 1 << 12 | 1 << 10 | 0x31); /* reduced, headless, reset, buttons */
    ck_assert_uint_eq(acpi_get(fadt, 116 + 4, 8), 0xfea00202);
    ck_assert_uint_eq(fadt[128], 0x42);
    ck_assert_uint_eq(acpi_get(fadt, 244 + 4, 8), 0xfea00200);
    ck_assert_uint_eq(acpi_get(fadt, 256 + 4, 8), 0xfea00201);
}
END_TEST

START_TEST(each_cpu_has_its_apic)
{
    const uint8_t *madt = acpi_xsdt_entry(&acpi, 1, "APIC");

    ck_assert_uint_eq(acpi_get(madt, 4, 4), 44 + 2 * 8 + 12);
    ck_assert_uint_eq(acpi_get(madt, 36, 4), 0xfee00000);
    ck_assert_uint_eq(acpi_get(madt, 40, 4), 0); /* no 8259 */
    ck_assert_uint_eq(acpi_get(madt, 44 + 8, 4), 0x01010800);
    ck_assert_uint_eq(acpi_get(madt, 44 + 8 + 4, 4), 1);
    ck_assert_uint_eq(madt[60], 1);
    ck_assert_uint_eq(acpi_get(madt, 64, 4), 0xfec00000);
    ck_assert_uint_eq(acpi_get(madt, 68, 4), 0);
    teardown();
    make(7, 64);
    ck_assert_uint_eq(acpi_get(acpi_xsdt_entry(&acpi, 1, "APIC"), 4, 4), 44 + 64 * 8 + 12);
}
END_TEST

START_TEST(no_room)
{
    void *none = NULL;
    size_t none_size;

    input.room = acpi.size - 1;
    ck_assert_int_eq(acpi_x86_create(&input, &none, &none_size), -ENOSPC);
    input.room = acpi.size;
    ck_assert_int_eq(acpi_x86_create(&input, &none, &none_size), 0);
    free(none);
}
END_TEST

/* With few devices and CPUs, or with all that a machine can have. */
START_TEST(iasl_takes_them)
{
    bool few = _i == 0;

    if (!few) {
        teardown();
        make(7, 64);
    }
    acpi_iasl(&acpi, (const char *const[]){"FACP", "APIC", NULL}, few ? "x86_64" : NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/acpi");
    TCase *tc = tcase_create("acpi");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, pointers_lengths_and_sums);
    tcase_add_test(tc, the_machine_is_hardware_reduced);
    tcase_add_test(tc, each_cpu_has_its_apic);
    tcase_add_test(tc, no_room);
    tcase_add_loop_test(tc, iasl_takes_them, 0, 2);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
