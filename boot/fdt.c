/* SPDX-License-Identifier: Apache-2.0 */
/* fdt.c - the device tree writer, on libfdt's sequential functions. */
#include "boot/fdt.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 4096
#define CELLS_MAX 128 /* an interrupt-map of four devices and four pins has 112 */
#define NAME_MAX_BYTES 64

/* Takes a libfdt result. True: the buffer has grown, do it again. */
static bool must_repeat(struct fdt *fdt, int result)
{
    if (result == 0)
        return false;
    if (result != -FDT_ERR_NOSPACE || fdt->buffer_size > INT32_MAX / 2) {
        fdt->error = result == -FDT_ERR_NOSPACE ? -E2BIG : -EINVAL;
        return false;
    }
    int size = fdt->buffer_size * 2;
    void *buffer = malloc((size_t)size);
    if (buffer == NULL || fdt_resize(fdt->buffer, buffer, size) != 0) {
        free(buffer);
        fdt->error = -ENOMEM;
        return false;
    }
    free(fdt->buffer);
    fdt->buffer = buffer;
    fdt->buffer_size = size;
    return true;
}

/* Runs a libfdt call, with a larger buffer if need be, unless something has failed before. */
#define WRITE(fdt, call) \
    do {                 \
    } while ((fdt)->error == 0 && must_repeat((fdt), (call)))

static void node_strings(struct node *node, const char *name, const char *bytes, uint32_t size)
{
    fdtw_bytes((struct fdt *)node, name, bytes, size);
}

static void node_cells(struct node *node, const char *name, const uint32_t *cells, unsigned count)
{
    fdtw_cells((struct fdt *)node, name, cells, count);
}

static void node_empty(struct node *node, const char *name)
{
    fdtw_empty((struct fdt *)node, name);
}

static const struct node_ops fdt_node_ops = {
    .strings = node_strings,
    .cells = node_cells,
    .empty = node_empty,
};

void fdtw_init(struct fdt *fdt)
{
    *fdt = (struct fdt){.node.ops = &fdt_node_ops, .buffer = malloc(FIRST_SIZE), .buffer_size = FIRST_SIZE};
    if (fdt->buffer == NULL) {
        fdt->error = -ENOMEM;
        return;
    }
    /* Each property's name is written again: to look for it takes longer than the rest of the tree. */
    WRITE(fdt, fdt_create_with_flags(fdt->buffer, fdt->buffer_size, FDT_CREATE_FLAG_NO_NAME_DEDUP));
    WRITE(fdt, fdt_finish_reservemap(fdt->buffer));
    fdtw_begin(fdt, "");
}

/* A blob may be larger than what is in it (Devicetree Specification 0.4, 5.2: totalsize). */
static int make_room(struct fdt *fdt, uint32_t room, uint32_t *size)
{
    uint32_t used = fdt_totalsize(fdt->buffer), end = (used + 7) & ~7u;
    char *buffer = realloc(fdt->buffer, (size_t)end + room);

    if (buffer == NULL)
        return -ENOMEM;
    memset(buffer + used, 0, end - used + room);
    fdt_set_totalsize(buffer, end + room);
    fdt->buffer = buffer;
    *size = end + room;
    return 0;
}

int fdtw_finish(struct fdt *fdt, uint32_t room, void **blob, uint32_t *size)
{
    fdtw_end(fdt);
    WRITE(fdt, fdt_finish(fdt->buffer));
    if (fdt->error == 0)
        fdt->error = make_room(fdt, room, size);
    if (fdt->error != 0) {
        free(fdt->buffer);
        fdt->buffer = NULL;
        return fdt->error;
    }
    *blob = fdt->buffer;
    fdt->buffer = NULL;
    return 0;
}

void fdtw_begin(struct fdt *fdt, const char *name)
{
    WRITE(fdt, fdt_begin_node(fdt->buffer, name));
}

void fdtw_begin_at(struct fdt *fdt, const char *name, uint64_t unit)
{
    char full[NAME_MAX_BYTES];

    snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);
    fdtw_begin(fdt, full);
}

void fdtw_end(struct fdt *fdt)
{
    WRITE(fdt, fdt_end_node(fdt->buffer));
}

void fdtw_bytes(struct fdt *fdt, const char *name, const void *bytes, uint32_t size)
{
    if (size > INT32_MAX) {
        fdt->error = fdt->error != 0 ? fdt->error : -E2BIG;
        return;
    }
    WRITE(fdt, fdt_property(fdt->buffer, name, bytes, (int)size));
}

void fdtw_string(struct fdt *fdt, const char *name, const char *string)
{
    fdtw_bytes(fdt, name, string, (uint32_t)strlen(string) + 1);
}

void fdtw_string_list(struct fdt *fdt, const char *name, const char *list)
{
    const char *end = list;

    while (*end != '\0')
        end += strlen(end) + 1;
    fdtw_bytes(fdt, name, list, (uint32_t)(end - list));
}

void fdtw_cells(struct fdt *fdt, const char *name, const uint32_t *cells, unsigned count)
{
    fdt32_t big_endian[CELLS_MAX];

    if (count > CELLS_MAX) {
        fdt->error = fdt->error != 0 ? fdt->error : -E2BIG;
        return;
    }
    for (unsigned i = 0; i < count; i++)
        big_endian[i] = cpu_to_fdt32(cells[i]);
    fdtw_bytes(fdt, name, big_endian, count * (uint32_t)sizeof(big_endian[0]));
}

void fdtw_u32(struct fdt *fdt, const char *name, uint32_t value)
{
    fdtw_cells(fdt, name, &value, 1);
}

void fdtw_u64(struct fdt *fdt, const char *name, uint64_t value)
{
    fdtw_cells(fdt, name, (const uint32_t[]){(uint32_t)(value >> 32), (uint32_t)value}, 2);
}

void fdtw_reg(struct fdt *fdt, uint64_t base, uint64_t size)
{
    const uint32_t cells[] = {(uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32), (uint32_t)size};

    fdtw_cells(fdt, "reg", cells, 4);
}

void fdtw_empty(struct fdt *fdt, const char *name)
{
    fdtw_bytes(fdt, name, "", 0);
}
