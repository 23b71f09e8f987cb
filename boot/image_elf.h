/* SPDX-License-Identifier: Apache-2.0 */
/* image_elf.h - reads an ELF64 kernel (gABI chapters 4 and 5). Trusts nothing in the file. */
#ifndef LVMM_BOOT_IMAGE_ELF_H
#define LVMM_BOOT_IMAGE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 16

struct elf_segment { /* a PT_LOAD: [offset, offset + file_size) of the file goes to physical address paddr */
    uint64_t offset, file_size, mem_size;
    uint64_t vaddr, paddr;
};

struct elf_kernel {
    uint16_t machine;
    uint64_t entry; /* e_entry, virtual */
    struct elf_segment segment[ELF_SEGMENTS_MAX];
    unsigned segment_count;
    bool is_guest_kernel; /* carries our note, of our version */
    bool is_linux;        /* carries a note of Linux's own, or Xen's that says so */
    bool has_pvh;         /* XEN_ELFNOTE_PHYS32_ENTRY */
    uint32_t pvh_entry;   /* physical */
};

/* The machine of an ELF file's first bytes (20 are enough), or -ENOEXEC if it is not a little-endian ELF64 file. */
int elf_peek_machine(const void *bytes, size_t size);

/* Checks and reads the headers. 0, or -ENOEXEC with the reason in `why`. Segments lie in the file, don't overlap each
 * other in physical memory, don't wrap; whether they are in the machine's memory is the plan's to check. */
int elf_read_kernel(const void *bytes, size_t size, struct elf_kernel *out, char *why, size_t why_size);

/* Where the entry point is in physical memory: some kernels give its virtual address, others this one. */
uint64_t elf_entry_paddr(const struct elf_kernel *kernel);

#endif
