/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf.c - reads the headers of an ELF64 program.
 *
 * Refuses what Linux refuses, and moreover what Linux would let start only to kill it: segments that can't be mapped as
 * they say. So a loader that follows the result can't fail for a reason that lies in the file.
 */
#include "lib/elf.h"

#include "abi/errno.h"
#include "lib/types.h"

#define USER_SPACE_END (1ull << 47) /* no ISA of ours gives a program more */
#define ALIGN_MAX (1ull << 30)      /* the greatest page of any of our ISAs */
#define INTERP_PATH_MAX 4096u       /* PATH_MAX */

enum { ELFCLASS64 = 2, ELFDATA2LSB = 1 };
enum { ET_EXEC = 2, ET_DYN = 3 };
enum { PT_LOAD = 1, PT_INTERP = 3, PT_GNU_STACK = 0x6474e551 };

struct elf_header { /* Elf64_Ehdr */
    uint8_t magic[4], elf_class, data, ident_version, os_abi, pad[8];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t header_size, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct elf_phdr { /* Elf64_Phdr */
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, file_size, mem_size, align;
};
_Static_assert(sizeof(struct elf_phdr) == 56, "Elf64_Phdr");

static bool in_file(uint64_t offset, uint64_t size, uint64_t file_size)
{
    return offset <= file_size && size <= file_size - offset;
}

static bool is_elf(const struct elf_header *header)
{
    return header->magic[0] == 0x7f && header->magic[1] == 'E' && header->magic[2] == 'L' && header->magic[3] == 'F';
}

static bool header_is_good(const struct elf_header *header, size_t size, uint16_t machine)
{
    if (!is_elf(header) || header->elf_class != ELFCLASS64 || header->data != ELFDATA2LSB || header->machine != machine)
        return false;
    if (header->type != ET_EXEC && header->type != ET_DYN)
        return false;
    if (header->phentsize != sizeof(struct elf_phdr) || header->phnum == 0)
        return false;
    /* A program counter outside user space must never reach the CPU: the return to user mode would fault. */
    if (header->entry >= USER_SPACE_END)
        return false;
    return in_file(header->phoff, (uint64_t)header->phnum * sizeof(struct elf_phdr), size);
}

/* Can this segment be mapped as it says? */
static bool load_is_good(const struct elf_phdr *phdr, uint64_t file_size)
{
    if (phdr->file_size > phdr->mem_size)
        return false;
    if (phdr->vaddr > USER_SPACE_END || phdr->mem_size > USER_SPACE_END - phdr->vaddr)
        return false;
    if ((phdr->align & (phdr->align - 1)) || phdr->align > ALIGN_MAX) /* 0 and 1 both mean none */
        return false;
    if (phdr->file_size == 0)
        return true; /* all zero: nothing of the file is mapped */
    if (!in_file(phdr->offset, phdr->file_size, file_size))
        return false;
    return phdr->offset % PAGE_SIZE == phdr->vaddr % PAGE_SIZE;
}

static int take_load(const struct elf_phdr *phdr, uint64_t file_size, uint64_t phoff, struct elf_program *out)
{
    struct elf_load *load = &out->load[out->load_count];

    if (!load_is_good(phdr, file_size))
        return -ENOEXEC;
    if (phdr->mem_size == 0)
        return 0;
    if (out->load_count == ELF_LOAD_MAX)
        return -ENOEXEC;
    /* gABI: segments ascend by vaddr. */
    if (out->load_count != 0 && phdr->vaddr < load[-1].vaddr + load[-1].mem_size)
        return -ENOEXEC;
    load->vaddr = phdr->vaddr;
    /* Even an offset that is not used stays congruent, so that the loader can round it down with the address. */
    load->offset = phdr->file_size != 0 ? phdr->offset : phdr->vaddr % PAGE_SIZE;
    load->file_size = phdr->file_size;
    load->mem_size = phdr->mem_size;
    load->flags = phdr->flags & (ELF_READ | ELF_WRITE | ELF_EXEC);
    out->load_count++;
    if (phdr->align > out->align)
        out->align = phdr->align;
    /* AT_PHDR is where a segment maps the headers, as Linux does it: PT_PHDR is not asked. */
    if (phoff >= phdr->offset && phoff - phdr->offset < phdr->file_size)
        out->phdr_vaddr = phdr->vaddr + (phoff - phdr->offset);
    return 0;
}

static int take_interp(const struct elf_phdr *phdr, uint64_t file_size, struct elf_program *out)
{
    if (out->interp_size != 0)
        return 0; /* the first one counts */
    if (phdr->file_size < 2 || phdr->file_size > INTERP_PATH_MAX || !in_file(phdr->offset, phdr->file_size, file_size))
        return -ENOEXEC;
    out->interp_offset = phdr->offset;
    out->interp_size = phdr->file_size;
    return 0;
}

static int take_phdr(const struct elf_phdr *phdr, uint64_t file_size, uint64_t phoff, struct elf_program *out)
{
    switch (phdr->type) {
    case PT_LOAD:
        return take_load(phdr, file_size, phoff, out);
    case PT_INTERP:
        return take_interp(phdr, file_size, out);
    case PT_GNU_STACK:
        out->exec_stack = phdr->flags & ELF_EXEC;
        return 0;
    default:
        return 0;
    }
}

int elf_read_program(const void *bytes, size_t size, uint64_t file_size, uint16_t machine, struct elf_program *out)
{
    const uint8_t *base = bytes;
    const struct elf_load *last;
    struct elf_header header;
    unsigned i;

    if (size > file_size)
        size = file_size;
    if (size < sizeof(header))
        return -ENOEXEC;
    __builtin_memcpy(&header, base, sizeof(header));
    if (!header_is_good(&header, size, machine))
        return -ENOEXEC;
    out->is_pie = header.type == ET_DYN;
    out->entry = header.entry;
    out->phdr_vaddr = 0;
    out->phdr_count = header.phnum;
    out->phdr_size = header.phentsize;
    out->load_count = 0;
    out->align = PAGE_SIZE;
    out->interp_offset = out->interp_size = 0;
    out->exec_stack = false;
    for (i = 0; i < header.phnum; i++) {
        struct elf_phdr phdr;
        int error;

        __builtin_memcpy(&phdr, base + header.phoff + i * sizeof(phdr), sizeof(phdr));
        error = take_phdr(&phdr, file_size, header.phoff, out);
        if (error != 0)
            return error;
    }
    if (out->load_count == 0)
        return -ENOEXEC;
    last = &out->load[out->load_count - 1];
    out->low = out->load[0].vaddr & ~(PAGE_SIZE - 1);
    out->high = (last->vaddr + last->mem_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    return 0;
}

const char *elf_machine_name(const void *bytes, size_t size)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {{3, "i386"}, {8, "mips"},    {20, "ppc"},      {21, "ppc64"},    {22, "s390x"},
                 {40, "arm"}, {62, "x86_64"}, {183, "aarch64"}, {243, "riscv64"}, {258, "loongarch64"}};
    const struct elf_header *header = bytes;

    if (size < sizeof(*header) || !is_elf(header))
        return NULL;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (header->machine == names[i].machine)
            return names[i].name;
    return "an unknown machine";
}
