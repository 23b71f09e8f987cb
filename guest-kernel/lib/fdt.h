/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fdt.h - reads a flattened device tree (Devicetree Specification 0.4, chapter 5). The tree comes from the VMM, but its
 * every offset is checked all the same.
 */
#ifndef GK_LIB_FDT_H
#define GK_LIB_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdt {
    const uint8_t *structs, *structs_end;
    const char *strings;
    uint32_t strings_size;
    struct fdt_index *index; /* fdt_remember's, or NULL */
};

struct fdt_node { /* a position: just after a node's name */
    const uint8_t *at;
    const char *name; /* with its @unit-address */
    unsigned depth;   /* 0: the root */
    unsigned number;  /* in document order; 0: the root */
};

struct fdt_list { /* the value of a "compatible"; NULL: there is none */
    const char *bytes;
    uint32_t size;
};

#define FDT_INDEX_NODES 64
struct fdt_index { /* all zero: empty */
    unsigned count;
    struct fdt_node nodes[FDT_INDEX_NODES]; /* from number 1 on */
    /* By number, the root's too. Of the nodes before number `count`: who steps over a node's properties has seen it. */
    struct fdt_list compatible[FDT_INDEX_NODES];
};

/* Checks the header; `size` is all the memory that `blob` may take. 0 or -EINVAL. */
int fdt_init(struct fdt *fdt, const void *blob, size_t size);
uint32_t fdt_total_size(const void *blob);
/* Where the first nodes are and what they are compatible with is kept in `index`, which is empty, for the next ways
 * through the tree. */
static inline void fdt_remember(struct fdt *fdt, struct fdt_index *index)
{
    fdt->index = index;
}

/* The root; and the next node in document order, whatever its depth. False at the end or at damage. */
bool fdt_root(const struct fdt *fdt, struct fdt_node *node);
bool fdt_next(const struct fdt *fdt, struct fdt_node *node);
/* Finds the node by its full path, such as "/chosen". */
bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node);

/* Finds the node with this "phandle". */
bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node);

struct fdt_property {
    const char *name;
    const void *value;
    uint32_t size;
    const uint8_t *next; /* where the next one is; NULL: before the first */
};
/* The node's next property, or false: who wants several of them goes through all once. */
bool fdt_property_next(const struct fdt *fdt, const struct fdt_node *node, struct fdt_property *property);
/* A property of a node, or NULL. name_size: with its NUL. */
const void *fdt_property_named(const struct fdt *fdt, const struct fdt_node *node, const char *name, size_t name_size,
                               uint32_t *size);
/* The same, for a literal, whose length is known when this is compiled. */
static inline const void *fdt_property(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                                       uint32_t *size)
{
    return fdt_property_named(fdt, node, name, __builtin_strlen(name) + 1, size);
}
/* Is it in the list "compatible"? size: with its NUL. */
bool fdt_lists(const struct fdt *fdt, const struct fdt_node *node, const char *compatible, size_t size);
/* The same, for a literal, whose length is known when this is compiled. */
static inline bool fdt_is_compatible(const struct fdt *fdt, const struct fdt_node *node, const char *compatible)
{
    return fdt_lists(fdt, node, compatible, __builtin_strlen(compatible) + 1);
}
/* The n-th cell of a property; false if it isn't that long. Again of any name, and of a literal. */
bool fdt_cell_named(const struct fdt *fdt, const struct fdt_node *node, const char *name, size_t name_size, unsigned n,
                    uint32_t *out);
static inline bool fdt_cell(const struct fdt *fdt, const struct fdt_node *node, const char *name, unsigned n,
                            uint32_t *out)
{
    return fdt_cell_named(fdt, node, name, __builtin_strlen(name) + 1, n, out);
}
/* The first (address, size) of "reg", both 2 cells wide as in all our trees. */
bool fdt_reg(const struct fdt *fdt, const struct fdt_node *node, uint64_t *base, uint64_t *size);

#endif
