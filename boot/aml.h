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

/* Name (_CRS, ResourceTemplate () {...}) with one of each (ACPI 6.4, 6.4): where its registers are, and the edge that
 * it raises. */
struct aml_resources {
    bool is_port;
    uint32_t base, size;
    uint32_t interrupt; /* global system interrupt; 0: none */
};
void aml_name_resources(struct aml *aml, const struct aml_resources *resources);

#endif
