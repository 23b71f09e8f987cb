/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/fdt.c
/* fdt_test.c - the writer: its tree is a valid one, the buffer grows, the first error sticks. */
#include "boot/fdt.h"

#include <check.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>

START_TEST(a_tree_reads_back)
{
    struct fdt fdt;
    void *blob;
    uint32_t size;
    int length;

    fdtw_init(&fdt);
    fdtw_u32(&fdt, "#address-cells", 2);
    fdtw_begin_at(&fdt, "memory", 0x140000000);
    fdtw_string_list(&fdt, "compatible", "virtio,mmio\0second\0");
    fdtw_reg(&fdt, 0x140000000, 0x200);
    fdtw_empty(&fdt, "flag");
    fdt.node.ops->strings(&fdt.node, "strings", "a\0b", 4);
    fdt.node.ops->cells(&fdt.node, "cells", (const uint32_t[]){1, 0xfffffffe}, 2);
    fdt.node.ops->empty(&fdt.node, "nothing");
    fdtw_end(&fdt);
    ck_assert_int_eq(fdtw_finish(&fdt, 0, &blob, &size), 0);
    ck_assert_int_eq(fdt_check_header(blob), 0);
    ck_assert_uint_eq(fdt_totalsize(blob), size);
    int node = fdt_path_offset(blob, "/memory@140000000");
    ck_assert_int_gt(node, 0);
    ck_assert_int_eq(fdt_stringlist_count(blob, node, "compatible"), 2);
    const fdt32_t *reg = fdt_getprop(blob, node, "reg", &length);
    ck_assert_int_eq(length, 16);
    ck_assert_uint_eq(fdt32_to_cpu(reg[0]), 1);
    ck_assert_uint_eq(fdt32_to_cpu(reg[1]), 0x40000000);
    ck_assert_uint_eq(fdt32_to_cpu(reg[3]), 0x200);
    ck_assert_ptr_nonnull(fdt_getprop(blob, node, "flag", &length));
    ck_assert_int_eq(length, 0);
    const fdt32_t *cells = fdt_getprop(blob, node, "cells", &length);
    ck_assert_uint_eq(fdt32_to_cpu(cells[1]), 0xfffffffe);
    free(blob);
}
END_TEST

START_TEST(the_buffer_grows)
{
    const uint32_t big = 3 << 20;
    struct fdt fdt;
    uint8_t *bytes = malloc(big);
    void *blob;
    uint32_t size;
    int length;

    memset(bytes, 0x5a, big);
    fdtw_init(&fdt);
    fdtw_bytes(&fdt, "big", bytes, big);
    for (unsigned i = 0; i < 1000; i++) {
        fdtw_begin_at(&fdt, "node", i);
        fdtw_u64(&fdt, "value", i);
        fdtw_end(&fdt);
    }
    ck_assert_int_eq(fdtw_finish(&fdt, 0, &blob, &size), 0);
    const uint8_t *back = fdt_getprop(blob, 0, "big", &length);
    ck_assert_int_eq(length, (int)big);
    ck_assert_mem_eq(back, bytes, big);
    ck_assert_int_gt(fdt_path_offset(blob, "/node@3e7"), 0);
    free(bytes);
    free(blob);
}
END_TEST

START_TEST(an_error_sticks)
{
    struct fdt fdt;
    void *blob;
    uint32_t size;

    fdtw_init(&fdt);
    fdtw_cells(&fdt, "cells", (const uint32_t[129]){0}, 129);
    fdtw_u32(&fdt, "late", 1);
    ck_assert_int_eq(fdtw_finish(&fdt, 0, &blob, &size), -E2BIG);
    fdtw_init(&fdt);
    fdtw_bytes(&fdt, "bytes", "", UINT32_MAX); /* refused before it is read */
    ck_assert_int_eq(fdtw_finish(&fdt, 0, &blob, &size), -E2BIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/fdt");
    TCase *tc = tcase_create("fdt");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, a_tree_reads_back);
    tcase_add_test(tc, the_buffer_grows);
    tcase_add_test(tc, an_error_sticks);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
