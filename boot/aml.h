/* SPDX-License-Identifier: Apache-2.0 */
/* aml.h - writes ACPI Machine Language (ACPI 6.4, chapter 20): the few terms that a table of devices takes. */
#ifndef LVMM_BOOT_AML_H
#define LVMM_BOOT_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aml {
    uint8_t *bytes; /* the caller's */
    size_t size, room;
    bool overflow; /* there was no room: nothing more is written */
};

/* Begins a block, and returns where; aml_end(aml, that) ends it. Blocks nest, up to 1 MiB. `name` has four characters,
 * or a backslash before them. */
size_t aml_begin_scope(struct aml *aml, const char *name);
size_t aml_begin_device(struct aml *aml, const char *name);
void aml_end(struct aml *aml, size_t begin);

/* Name (name, value) of each kind of value. */
void aml_name_integer(struct aml *aml, const char *name, uint32_t value);
void aml_name_string(struct aml *aml, const char *name, const char *value);
/* An identification as EISA packs it: three letters, four hexadecimal digits (ACPI 6.4, 19.3.4). */
void aml_name_eisa(struct aml *aml, const char *name, const char *id);
void aml_name_package(struct aml *aml, const char *name, const uint8_t *values, unsigned count);

/* Name (name, Package () {...}) of packages and integers: the blocks that begin here are ended as others are. `count`
 * is how many elements follow, up to 255. */
size_t aml_begin_name_package(struct aml *aml, const char *name, uint8_t count);
size_t aml_begin_package(struct aml *aml, uint8_t count);
void aml_integer(struct aml *aml, uint32_t value);

/* What a device has, or a bridge hands on (ACPI 6.4, 6.4), all below 4 GiB. */
enum aml_resource_kind {
    AML_PORTS,           /* I/O ports, up to 255 */
    AML_MEMORY,          /* registers in memory */
    AML_INTERRUPT_EDGE,  /* a global system interrupt, `base`, that only it raises: an edge, active high */
    AML_INTERRUPT_LEVEL, /* the same, a level */
    AML_BUSES,           /* a bridge's: bus numbers */
    AML_MEMORY_WINDOW,   /* a bridge's: memory */
    AML_PORT_WINDOW,     /* a bridge's: I/O ports, which the CPU finds in memory `offset` bytes further */
};
struct aml_resource {
    enum aml_resource_kind kind;
    uint32_t base, size, offset;
};
/* Name (_CRS, ResourceTemplate () {...}), of up to 8. */
void aml_name_resources(struct aml *aml, const struct aml_resource *resource, unsigned count);

#endif
