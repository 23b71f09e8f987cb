/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - see options.h. */
#include "core/options.h"

#include "boot/abi.h"
#include "core/log.h"
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

/* --verbose comes as the first word of the command line. */
static void bootargs_read(const struct fdt *fdt, const struct fdt_node *chosen)
{
    uint32_t size;
    const char *args = fdt_property(fdt, chosen, "bootargs", &size);

    log_set_verbose(args != NULL && size >= 8 && strncmp(args, "verbose", 7) == 0 && (args[7] == ' ' || args[7] == 0));
}

void options_read(const struct fdt *fdt, struct options *out)
{
    struct fdt_node chosen;
    uint32_t high = 0, low = 0, size = 0, init = 0;

    *out = (struct options){0};
    if (!fdt_find(fdt, "/chosen", &chosen))
        return;
    bootargs_read(fdt, &chosen);
    strings_read(fdt, &chosen, LVMM_PROP_ARGV, &out->argv);
    strings_read(fdt, &chosen, LVMM_PROP_ENVP, &out->envp);
    fdt_cell(fdt, &chosen, LVMM_PROP_REALTIME, 0, &high);
    fdt_cell(fdt, &chosen, LVMM_PROP_REALTIME, 1, &low);
    out->realtime_ns = (uint64_t)high << 32 | low;
    out->rng_seed = fdt_property(fdt, &chosen, "rng-seed", &size);
    out->rng_seed_size = size;
    fdt_cell(fdt, &chosen, LVMM_PROP_TRACE, 0, &out->trace);
    fdt_cell(fdt, &chosen, LVMM_PROP_INIT, 0, &init);
    out->is_init = init != 0;
}
