/* SPDX-License-Identifier: Apache-2.0 */
/* elf_layout.h - for elf.c alone: the headers of both classes in one form, that of ELFCLASS64 (gABI, chapters 4 and 5).
 */
#ifndef GK_LIB_ELF_LAYOUT_H
#define GK_LIB_ELF_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ELFCLASS32 = 1, ELFCLASS64 = 2 };

struct elf_ident { /* e_ident, the same in both */
    uint8_t magic[4], elf_class, data, ident_version, os_abi, pad[8];
};
_Static_assert(sizeof(struct elf_ident) == 16, "e_ident");

struct elf_header { /* what is wanted of Elf64_Ehdr or Elf32_Ehdr */
    uint16_t type, machine, phentsize, phnum;
    uint16_t phdr_bytes; /* what phentsize has to be */
    uint64_t entry, phoff;
};

struct elf_phdr { /* Elf64_Phdr */
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, file_size, mem_size, align;
};
_Static_assert(sizeof(struct elf_phdr) == 56, "Elf64_Phdr");

/* Both take a file's first `size` bytes. False: they are too few. */
bool elf64_header_read(const uint8_t *bytes, size_t size, struct elf_header *out);
bool elf32_header_read(const uint8_t *bytes, size_t size, struct elf_header *out);
/* An Elf32_Phdr, of 32 bytes. */
void elf32_phdr_read(const uint8_t *bytes, struct elf_phdr *out);

#endif
