/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf.c - reads the headers of an ELF program. The two classes differ in how they are laid out only (elf_layout.h).
 *
 * Refuses what Linux refuses, and moreover what Linux would let start only to kill it: segments that can't be mapped as
 * they say. So a loader that follows the result can't fail for a reason that lies in the file.
 */
#include "lib/elf.h"

#include "abi/errno.h"
#include "lib/elf_layout.h"
#include "lib/types.h"

#define ALIGN_MAX (1ull << 30) /* the greatest page of any of our ISAs */
#define HEADER_LEAST 52u       /* the smaller of the two */
#define INTERP_PATH_MAX 4096u  /* PATH_MAX */

enum { ELFDATA2LSB = 1 };
enum { ET_EXEC = 2, ET_DYN = 3 };
enum { PT_LOAD = 1, PT_INTERP = 3, PT_GNU_STACK = 0x6474e551 };

static bool in_file(uint64_t offset, uint64_t size, uint64_t file_size)
{
    return offset <= file_size && size <= file_size - offset;
}

static bool is_elf(const struct elf_ident *ident)
{
    return ident->magic[0] == 0x7f && ident->magic[1] == 'E' && ident->magic[2] == 'L' && ident->magic[3] == 'F';
}

/* The part of the header that is laid out in one of two ways. */
static bool header_read(const uint8_t *bytes, size_t size, const struct elf_kind *kind, struct elf_header *header)
{
    struct elf_ident ident;

    if (size < sizeof(ident))
        return false;
    __builtin_memcpy(&ident, bytes, sizeof(ident));
    if (!is_elf(&ident) || ident.elf_class != (kind->is_32bit ? ELFCLASS32 : ELFCLASS64) || ident.data != ELFDATA2LSB)
        return false;
    return kind->is_32bit ? elf32_header_read(bytes, size, header) : elf64_header_read(bytes, size, header);
}

static bool header_is_good(const struct elf_header *header, size_t size, const struct elf_kind *kind)
{
    if (header->machine != kind->machine)
        return false;
    if (header->type != ET_EXEC && header->type != ET_DYN)
        return false;
    if (header->phentsize != header->phdr_bytes || header->phnum == 0)
        return false;
    /* A program counter outside user space must never reach the CPU: the return to user mode would fault. */
    if (header->entry >= kind->user_end)
        return false;
    return in_file(header->phoff, (uint64_t)header->phnum * header->phdr_bytes, size);
}

/* Can this segment be mapped as it says? */
static bool load_is_good(const struct elf_phdr *phdr, uint64_t file_size, uint64_t user_end)
{
    if (phdr->file_size > phdr->mem_size)
        return false;
    if (phdr->vaddr > user_end || phdr->mem_size > user_end - phdr->vaddr)
        return false;
    if ((phdr->align & (phdr->align - 1)) || phdr->align > ALIGN_MAX) /* 0 and 1 both mean none */
        return false;
    if (phdr->file_size == 0)
        return true; /* all zero: nothing of the file is mapped */
    if (!in_file(phdr->offset, phdr->file_size, file_size))
        return false;
    return phdr->offset % PAGE_SIZE == phdr->vaddr % PAGE_SIZE;
}

/* What the segments are looked at with. */
struct file {
    uint64_t size, phoff, user_end;
};

static int take_load(const struct elf_phdr *phdr, const struct file *file, struct elf_program *out)
{
    struct elf_load *load = &out->load[out->load_count];

    if (!load_is_good(phdr, file->size, file->user_end))
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
    if (file->phoff >= phdr->offset && file->phoff - phdr->offset < phdr->file_size)
        out->phdr_vaddr = phdr->vaddr + (file->phoff - phdr->offset);
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

static int take_phdr(const struct elf_phdr *phdr, const struct file *file, struct elf_program *out)
{
    switch (phdr->type) {
    case PT_LOAD:
        return take_load(phdr, file, out);
    case PT_INTERP:
        return take_interp(phdr, file->size, out);
    case PT_GNU_STACK:
        out->exec_stack = phdr->flags & ELF_EXEC;
        return 0;
    default:
        return 0;
    }
}

int elf_read_program(const void *bytes, size_t size, uint64_t file_size, const struct elf_kind *kind,
                     struct elf_program *out)
{
    const uint8_t *base = bytes;
    const struct elf_load *last;
    struct elf_header header;

    if (size > file_size)
        size = file_size;
    if (!header_read(base, size, kind, &header) || !header_is_good(&header, size, kind))
        return -ENOEXEC;
    const struct file file = {file_size, header.phoff, kind->user_end};
    out->is_pie = header.type == ET_DYN;
    out->entry = header.entry;
    out->phdr_vaddr = 0;
    out->phdr_count = header.phnum;
    out->phdr_size = header.phentsize;
    out->load_count = 0;
    out->align = PAGE_SIZE;
    out->interp_offset = out->interp_size = 0;
    out->exec_stack = false;
    for (unsigned i = 0; i < header.phnum; i++) {
        const uint8_t *at = base + header.phoff + (size_t)i * header.phdr_bytes;
        struct elf_phdr phdr;

        if (kind->is_32bit)
            elf32_phdr_read(at, &phdr);
        else
            __builtin_memcpy(&phdr, at, sizeof(phdr));
        int error = take_phdr(&phdr, &file, out);
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
    const struct elf_ident *ident = bytes;
    uint16_t machine;

    if (size < HEADER_LEAST || !is_elf(ident))
        return NULL;
    /* It stands behind e_type, at the same place in both classes. */
    __builtin_memcpy(&machine, (const uint8_t *)bytes + sizeof(*ident) + sizeof(machine), sizeof(machine));
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (machine == names[i].machine)
            return names[i].name;
    return "an unknown machine";
}
