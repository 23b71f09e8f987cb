/* SPDX-License-Identifier: Apache-2.0 */
/* elf_test.c - the reader of programs' ELF headers: good ones, and each way in which one can lie. */
// sources: guest-kernel/lib/elf.c guest-kernel/lib/elf_layout.c
#include <check.h>
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "lib/elf.h"

#define FILE_SIZE 0x5000u
#define USER_END (1ull << 47)

static const struct elf_kind kind = {EM_X86_64, false, USER_END};

struct image { /* a program's first page, as a linker lays it out */
    Elf64_Ehdr header;
    Elf64_Phdr phdr[20];
    uint8_t rest[4096 - sizeof(Elf64_Ehdr) - 20 * sizeof(Elf64_Phdr)];
};
_Static_assert(sizeof(struct image) == ELF_HEADER_BYTES, "a page");

enum { TEXT, DATA, STACK, INTERP, NOTE };

static struct image good(void)
{
    struct image image = {0};

    memcpy(image.header.e_ident, ELFMAG, SELFMAG);
    image.header.e_ident[EI_CLASS] = ELFCLASS64;
    image.header.e_ident[EI_DATA] = ELFDATA2LSB;
    image.header.e_ident[EI_VERSION] = EV_CURRENT;
    image.header.e_type = ET_EXEC;
    image.header.e_machine = EM_X86_64;
    image.header.e_entry = 0x401000;
    image.header.e_phoff = sizeof(Elf64_Ehdr);
    image.header.e_phentsize = sizeof(Elf64_Phdr);
    image.header.e_phnum = 5;
    image.phdr[TEXT] = (Elf64_Phdr){.p_type = PT_LOAD,
                                    .p_flags = PF_R | PF_X,
                                    .p_vaddr = 0x400000,
                                    .p_filesz = 0x2345,
                                    .p_memsz = 0x2345,
                                    .p_align = 0x1000};
    image.phdr[DATA] = (Elf64_Phdr){.p_type = PT_LOAD,
                                    .p_flags = PF_R | PF_W,
                                    .p_offset = 0x3f80,
                                    .p_vaddr = 0x404f80,
                                    .p_filesz = 0x100,
                                    .p_memsz = 0x3000,
                                    .p_align = 0x1000};
    image.phdr[STACK] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
    image.phdr[INTERP] = (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = 0x200, .p_filesz = 0x1c};
    image.phdr[NOTE] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = ~0ull, .p_filesz = ~0ull}; /* not looked at */
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
    ck_assert_uint_eq(program.entry, 0x401000);
    ck_assert_uint_eq(program.load_count, 2);
    ck_assert_uint_eq(program.load[0].vaddr, 0x400000);
    ck_assert_uint_eq(program.load[0].flags, ELF_READ | ELF_EXEC);
    ck_assert_uint_eq(program.load[1].offset, 0x3f80);
    ck_assert_uint_eq(program.load[1].file_size, 0x100);
    ck_assert_uint_eq(program.load[1].mem_size, 0x3000);
    ck_assert_uint_eq(program.low, 0x400000);
    ck_assert_uint_eq(program.high, 0x408000);
    ck_assert_uint_eq(program.phdr_vaddr, 0x400040);
    ck_assert_uint_eq(program.phdr_count, 5);
    ck_assert_uint_eq(program.phdr_size, 56);
    ck_assert_uint_eq(program.align, 0x1000);
    ck_assert_uint_eq(program.interp_offset, 0x200);
    ck_assert_uint_eq(program.interp_size, 0x1c);
    ck_assert(!program.exec_stack);
}
END_TEST

START_TEST(a_pie_with_an_executable_stack)
{
    struct image image = good();
    struct elf_program program;

    image.header.e_type = ET_DYN;
    image.header.e_entry = 0x1000;
    image.phdr[TEXT].p_vaddr = 0;
    image.phdr[DATA].p_vaddr = 0x4f80;
    image.phdr[DATA].p_align = 0x200000;
    image.phdr[STACK].p_flags |= PF_X;
    image.phdr[INTERP].p_type = PT_NULL;
    ck_assert_int_eq(read_image(&image, &program), 0);
    ck_assert(program.is_pie);
    ck_assert(program.exec_stack);
    ck_assert_uint_eq(program.low, 0);
    ck_assert_uint_eq(program.align, 0x200000);
    ck_assert_uint_eq(program.phdr_vaddr, 0x40);
    ck_assert_uint_eq(program.interp_size, 0);
}
END_TEST

START_TEST(headers_that_no_segment_maps)
{
    struct image image = good();
    struct elf_program program;

    image.phdr[TEXT].p_offset = 0x1000;
    image.phdr[TEXT].p_vaddr = 0x401000;
    ck_assert_int_eq(read_image(&image, &program), 0);
    ck_assert_uint_eq(program.phdr_vaddr, 0);
}
END_TEST

START_TEST(zero_sized_and_all_zero_segments)
{
    struct image image = good();
    struct elf_program program;

    image.phdr[DATA].p_filesz = 0; /* .bss alone: its offset means nothing */
    image.phdr[DATA].p_offset = 0x123456789;
    image.phdr[NOTE] = image.phdr[DATA];
    image.phdr[NOTE].p_memsz = 0;
    ck_assert_int_eq(read_image(&image, &program), 0);
    ck_assert_uint_eq(program.load_count, 2);
    ck_assert_uint_eq(program.load[1].offset, 0xf80);
    ck_assert_uint_eq(program.load[1].file_size, 0);
}
END_TEST

START_TEST(segments_may_share_a_page_but_no_byte)
{
    struct image image = good();
    struct elf_program program;

    image.phdr[DATA].p_vaddr = 0x402345;
    image.phdr[DATA].p_offset = 0x2345;
    ck_assert_int_eq(read_image(&image, &program), 0);
    image.phdr[DATA].p_vaddr = 0x402344;
    image.phdr[DATA].p_offset = 0x2344;
    ck_assert_int_eq(read_image(&image, &program), -ENOEXEC);
}
END_TEST

/* ---- lies ---- */

#define LIES(X)                                                                                            \
    X(i->header.e_ident[0] = 0)                                                                            \
    X(i->header.e_ident[3] = 'G')                                                                          \
    X(i->header.e_ident[EI_CLASS] = ELFCLASS32)                                                            \
    X(i->header.e_ident[EI_DATA] = ELFDATA2MSB)                                                            \
    X(i->header.e_machine = EM_AARCH64)                                                                    \
    X(i->header.e_type = ET_REL)                                                                           \
    X(i->header.e_type = ET_CORE)                                                                          \
    X(i->header.e_phentsize = 32)                                                                          \
    X(i->header.e_phnum = 0)                                                                               \
    X(i->header.e_phnum = 73)                                                                              \
    X(i->header.e_phnum = 0xffff)                                                                          \
    X(i->header.e_phoff = 4096)                                                                            \
    X(i->header.e_phoff = ~0ull)                                                                           \
    X(i->header.e_phoff = 0ull - 56)                                                                       \
    X(i->header.e_entry = USER_END)                                                                        \
    X(i->header.e_entry = ~0ull)                                                                           \
    X(i->phdr[TEXT].p_type = i->phdr[DATA].p_type = PT_NULL)                                               \
    X(i->phdr[TEXT].p_memsz = i->phdr[DATA].p_memsz = i->phdr[TEXT].p_filesz = i->phdr[DATA].p_filesz = 0) \
    X(i->phdr[TEXT].p_filesz = 0x2346)                                                                     \
    X(i->phdr[TEXT].p_align = 3)                                                                           \
    X(i->phdr[TEXT].p_align = 1ull << 63)                                                                  \
    X(i->phdr[TEXT].p_offset = 1)                                                                          \
    X(i->phdr[TEXT].p_vaddr = 0x400001)                                                                    \
    X(i->phdr[DATA].p_offset = 0x4f80)                                                                     \
    X(i->phdr[DATA].p_offset = 0xfffffffffffff000 + 0xf80)                                                 \
    X(i->phdr[DATA].p_filesz = 0x1081)                                                                     \
    X(i->phdr[DATA].p_vaddr = 0x3fff80)                                                                    \
    X(i->phdr[DATA].p_vaddr = 0x400f80)                                                                    \
    X(i->phdr[DATA].p_vaddr = USER_END - 0x1000 + 0xf80)                                                   \
    X(i->phdr[DATA].p_vaddr = 0xfffffffffffff000 + 0xf80)                                                  \
    X(i->phdr[DATA].p_memsz = ~0ull)                                                                       \
    X(i->phdr[DATA].p_memsz = USER_END - 0x404f80 + 1)                                                     \
    X(i->phdr[INTERP].p_filesz = 1)                                                                        \
    X(i->phdr[INTERP].p_filesz = 4097)                                                                     \
    X(i->phdr[INTERP].p_offset = FILE_SIZE - 0x1b)                                                         \
    X(i->phdr[INTERP].p_offset = ~0ull)

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
    unsigned n;

    for (n = 0; n < LIE_COUNT; n++) {
        struct image image = good();
        struct elf_program program;

        tell(&image, n);
        ck_assert_msg(read_image(&image, &program) == -ENOEXEC, "%s", lies[n].text);
    }
}
END_TEST

START_TEST(the_most_segments)
{
    struct image image = good();
    struct elf_program program;
    unsigned n;

    image.header.e_phnum = 20;
    for (n = 0; n < 20; n++)
        image.phdr[n] = (Elf64_Phdr){.p_type = n < ELF_LOAD_MAX ? PT_LOAD : PT_NULL,
                                     .p_flags = PF_R,
                                     .p_vaddr = 0x10000 * (n + 1),
                                     .p_memsz = 0x1000,
                                     .p_filesz = 0x1000};
    ck_assert_int_eq(read_image(&image, &program), 0);
    ck_assert_uint_eq(program.load_count, ELF_LOAD_MAX);
    image.phdr[ELF_LOAD_MAX].p_type = PT_LOAD;
    ck_assert_int_eq(read_image(&image, &program), -ENOEXEC);
}
END_TEST

START_TEST(a_file_that_ends_early)
{
    struct image image = good();
    struct elf_program program;
    size_t size, needed = sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr);

    for (size = 0; size <= needed; size++) {
        uint8_t *copy = malloc(size + 1);

        memcpy(copy, &image, size);
        ck_assert_int_eq(elf_read_program(copy, size, FILE_SIZE, &kind, &program), size < needed ? -ENOEXEC : 0);
        free(copy);
    }
    /* The page is there, but the file says that it isn't. */
    ck_assert_int_eq(elf_read_program(&image, sizeof(image), 100, &kind, &program), -ENOEXEC);
}
END_TEST

START_TEST(the_names_of_machines)
{
    struct image image = good();

    ck_assert_str_eq(elf_machine_name(&image, sizeof(image)), "x86_64");
    image.header.e_machine = EM_RISCV;
    ck_assert_str_eq(elf_machine_name(&image, sizeof(image)), "riscv64");
    image.header.e_machine = 0xffff;
    ck_assert_str_eq(elf_machine_name(&image, sizeof(image)), "an unknown machine");
    ck_assert_ptr_null(elf_machine_name(&image, sizeof(Elf32_Ehdr) - 1));
    image.header.e_ident[0] = 0;
    ck_assert_ptr_null(elf_machine_name(&image, sizeof(image)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/lib/elf");
    TCase *tests = tcase_create("elf");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, a_static_program);
    tcase_add_test(tests, a_pie_with_an_executable_stack);
    tcase_add_test(tests, headers_that_no_segment_maps);
    tcase_add_test(tests, zero_sized_and_all_zero_segments);
    tcase_add_test(tests, segments_may_share_a_page_but_no_byte);
    tcase_add_test(tests, every_lie_is_refused);
    tcase_add_test(tests, the_most_segments);
    tcase_add_test(tests, a_file_that_ends_early);
    tcase_add_test(tests, the_names_of_machines);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
