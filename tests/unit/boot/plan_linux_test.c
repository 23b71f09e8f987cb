/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c
// sources: devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/file_io.c vmm/file_process.c vmm/disk/*.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c vmm/sandbox/*.c vmm/syscall_names.c
/* plan_linux_test.c - plans for stock Linux on machines that take its flat Images: where they go, and what the device
 * tree says beside what our own kernel is told (tests/golden). */
#include "boot/plan.h"

#include <errno.h>
#include <libfdt.h>
#include <unistd.h>

#include "tests/unit/boot/flat_builder.h"
#include "tests/unit/boot/golden.h"

#define MIB (1ull << 20)

static const struct machine *const flat_machines[] = {&machine_aarch64, &machine_riscv64, &machine_loongarch64};

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
    static const uint64_t place[] = {0x40200000, 0x80200000, 0x200000};

    use(flat_machines[_i]);
    input.memory_bytes = 64 * MIB;
    make();
    ck_assert_uint_eq(image(PLAN_FILE_KERNEL)->gpa, place[_i]);
    ck_assert_uint_eq(image(PLAN_FILE_KERNEL)->mem_size, FLAT_BUILDER_MEM);
    ck_assert_uint_eq(plan->entry.pc, place[_i] + (_i == 2 ? 0x40 : 0));
    if (_i != 2)
        ck_assert_uint_eq(plan->entry.arg, plan->fdt_gpa);
    ck_assert_uint_eq(image(PLAN_FILE_INITRD)->gpa, plan->initrd_gpa);
    ck_assert_uint_ge(plan->initrd_gpa, place[_i] + FLAT_BUILDER_MEM);
    ck_assert_uint_eq(plan->initrd_gpa, plan->memory[0].base + 64 * MIB - 65536);
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

static uint64_t word(const uint8_t *bytes, size_t offset, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, bytes + offset, size);
    return value;
}

/* UEFI 2.10, 4.6: a configuration table's address. */
static uint64_t efi_table(const uint8_t *bytes, uint64_t at, const char *guid)
{
    const uint8_t *table = bytes + (word(bytes, 112, 8) - at);

    for (uint64_t i = 0; i < word(bytes, 104, 4); i++)
        if (memcmp(table + 24 * i, guid, 16) == 0)
            return word(table + 24 * i, 16, 8);
    ck_abort_msg("there is no such configuration table");
    return 0;
}

#define GUID_FDT "\xd5\x21\xb6\xb1\x9c\xf1\xa5\x41\x83\x0b\xd9\x15\x2c\x69\xaa\xe0"
#define GUID_MEMMAP "\x3f\x68\x0f\x80\x8b\xd0\x3a\x42\xa2\x93\x96\x5c\x3c\x6f\xe2\xb4"
#define GUID_ACPI "\x71\xe8\x68\x88\xf1\xe4\xd3\x11\xbc\x22\x00\x80\xc7\x3c\x88\x81"
#define GUID_SEED "\xbc\xe5\xe1\x1c\xeb\x7c\xf2\x42\x81\xe5\x8a\xad\xf1\x80\xf5\x7b"
#define GUID_INITRD "\x27\xe4\x68\x55\xfc\x68\x3d\x4f\xac\x74\xca\x55\x52\x31\xcc\x68"

/* UEFI 2.10, 4.3 and 4.6, and what Linux's EFI stub leaves. */
START_TEST(loongarch64_has_efi_tables)
{
    use(&machine_loongarch64);
    input.memory_bytes = 512 * MIB;
    make();
    const struct plan_image *tables = plan_boot_image(plan);
    const uint8_t *bytes = tables->data;
    ck_assert_uint_eq(plan->entry.arg, tables->gpa);
    ck_assert_int_eq(plan->entry.mode, PLAN_ENTRY_LINUX);
    ck_assert_mem_eq(bytes, "IBI SYST", 8);
    ck_assert_uint_eq(word(bytes, 12, 4), 120);
    ck_assert_uint_eq(word(bytes, 88, 8), 0); /* no services: runtime, boot */
    ck_assert_uint_eq(word(bytes, 96, 8), 0);
    ck_assert_uint_eq(efi_table(bytes, tables->gpa, GUID_FDT), plan->fdt_gpa);
    const uint8_t *rsdp = bytes + (efi_table(bytes, tables->gpa, GUID_ACPI) - tables->gpa);
    ck_assert_mem_eq(rsdp, "RSD PTR ", 8);
    ck_assert_mem_eq(bytes + (word(rsdp, 24, 8) - tables->gpa), "XSDT", 4);
    const uint8_t *seed = bytes + (efi_table(bytes, tables->gpa, GUID_SEED) - tables->gpa);
    ck_assert_uint_eq(word(seed, 0, 4), sizeof(input.rng_seed));
    ck_assert_mem_eq(seed + 4, input.rng_seed, sizeof(input.rng_seed));
    const uint8_t *initrd = bytes + (efi_table(bytes, tables->gpa, GUID_INITRD) - tables->gpa);
    ck_assert_uint_eq(word(initrd, 0, 8), plan->initrd_gpa);
    ck_assert_uint_eq(word(initrd, 8, 8), plan->initrd_size);
    ck_assert_str_eq((const char *)bytes + 0x400, "option=1 console=ttyS0");
    plan_destroy(plan);
}
END_TEST

/* All memory is named; what Linux mustn't use is the tables, and the tree, in which the other CPUs wait. */
START_TEST(loongarch64_keeps_its_tables)
{
    uint64_t pages = 0, kept = 0;

    use(&machine_loongarch64);
    input.memory_bytes = 512 * MIB;
    make();
    const struct plan_image *tables = plan_boot_image(plan);
    const uint8_t *map =
        (const uint8_t *)tables->data + efi_table(tables->data, tables->gpa, GUID_MEMMAP) - tables->gpa;
    ck_assert_uint_eq(word(map, 8, 8), 40);
    for (uint64_t i = 0; i < word(map, 0, 8) / 40; i++) {
        const uint8_t *descriptor = map + 40 + 40 * i;
        uint64_t at = word(descriptor, 8, 8), size = word(descriptor, 24, 8) * 4096;

        pages += size / 4096;
        if (word(descriptor, 0, 4) == 7)
            continue;
        kept++;
        if (word(descriptor, 0, 4) == 9) { /* ACPI's, to be kept as long as it is looked at */
            ck_assert_uint_eq(at, tables->gpa);
            ck_assert_uint_eq(size, tables->mem_size);
        } else {
            ck_assert_uint_eq(word(descriptor, 0, 4), 0);
            ck_assert_uint_eq(at, plan->fdt_gpa);
            ck_assert_uint_ge(at + size, plan->stub_gpa + MACHINE_STUB_BYTES);
        }
    }
    ck_assert_uint_eq(kept, 2);
    ck_assert_uint_eq(pages * 4096, 512 * MIB);
    plan_destroy(plan);
}
END_TEST

/* arm64's: with the kernel in 32 GiB that begin at a multiple of 1 GiB. */
START_TEST(an_initrd_within_the_kernels_reach)
{
    use(&machine_aarch64);
    input.memory_bytes = 64 * 1024 * MIB;
    make();
    ck_assert_uint_eq(plan->initrd_gpa, 33 * 1024 * MIB - 65536);
    plan_destroy(plan);
}
END_TEST

/* There is no tree for it to look into where there is ACPI. */
START_TEST(loongarch64_earlycon_is_told_its_port)
{
    static const char *const rows[][2] = {
        {"earlycon", "earlycon=uart8250,mmio,0x1fe001e0 console=ttyS0"},
        {"a earlycon b console=hvc0", "a earlycon=uart8250,mmio,0x1fe001e0 b console=hvc0"},
        {"earlyconx earlycon=uart,io,1", "earlyconx earlycon=uart,io,1 console=ttyS0"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        use(&machine_loongarch64);
        input.append = rows[i][0];
        make();
        ck_assert_str_eq((const char *)plan_boot_image(plan)->data + 0x400, rows[i][1]);
        plan_destroy(plan);
    }
}
END_TEST

/* A page of any size has nothing beside an initrd that Linux frees later. */
START_TEST(an_initrd_has_its_pages_to_itself)
{
    use(flat_machines[_i]);
    make();
    for (unsigned i = 0; i < plan->image_count; i++) {
        const struct plan_image *other = &plan->image[i];
        if (other->file != PLAN_FILE_INITRD && other->gpa < plan->initrd_gpa + 65536)
            ck_assert_uint_le(other->gpa + other->mem_size, plan->initrd_gpa);
    }
    ck_assert_uint_eq(plan->initrd_gpa % 65536, 0);
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

    tcase_add_loop_test(tc, golden_tree, 0, 3);
    tcase_add_loop_test(tc, where_it_goes, 0, 3);
    tcase_add_test(tc, an_offset_of_its_own);
    tcase_add_test(tc, bad_offsets);
    tcase_add_loop_test(tc, too_large_for_its_memory, 0, 3);
    tcase_add_test(tc, an_initrd_within_the_kernels_reach);
    tcase_add_loop_test(tc, an_initrd_has_its_pages_to_itself, 0, 3);
    tcase_add_test(tc, loongarch64_has_efi_tables);
    tcase_add_test(tc, loongarch64_keeps_its_tables);
    tcase_add_test(tc, loongarch64_earlycon_is_told_its_port);
    tcase_add_test(tc, another_isa);
    tcase_add_test(tc, a_long_isa);
    tcase_add_test(tc, a_cpus_interrupts_have_no_parent);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
