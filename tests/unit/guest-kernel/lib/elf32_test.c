/* SPDX-License-Identifier: Apache-2.0 */
/* elf32_test.c - 32-bit programs' ELF headers: what `ld -N` and usual linkers write, and each way in which it can lie.
 */
// sources: guest-kernel/lib/elf.c guest-kernel/lib/elf_layout.c
#include <check.h>
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "lib/elf.h"

#define FILE_SIZE 0x5000u
#define USER_END 0xffffe000u

static const struct elf_kind kind = {EM_386, true, USER_END}, wide = {EM_X86_64, false, ELF_USER_END_64};

struct image {
    Elf32_Ehdr header;
    Elf32_Phdr phdr[4];
    uint8_t rest[4096 - sizeof(Elf32_Ehdr) - 4 * sizeof(Elf32_Phdr)];
};
_Static_assert(sizeof(struct image) == ELF_HEADER_BYTES, "a page");

enum { TEXT, DATA, STACK };

static struct image good(void)
{
    struct image image = {0};

    memcpy(image.header.e_ident, ELFMAG, SELFMAG);
    image.header.e_ident[EI_CLASS] = ELFCLASS32;
    image.header.e_ident[EI_DATA] = ELFDATA2LSB;
    image.header.e_ident[EI_VERSION] = EV_CURRENT;
    image.header.e_type = ET_EXEC;
    image.header.e_machine = EM_386;
    image.header.e_entry = 0x8049000;
    image.header.e_phoff = sizeof(Elf32_Ehdr);
    image.header.e_phentsize = sizeof(Elf32_Phdr);
    image.header.e_phnum = 3;
    image.phdr[TEXT] = (Elf32_Phdr){.p_type = PT_LOAD,
                                    .p_flags = PF_R | PF_X,
                                    .p_vaddr = 0x8048000,
                                    .p_filesz = 0x2345,
                                    .p_memsz = 0x2345,
                                    .p_align = 0x1000};
    image.phdr[DATA] = (Elf32_Phdr){.p_type = PT_LOAD,
                                    .p_flags = PF_R | PF_W,
                                    .p_offset = 0x3f80,
                                    .p_vaddr = 0x804cf80,
                                    .p_filesz = 0x100,
                                    .p_memsz = 0x3000,
                                    .p_align = 0x1000};
    image.phdr[STACK] = (Elf32_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W | PF_X};
    return image;
}

static int read_image(const struct image *image, struct elf_program *out)
{
    return elf_read_program(image, sizeof(*image), FILE_SIZE, &kind, out);
}

START_TEST(a_static_program)
{
    struct image image = good();
    struct elf_program program;

    memset(&program, 0xee, sizeof(program));
    ck_assert_int_eq(read_image(&image, &program), 0);
    ck_assert(!program.is_pie);
    ck_assert(program.exec_stack);
    ck_assert_uint_eq(program.entry, 0x8049000);
    ck_assert_uint_eq(program.load_count, 2);
    ck_assert_uint_eq(program.load[0].vaddr, 0x8048000);
    ck_assert_uint_eq(program.load[0].flags, ELF_READ | ELF_EXEC);
    ck_assert_uint_eq(program.load[1].flags, ELF_READ | ELF_WRITE);
    ck_assert_uint_eq(program.load[1].offset, 0x3f80);
    ck_assert_uint_eq(program.load[1].file_size, 0x100);
    ck_assert_uint_eq(program.load[1].mem_size, 0x3000);
    ck_assert_uint_eq(program.low, 0x8048000);
    ck_assert_uint_eq(program.high, 0x8050000);
    ck_assert_uint_eq(program.phdr_vaddr, 0x8048034);
    ck_assert_uint_eq(program.phdr_size, 32);
    ck_assert_uint_eq(program.interp_size, 0);
}
END_TEST

/* One segment of all rights that begins in the middle of a page, and aligned to words only. */
START_TEST(an_omagic_program)
{
    struct image image = good();
    struct elf_program program;

    image.header.e_phnum = 1;
    image.phdr[TEXT] = (Elf32_Phdr){.p_type = PT_LOAD,
                                    .p_flags = PF_R | PF_W | PF_X,
                                    .p_offset = 0xb4,
                                    .p_vaddr = 0x80480b4,
                                    .p_filesz = 0xec,
                                    .p_memsz = 0xec,
                                    .p_align = 4};
    image.header.e_entry = 0x80480d8;
    ck_assert_int_eq(read_image(&image, &program), 0);
    ck_assert_uint_eq(program.load_count, 1);
    ck_assert_uint_eq(program.low, 0x8048000);
    ck_assert_uint_eq(program.high, 0x8049000);
    ck_assert_uint_eq(program.align, 0x1000);
    ck_assert_uint_eq(program.phdr_vaddr, 0);
}
END_TEST

START_TEST(up_to_the_end_of_its_address_space)
{
    struct image image = good();
    struct elf_program program;

    image.phdr[DATA].p_vaddr = USER_END - 0x80;
    image.phdr[DATA].p_memsz = image.phdr[DATA].p_filesz = 0x80;
    image.phdr[DATA].p_offset = 0x3f80;
    ck_assert_int_eq(read_image(&image, &program), 0);
    ck_assert_uint_eq(program.high, USER_END);
}
END_TEST

#define LIES(X)                                          \
    X(i->header.e_ident[EI_CLASS] = ELFCLASS64)          \
    X(i->header.e_ident[EI_CLASS] = 0)                   \
    X(i->header.e_ident[EI_DATA] = ELFDATA2MSB)          \
    X(i->header.e_machine = EM_X86_64)                   \
    X(i->header.e_machine = EM_ARM)                      \
    X(i->header.e_type = ET_REL)                         \
    X(i->header.e_phentsize = 56)                        \
    X(i->header.e_phnum = 0)                             \
    X(i->header.e_phnum = 127)                           \
    X(i->header.e_phnum = 0xffff)                        \
    X(i->header.e_phoff = 4096)                          \
    X(i->header.e_phoff = 0xffffffff)                    \
    X(i->header.e_phoff = 0u - 32)                       \
    X(i->header.e_entry = USER_END)                      \
    X(i->header.e_entry = 0xffffffff)                    \
    X(i->phdr[TEXT].p_filesz = 0x2346)                   \
    X(i->phdr[TEXT].p_align = 3)                         \
    X(i->phdr[TEXT].p_align = 1u << 31)                  \
    X(i->phdr[TEXT].p_vaddr = 0x8048001)                 \
    X(i->phdr[DATA].p_offset = 0x4f80)                   \
    X(i->phdr[DATA].p_offset = 0xfffff000 + 0xf80)       \
    X(i->phdr[DATA].p_vaddr = 0x8047f80)                 \
    X(i->phdr[DATA].p_vaddr = USER_END - 0x1000 + 0xf80) \
    X(i->phdr[DATA].p_vaddr = 0xfffff000 + 0xf80)        \
    X(i->phdr[DATA].p_memsz = 0xffffffff)                \
    X(i->phdr[DATA].p_memsz = USER_END - 0x804cf80 + 1)  \
    X((i->phdr[STACK].p_type = PT_INTERP, i->phdr[STACK].p_filesz = 0xffffffff))

#define TELL(lie) {.text = #lie},
static const struct {
    const char *text;
} lies[] = {LIES(TELL)};
#define LIE_COUNT (sizeof(lies) / sizeof(lies[0]))

static void tell(struct image *i, unsigned n)
{
    unsigned k = 0;

#define APPLY(lie)  \
    if (k++ == n) { \
        lie;        \
        return;     \
    }
    LIES(APPLY)
}

START_TEST(every_lie_is_refused)
{
    for (unsigned n = 0; n < LIE_COUNT; n++) {
        struct image image = good();
        struct elf_program program;

        tell(&image, n);
        ck_assert_msg(read_image(&image, &program) == -ENOEXEC, "%s", lies[n].text);
    }
}
END_TEST

START_TEST(a_file_that_ends_early)
{
    struct image image = good();
    struct elf_program program;
    size_t size, needed = sizeof(Elf32_Ehdr) + 3 * sizeof(Elf32_Phdr);

    for (size = 0; size <= needed; size++) {
        uint8_t *copy = malloc(size + 1);

        memcpy(copy, &image, size);
        ck_assert_int_eq(elf_read_program(copy, size, FILE_SIZE, &kind, &program), size < needed ? -ENOEXEC : 0);
        free(copy);
    }
}
END_TEST

START_TEST(another_kind)
{
    struct image image = good();
    struct elf_program program;

    ck_assert_int_eq(elf_read_program(&image, sizeof(image), FILE_SIZE, &wide, &program), -ENOEXEC);
    image.header.e_machine = EM_X86_64; /* x32's, which is none of ours */
    ck_assert_int_eq(elf_read_program(&image, sizeof(image), FILE_SIZE, &wide, &program), -ENOEXEC);
    ck_assert_str_eq(elf_machine_name(&image, sizeof(image)), "x86_64");
    image.header.e_machine = EM_386;
    ck_assert_str_eq(elf_machine_name(&image, sizeof(image)), "i386");
    ck_assert_str_eq(elf_machine_name(&image, sizeof(Elf32_Ehdr)), "i386");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/lib/elf32");
    TCase *tests = tcase_create("elf32");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tests, a_static_program);
    tcase_add_test(tests, an_omagic_program);
    tcase_add_test(tests, up_to_the_end_of_its_address_space);
    tcase_add_test(tests, every_lie_is_refused);
    tcase_add_test(tests, a_file_that_ends_early);
    tcase_add_test(tests, another_kind);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
