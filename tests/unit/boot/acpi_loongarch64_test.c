/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/file_io.c vmm/file_process.c vmm/disk/*.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c vmm/sandbox/*.c vmm/syscall_names.c
/* acpi_loongarch64_test.c - LoongArch's ACPI tables by their own rules, and by iasl, as far as it knows them. */
#include "boot/acpi_loongarch64.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/boot/acpi_reader.h"

#define BASE 0xfed1000u
#define ROOM 16384u
#define MIB (1ull << 20)

static struct plan plan;
static struct acpi_reader acpi;

static void make(uint64_t memory, unsigned cpus)
{
    plan = (struct plan){.machine = &machine_loongarch64};
    plan.memory_count = plan.machine->memory_map(memory, plan.memory);
    acpi.base = BASE;
    ck_assert_int_eq(acpi_loongarch64_create(&plan, cpus, BASE, ROOM, (void **)&acpi.tables, &acpi.size), 0);
}

static void setup(void)
{
    make(512 * MIB, 2);
}

static void teardown(void)
{
    free(acpi.tables);
}

START_TEST(the_machine_ends_by_geds_registers)
{
    const uint8_t *fadt = acpi_xsdt_entry(&acpi, 0, "FACP");

    ck_assert_uint_eq(acpi_get(acpi_table_at(&acpi, acpi_get(acpi.tables, 24, 8), "XSDT"), 4, 4), 36 + 4 * 8);
    ck_assert_uint_eq(acpi_get(fadt, 109, 2), 0); /* of a PC: nothing */
    ck_assert_uint_eq(acpi_get(fadt, 112, 4), 1 << 20 | 1 << 12 | 1 << 10 | 0x31);
    ck_assert_uint_eq(acpi_get(fadt, 116 + 4, 8), 0x100e001e);
    ck_assert_uint_eq(fadt[128], 0x42);
    ck_assert_uint_eq(acpi_get(fadt, 244 + 4, 8), 0x100e001c);
    ck_assert_uint_eq(acpi_get(fadt, 256 + 4, 8), 0x100e001d);
}
END_TEST

/* ACPI 6.5, 5.2.12.20 to 5.2.12.25, with the values of QEMU's machine. */
START_TEST(cpus_and_interrupt_controllers)
{
    static const uint8_t after_header[] = {
        0,  0,  0, 0, 0, 0,    0,    0,                                        /* no local APIC, no 8259 */
        17, 15, 1, 0, 0, 0,    0,    0, 0, 0, 0, 1,  0,    0, 0,               /* CORE_PIC: UID, core, enabled */
        17, 15, 1, 1, 0, 0,    0,    1, 0, 0, 0, 1,  0,    0, 0,               /* */
        20, 13, 1, 3, 0, 0xff, 0xff, 0, 0, 0, 0, 0,  0,                        /* EIO_PIC: input, node, all nodes */
        21, 19, 1, 0, 0, 0xf0, 0x2f, 0, 0, 0, 0, 64, 0,    0, 0, 192, 0, 0, 0, /* MSI_PIC: address, first, count */
        22, 17, 1, 0, 0, 0,    0x10, 0, 0, 0, 0, 0,  0x10, 0, 0, 64,  0, /* BIO_PIC: address, size, ID, interrupt */
    };
    const uint8_t *madt = acpi_xsdt_entry(&acpi, 1, "APIC");

    ck_assert_uint_eq(acpi_get(madt, 4, 4), 36 + sizeof(after_header));
    ck_assert_mem_eq(madt + 36, after_header, sizeof(after_header));
    teardown();
    make(4096 * MIB, 4);
    ck_assert_uint_eq(acpi_get(acpi_xsdt_entry(&acpi, 1, "APIC"), 4, 4), 36 + sizeof(after_header) + 2 * 15);
}
END_TEST

/* Linux with NUMA has no memory that isn't named here. */
START_TEST(all_memory_has_a_node)
{
    const uint8_t *srat = acpi_xsdt_entry(&acpi, 2, "SRAT"), *memory = srat + 48 + 2 * 16;

    ck_assert_uint_eq(acpi_get(srat, 4, 4), 48 + 2 * 16 + 2 * 40);
    ck_assert_uint_eq(acpi_get(srat, 48 + 16, 4), 0x01001000); /* CPU 1, node 0 */
    ck_assert_uint_eq(acpi_get(memory, 8, 8), 0);
    ck_assert_uint_eq(acpi_get(memory, 16, 8), 256 * MIB);
    ck_assert_uint_eq(acpi_get(memory, 28, 4), 1);
    ck_assert_uint_eq(acpi_get(memory + 40, 8, 8), 0x90000000);
    ck_assert_uint_eq(acpi_get(memory + 40, 16, 8), 256 * MIB);
    teardown();
    make(64 * MIB, 1);
    ck_assert_uint_eq(acpi_get(acpi_xsdt_entry(&acpi, 2, "SRAT"), 4, 4), 48 + 16 + 40);
}
END_TEST

START_TEST(configuration_space)
{
    const uint8_t *mcfg = acpi_xsdt_entry(&acpi, 3, "MCFG");

    ck_assert_uint_eq(acpi_get(mcfg, 4, 4), 44 + 16);
    ck_assert_uint_eq(acpi_get(mcfg, 44, 8), 0x20000000);
    ck_assert_uint_eq(acpi_get(mcfg, 52, 8), 0x7f000000); /* segment group 0, buses 0 to 127 */
}
END_TEST

START_TEST(no_room)
{
    void *none = NULL;
    size_t size;

    ck_assert_int_eq(acpi_loongarch64_create(&plan, 2, BASE, acpi.size - 1, &none, &size), -ENOSPC);
    ck_assert_int_eq(acpi_loongarch64_create(&plan, 2, BASE, acpi.size, &none, &size), 0);
    ck_assert_mem_eq(none, acpi.tables, size);
    free(none);
}
END_TEST

/* iasl before 2022 doesn't know the MADT's structures, which are checked above. */
START_TEST(iasl_takes_them)
{
    acpi_iasl(&acpi, (const char *const[]){"FACP", "", "SRAT", "MCFG", NULL}, "loongarch64");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/acpi_loongarch64");
    TCase *tc = tcase_create("acpi_loongarch64");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_machine_ends_by_geds_registers);
    tcase_add_test(tc, cpus_and_interrupt_controllers);
    tcase_add_test(tc, all_memory_has_a_node);
    tcase_add_test(tc, configuration_space);
    tcase_add_test(tc, no_room);
    tcase_add_test(tc, iasl_takes_them);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
