/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/tcg/args.c vmm/ports.c boot/*.c
// sources: devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/file_io.c vmm/file_process.c vmm/disk/*.c
// sources: vmm/kvm/bus.c vmm/log.c vmm/loop.c vmm/process.c vmm/kvm/mem.c vmm/sandbox/*.c vmm/syscall_names.c
/* args_test.c - the QEMU command line of a fixed plan (tests/golden), and what QEMU can't do. */
#include "boot/abi_net.h"
#include "vmm/tcg/args.h"

#include <errno.h>

#include "tests/unit/boot/bzimage_builder.h"
#include "tests/unit/boot/flat_builder.h"
#include "tests/unit/boot/golden.h"

static struct elf_builder kernel;
static struct config config;
static struct backend_job job;
static struct plan *plan;
static char why[512];
static const struct tcg_fds fds = {.kernel = 10,
                                   .initrd = 18,
                                   .fdt = 11,
                                   .flash = 17,
                                   .firmware = 17,
                                   .boot_data = 19,
                                   .serial = 12,
                                   .gdb = -1,
                                   .share = 23,
                                   .net = 24,
                                   .port = {-1, 14, -1, 15, -1, 13}};

static void make(const struct machine *machine, bool is_guest_kernel, bool pflash, bool disks)
{
    elf_builder_init(&kernel, is_guest_kernel);
    struct plan_input input = golden_input(machine, &kernel);
    input.qemu = true;
    input.disks = disks ? 2 : 0;
    input.pflash = pflash;
    input.pflash_size = 4096;
    config = (struct config){.memory_bytes = input.memory_bytes, .cpus = input.cpus, .append = "a b,c"};
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), 0);
    job = (struct backend_job){
        .config = &config,
        .plan = plan,
        .disk = {{.fd = 20, .size_bytes = 512}, {.fd = 21, .size_bytes = 512, .read_only = true}},
        .disk_count = input.disks,
    };
}

static void make_flat(const struct machine *machine)
{
    static struct flat_builder flat;
    struct plan_input input = golden_input(machine, &kernel);

    flat_builder_init(&flat, machine->elf_machine);
    input.kernel = &flat;
    input.kernel_size = sizeof(flat);
    input.initrd = "initrd";
    input.initrd_size = 6;
    config = (struct config){.memory_bytes = input.memory_bytes, .cpus = input.cpus};
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), 0);
    job = (struct backend_job){.config = &config, .plan = plan, .disk_count = 2};
}

static void compare_with(const struct tcg_fds *fds_used, const char *kind)
{
    static char text[8192];
    char path[128];
    struct tcg_args args;

    ck_assert_int_eq(tcg_args_create(&job, fds_used, &args, why, sizeof(why)), 0);
    ck_assert_ptr_null(args.argv[args.count]);
    text[0] = '\0';
    for (unsigned i = 0; i < args.count; i++) {
        strcat(text, args.argv[i]);
        strcat(text, "\n");
    }
    snprintf(path, sizeof(path), "tests/golden/%s%s.qemu", plan->machine->isa, kind);
    golden_compare(path, text);
    tcg_args_destroy(&args);
    plan_destroy(plan);
}

static void compare(const char *kind)
{
    compare_with(&fds, kind);
}

START_TEST(golden_guest_kernel)
{
    make(machines[_i], true, false, true);
    compare("");
}
END_TEST

/* The guest's memory is a file then, which the server gets from QEMU. */
START_TEST(golden_shares)
{
    elf_builder_init(&kernel, true);
    struct plan_input input = golden_input(machines[_i], &kernel);
    input.qemu = true;
    input.disks = 1;
    input.shares = "0\0/mnt\0rw";
    input.shares_size = 10;
    config = (struct config){.memory_bytes = input.memory_bytes, .cpus = input.cpus, .append = input.append};
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), 0);
    job = (struct backend_job){
        .config = &config, .plan = plan, .disk = {{.fd = 20, .size_bytes = 512}}, .disk_count = input.disks};
    compare("-shares");
}
END_TEST

/* The same of the network, and of one CPU: there can be a second one, so that TCG keeps the barriers between them. */
START_TEST(golden_net)
{
    static const struct lvmm_net_config net = {.sockets = 64};

    elf_builder_init(&kernel, true);
    struct plan_input input = golden_input(machines[_i], &kernel);
    input.qemu = true;
    input.disks = 1;
    input.net = &net;
    input.cpus = 1;
    config = (struct config){.memory_bytes = input.memory_bytes, .cpus = input.cpus, .append = input.append};
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), 0);
    job = (struct backend_job){
        .config = &config, .plan = plan, .disk = {{.fd = 20, .size_bytes = 512}}, .disk_count = input.disks};
    compare("-net");
}
END_TEST

START_TEST(golden_bare_kernel)
{
    make(machines[_i], false, machines[_i]->qemu_flash == NULL, true);
    compare("-bare");
}
END_TEST

/* Machines with a flat Image. */
START_TEST(golden_flat)
{
    static const struct machine *const flat_machines[] = {&machine_aarch64, &machine_riscv64, &machine_loongarch64};

    make_flat(flat_machines[_i]);
    compare("-linux");
}
END_TEST

/* A stock Linux has QEMU's own ACPI tables, an initrd and a console; disks in an order that gives them their names. */
START_TEST(golden_linux)
{
    static struct bzimage_builder linux_kernel;
    struct tcg_fds linux_fds = fds;

    bzimage_builder_init(&linux_kernel);
    elf_builder_init(&kernel, true);
    struct plan_input input = golden_input(&machine_x86_64, &kernel);
    input.kernel = &linux_kernel;
    input.kernel_size = sizeof(linux_kernel);
    input.initrd = "cpio";
    input.initrd_size = 4;
    input.append = "a b,c console=hvc0";
    config = (struct config){.memory_bytes = input.memory_bytes, .cpus = input.cpus, .append = input.append};
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), 0);
    job = (struct backend_job){
        .config = &config, .plan = plan, .disk = {{.fd = 20, .size_bytes = 512}, {.fd = 21, .size_bytes = 512}}};
    linux_fds.initrd = 22;
    linux_fds.counter_khz = 2300000;
    compare_with(&linux_fds, "-linux");
}
END_TEST

START_TEST(golden_flash_variant)
{
    make(&machine_x86_64, false, true, false);
    compare("-flash");
}
END_TEST

/* All that a machine can have: its CPUs, each disk, each port, a flash. */
START_TEST(the_largest_machine)
{
    const struct machine *machine = machines[_i];
    const struct tcg_fds all = {.kernel = 10,
                                .fdt = 11,
                                .flash = 17,
                                .firmware = 17,
                                .boot_data = 19,
                                .serial = 12,
                                .gdb = -1,
                                .port = {-1, 14, 15, 16, 18, 13}};
    struct tcg_args args;

    elf_builder_init(&kernel, true);
    struct plan_input input = golden_input(machine, &kernel);
    input.cpus = machine->cpus_max;
    input.disks = CONFIG_DISKS;
    input.pflash = machine->qemu_flash == NULL;
    input.pflash_size = 4096;
    config = (struct config){.memory_bytes = input.memory_bytes, .cpus = input.cpus, .append = "x"};
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), 0);
    job = (struct backend_job){.config = &config, .plan = plan, .disk_count = CONFIG_DISKS};
    ck_assert_int_eq(tcg_args_create(&job, &all, &args, why, sizeof(why)), 0);
    tcg_args_destroy(&args);
    plan_destroy(plan);
}
END_TEST

/* A plan that was made for KVM. */
START_TEST(no_flash)
{
    struct tcg_args args;

    make(&machine_x86_64, true, false, true);
    struct plan_input input = golden_input(&machine_x86_64, &kernel);
    input.pflash = true;
    input.pflash_size = 4096;
    plan_destroy(plan);
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), 0);
    job.plan = plan;
    ck_assert_int_eq(tcg_args_create(&job, &fds, &args, why, sizeof(why)), -ENOTSUP);
    ck_assert_str_eq(why,
                     "QEMU's x86_64 machine has no pflash; with --accel tcg the plan is one for its other machine");
    plan_destroy(plan);
}
END_TEST

START_TEST(an_older_irqchip)
{
    struct plan_input input;
    struct tcg_args args;
    bool said = false;

    make(&machine_aarch64, true, false, true);
    plan_destroy(plan);
    input = golden_input(&machine_aarch64, &kernel);
    input.irqchip_version = 2;
    ck_assert_int_eq(plan_create(&input, &plan, why, sizeof(why)), 0);
    job.plan = plan;
    ck_assert_int_eq(tcg_args_create(&job, &fds, &args, why, sizeof(why)), 0);
    for (unsigned i = 1; i < args.count; i++)
        said = said || (strcmp(args.argv[i - 1], "-M") == 0 && strcmp(args.argv[i], "gic-version=2") == 0);
    ck_assert(said);
    tcg_args_destroy(&args);
    plan_destroy(plan);
}
END_TEST

static bool has(const struct tcg_args *args, const char *part)
{
    for (unsigned i = 0; i < args->count; i++)
        if (strstr(args->argv[i], part) != NULL)
            return true;
    return false;
}

/* A partition of a file, and a disk that lvmm serves: of that QEMU gets no file. */
START_TEST(parts_and_changes)
{
    struct tcg_fds served = fds;
    struct tcg_args args;

    make(&machine_x86_64, true, false, true);
    job.disk[0].offset = 1048576;
    job.disk[0].size_bytes = 4096;
    job.disk[1].read_only = false;
    job.disk[1].is_cow = true;
    served.disk[1] = 33;
    ck_assert_int_eq(tcg_args_create(&job, &served, &args, why, sizeof(why)), 0);
    ck_assert(has(&args, "file=/dev/fdset/0,if=none,id=disk0,format=raw,offset=1048576,size=4096,file.locking=off,"));
    ck_assert(has(&args, "file.driver=nbd,file.server.type=fd,file.server.str=33,if=none,id=disk1,format=raw,"));
    ck_assert(!has(&args, "fdset/1") && !has(&args, "fd=21,"));
    tcg_args_destroy(&args);
    plan_destroy(plan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/tcg_args");
    TCase *tc = tcase_create("tcg_args");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, golden_guest_kernel, 0, golden_machines());
    tcase_add_loop_test(tc, golden_shares, 0, golden_machines());
    tcase_add_loop_test(tc, golden_net, 0, golden_machines());
    tcase_add_loop_test(tc, the_largest_machine, 0, golden_machines());
    tcase_add_loop_test(tc, golden_bare_kernel, 0, golden_machines());
    tcase_add_loop_test(tc, golden_flat, 0, 3);
    tcase_add_test(tc, golden_linux);
    tcase_add_test(tc, golden_flash_variant);
    tcase_add_test(tc, no_flash);
    tcase_add_test(tc, an_older_irqchip);
    tcase_add_test(tc, parts_and_changes);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
