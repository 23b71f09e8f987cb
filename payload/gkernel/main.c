/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - gkernel: a bare-metal guest that reads one word of the flash. The first access faults in the VMM, which
 * maps the flash; `lvmm run --verbose` shows it.
 */
#include "gkernel.h"
#include "lib/fdt.h"

static const char banner[] = "  _\n"
                             " | |_   ___ __ ___  _ __ ___\n"
                             " | \\ \\ / / '_ ` _ \\| '_ ` _ \\\n"
                             " | |\\ V /| | | | | | | | | | |\n"
                             " |_| \\_/ |_| |_| |_|_| |_| |_|\n"
                             "\n";

static void print(const char *text)
{
    for (; *text != 0; text++)
        machine_put_char(*text);
}

/* As printf's %#0*llx, and in upper case for addresses as data sheets write them. */
static void print_hex(uint64_t value, unsigned width, const char *digits)
{
    char text[19];
    char *at = text + sizeof text;

    *--at = '\0';
    for (unsigned n = 0; n < width || value != 0; n++, value >>= 4)
        *--at = digits[value & 15];
    *--at = 'x';
    *--at = '0';
    print(at);
}

static void print_address(uint64_t address)
{
    print_hex(address, 8, "0123456789ABCDEF");
}

static void print_decimal(unsigned value)
{
    if (value >= 10)
        print_decimal(value / 10);
    machine_put_char((char)('0' + value % 10));
}

/* Devicetree Specification 0.4, section 2.3.2. */
static const char *platform_of(const struct fdt *fdt)
{
    struct fdt_node root;
    uint32_t size;
    const char *model;

    if (!fdt_root(fdt, &root))
        return "unknown";
    model = fdt_property(fdt, &root, "model", &size);
    return model != NULL && size != 0 && model[size - 1] == 0 ? model : "unknown";
}

/* CPUs are the children of /cpus that are called cpu@N (section 3.8). */
static unsigned count_cpus(const struct fdt *fdt)
{
    struct fdt_node node;
    unsigned count = 0;

    if (!fdt_find(fdt, "/cpus", &node))
        return 0;
    for (unsigned level = node.depth + 1; fdt_next(fdt, &node) && node.depth >= level;) {
        const char *name = node.name;
        if (node.depth == level && name[0] == 'c' && name[1] == 'p' && name[2] == 'u' && name[3] == '@')
            count++;
    }
    return count;
}

static void describe_machine(uint64_t boot_arg)
{
    const void *blob = machine_device_tree(boot_arg);
    struct fdt fdt;

    print("arch = ");
    print(machine_isa);
    if (blob == NULL || fdt_init(&fdt, blob, fdt_total_size(blob)) != 0) {
        print("\nThere is no device tree.\n");
        machine_power_off(1);
    }
    print("\nplatform = ");
    print(platform_of(&fdt));
    print("\nsmp = ");
    print_decimal(count_cpus(&fdt));
    print("\n\n");
}

/* The magic is four characters, in the flash in reading order. */
static void print_magic(uint32_t magic)
{
    for (unsigned i = 0; i < 4; i++) {
        char c = (char)(magic >> 8 * i);
        machine_put_char(c >= ' ' && c <= '~' ? c : '?');
    }
}

_Noreturn void gkernel_main(uint64_t boot_arg)
{
    const uint32_t pfld = 'p' | 'f' << 8 | 'l' << 16 | 'd' << 24;
    uint32_t got;

    print(banner);
    describe_machine(boot_arg);
    print("Reading PFlash at physical address ");
    print_address(machine_pflash_base);
    print("...\n");
    got = *(const volatile uint32_t *)machine_pflash_base;
    print("Try to access pflash dev region [");
    print_address(machine_pflash_base);
    print("], got ");
    print_hex(got, 1, "0123456789abcdef");
    print(got == pfld ? "\nGot pflash magic: " : "\nThis is no pflash magic (that would be pfld): ");
    print_magic(got);
    print("\n");
    if (got != pfld)
        machine_power_off(1);
    print("Shutdown vm normally!\n");
    machine_power_off(0);
}
