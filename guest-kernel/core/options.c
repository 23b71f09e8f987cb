/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - see options.h. */
#include "core/options.h"

#include "boot/abi.h"
#include "core/log.h"
#include "core/system.h"
#include "lib/fdt.h"
#include "lib/string.h"

static void strings_read(const struct fdt_property *property, struct strings *out)
{
    const char *bytes = property->value;

    if (property->size == 0 || bytes[property->size - 1] != 0)
        return;
    out->bytes = bytes;
    out->size = property->size;
    for (const char *at = bytes; at < bytes + out->size; at += strlen(at) + 1)
        out->count++;
}

/* One string, or NULL. */
static const char *string_read(const struct fdt_property *property)
{
    const char *bytes = property->value;

    return property->size > 1 && strnlen(bytes, property->size) == property->size - 1 ? bytes : NULL;
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
static void bootargs_read(const struct fdt_property *property, struct options *out)
{
    const char *args = property->value;

    if (property->size == 0 || args[property->size - 1] != 0)
        return;
    system_command_line = args;
    log_set_verbose(strncmp(args, "verbose", 7) == 0 && (args[7] == ' ' || args[7] == 0));
    out->fail_every = word_number(args, property->size, "fail=");
    out->cpu_late = word_number(args, property->size, "late=");
    out->hold_most = word_number(args, property->size, "hold=");
}

/* An integer of `size` bytes; 0 if the property has another size. */
static uint64_t number_read(const struct fdt_property *property, uint32_t size)
{
    const uint8_t *bytes = property->value;
    uint64_t number = 0;

    for (uint32_t i = 0; property->size == size && i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* Most comparisons end at the first byte: names that begin alike are told apart behind that. Not inline, as each place
 * that calls it is gone through once or twice. */
static __attribute__((noinline)) bool is_name(const char *name, const char *wanted)
{
    return *name == *wanted && strcmp(name, wanted) == 0;
}
#define OWN(property) ((property) + sizeof(OWN_PREFIX) - 1) /* LVMM_PROP_*, behind what all of them begin with */
#define OWN_PREFIX "lvmm,"

static void own_read(const char *name, const struct fdt_property *property, struct options *out)
{
    if (is_name(name, OWN(LVMM_PROP_ARGV)))
        strings_read(property, &out->argv);
    else if (is_name(name, OWN(LVMM_PROP_ENVP)))
        strings_read(property, &out->envp);
    else if (is_name(name, OWN(LVMM_PROP_REALTIME)))
        out->realtime_ns = number_read(property, 8);
    else if (is_name(name, OWN(LVMM_PROP_TRACE)))
        out->trace = (uint32_t)number_read(property, 4);
    else if (is_name(name, OWN(LVMM_PROP_FLAGS)))
        out->is_init = number_read(property, 4) & LVMM_FLAG_INIT;
    else if (is_name(name, OWN(LVMM_PROP_ROOT_SIZE)))
        out->root_size = number_read(property, 8);
    else if (is_name(name, OWN(LVMM_PROP_CWD)))
        out->cwd = string_read(property);
    else if (is_name(name, OWN(LVMM_PROP_USER)))
        out->user = string_read(property);
    else if (is_name(name, OWN(LVMM_PROP_HOSTNAME)))
        out->hostname = string_read(property);
    else if (is_name(name, OWN(LVMM_PROP_SHARES)))
        strings_read(property, &out->shares);
}

static void option_read(const struct fdt_property *property, struct options *out)
{
    const char *name = property->name;

    if (strncmp(name, OWN_PREFIX, sizeof(OWN_PREFIX) - 1) == 0) {
        own_read(OWN(name), property, out);
    } else if (is_name(name, "bootargs")) {
        bootargs_read(property, out);
    } else if (is_name(name, LVMM_PROP_INITRD_END)) {
        out->initrd_end = number_read(property, 8);
    } else if (is_name(name, LVMM_PROP_INITRD_START)) {
        out->initrd_start = number_read(property, 8);
    } else if (is_name(name, "rng-seed")) {
        out->rng_seed = property->value;
        out->rng_seed_size = property->size;
    }
}

void options_read(const struct fdt *fdt, struct options *out)
{
    struct fdt_property property = {.next = NULL};
    struct fdt_node chosen;

    *out = (struct options){0};
    if (!fdt_find(fdt, "/chosen", &chosen))
        return;
    while (fdt_property_next(fdt, &chosen, &property))
        option_read(&property, out);
}
