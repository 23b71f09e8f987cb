/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fdt.c - reads a flattened device tree.
 *
 * A boot walks the tree several times, on some hosts at half a microsecond per instruction. So tokens are compared as
 * they lie in memory (big-endian constants), and names are scanned and compared a word at a time.
 */
#include "lib/fdt.h"

#include "abi/errno.h"
#include "lib/string.h"

#define FDT_MAGIC 0xd00dfeedu
#define FDT_VERSION 17u

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the tokens below are swapped for a little-endian CPU");
#define BE32(value) __builtin_bswap32(value)

/* Tokens of the structure block (section 5.4.1), as they lie in memory. */
enum fdt_token {
    TOKEN_BEGIN_NODE = 0x01000000,
    TOKEN_END_NODE = 0x02000000,
    TOKEN_PROP = 0x03000000,
    TOKEN_NOP = 0x04000000,
};

struct fdt_header { /* section 5.2, big-endian */
    uint32_t magic, total_size, struct_offset, strings_offset, reserve_offset;
    uint32_t version, last_compatible_version, boot_cpu;
    uint32_t strings_size, struct_size;
};

struct fdt_prop { /* follows TOKEN_PROP; then the value, padded to 4 bytes */
    uint32_t size, name_offset;
};

static inline uint32_t read_word(const uint8_t *at)
{
    return *(const uint32_t *)(const void *)at; /* everything in the structure block is aligned to 4 */
}

static inline size_t left(const struct fdt *fdt, const uint8_t *at)
{
    return (size_t)(fdt->structs_end - at);
}

/* Whether the bytes are the same: some at a time, and without looking where they differ. */
static inline bool bytes_equal(const char *a, const char *b, size_t size)
{
    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t), a += sizeof(uint64_t), b += sizeof(uint64_t)) {
        uint64_t word_a, word_b;

        __builtin_memcpy(&word_a, a, sizeof(word_a));
        __builtin_memcpy(&word_b, b, sizeof(word_b));
        if (word_a != word_b)
            return false;
    }
    if (size >= sizeof(uint32_t)) {
        uint32_t half_a, half_b;

        __builtin_memcpy(&half_a, a, sizeof(half_a));
        __builtin_memcpy(&half_b, b, sizeof(half_b));
        if (half_a != half_b)
            return false;
        size -= sizeof(uint32_t), a += sizeof(uint32_t), b += sizeof(uint32_t);
    }
    for (; size != 0; size--)
        if (*a++ != *b++)
            return false;
    return true;
}

/* Whether the property has this name; size: with its NUL. */
static inline bool prop_is(const struct fdt *fdt, const struct fdt_prop *prop, const char *name, size_t size)
{
    return prop->name_offset < fdt->strings_size && fdt->strings_size - prop->name_offset >= size &&
           bytes_equal(fdt->strings + prop->name_offset, name, size);
}

uint32_t fdt_total_size(const void *blob)
{
    const struct fdt_header *header = blob;

    return header->magic == BE32(FDT_MAGIC) ? BE32(header->total_size) : 0;
}

int fdt_init(struct fdt *fdt, const void *blob, size_t size)
{
    const struct fdt_header *header = blob;
    uint32_t total, structs, structs_size, strings, strings_size;

    if ((uintptr_t)blob % 4 != 0 || size < sizeof(*header))
        return -EINVAL;
    total = fdt_total_size(blob);
    if (total < sizeof(*header) || total > size)
        return -EINVAL;
    if (BE32(header->version) < FDT_VERSION || BE32(header->last_compatible_version) > FDT_VERSION)
        return -EINVAL;
    structs = BE32(header->struct_offset);
    structs_size = BE32(header->struct_size);
    strings = BE32(header->strings_offset);
    strings_size = BE32(header->strings_size);
    if (structs % 4 != 0 || structs > total || structs_size > total - structs)
        return -EINVAL;
    if (strings > total || strings_size > total - strings)
        return -EINVAL;
    /* With a NUL at the block's end each name in it ends inside it. */
    if (strings_size != 0 && ((const uint8_t *)blob)[strings + strings_size - 1] != 0)
        return -EINVAL;
    fdt->structs = (const uint8_t *)blob + structs;
    fdt->structs_end = fdt->structs + structs_size / 4 * 4;
    fdt->strings = (const char *)blob + strings;
    fdt->strings_size = strings_size;
    fdt->index = NULL;
    return 0;
}

/* Reads the property at `*at` (just after its token) and steps over it. */
static bool prop_take(const struct fdt *fdt, const uint8_t **at, struct fdt_prop *prop, const uint8_t **value)
{
    size_t room = left(fdt, *at);

    if (room < sizeof(*prop))
        return false;
    room -= sizeof(*prop);
    prop->size = BE32(read_word(*at));
    prop->name_offset = BE32(read_word(*at + 4));
    if (prop->size > room) /* room is a multiple of 4, so the padding fits as well */
        return false;
    *value = *at + sizeof(*prop);
    *at = *value + (((size_t)prop->size + 3) & ~(size_t)3);
    return true;
}

/* Takes a node's name, whose NUL is padded to 4 bytes. */
static bool node_take(const struct fdt *fdt, const uint8_t *at, struct fdt_node *node)
{
    node->name = (const char *)at;
    while (left(fdt, at) >= 4) {
        uint32_t word = read_word(at);

        at += 4;
        if ((word - 0x01010101u) & ~word & 0x80808080u) { /* one of its bytes is zero */
            node->at = at;
            return true;
        }
    }
    return false;
}

__attribute__((noinline)) bool fdt_root(const struct fdt *fdt, struct fdt_node *node)
{
    const uint8_t *at = fdt->structs;

    while (left(fdt, at) >= 4 && read_word(at) == TOKEN_NOP)
        at += 4;
    node->depth = node->number = 0;
    return left(fdt, at) >= 4 && read_word(at) == TOKEN_BEGIN_NODE && node_take(fdt, at + 4, node);
}

/* The next node, and what this one is compatible with. (Not inline: most calls find it in the index.) */
static __attribute__((noinline)) bool next_find(const struct fdt *fdt, struct fdt_node *node,
                                                struct fdt_list *compatible)
{
    static const char compatible_name[] = "compatible";
    const uint8_t *at = node->at, *value;
    unsigned depth = node->depth;
    struct fdt_prop prop;
    bool is_own = true; /* a node's properties come before its children */

    *compatible = (struct fdt_list){NULL, 0};
    while (left(fdt, at) >= 4) {
        uint32_t token = read_word(at);

        at += 4;
        if (token == TOKEN_PROP) {
            if (!prop_take(fdt, &at, &prop, &value))
                return false;
            if (is_own && compatible->bytes == NULL && prop_is(fdt, &prop, compatible_name, sizeof(compatible_name)))
                *compatible = (struct fdt_list){(const char *)value, prop.size};
        } else if (token == TOKEN_BEGIN_NODE) {
            node->depth = depth + 1;
            node->number++;
            return node_take(fdt, at, node);
        } else if (token == TOKEN_END_NODE) {
            if (depth == 0)
                return false;
            depth--;
            is_own = false;
        } else if (token != TOKEN_NOP) {
            return false;
        }
    }
    return false;
}

/* Not inline, as a boot goes once through most loops that call it. */
__attribute__((noinline)) bool fdt_next(const struct fdt *fdt, struct fdt_node *node)
{
    struct fdt_index *index = fdt->index;
    unsigned number = node->number;
    struct fdt_list compatible;

    if (index != NULL && number < index->count) {
        *node = index->nodes[number];
        return true;
    }
    if (!next_find(fdt, node, &compatible))
        return false;
    if (index != NULL && index->count < FDT_INDEX_NODES) { /* its number is count + 1: all before it are there */
        index->compatible[number] = compatible;
        index->nodes[index->count++] = *node;
    }
    return true;
}

/* Does `name` stand at the start of `path`, up to its end or a slash? Then what follows, else NULL. */
static const char *path_match(const char *path, const char *name)
{
    while (*name != 0 && *path == *name) {
        path++;
        name++;
    }
    return *name == 0 && (*path == '/' || *path == 0) ? path : NULL;
}

bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    unsigned matched = 0; /* the depth of the ancestor that was found last */
    bool more;

    if (path[0] != '/')
        return false;
    if (path[1] == 0)
        return fdt_root(fdt, node);
    for (more = fdt_root(fdt, node) && fdt_next(fdt, node); more; more = fdt_next(fdt, node)) {
        const char *rest;

        if (node->depth <= matched)
            return false; /* that ancestor has ended */
        if (node->depth != matched + 1)
            continue;
        rest = path_match(path + 1, node->name);
        if (rest == NULL)
            continue;
        if (*rest == 0)
            return true;
        path = rest;
        matched++;
    }
    return false;
}

bool fdt_property_next(const struct fdt *fdt, const struct fdt_node *node, struct fdt_property *property)
{
    const uint8_t *at = property->next != NULL ? property->next : node->at, *value;
    struct fdt_prop prop;

    while (left(fdt, at) >= 4 && read_word(at) == TOKEN_NOP)
        at += 4;
    if (left(fdt, at) < 4 || read_word(at) != TOKEN_PROP)
        return false; /* a node's properties come before its children */
    at += 4;
    if (!prop_take(fdt, &at, &prop, &value) || prop.name_offset >= fdt->strings_size)
        return false;
    *property = (struct fdt_property){fdt->strings + prop.name_offset, value, prop.size, at};
    return true;
}

__attribute__((noinline)) const void *fdt_property_named(const struct fdt *fdt, const struct fdt_node *node,
                                                         const char *name, size_t name_size, uint32_t *size)
{
    const uint8_t *at = node->at, *value;
    struct fdt_prop prop;

    while (left(fdt, at) >= 4) {
        uint32_t token = read_word(at);

        at += 4;
        if (token == TOKEN_NOP)
            continue;
        if (token != TOKEN_PROP || !prop_take(fdt, &at, &prop, &value))
            return NULL; /* a node's properties come before its children */
        if (prop_is(fdt, &prop, name, name_size)) {
            if (size != NULL)
                *size = prop.size;
            return value;
        }
    }
    return NULL;
}

bool fdt_lists(const struct fdt *fdt, const struct fdt_node *node, const char *compatible, size_t size)
{
    const struct fdt_index *index = fdt->index;
    const char *at;
    uint32_t rest;

    if (index != NULL && node->number < index->count) {
        at = index->compatible[node->number].bytes;
        rest = index->compatible[node->number].size;
    } else {
        at = fdt_property(fdt, node, "compatible", &rest);
    }
    if (at == NULL || rest == 0 || at[rest - 1] != 0)
        return false;
    while (rest >= size) {
        if (bytes_equal(at, compatible, size))
            return true;
        uint32_t length = (uint32_t)strlen(at) + 1;
        at += length;
        rest -= length;
    }
    return false;
}

__attribute__((noinline)) bool fdt_cell_named(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                                              size_t name_size, unsigned n, uint32_t *out)
{
    uint32_t size;
    const uint8_t *value = fdt_property_named(fdt, node, name, name_size, &size);

    if (value == NULL || n >= size / 4)
        return false;
    *out = BE32(read_word(value + 4 * (size_t)n));
    return true;
}

__attribute__((noinline)) bool fdt_reg(const struct fdt *fdt, const struct fdt_node *node, uint64_t *base,
                                       uint64_t *size)
{
    uint32_t bytes;
    const uint8_t *value = fdt_property(fdt, node, "reg", &bytes);

    if (value == NULL || bytes < 16)
        return false;
    *base = (uint64_t)BE32(read_word(value)) << 32 | BE32(read_word(value + 4));
    *size = (uint64_t)BE32(read_word(value + 8)) << 32 | BE32(read_word(value + 12));
    return true;
}

bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node)
{
    uint32_t value;

    for (bool more = fdt_root(fdt, node); more; more = fdt_next(fdt, node))
        if (fdt_cell(fdt, node, "phandle", 0, &value) && value == phandle)
            return true;
    return false;
}
