/* SPDX-License-Identifier: Apache-2.0 */
/* elf.h - reads the headers of an ELF program, of 64 or 32 bits (gABI chapters 4 and 5). Pure: works on bytes, trusts
 * nothing in them. */
#ifndef GK_LIB_ELF_H
#define GK_LIB_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_LOAD_MAX 16
#define ELF_HEADER_BYTES \
    4096 /* headers and program headers must lie in the file's first page, as on Linux they nearly always do */

enum { ELF_READ = 4, ELF_WRITE = 2, ELF_EXEC = 1 }; /* PF_R, PF_W, PF_X */

#define ELF_USER_END_64 (1ull << 47) /* no 64-bit ISA of ours gives a program more */

struct elf_kind { /* of programs: what the header has to say, and where user space ends for them */
    uint16_t machine;
    bool is_32bit; /* ELFCLASS32 */
    uint64_t user_end;
};

struct elf_load {
    uint64_t vaddr, offset, file_size, mem_size;
    unsigned flags;
};

struct elf_program {
    bool is_pie; /* ET_DYN */
    uint64_t entry;
    uint64_t phdr_vaddr; /* where the program headers are mapped, 0: nowhere */
    uint16_t phdr_count, phdr_size;
    struct elf_load load[ELF_LOAD_MAX]; /* ascending, not overlapping */
    unsigned load_count;
    uint64_t low, high;                  /* page-aligned span of all loads */
    uint64_t align;                      /* greatest p_align, at least a page */
    uint64_t interp_offset, interp_size; /* PT_INTERP; size 0: none */
    bool exec_stack;
};

/* `bytes` holds the first `size` bytes of a file of `file_size`. 0; -ENOEXEC; for another kind also -ENOEXEC. */
int elf_read_program(const void *bytes, size_t size, uint64_t file_size, const struct elf_kind *kind,
                     struct elf_program *out);

/* The machine that an ELF program's first bytes name, for a message: "riscv64"; "an unknown machine"; NULL: no ELF. */
const char *elf_machine_name(const void *bytes, size_t size);

#endif
