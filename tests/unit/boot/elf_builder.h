/* SPDX-License-Identifier: Apache-2.0 */
/* elf_builder.h - a small valid kernel to spoil: one segment, with the PVH note and, on demand, ours. */
#ifndef TESTS_ELF_BUILDER_H
#define TESTS_ELF_BUILDER_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "boot/abi.h"

#define KERNEL_PADDR 0x200000u
#define KERNEL_MEM 0x3000u
#define KERNEL_HEADERS 4
#define KERNEL_NOTES 0x200 /* offset in the file */
#define KERNEL_NOTE_LVMM 20
#define KERNEL_FILE 0x1000

struct elf_builder { /* laid out as the file is */
    Elf64_Ehdr header;
    Elf64_Phdr ph[KERNEL_HEADERS]; /* [0] PT_LOAD, [1] PT_NOTE, the others PT_NULL */
    uint8_t gap[KERNEL_NOTES - sizeof(Elf64_Ehdr) - KERNEL_HEADERS * sizeof(Elf64_Phdr)];
    uint8_t rest[KERNEL_FILE - KERNEL_NOTES];
};

static inline uint32_t elf_builder_note(uint8_t *at, const char *name, uint32_t type, uint32_t value)
{
    const Elf64_Nhdr note = {.n_namesz = (Elf64_Word)strlen(name) + 1, .n_descsz = sizeof(value), .n_type = type};
    uint32_t name_size = (note.n_namesz + 3) & ~3u;

    memcpy(at, &note, sizeof(note));
    memcpy(at + sizeof(note), name, note.n_namesz);
    memcpy(at + sizeof(note) + name_size, &value, sizeof(value));
    return (uint32_t)(sizeof(note) + name_size + sizeof(value));
}

static inline void elf_builder_init(struct elf_builder *b, bool is_guest_kernel)
{
    uint32_t size;

    memset(b, 0, sizeof(*b));
    memcpy(b->header.e_ident, ELFMAG, SELFMAG);
    b->header.e_ident[EI_CLASS] = ELFCLASS64;
    b->header.e_ident[EI_DATA] = ELFDATA2LSB;
    b->header.e_ident[EI_VERSION] = EV_CURRENT;
    b->header.e_type = ET_EXEC;
    b->header.e_machine = EM_X86_64;
    b->header.e_version = EV_CURRENT;
    b->header.e_entry = 0xffffffff80200000;
    b->header.e_phoff = sizeof(b->header);
    b->header.e_ehsize = sizeof(b->header);
    b->header.e_phentsize = sizeof(b->ph[0]);
    b->header.e_phnum = KERNEL_HEADERS;
    b->ph[0] = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_vaddr = b->header.e_entry,
        .p_paddr = KERNEL_PADDR,
        .p_filesz = sizeof(*b),
        .p_memsz = KERNEL_MEM,
        .p_align = 0x1000,
    };
    size = elf_builder_note(b->rest, "Xen", 18, KERNEL_PADDR + 0x100);
    if (is_guest_kernel)
        size += elf_builder_note(b->rest + size, LVMM_NOTE_NAME, LVMM_NOTE_ABI, LVMM_ABI_VERSION);
    b->ph[1] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = KERNEL_NOTES, .p_filesz = size, .p_align = 4};
}

/* Puts it where memory begins at `base`. */
static inline void elf_builder_move(struct elf_builder *b, uint32_t base)
{
    const uint32_t pvh_entry = base + KERNEL_PADDR + 0x100;

    b->ph[0].p_paddr = base + KERNEL_PADDR;
    memcpy(b->rest + 16, &pvh_entry, sizeof(pvh_entry));
}

#endif
