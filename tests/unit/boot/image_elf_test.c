/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/image_elf.c
/* image_elf_test.c - each field of a kernel's headers, spoiled one at a time; the message names the field. */
#include "boot/image_elf.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/boot/elf_builder.h"

static struct elf_builder file;
static struct elf_kernel kernel;
static char why[256];

static void setup(void)
{
    elf_builder_init(&file, true);
    why[0] = '\0';
}

/* From a heap block of just that size, so that the sanitizer sees a byte too far. */
static int read_bytes(const void *bytes, size_t size)
{
    void *copy = malloc(size);

    memcpy(copy, bytes, size);
    int error = elf_read_kernel(copy, size, &kernel, why, sizeof(why));
    free(copy);
    return error;
}

static void refuses(const char *part)
{
    ck_assert_int_eq(read_bytes(&file, sizeof(file)), -ENOEXEC);
    ck_assert_msg(strstr(why, part) != NULL, "\"%s\" is not in \"%s\"", part, why);
    ck_assert_ptr_null(strchr(why, '\n'));
}

START_TEST(a_good_kernel_is_read)
{
    ck_assert_int_eq(read_bytes(&file, sizeof(file)), 0);
    ck_assert_uint_eq(kernel.machine, EM_X86_64);
    ck_assert_uint_eq(kernel.segment_count, 1);
    ck_assert_uint_eq(kernel.segment[0].paddr, KERNEL_PADDR);
    ck_assert_uint_eq(kernel.segment[0].mem_size, KERNEL_MEM);
    ck_assert(kernel.is_guest_kernel && kernel.has_pvh);
    ck_assert_uint_eq(kernel.pvh_entry, KERNEL_PADDR + 0x100);
    ck_assert_int_eq(elf_peek_machine(&file, 20), EM_X86_64);
    ck_assert_int_eq(elf_peek_machine(&file, 19), -ENOEXEC);
    file.header.e_ident[EI_CLASS] = ELFCLASS32;
    ck_assert_int_eq(elf_peek_machine(&file, 20), -ENOEXEC);
}
END_TEST

/* As linkers lay out .note.gnu.property: name of 4 bytes, a descriptor at a multiple of 8. Ours follow in a segment of
 * their own, as the linker does it, or in the same one. */
START_TEST(notes_aligned_to_8)
{
    static const uint32_t property[8] = {4, 16, 5, 0x00554e47, 0xc0000002, 4, 3, 0};
    const uint32_t pvh[5] = {4, 4, 18, 0x006e6558, KERNEL_PADDR + 0x80};

    memcpy(file.rest, property, sizeof(property));
    memcpy(file.rest + sizeof(property), pvh, sizeof(pvh));
    file.ph[1].p_align = 8;
    file.ph[1].p_filesz = sizeof(property);
    ck_assert_int_eq(read_bytes(&file, sizeof(file)), 0);
    ck_assert(!kernel.is_guest_kernel && !kernel.has_pvh);
    file.ph[1].p_filesz = sizeof(property) + 20;
    ck_assert_int_eq(read_bytes(&file, sizeof(file)), 0);
    ck_assert(kernel.has_pvh);
    ck_assert_uint_eq(kernel.pvh_entry, KERNEL_PADDR + 0x80);
}
END_TEST

/* Each header may name the whole file, so what counts is the sum. */
START_TEST(notes_are_bounded)
{
    enum { SIZE = 3 << 18 }; /* one such segment will do, two won't */
    uint8_t *big = calloc(1, KERNEL_FILE + SIZE);

    for (unsigned i = 2; i < 4; i++)
        file.ph[i] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = KERNEL_FILE, .p_filesz = SIZE, .p_align = 4};
    file.header.e_phnum = 3;
    memcpy(big, &file, sizeof(file));
    ck_assert_int_eq(read_bytes(big, KERNEL_FILE + SIZE), 0);
    file.header.e_phnum = 4;
    memcpy(big, &file, sizeof(file));
    ck_assert_int_eq(read_bytes(big, KERNEL_FILE + SIZE), -ENOEXEC);
    ck_assert_ptr_nonnull(strstr(why, "too many notes"));
    free(big);
}
END_TEST

START_TEST(without_notes_it_is_bare)
{
    file.ph[1].p_type = PT_NULL;
    ck_assert_int_eq(read_bytes(&file, sizeof(file)), 0);
    ck_assert(!kernel.is_guest_kernel && !kernel.has_pvh);
}
END_TEST

/* Every length up to the whole: an error, and nothing outside of it is read. */
START_TEST(every_truncation_is_refused)
{
    for (size_t size = 1; size < sizeof(file); size++)
        ck_assert_int_eq(read_bytes(&file, size), -ENOEXEC);
    ck_assert_int_eq(read_bytes("#!/bin/sh\n", 10), -ENOEXEC);
    ck_assert_str_eq(why, "is not an ELF file (it doesn't start with \\x7fELF)");
}
END_TEST

/* Each byte of the headers and notes with each of some values: no more than a refusal. */
START_TEST(no_byte_does_harm)
{
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};

    for (size_t i = 0; i < KERNEL_NOTES + 64; i++) {
        uint8_t *byte = (uint8_t *)&file + i;
        uint8_t old = *byte;
        for (unsigned v = 0; v < sizeof(values); v++) {
            *byte = values[v];
            int error = read_bytes(&file, sizeof(file));
            ck_assert(error == 0 || error == -ENOEXEC);
        }
        *byte = old;
    }
}
END_TEST

START_TEST(bad_identification)
{
    file.header.e_ident[EI_CLASS] = ELFCLASS32;
    refuses("EI_CLASS is 1, not 2");
    setup();
    file.header.e_ident[EI_DATA] = ELFDATA2MSB;
    refuses("EI_DATA is 2, not 1");
    setup();
    file.header.e_ident[EI_VERSION] = 9;
    refuses("EI_VERSION is 9");
    setup();
    file.header.e_type = ET_REL;
    refuses("e_type is 1");
    setup();
    file.header.e_version = 0;
    refuses("e_version is 0");
}
END_TEST

START_TEST(bad_tables)
{
    file.header.e_ehsize = 52;
    refuses("e_ehsize is 52");
    setup();
    file.header.e_phentsize = 32;
    refuses("e_phentsize is 32");
    setup();
    file.header.e_phnum = 0;
    refuses("e_phnum is 0");
    setup();
    file.header.e_phnum = PN_XNUM;
    refuses("PN_XNUM");
    setup();
    file.header.e_phnum = 1000;
    refuses("1000 program headers");
    setup();
    file.header.e_phoff = UINT64_MAX - 8;
    refuses("e_phoff 0xfffffffffffffff7");
    setup();
    file.header.e_phoff = sizeof(file) - 8;
    refuses("e_phoff");
}
END_TEST

START_TEST(bad_segments)
{
    file.ph[0].p_filesz = sizeof(file) + 1;
    refuses("p_filesz 0x1001");
    setup();
    file.ph[0].p_offset = UINT64_MAX;
    refuses("p_offset 0xffffffffffffffff");
    setup();
    file.ph[0].p_memsz = 0x10;
    refuses("p_memsz 0x10 is less than p_filesz");
    setup();
    file.ph[0].p_paddr = UINT64_MAX - 0xfff;
    refuses("p_paddr 0xfffffffffffff000 plus p_memsz");
    setup();
    file.ph[0].p_vaddr = UINT64_MAX - 0xfff;
    refuses("p_vaddr 0xfffffffffffff000 plus p_memsz");
    setup();
    file.ph[0].p_align = 3;
    refuses("p_align 0x3 is not a power of two");
    setup();
    file.ph[0].p_vaddr += 8;
    refuses("differ modulo p_align");
    setup();
    file.ph[0].p_type = PT_NULL;
    refuses("no PT_LOAD segment");
    setup();
    file.header.e_entry = 0x1234;
    refuses("e_entry 0x1234 is in no segment");
}
END_TEST

START_TEST(overlapping_segments)
{
    file.ph[2] = file.ph[0];
    file.ph[2].p_paddr = KERNEL_PADDR + KERNEL_MEM;
    ck_assert_int_eq(read_bytes(&file, sizeof(file)), 0);
    file.ph[2].p_paddr -= 1;
    refuses("overlapping segments: segment 2 at p_paddr 0x202fff and one at 0x200000");
    file.ph[2].p_paddr = KERNEL_PADDR - KERNEL_MEM + 1;
    refuses("overlapping");
    file.ph[2].p_paddr = KERNEL_PADDR - KERNEL_MEM;
    ck_assert_int_eq(read_bytes(&file, sizeof(file)), 0);
}
END_TEST

START_TEST(too_many_segments)
{
    Elf64_Phdr *ph = (Elf64_Phdr *)(void *)(file.rest + 0x100);

    file.header.e_phoff = KERNEL_NOTES + 0x100;
    file.header.e_phnum = ELF_SEGMENTS_MAX + 1;
    for (unsigned i = 0; i <= ELF_SEGMENTS_MAX; i++) {
        ph[i] = file.ph[0];
        ph[i].p_paddr = KERNEL_PADDR + i * KERNEL_MEM;
    }
    refuses("too many segments");
    file.header.e_phnum = ELF_SEGMENTS_MAX;
    ck_assert_int_eq(read_bytes(&file, sizeof(file)), 0);
    ck_assert_uint_eq(kernel.segment_count, ELF_SEGMENTS_MAX);
}
END_TEST

START_TEST(bad_notes)
{
    Elf64_Nhdr *note = (Elf64_Nhdr *)(void *)file.rest;
    uint32_t version = LVMM_ABI_VERSION + 1, entry = 0x1000;
    char versions[64];

    note->n_namesz = 0xffffffff;
    refuses("n_namesz 4294967295");
    setup();
    note->n_descsz = 0xfffffffd;
    refuses("n_descsz 4294967293");
    setup();
    note->n_descsz = 3;
    refuses("PVH entry note (its descriptor has 3 bytes");
    setup();
    memcpy(file.rest + 16, &entry, sizeof(entry));
    refuses("PVH entry note (entry 0x1000 is in no segment)");
    setup();
    memcpy(file.rest + KERNEL_NOTE_LVMM + 20, &version, sizeof(version));
    snprintf(versions, sizeof(versions), "ABI version %u, this lvmm has version %u", version, LVMM_ABI_VERSION);
    refuses(versions);
    setup();
    file.ph[1].p_offset = sizeof(file) + 1;
    refuses("segment 1 has p_filesz");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/image_elf");
    TCase *tc = tcase_create("image_elf");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_good_kernel_is_read);
    tcase_add_test(tc, notes_are_bounded);
    tcase_add_test(tc, without_notes_it_is_bare);
    tcase_add_test(tc, notes_aligned_to_8);
    tcase_add_test(tc, every_truncation_is_refused);
    tcase_add_test(tc, no_byte_does_harm);
    tcase_add_test(tc, bad_identification);
    tcase_add_test(tc, bad_tables);
    tcase_add_test(tc, bad_segments);
    tcase_add_test(tc, overlapping_segments);
    tcase_add_test(tc, too_many_segments);
    tcase_add_test(tc, bad_notes);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
