/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/kernel_image.c boot/bzimage.c boot/image_elf.c
/* kernel_image_test.c - Linux's images: each field of their headers cut off or spoiled, one at a time. */
#include "boot/kernel_image.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/boot/elf_builder.h"
#include "tests/unit/boot/linux_images.h"

static uint8_t file[LINUX_IMAGE_SIZE];
static struct kernel_image image;
static char why[256];

/* From a heap block of just that size, so that the sanitizer sees a byte too far. */
static int read_bytes(const void *bytes, size_t size)
{
    void *copy = malloc(size > 0 ? size : 1);
    int error;

    memcpy(copy, bytes, size);
    why[0] = '\0';
    kernel_image_machine(copy, size);
    error = kernel_image_read(copy, size, &image, why, sizeof(why));
    free(copy);
    ck_assert(error == 0 || error == -ENOEXEC);
    ck_assert_msg((error == 0) == (why[0] == '\0'), "%d, but \"%s\"", error, why);
    ck_assert_ptr_null(strchr(why, '\n'));
    return error;
}

/* With a field of the file changed, and then put back. */
static int with(unsigned offset, unsigned size, uint64_t value)
{
    uint8_t old[8];

    memcpy(old, file + offset, size);
    linux_put(file, offset, size, value);
    int error = read_bytes(file, sizeof(file));
    memcpy(file + offset, old, size);
    return error;
}

static void refuses(unsigned offset, unsigned size, uint64_t value, const char *part)
{
    ck_assert_int_eq(with(offset, size, value), -ENOEXEC);
    ck_assert_msg(strstr(why, part) != NULL, "\"%s\" is not in \"%s\"", part, why);
}

/* ---- bzImage ---- */

START_TEST(a_bzimage)
{
    linux_bzimage(file);
    ck_assert_int_eq(kernel_image_machine(file, sizeof(file)), EM_X86_64);
    ck_assert_int_eq(read_bytes(file, sizeof(file)), 0);
    ck_assert_int_eq(image.format, KERNEL_BZIMAGE);
    ck_assert(image.is_linux);
    ck_assert_uint_eq(image.bzimage.version, 0x20f);
    ck_assert_uint_eq(image.bzimage.header_size, 0x26c - 0x1f1);
    ck_assert_uint_eq(image.bzimage.kernel_offset, (BZIMAGE_SETUP_SECTS + 1) * 512);
    ck_assert_uint_eq(image.bzimage.kernel_size, sizeof(file) - image.bzimage.kernel_offset);
    ck_assert_uint_eq(image.bzimage.pref_address, 0x1000000);
    ck_assert_uint_eq(image.bzimage.alignment, 0x200000);
    ck_assert(image.bzimage.relocatable);
    ck_assert_uint_eq(image.bzimage.cmdline_max, 2047);
    ck_assert_uint_eq(image.bzimage.initrd_max, 0x7fffffff);
    ck_assert_int_eq(with(0x1f1, 1, 0), 0); /* stands for 4 */
    ck_assert_uint_eq(image.bzimage.kernel_offset, 5 * 512);
}
END_TEST

START_TEST(a_bzimage_cut)
{
    linux_bzimage(file);
    for (size_t size = 0; size <= (BZIMAGE_SETUP_SECTS + 1) * 512 + BZIMAGE_ENTRY64; size++) {
        ck_assert_int_eq(read_bytes(file, size), -ENOEXEC);
        ck_assert(size < 0x208 || strstr(why, "is a truncated bzImage") != NULL);
    }
    ck_assert_int_eq(read_bytes(file, (BZIMAGE_SETUP_SECTS + 1) * 512 + BZIMAGE_ENTRY64 + 1), 0);
}
END_TEST

START_TEST(a_bzimage_spoiled)
{
    linux_bzimage(file);
    refuses(0x1fe, 2, 0, "is not an ELF file");
    refuses(0x202, 4, 0, "is not an ELF file");
    refuses(0x206, 2, 0x20b, "boot protocol 2.11");
    refuses(0x206, 2, 0, "boot protocol 0.00");
    refuses(0x211, 1, 0, "zImage");
    refuses(0x236, 2, 0x3e, "XLF_KERNEL_64");
    refuses(0x1f1, 1, 7, "is a truncated bzImage"); /* the kernel begins where the file ends */
    refuses(0x1f1, 1, 255, "is a truncated bzImage");
    ck_assert_int_eq(with(0x1f4, 4, 2048 / 16), 0); /* all that is there */
    refuses(0x1f4, 4, 2048 / 16 + 1, "is a truncated bzImage: its kernel ends at byte 4112, and the file has 4096");
    refuses(0x1f4, 4, 0xffffffff, "is a truncated bzImage");
    refuses(0x201, 1, 0x61, "setup header of");
    refuses(0x201, 1, 0x8f, "setup header of");
    refuses(0x201, 1, 0, "setup header of");
    refuses(0x201, 1, 0xff, "setup header of");
    ck_assert_int_eq(with(0x201, 1, 0x62), 0); /* just the fields that are read */
    ck_assert_int_eq(with(0x201, 1, 0x8e), 0); /* as much as the zero page takes */
    for (unsigned alignment = 0; alignment < 0x1000; alignment += 0xff)
        refuses(0x230, 4, alignment, "kernel_alignment");
    refuses(0x230, 4, 0x300000, "kernel_alignment 0x300000");
    refuses(0x230, 4, 0xffffffff, "kernel_alignment");
    ck_assert_int_eq(with(0x230, 4, 0x80000000), 0);
    refuses(0x258, 8, 0x1000001, "pref_address");
    refuses(0x258, 8, 0x100000000, "pref_address");
    refuses(0x258, 8, UINT64_MAX, "pref_address");
    refuses(0x260, 4, 0, "init_size");
    refuses(0x260, 4, sizeof(file) - (BZIMAGE_SETUP_SECTS + 1) * 512 - 1, "init_size");
    refuses(0x260, 4, 0x40000001, "init_size");
    refuses(0x260, 4, 0xffffffff, "init_size");
    refuses(0x238, 4, 0, "cmdline_size 0");
    refuses(0x22c, 4, 0, "initrd_addr_max 0x0");
}
END_TEST

/* ---- flat images ---- */

static const struct {
    uint16_t machine;
    const char *name;
    unsigned load_offset; /* where in the header */
} flats[] = {{EM_AARCH64, "arm64", 8}, {EM_RISCV, "riscv", 8}, {EM_LOONGARCH, "loongarch", 24}};

START_TEST(a_flat_image)
{
    uint16_t machine = flats[_i].machine;

    linux_flat(file, machine);
    ck_assert_int_eq(kernel_image_machine(file, sizeof(file)), machine);
    ck_assert_int_eq(read_bytes(file, sizeof(file)), 0);
    ck_assert_int_eq(image.format, KERNEL_FLAT);
    ck_assert(image.is_linux);
    ck_assert_uint_eq(image.machine, machine);
    ck_assert_uint_eq(image.flat.load_offset, machine == EM_AARCH64 ? 0 : 0x200000);
    ck_assert_uint_eq(image.flat.mem_size, 0x10000);
    ck_assert_uint_eq(image.flat.entry, machine == EM_LOONGARCH ? 0x400 : 0);
    ck_assert_uint_eq(image.flat.flags, machine == EM_AARCH64 ? 0xa : 0);
    /* A file may be longer than its image: padding, or a signature. */
    ck_assert_int_eq(with(16, 8, 1), 0);
    ck_assert_uint_eq(image.flat.mem_size, sizeof(file));
}
END_TEST

START_TEST(a_flat_image_cut)
{
    linux_flat(file, flats[_i].machine);
    for (size_t size = 0; size < 64; size++) {
        ck_assert_int_eq(kernel_image_machine(file, size), -ENOEXEC);
        ck_assert_int_eq(read_bytes(file, size), -ENOEXEC);
    }
    ck_assert_int_eq(kernel_image_machine(file, 64), flats[_i].machine);
    ck_assert_int_eq(read_bytes(file, 64), flats[_i].machine == EM_LOONGARCH ? -ENOEXEC : 0); /* its entry is cut off */
}
END_TEST

START_TEST(a_flat_image_spoiled)
{
    linux_flat(file, flats[_i].machine);
    refuses(56, 4, 0, "is not an ELF file");
    refuses(16, 8, 0, "image_size is 0");
    ck_assert_ptr_nonnull(strstr(why, flats[_i].name));
    for (unsigned bit = 30; bit < 64; bit++) { /* 1 GiB and a byte, and every size beyond */
        refuses(16, 8, (1ull << bit) + 1, "has a bad header");
        refuses(flats[_i].load_offset, 8, (1ull << bit) + 1, "has a bad header");
    }
    refuses(16, 8, UINT64_MAX, "image_size 0xffffffffffffffff");
    refuses(flats[_i].load_offset, 8, UINT64_MAX, "load offset 0xffffffffffffffff");
    ck_assert_int_eq(with(16, 8, 1ull << 30), 0);
    if (flats[_i].machine == EM_LOONGARCH) {
        refuses(8, 8, 0, "entry"); /* below the image */
        refuses(8, 8, 0x9000000000200000 + sizeof(file), "entry 0x1000");
        refuses(8, 8, UINT64_MAX, "entry");
        ck_assert_int_eq(with(8, 8, 0x9000000000200000), 0);
    }
}
END_TEST

/* ---- all ---- */

/* Each byte of each header with each of some values: no more than a refusal. */
START_TEST(no_byte_does_harm)
{
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};

    if (_i < 3)
        linux_flat(file, flats[_i].machine);
    else
        linux_bzimage(file);
    for (unsigned at = _i < 3 ? 0 : 0x1f1; at < (_i < 3 ? 64u : 0x290u); at++)
        for (unsigned v = 0; v < sizeof(values); v++)
            with(at, 1, values[v]);
}
END_TEST

START_TEST(others)
{
    struct elf_builder elf;

    elf_builder_init(&elf, false);
    ck_assert_int_eq(read_bytes(&elf, sizeof(elf)), 0);
    ck_assert_int_eq(image.format, KERNEL_ELF);
    ck_assert_int_eq(image.machine, EM_X86_64);
    ck_assert_int_eq(kernel_image_machine(&elf, sizeof(elf)), EM_X86_64);
    ck_assert_int_eq(read_bytes("", 0), -ENOEXEC);
    memset(file, 0, sizeof(file));
    ck_assert_int_eq(read_bytes(file, sizeof(file)), -ENOEXEC);
    ck_assert_int_eq(kernel_image_machine(file, sizeof(file)), -ENOEXEC);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/kernel_image");
    TCase *tc = tcase_create("kernel_image");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, a_bzimage);
    tcase_add_test(tc, a_bzimage_cut);
    tcase_add_test(tc, a_bzimage_spoiled);
    tcase_add_loop_test(tc, a_flat_image, 0, 3);
    tcase_add_loop_test(tc, a_flat_image_cut, 0, 3);
    tcase_add_loop_test(tc, a_flat_image_spoiled, 0, 3);
    tcase_add_loop_test(tc, no_byte_does_harm, 0, 4);
    tcase_add_test(tc, others);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
