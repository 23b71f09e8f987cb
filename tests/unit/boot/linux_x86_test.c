/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/*.c devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/file_io.c vmm/file_process.c vmm/disk/*.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c vmm/sandbox/*.c vmm/syscall_names.c
/* linux_x86_test.c - what Linux finds in memory on x86: zero page, memory map, page tables, start info; and what it
 * can't have. */
#include "boot/linux_x86.h"

#include <check.h>
#include <errno.h>

#include "boot/planner.h"
#include "tests/unit/boot/bzimage_builder.h"
#include "tests/unit/boot/elf_builder.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define LINUX_NOTE_BUILD_SALT 0x100

static struct bzimage_builder kernel;
static struct elf_builder elf;
static char initrd[3 * 4096 + 17];
static struct plan_input input;
static struct plan *plan;
static char why[512];

static void setup(void)
{
    bzimage_builder_init(&kernel);
    input = (struct plan_input){.machine = &machine_x86_64,
                                .kernel = &kernel,
                                .kernel_size = sizeof(kernel),
                                .memory_bytes = 256 * MIB,
                                .cpus = 2,
                                .disks = 2};
    plan = NULL;
    why[0] = '\0';
}

static void teardown(void)
{
    plan_destroy(plan);
}

static void make(void)
{
    plan_destroy(plan);
    plan = NULL;
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

static uint64_t get(const void *bytes, size_t offset, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, (const uint8_t *)bytes + offset, size);
    return value;
}

/* An ELF file that says that it is Linux; its notes are PVH's, ours or neither's, and that. */
static void make_elf(bool is_pvh)
{
    elf_builder_init(&elf, false);
    uint32_t size = is_pvh ? (uint32_t)elf.ph[1].p_filesz : 0;
    size += elf_builder_note(elf.rest + size, "Linux", LINUX_NOTE_BUILD_SALT, 1);
    elf.ph[1].p_filesz = size;
    input.kernel = &elf;
    input.kernel_size = sizeof(elf);
}

START_TEST(a_bzimage_is_entered_in_long_mode)
{
    input.append = "quiet";
    input.initrd = initrd;
    input.initrd_size = sizeof(initrd);
    make();
    ck_assert(plan->linux_guest && plan->bare);
    ck_assert_uint_eq(image("kernel")->gpa, BZIMAGE_PADDR);
    ck_assert_uint_eq(image("kernel")->file_size, BZIMAGE_KERNEL);
    ck_assert_uint_eq(image("kernel")->mem_size, BZIMAGE_INIT_SIZE);
    ck_assert_int_eq(plan->entry.mode, PLAN_ENTRY_LINUX64);
    ck_assert_uint_eq(plan->entry.pc, BZIMAGE_PADDR + 0x200);
    ck_assert_uint_eq(plan->entry.arg, image("zero page")->gpa);
    ck_assert_uint_eq(plan->entry.page_tables, image("page tables")->gpa);
    ck_assert_uint_eq(plan->entry.gdt, image("GDT")->gpa);
    ck_assert_str_eq(image("command line")->data, "quiet console=ttyS0");
}
END_TEST

START_TEST(the_zero_page)
{
    input.initrd = initrd;
    input.initrd_size = sizeof(initrd);
    make();
    const uint8_t *page = image("zero page")->data;
    ck_assert_uint_eq(image("zero page")->file_size, 4096);
    ck_assert_mem_eq(page + 0x202, "HdrS", 4);
    ck_assert_uint_eq(get(page, 0x206, 2), 0x20f);
    ck_assert_uint_eq(get(page, 0x210, 1), 0xff); /* a loader without a number of its own */
    ck_assert_uint_eq(get(page, 0x228, 4), image("command line")->gpa);
    ck_assert_uint_eq(get(page, 0x218, 4), plan->initrd_gpa);
    ck_assert_uint_eq(get(page, 0x21c, 4), sizeof(initrd));
    ck_assert_uint_eq(get(page, 0x0c0, 8), 0);
    ck_assert_uint_eq(get(page, 0x070, 8), image("ACPI tables")->gpa);
    ck_assert_uint_eq(get(page, 0x1ef, 1), 0); /* sentinel */
    ck_assert_uint_eq(get(page, 0x258, 8), BZIMAGE_PADDR);
    ck_assert_uint_eq(get(page, 0x26b, 1), 0); /* nothing of the file behind its header */
    ck_assert_uint_eq(plan->initrd_gpa % 4096, 0);
    ck_assert_uint_le(plan->initrd_gpa + plan->initrd_size, 256 * MIB);
}
END_TEST

struct memory_case {
    uint64_t size;
    unsigned count;
    uint64_t low_end, high_size;
};

static const struct memory_case memory_cases[] = {
    {256 * MIB, 4, 256 * MIB, 0},
    {3 * GIB, 4, 3 * GIB, 0},
    {3 * GIB + 4096, 5, 3 * GIB, 4096},
    {6 * GIB, 5, 3 * GIB, 3 * GIB},
};

START_TEST(the_memory_map)
{
    const struct memory_case *c = &memory_cases[_i];

    input.memory_bytes = c->size;
    make();
    const uint8_t *page = image("zero page")->data, *range = page + 0x2d0;
    ck_assert_uint_eq(page[0x1e8], c->count);
    ck_assert_uint_eq(get(range, 0, 8), 0);
    ck_assert_uint_eq(get(range, 8, 8), 0xa0000);
    ck_assert_uint_eq(get(range, 16, 4), 1);
    ck_assert_uint_eq(get(range, 20, 8), 0xe0000); /* ACPI tables, reset code */
    ck_assert_uint_eq(get(range, 28, 8), 0x20000);
    ck_assert_uint_eq(get(range, 36, 4), 2);
    ck_assert_uint_eq(get(range, 40, 8), MIB);
    ck_assert_uint_eq(get(range, 48, 8), c->low_end - MIB);
    ck_assert_uint_eq(get(range, 56, 4), 1);
    ck_assert_uint_eq(get(range, 60, 8), 0xfeffc000); /* KVM's pages */
    ck_assert_uint_eq(get(range, 76, 4), 2);
    if (c->high_size != 0) {
        ck_assert_uint_eq(get(range, 80, 8), 4 * GIB);
        ck_assert_uint_eq(get(range, 88, 8), c->high_size);
        ck_assert_uint_eq(get(range, 96, 4), 1);
    }
    const struct plan_image *tables = image("ACPI tables"), *reset = image("reset code");
    ck_assert_uint_ge(tables->gpa, 0xe0000);
    ck_assert_uint_le(tables->gpa + tables->mem_size, reset->gpa);
    ck_assert_uint_eq(reset->gpa, 0xffff0);
}
END_TEST

/* As the CPU would: SDM volume 3, 4.5.4. */
static uint64_t translate(uint64_t address)
{
    const struct plan_image *tables = image("page tables");
    uint64_t table = plan->entry.page_tables;

    for (unsigned shift = 39; shift >= 21; shift -= 9) {
        uint64_t offset = table - tables->gpa + (address >> shift & 511) * 8;

        ck_assert_uint_le(offset + 8, tables->file_size);
        uint64_t entry = get(tables->data, offset, 8);
        ck_assert_uint_eq(entry & 3, 3);
        if (shift == 21) {
            ck_assert_uint_eq(entry & 0xfff, 0x83);
            return (entry & ~0xfffull) | (address & (2 * MIB - 1));
        }
        ck_assert_uint_eq(entry & 0xfff, 3);
        table = entry & ~0xfffull;
    }
    return 0;
}

START_TEST(page_tables_and_gdt)
{
    const uint64_t addresses[] = {0, 0x7000, BZIMAGE_PADDR + 0x200, GIB - 1, GIB, 3 * GIB + 12345, 4 * GIB - 1};

    make();
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        ck_assert_uint_eq(translate(addresses[i]), addresses[i]);
    const struct plan_image *gdt = image("GDT");
    ck_assert_uint_eq(plan->entry.gdt_bytes, gdt->file_size);
    ck_assert_uint_eq(get(gdt->data, 0x10, 8), 0x00af9b000000ffff); /* __BOOT_CS: 64-bit code, readable */
    ck_assert_uint_eq(get(gdt->data, 0x18, 8), 0x00cf93000000ffff); /* __BOOT_DS: writable data */
}
END_TEST

START_TEST(a_pvh_kernel_gets_its_initrd_as_module)
{
    make_elf(true);
    input.initrd = initrd;
    input.initrd_size = sizeof(initrd);
    input.memory_bytes = 6 * GIB;
    input.append = "quiet";
    make();
    ck_assert(plan->linux_guest);
    ck_assert_int_eq(plan->entry.mode, PLAN_ENTRY_LINUX);
    ck_assert_uint_eq(plan->entry.pc, KERNEL_PADDR + 0x100);
    const struct plan_image *info = image("PVH start info");
    ck_assert_uint_eq(plan->entry.arg, info->gpa);
    ck_assert_uint_eq(get(info->data, 12, 4), 1);
    uint64_t module = get(info->data, 16, 8) - info->gpa;
    ck_assert_uint_eq(get(info->data, module, 8), plan->initrd_gpa);
    ck_assert_uint_eq(get(info->data, module + 8, 8), sizeof(initrd));
    ck_assert_uint_le(plan->initrd_gpa + plan->initrd_size, 3 * GIB); /* Linux takes 32 bits of it */
    ck_assert_str_eq((const char *)info->data + (get(info->data, 24, 8) - info->gpa), "quiet console=ttyS0");
    ck_assert_uint_eq(get(info->data, 32, 8), image("ACPI tables")->gpa);
    ck_assert_uint_eq(get(info->data, 48, 4), 5); /* the same ranges as in the zero page */
    uint64_t ranges = get(info->data, 40, 8) - info->gpa;
    ck_assert_uint_eq(get(info->data, ranges + 24, 8), 0xe0000);
    ck_assert_uint_eq(get(info->data, ranges + 24 + 16, 4), 2);
    ck_assert_uint_eq(get(info->data, ranges + 4 * 24, 8), 4 * GIB);
    input.initrd = NULL;
    make();
    ck_assert_uint_eq(get(image("PVH start info")->data, 12, 4), 0);
}
END_TEST

START_TEST(an_elf_kernel_without_pvh)
{
    make_elf(false);
    make();
    ck_assert_int_eq(plan->entry.mode, PLAN_ENTRY_LINUX64);
    ck_assert_uint_eq(plan->entry.pc, KERNEL_PADDR);
    const uint8_t *page = image("zero page")->data;
    ck_assert_mem_eq(page + 0x202, "HdrS", 4);
    ck_assert_uint_eq(get(page, 0x1fe, 2), 0xaa55);
    ck_assert_uint_eq(get(page, 0x210, 1), 0xff);
}
END_TEST

START_TEST(its_devices)
{
    bool power = false, reset = false, console = false, debug_exit = false;

    make();
    for (unsigned i = 0; i < plan->device_count; i++) {
        power = power || plan->device[i].type == &device_acpi_power;
        reset = reset || plan->device[i].type == &device_keyboard_reset;
        console = console || plan->device[i].type == &device_virtio_console;
        debug_exit = debug_exit || plan->device[i].type == &device_debug_exit;
    }
    ck_assert(power && reset && console && !debug_exit);
}
END_TEST

START_TEST(which_console_is_read)
{
    const struct {
        const char *append;
        bool hvc;
    } cases[] = {
        {NULL, false},
        {"console=ttyS0", false},
        {"console=hvc0", true},
        {"console=hvc0 console=ttyS0,115200", false},
        {"console=ttyS0 console=hvc0", true},
        {"console=ttyS0 netconsole=hvc0", false},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        input.append = cases[i].append;
        make();
        ck_assert_int_eq(plan->hvc_console, cases[i].hvc);
    }
}
END_TEST

START_TEST(what_a_triple_fault_means)
{
    ck_assert(linux_x86_restarts_by_fault("reboot=t"));
    ck_assert(linux_x86_restarts_by_fault("quiet reboot=triple panic=1"));
    ck_assert(linux_x86_restarts_by_fault("reboot=warm,t"));
    ck_assert(!linux_x86_restarts_by_fault("reboot=k t"));
    ck_assert(!linux_x86_restarts_by_fault("noreboot=t"));
    ck_assert(!linux_x86_restarts_by_fault("reboot=, t"));
    ck_assert(!linux_x86_restarts_by_fault("reboot="));
    ck_assert(!linux_x86_restarts_by_fault(""));
    input.append = "reboot=t";
    make();
    ck_assert(plan->fault_is_reset);
}
END_TEST

START_TEST(too_little_memory)
{
    input.memory_bytes = 32 * MIB;
    refuses(-ENOEXEC, "doesn't fit with --memory of 33554432 bytes");
}
END_TEST

START_TEST(too_long_a_command_line)
{
    static char append[BZIMAGE_CMDLINE_MAX + 2];

    memset(append, 'x', sizeof(append) - 1);
    memcpy(append, "console=", 8);
    input.append = append;
    refuses(-ENAMETOOLONG, "2048 bytes of command line, and the kernel takes 2047");
    append[BZIMAGE_CMDLINE_MAX] = '\0';
    make();
    bzimage_builder_set(&kernel, 0x238, 0x7fffffff, 4); /* more than there is room for */
    static char huge[0x10000 + 1];
    memset(huge, 'x', sizeof(huge) - 1);
    memcpy(huge, "console=", 8);
    input.append = huge;
    plan_destroy(plan);
    plan = NULL;
    refuses(-ENAMETOOLONG, "the kernel takes 65535");
}
END_TEST

START_TEST(an_initrd_that_does_not_fit)
{
    input.initrd = initrd;
    input.initrd_size = sizeof(initrd);
    bzimage_builder_set(&kernel, 0x22c, 0x4ffffff, 4); /* the highest address of its last byte */
    make();
    ck_assert_uint_le(plan->initrd_gpa + plan->initrd_size, 0x5000000);
    ck_assert_uint_gt(plan->initrd_gpa, 0x4f00000);
    plan_destroy(plan);
    plan = NULL;
    bzimage_builder_set(&kernel, 0x22c, 0x2fff, 4);
    refuses(-ENOBUFS, "don't fit beside the kernel");
}
END_TEST

/* Below 1 MiB there is memory where a PC has none, and Linux isn't told of it. */
START_TEST(an_initrd_for_the_first_mib)
{
    input.initrd = initrd;
    input.initrd_size = 64 * 1024;
    bzimage_builder_set(&kernel, 0x22c, 0xbffff, 4);
    refuses(-ENOBUFS, "don't fit beside the kernel");
    setup();
    input.memory_bytes = 32 * MIB;
    input.initrd = initrd;
    input.initrd_size = 15 * MIB + 300 * 1024; /* the kernel has 16 to 32 MiB */
    bzimage_builder_set(&kernel, 0x260, 16 * MIB, 4);
    refuses(-ENOBUFS, "don't fit beside the kernel");
    input.initrd_size = 15 * MIB;
    make();
    ck_assert_uint_eq(plan->initrd_gpa, MIB);
}
END_TEST

START_TEST(a_kernel_in_the_way)
{
    bzimage_builder_set(&kernel, 0x258, 0x10000, 8);
    refuses(-ENOEXEC, "pref_address 0x10000 is below 1 MiB");
    make_elf(false);
    elf.ph[0].p_paddr = 0x6000;
    refuses(-ENOEXEC, "leaves no room for the GDT");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/linux_x86");
    TCase *tc = tcase_create("linux_x86");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_bzimage_is_entered_in_long_mode);
    tcase_add_test(tc, the_zero_page);
    tcase_add_loop_test(tc, the_memory_map, 0, sizeof(memory_cases) / sizeof(memory_cases[0]));
    tcase_add_test(tc, page_tables_and_gdt);
    tcase_add_test(tc, a_pvh_kernel_gets_its_initrd_as_module);
    tcase_add_test(tc, an_elf_kernel_without_pvh);
    tcase_add_test(tc, its_devices);
    tcase_add_test(tc, which_console_is_read);
    tcase_add_test(tc, what_a_triple_fault_means);
    tcase_add_test(tc, too_little_memory);
    tcase_add_test(tc, too_long_a_command_line);
    tcase_add_test(tc, an_initrd_that_does_not_fit);
    tcase_add_test(tc, an_initrd_for_the_first_mib);
    tcase_add_test(tc, a_kernel_in_the_way);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
