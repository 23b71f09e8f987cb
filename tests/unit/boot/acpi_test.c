/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c devices/*.c devices/*/*.c vmm/escape.c vmm/file_io.c vmm/file_process.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c
/* acpi_test.c - the ACPI tables by their own rules, and by iasl: it reads them, and compiles what it has read. */
#include "boot/acpi.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/boot/bzimage_builder.h"
#include "tests/unit/boot/golden.h"

#define BASE 0xe0000u

static struct bzimage_builder kernel;
static struct plan *plan;
static struct acpi_input input;
static uint8_t *tables;
static size_t size;

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
    input = (struct acpi_input){
        .plan = plan, .cpus = cpus, .lapic_base = 0xfee00000, .ioapic_base = 0xfec00000, .base = BASE, .room = 0x1fff0};
    ck_assert_int_eq(acpi_create(&input, (void **)&tables, &size), 0);
}

static void setup(void)
{
    make(2, 2);
}

static void teardown(void)
{
    plan_destroy(plan);
    free(tables);
}

static uint64_t get(const uint8_t *bytes, size_t offset, unsigned count)
{
    uint64_t value = 0;

    memcpy(&value, bytes + offset, count);
    return value;
}

static unsigned sum(const uint8_t *bytes, size_t count)
{
    uint8_t total = 0;

    while (count > 0)
        total = (uint8_t)(total + bytes[--count]);
    return total;
}

/* A table at an address of the guest's, with its header checked. */
static const uint8_t *table_at(uint64_t address, const char *signature)
{
    ck_assert_uint_ge(address, BASE);
    ck_assert_uint_lt(address, BASE + size);
    const uint8_t *table = tables + (address - BASE);
    ck_assert_mem_eq(table, signature, 4);
    uint64_t length = get(table, 4, 4);
    ck_assert_uint_ge(length, 36);
    ck_assert_uint_le(address - BASE + length, size);
    ck_assert_uint_eq(sum(table, length), 0);
    return table;
}

static const uint8_t *xsdt_entry(unsigned index, const char *signature)
{
    const uint8_t *xsdt = table_at(get(tables, 24, 8), "XSDT");

    ck_assert_uint_eq(get(xsdt, 4, 4), 36 + 2 * 8);
    return table_at(get(xsdt, 36 + 8 * (size_t)index, 8), signature);
}

START_TEST(pointers_lengths_and_sums)
{
    ck_assert_mem_eq(tables, "RSD PTR ", 8);
    ck_assert_uint_eq(tables[15], 2);
    ck_assert_uint_eq(sum(tables, 20), 0);
    ck_assert_uint_eq(sum(tables, 36), 0);
    ck_assert_uint_eq(get(tables, 20, 4), 36);
    const uint8_t *fadt = xsdt_entry(0, "FACP");
    ck_assert_uint_eq(get(fadt, 4, 4), 276);
    ck_assert_uint_eq(fadt[8], 6);
    ck_assert_uint_eq(get(fadt, 40, 4), get(fadt, 140, 8));
    table_at(get(fadt, 140, 8), "DSDT");
}
END_TEST

START_TEST(the_machine_is_hardware_reduced)
{
    const uint8_t *fadt = xsdt_entry(0, "FACP");

    ck_assert_uint_eq(get(fadt, 109, 2), 0x24);                               /* no VGA, no RTC, no 8042 */
    ck_assert_uint_eq(get(fadt, 112, 4), 1 << 20 | 1 << 12 | 1 << 10 | 0x31); /* reduced, headless, reset, buttons */
    ck_assert_uint_eq(get(fadt, 116 + 4, 8), 0xfea00202);
    ck_assert_uint_eq(fadt[128], 0x42);
    ck_assert_uint_eq(get(fadt, 244 + 4, 8), 0xfea00200);
    ck_assert_uint_eq(get(fadt, 256 + 4, 8), 0xfea00201);
}
END_TEST

START_TEST(each_cpu_has_its_apic)
{
    const uint8_t *madt = xsdt_entry(1, "APIC");

    ck_assert_uint_eq(get(madt, 4, 4), 44 + 2 * 8 + 12);
    ck_assert_uint_eq(get(madt, 36, 4), 0xfee00000);
    ck_assert_uint_eq(get(madt, 40, 4), 0); /* no 8259 */
    ck_assert_uint_eq(get(madt, 44 + 8, 4), 0x01010800);
    ck_assert_uint_eq(get(madt, 44 + 8 + 4, 4), 1);
    ck_assert_uint_eq(madt[60], 1);
    ck_assert_uint_eq(get(madt, 64, 4), 0xfec00000);
    ck_assert_uint_eq(get(madt, 68, 4), 0);
    teardown();
    make(7, 64);
    ck_assert_uint_eq(get(xsdt_entry(1, "APIC"), 4, 4), 44 + 64 * 8 + 12);
}
END_TEST

START_TEST(no_room)
{
    void *none = NULL;
    size_t none_size;

    input.room = size - 1;
    ck_assert_int_eq(acpi_create(&input, &none, &none_size), -ENOSPC);
    input.room = size;
    ck_assert_int_eq(acpi_create(&input, &none, &none_size), 0);
    free(none);
}
END_TEST

/* ---- iasl ---- */

static void run(const char *folder, const char *command)
{
    char line[512];

    snprintf(line, sizeof(line), "cd %s && { %s; } >log 2>&1 || { cat log >&2; false; }", folder, command);
    ck_assert_msg(system(line) == 0, "%s", command);
}

static void write_table(const char *folder, const char *name, const uint8_t *table)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s.dat", folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(table, 1, get(table, 4, 4), file), get(table, 4, 4));
    fclose(file);
}

/* The text that iasl made of a table, without the comments at its top, which have names and the time. */
static void golden(const char *folder, const char *name)
{
    static char text[65536];
    char path[128];

    snprintf(path, sizeof(path), "%s/%s.dsl", folder, name);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    const char *end = strstr(text, "*/\n");
    ck_assert_ptr_nonnull(end);
    snprintf(path, sizeof(path), "tests/golden/x86_64-%s.asl.golden", name);
    golden_compare(path, end + 3);
}

/* With few devices and CPUs, or with all that a machine can have. What is compiled again differs in its header, which
 * names the compiler. */
START_TEST(iasl_takes_them)
{
    char folder[] = "/tmp/lvmm-acpi-XXXXXX", remove[64];
    bool few = _i == 0;

    if (!few) {
        teardown();
        make(7, 64);
    }
    const uint8_t *fadt = xsdt_entry(0, "FACP");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_table(folder, "dsdt", table_at(get(fadt, 140, 8), "DSDT"));
    write_table(folder, "facp", fadt);
    write_table(folder, "apic", xsdt_entry(1, "APIC"));
    run(folder, "iasl -d dsdt.dat facp.dat apic.dat");
    run(folder, "! grep -iE 'error|warning|invalid' log");
    run(folder, "iasl -p again dsdt.dsl");
    run(folder, "iasl -p again dsdt.dsl | grep -F '0 Errors, 0 Warnings'");
    run(folder, "iasl -p again facp.dsl");
    run(folder, "cmp -i 36 facp.dat again.aml");
    run(folder, "iasl -p again apic.dsl");
    run(folder, "cmp -i 36 apic.dat again.aml");
    if (few)
        golden(folder, "dsdt");
    snprintf(remove, sizeof(remove), "rm -r %s", folder);
    ck_assert_int_eq(system(remove), 0);
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
