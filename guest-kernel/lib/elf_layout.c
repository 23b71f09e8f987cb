/* SPDX-License-Identifier: Apache-2.0 */
/* elf_layout.c - the headers of ELFCLASS64 and ELFCLASS32, as they lie in the file. */
#include "lib/elf_layout.h"

struct header64 { /* Elf64_Ehdr */
    struct elf_ident ident;
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t header_size, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct header64) == 64, "Elf64_Ehdr");

struct header32 { /* Elf32_Ehdr */
    struct elf_ident ident;
    uint16_t type, machine;
    uint32_t version;
    uint32_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t header_size, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct header32) == 52, "Elf32_Ehdr");

struct phdr32 { /* Elf32_Phdr: the flags stand elsewhere than in the other class */
    uint32_t type, offset, vaddr, paddr, file_size, mem_size, flags, align;
};
_Static_assert(sizeof(struct phdr32) == 32, "Elf32_Phdr");

bool elf64_header_read(const uint8_t *bytes, size_t size, struct elf_header *out)
{
    struct header64 header;

    if (size < sizeof(header))
        return false;
    __builtin_memcpy(&header, bytes, sizeof(header));
    *out = (struct elf_header){header.type,  header.machine, header.phentsize, header.phnum, sizeof(struct elf_phdr),
                               header.entry, header.phoff};
    return true;
}

bool elf32_header_read(const uint8_t *bytes, size_t size, struct elf_header *out)
{
    struct header32 header;

    if (size < sizeof(header))
        return false;
    __builtin_memcpy(&header, bytes, sizeof(header));
    *out = (struct elf_header){header.type,           header.machine, header.phentsize, header.phnum,
                               sizeof(struct phdr32), header.entry,   header.phoff};
    return true;
}

void elf32_phdr_read(const uint8_t *bytes, struct elf_phdr *out)
{
    struct phdr32 phdr;

    __builtin_memcpy(&phdr, bytes, sizeof(phdr));
    *out = (struct elf_phdr){phdr.type,  phdr.flags,     phdr.offset,   phdr.vaddr,
                             phdr.paddr, phdr.file_size, phdr.mem_size, phdr.align};
}
