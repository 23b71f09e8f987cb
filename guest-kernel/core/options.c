/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - see options.h. */
#include "core/options.h"

#include "boot/abi.h"
#include "core/log.h"
#include "core/system.h"
#include "lib/fdt.h"
#include "lib/string.h"

static void strings_read(const struct fdt *fdt, const struct fdt_node *chosen, const char *name, struct strings *out)
{
    uint32_t size;
    const char *bytes = fdt_property(fdt, chosen, name, &size);

    if (bytes == NULL || size == 0 || bytes[size - 1] != 0)
        return;
    out->bytes = bytes;
    out->size = size;
    for (const char *at = bytes; at < bytes + size; at += strlen(at) + 1)
        out->count++;
}

/* The number in the word "NAME=number" of `size` bytes, the last of which is 0; 0: there is no such word. */
static uint64_t word_number(const char *args, uint32_t size, const char *name)
{
    size_t length = strlen(name);
    uint64_t number = 0;

    for (const char *at = args; at + length < args + size; at++) {
        if (strncmp(at, name, length) != 0 || (at != args && at[-1] != ' '))
            continue;
        for (at += length; *at >= '0' && *at <= '9'; at++)
            number = number * 10 + (uint64_t)(*at - '0');
        return number;
    }
    return 0;
}

/* --verbose comes as the first word of the command line. */
static void bootargs_read(const struct fdt *fdt, const struct fdt_node *chosen, struct options *out)
{
    uint32_t size;
    const char *args = fdt_property(fdt, chosen, "bootargs", &size);

    if (args == NULL || size == 0 || args[size - 1] != 0)
        args = "", size = 1;
    system_command_line = args;
    log_set_verbose(strncmp(args, "verbose", 7) == 0 && (args[7] == ' ' || args[7] == 0));
    out->fail_every = word_number(args, size, "fail=");
}

static uint64_t number_read(const struct fdt *fdt, const struct fdt_node *chosen, const char *name)
{
    uint32_t size;
    const uint8_t *bytes = fdt_property(fdt, chosen, name, &size);
    uint64_t number = 0;

    for (uint32_t i = 0; bytes != NULL && size == sizeof(number) && i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

void options_read(const struct fdt *fdt, struct options *out)
{
    struct fdt_node chosen;
    uint32_t size = 0, flags = 0;

    *out = (struct options){0};
    if (!fdt_find(fdt, "/chosen", &chosen))
        return;
    bootargs_read(fdt, &chosen, out);
    strings_read(fdt, &chosen, LVMM_PROP_ARGV, &out->argv);
    strings_read(fdt, &chosen, LVMM_PROP_ENVP, &out->envp);
    out->realtime_ns = number_read(fdt, &chosen, LVMM_PROP_REALTIME);
    out->rng_seed = fdt_property(fdt, &chosen, "rng-seed", &size);
    out->rng_seed_size = size;
    fdt_cell(fdt, &chosen, LVMM_PROP_TRACE, 0, &out->trace);
    fdt_cell(fdt, &chosen, LVMM_PROP_FLAGS, 0, &flags);
    out->is_init = flags & LVMM_FLAG_INIT;
    if (!(flags & LVMM_FLAG_INITRD))
        return;
    out->initrd_end = number_read(fdt, &chosen, LVMM_PROP_INITRD_END);
    out->initrd_start = number_read(fdt, &chosen, LVMM_PROP_INITRD_START);
    out->root_size = number_read(fdt, &chosen, LVMM_PROP_ROOT_SIZE);
}
