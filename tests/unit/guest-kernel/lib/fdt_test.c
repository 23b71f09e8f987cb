/* SPDX-License-Identifier: Apache-2.0 */
/* fdt_test.c - the device tree reader: what it finds in a good tree, and that a bad one can't lead it astray. */
// sources: guest-kernel/lib/fdt.c
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "lib/fdt.h"

/* ---- a writer of trees ---- */

#define HEADER 40u
#define BLOB_MAX 4096u

enum {
    HEADER_TOTAL = 1,
    HEADER_STRUCT,
    HEADER_STRINGS,
    HEADER_VERSION = 5,
    HEADER_COMPATIBLE,
    HEADER_STRINGS_SIZE = 8,
    HEADER_STRUCT_SIZE
};

struct writer {
    uint8_t structs[2048], strings[512];
    uint32_t struct_size, strings_size;
};

static void put_be32(uint8_t *at, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(at, &value, 4);
}

static void put_word(struct writer *w, uint32_t value)
{
    put_be32(w->structs + w->struct_size, value);
    w->struct_size += 4;
}

static void put_bytes(struct writer *w, const void *bytes, uint32_t size)
{
    memcpy(w->structs + w->struct_size, bytes, size);
    w->struct_size += (size + 3) / 4 * 4;
}

static void begin(struct writer *w, const char *name)
{
    put_word(w, 1);
    put_bytes(w, name, (uint32_t)strlen(name) + 1);
}

static void end(struct writer *w)
{
    put_word(w, 2);
}

static void prop(struct writer *w, const char *name, const void *value, uint32_t size)
{
    uint32_t at = 0;

    while (at < w->strings_size && strcmp((char *)w->strings + at, name) != 0)
        at += (uint32_t)strlen((char *)w->strings + at) + 1;
    if (at == w->strings_size) {
        strcpy((char *)w->strings + at, name);
        w->strings_size += (uint32_t)strlen(name) + 1;
    }
    put_word(w, 3);
    put_word(w, size);
    put_word(w, at);
    put_bytes(w, value, size);
}

static uint32_t finish(struct writer *w, uint8_t *blob)
{
    uint32_t total;

    put_word(w, 9);
    total = HEADER + w->struct_size + w->strings_size;
    memset(blob, 0, HEADER);
    put_be32(blob, 0xd00dfeed);
    put_be32(blob + 4 * HEADER_TOTAL, total);
    put_be32(blob + 4 * HEADER_STRUCT, HEADER);
    put_be32(blob + 4 * HEADER_STRINGS, HEADER + w->struct_size);
    put_be32(blob + 4 * HEADER_VERSION, 17);
    put_be32(blob + 4 * HEADER_COMPATIBLE, 16);
    put_be32(blob + 4 * HEADER_STRINGS_SIZE, w->strings_size);
    put_be32(blob + 4 * HEADER_STRUCT_SIZE, w->struct_size);
    memcpy(blob + HEADER, w->structs, w->struct_size);
    memcpy(blob + HEADER + w->struct_size, w->strings, w->strings_size);
    return total;
}

static const uint8_t reg[16] = {0, 0, 0, 1, 0xfe, 0xb0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0};

static uint32_t sample(uint8_t *blob)
{
    struct writer w = {0};

    put_word(&w, 4); /* NOP */
    begin(&w, "");
    prop(&w, "compatible", "lvmm,one\0lvmm,two", 18);
    begin(&w, "chosen");
    prop(&w, "bootargs", "verbose", 8);
    put_word(&w, 4);
    prop(&w, "lvmm,tty", "\0\0\0\7\0\0\0\10", 8);
    prop(&w, "empty", "", 0);
    begin(&w, "inner");
    prop(&w, "hidden", "x", 2);
    end(&w);
    end(&w);
    begin(&w, "soc");
    begin(&w, "chosen");
    prop(&w, "trap", "", 0);
    end(&w);
    begin(&w, "virtio_mmio@feb00000");
    prop(&w, "reg", reg, sizeof(reg));
    prop(&w, "compatible", "virtio,mmio", 12);
    end(&w);
    end(&w);
    end(&w);
    return finish(&w, blob);
}

static struct fdt open_sample(void)
{
    static _Alignas(8) uint8_t blob[BLOB_MAX];
    uint32_t size = sample(blob);
    struct fdt fdt;

    ck_assert_int_eq(fdt_init(&fdt, blob, size), 0);
    ck_assert_uint_eq(fdt_total_size(blob), size);
    return fdt;
}

/* ---- good trees ---- */

START_TEST(nodes_come_in_order)
{
    static const struct {
        const char *name;
        unsigned depth;
    } expected[] = {{"", 0}, {"chosen", 1}, {"inner", 2}, {"soc", 1}, {"chosen", 2}, {"virtio_mmio@feb00000", 2}};
    struct fdt fdt = open_sample();
    struct fdt_node node;
    unsigned i;

    ck_assert(fdt_root(&fdt, &node));
    for (i = 0; i < 6; i++) {
        ck_assert_str_eq(node.name, expected[i].name);
        ck_assert_uint_eq(node.depth, expected[i].depth);
        ck_assert_int_eq(fdt_next(&fdt, &node), i < 5);
    }
}
END_TEST

START_TEST(find_follows_the_whole_path)
{
    struct fdt fdt = open_sample();
    struct fdt_node node;

    ck_assert(fdt_find(&fdt, "/", &node));
    ck_assert_uint_eq(node.depth, 0);
    ck_assert(fdt_find(&fdt, "/chosen", &node));
    ck_assert_ptr_nonnull(fdt_property(&fdt, &node, "bootargs", NULL));
    ck_assert(fdt_find(&fdt, "/soc/chosen", &node));
    ck_assert_ptr_nonnull(fdt_property(&fdt, &node, "trap", NULL));
    ck_assert(fdt_find(&fdt, "/soc/virtio_mmio@feb00000", &node));
    ck_assert(!fdt_find(&fdt, "/virtio_mmio@feb00000", &node));
    ck_assert(!fdt_find(&fdt, "/soc/virtio_mmio", &node));
    ck_assert(!fdt_find(&fdt, "/chosen/virtio_mmio@feb00000", &node));
    ck_assert(!fdt_find(&fdt, "/chose", &node));
    ck_assert(!fdt_find(&fdt, "/chosens", &node));
    ck_assert(!fdt_find(&fdt, "chosen", &node));
}
END_TEST

START_TEST(properties_are_the_nodes_own)
{
    struct fdt fdt = open_sample();
    struct fdt_node node;
    uint32_t size = 99, cell;

    ck_assert(fdt_find(&fdt, "/chosen", &node));
    ck_assert_str_eq(fdt_property(&fdt, &node, "bootargs", &size), "verbose");
    ck_assert_uint_eq(size, 8);
    ck_assert_ptr_nonnull(fdt_property(&fdt, &node, "empty", &size));
    ck_assert_uint_eq(size, 0);
    ck_assert_ptr_null(fdt_property(&fdt, &node, "hidden", NULL));
    ck_assert_ptr_null(fdt_property(&fdt, &node, "boot", NULL));
    ck_assert(fdt_cell(&fdt, &node, "lvmm,tty", 0, &cell));
    ck_assert_uint_eq(cell, 7);
    ck_assert(fdt_cell(&fdt, &node, "lvmm,tty", 1, &cell));
    ck_assert_uint_eq(cell, 8);
    ck_assert(!fdt_cell(&fdt, &node, "lvmm,tty", 2, &cell));
    ck_assert(!fdt_cell(&fdt, &node, "lvmm,tty", 0xffffffff, &cell));
    ck_assert(!fdt_cell(&fdt, &node, "absent", 0, &cell));
}
END_TEST

START_TEST(properties_come_in_order)
{
    static const struct {
        const char *name;
        uint32_t size;
    } expected[] = {{"bootargs", 8}, {"lvmm,tty", 8}, {"empty", 0}};
    struct fdt_property property = {.next = NULL};
    struct fdt fdt = open_sample();
    struct fdt_node node;

    ck_assert(fdt_find(&fdt, "/chosen", &node));
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(fdt_property_next(&fdt, &node, &property));
        ck_assert_str_eq(property.name, expected[i].name);
        ck_assert_uint_eq(property.size, expected[i].size);
    }
    ck_assert(!fdt_property_next(&fdt, &node, &property));
    ck_assert(fdt_find(&fdt, "/soc", &node));
    property.next = NULL;
    ck_assert(!fdt_property_next(&fdt, &node, &property));
}
END_TEST

START_TEST(compatible_and_reg)
{
    struct fdt fdt = open_sample();
    struct fdt_node node;
    uint64_t base, size;

    ck_assert(fdt_root(&fdt, &node));
    ck_assert(fdt_is_compatible(&fdt, &node, "lvmm,one"));
    ck_assert(fdt_is_compatible(&fdt, &node, "lvmm,two"));
    ck_assert(!fdt_is_compatible(&fdt, &node, "lvmm,t"));
    ck_assert(!fdt_is_compatible(&fdt, &node, "two"));
    ck_assert(!fdt_reg(&fdt, &node, &base, &size));
    ck_assert(fdt_find(&fdt, "/soc/virtio_mmio@feb00000", &node));
    ck_assert(fdt_is_compatible(&fdt, &node, "virtio,mmio"));
    ck_assert(fdt_reg(&fdt, &node, &base, &size));
    ck_assert_uint_eq(base, 0x1feb00000);
    ck_assert_uint_eq(size, 0x200);
}
END_TEST

/* ---- damage ---- */

/* Calls everything on everything. */
static void walk(const struct fdt *fdt)
{
    struct fdt_node node;
    uint64_t base, size;
    uint32_t cell;
    bool more;

    for (more = fdt_root(fdt, &node); more; more = fdt_next(fdt, &node)) {
        ck_assert_uint_lt(strlen(node.name), BLOB_MAX);
        for (struct fdt_property property = {.next = NULL}; fdt_property_next(fdt, &node, &property);)
            ck_assert_uint_lt(strlen(property.name), BLOB_MAX);
        fdt_property(fdt, &node, "hidden", &cell);
        fdt_is_compatible(fdt, &node, "virtio,mmio");
        fdt_cell(fdt, &node, "lvmm,tty", 1, &cell);
        fdt_reg(fdt, &node, &base, &size);
    }
    fdt_find(fdt, "/soc/virtio_mmio@feb00000", &node);
}

START_TEST(headers_are_checked)
{
    static const struct {
        unsigned field;
        uint32_t value;
    } bad[] = {
        {0, 0xd00dfeee},
        {HEADER_TOTAL, 39},
        {HEADER_TOTAL, BLOB_MAX + 1},
        {HEADER_STRUCT, 41},
        {HEADER_STRUCT, 0xfffffffc},
        {HEADER_STRUCT_SIZE, 0xffffffff},
        {HEADER_STRUCT_SIZE, 0x1000},
        {HEADER_STRINGS, 0xffffffff},
        {HEADER_STRINGS_SIZE, 0xffffffff},
        {HEADER_STRINGS_SIZE, 5}, /* in the middle of a name */
        {HEADER_VERSION, 16},
        {HEADER_COMPATIBLE, 18},
    };
    unsigned i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        _Alignas(8) uint8_t blob[BLOB_MAX];
        struct fdt fdt;

        sample(blob);
        put_be32(blob + 4 * bad[i].field, bad[i].value);
        ck_assert_msg(fdt_init(&fdt, blob, sizeof(blob)) == -EINVAL, "case %u", i);
    }
}
END_TEST

START_TEST(a_short_blob_is_refused)
{
    _Alignas(8) uint8_t blob[BLOB_MAX];
    uint32_t size = sample(blob), n;
    struct fdt fdt;

    for (n = 0; n < size; n++) {
        uint8_t *copy = malloc(n + 1);

        memcpy(copy, blob, n);
        ck_assert_int_eq(fdt_init(&fdt, copy, n), -EINVAL);
        free(copy);
    }
    ck_assert_int_eq(fdt_init(&fdt, blob + 1, size), -EINVAL);
}
END_TEST

/* The structure block ends anywhere: whatever is cut, nothing behind it is read (ASan sees to that). */
START_TEST(a_cut_structure_block_ends_the_walk)
{
    _Alignas(8) uint8_t blob[BLOB_MAX];
    uint32_t size = sample(blob), n, offset;
    struct fdt fdt;

    memcpy(&offset, blob + 4 * HEADER_STRINGS, 4);
    offset = __builtin_bswap32(offset);
    for (n = 0; n <= offset - HEADER; n++) {
        /* The strings first, then what is left of the structure, so that the buffer ends with it. */
        uint32_t strings = (size - offset + 3) / 4 * 4;
        uint8_t *copy = calloc(1, HEADER + strings + n);

        memcpy(copy, blob, HEADER);
        memcpy(copy + HEADER, blob + offset, size - offset);
        memcpy(copy + HEADER + strings, blob + HEADER, n);
        put_be32(copy + 4 * HEADER_TOTAL, HEADER + strings + n);
        put_be32(copy + 4 * HEADER_STRINGS, HEADER);
        put_be32(copy + 4 * HEADER_STRUCT, HEADER + strings);
        put_be32(copy + 4 * HEADER_STRUCT_SIZE, n);
        ck_assert_int_eq(fdt_init(&fdt, copy, HEADER + strings + n), 0);
        walk(&fdt);
        free(copy);
    }
}
END_TEST

/* With an index each way through the tree sees the same, however far the first one went. */
START_TEST(an_index_changes_nothing)
{
    for (unsigned taken = 0; taken <= FDT_INDEX_NODES; taken += taken < 8 ? 1 : 8) {
        static struct fdt_index index;
        struct fdt plain = open_sample(), fdt = plain;

        memset(&index, 0, sizeof(index));
        fdt_remember(&fdt, &index);
        for (unsigned way = 0; way < 3; way++) {
            struct fdt_node expected, node;
            bool more = fdt_root(&plain, &expected);

            ck_assert(fdt_root(&fdt, &node) == more);
            for (unsigned steps = 0; more && (way != 0 || steps < taken); steps++) {
                ck_assert_ptr_eq(node.at, expected.at);
                ck_assert_str_eq(node.name, expected.name);
                ck_assert_uint_eq(node.depth, expected.depth);
                more = fdt_next(&plain, &expected);
                ck_assert(fdt_next(&fdt, &node) == more);
            }
        }
    }
}
END_TEST

START_TEST(every_flipped_byte_is_survived)
{
    static const uint8_t patterns[] = {0x00, 0x01, 0x02, 0x03, 0x7f, 0x80, 0xff};
    _Alignas(8) uint8_t blob[BLOB_MAX];
    uint32_t size = sample(blob), n, k;

    for (n = 0; n < size; n++) {
        for (k = 0; k < sizeof(patterns); k++) {
            uint8_t *copy = malloc(size);
            struct fdt fdt;

            memcpy(copy, blob, size);
            copy[n] = patterns[k];
            if (fdt_init(&fdt, copy, size) == 0)
                walk(&fdt);
            free(copy);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/lib/fdt");
    TCase *good = tcase_create("good"), *bad = tcase_create("damage");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(good, nodes_come_in_order);
    tcase_add_test(good, find_follows_the_whole_path);
    tcase_add_test(good, properties_are_the_nodes_own);
    tcase_add_test(good, properties_come_in_order);
    tcase_add_test(good, compatible_and_reg);
    tcase_add_test(bad, headers_are_checked);
    tcase_add_test(bad, a_short_blob_is_refused);
    tcase_add_test(bad, a_cut_structure_block_ends_the_walk);
    tcase_add_test(bad, every_flipped_byte_is_survived);
    tcase_add_test(good, an_index_changes_nothing);
    suite_add_tcase(suite, good);
    suite_add_tcase(suite, bad);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
