/* SPDX-License-Identifier: Apache-2.0 */
/* guest_fdt_fuzz.c - any bytes as a device tree: every node, every kind of access. */
// sources: guest-kernel/lib/fdt.c
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fdt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Uses a value, so that reading beyond it is seen. */
static void touch(const void *value, uint32_t size)
{
    volatile uint8_t sum = 0;
    uint32_t i;

    for (i = 0; value != NULL && i < size; i++)
        sum = (uint8_t)(sum + ((const uint8_t *)value)[i]);
}

static void visit(const struct fdt *fdt, const struct fdt_node *node)
{
    static const char *const names[] = {"compatible", "reg", "interrupts", "lvmm,argv", "bootargs", ""};
    uint64_t base, length;
    uint32_t size, cell;
    unsigned i;

    touch(node->name, (uint32_t)strlen(node->name) + 1);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        touch(fdt_property(fdt, node, names[i], &size), size);
    for (struct fdt_property property = {.next = NULL}; fdt_property_next(fdt, node, &property);) {
        touch(property.name, (uint32_t)strlen(property.name) + 1);
        touch(property.value, property.size);
    }
    fdt_is_compatible(fdt, node, "virtio,mmio");
    fdt_cell(fdt, node, "interrupts", 2, &cell);
    fdt_reg(fdt, node, &base, &length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *blob = malloc(size + 1); /* its own object, aligned, with ASan's red zone behind it */
    struct fdt_node node;
    struct fdt fdt;
    bool more;

    if (blob == NULL)
        return 0;
    memcpy(blob, data, size);
    if (fdt_init(&fdt, blob, size) == 0) {
        for (more = fdt_root(&fdt, &node); more; more = fdt_next(&fdt, &node))
            visit(&fdt, &node);
        fdt_find(&fdt, "/chosen", &node);
        fdt_find(&fdt, "/soc/virtio_mmio@feb00000", &node);
    }
    free(blob);
    return 0;
}
