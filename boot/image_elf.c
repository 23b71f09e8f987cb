/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_elf.c - the ELF64 reader. Every field that is used is checked against the file first; section headers are not
 * used, so a stripped kernel does without them.
 */
#include "boot/image_elf.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "boot/abi.h"

/* Xen's public/elfnote.h: the physical address of the 32-bit PVH entry. */
#define XEN_NOTE_NAME "Xen"
#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define XEN_ELFNOTE_GUEST_OS 6
/* Linux's include/linux/elfnote-lto.h and build-salt.h: every kernel has one of them. */
#define LINUX_NOTE_NAME "Linux"
#define LINUX_NOTE_BUILD_SALT 0x100
#define LINUX_NOTE_LTO_INFO 0x101

/* Bytes of notes in all: a kernel has some hundreds of them. Each PT_NOTE header could name the whole file, and a file
 * may have 65,534 of those. */
#define NOTES_MAX (1u << 20)

struct reader {
    const uint8_t *bytes;
    size_t size;
    struct elf_kernel *out;
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct reader *r, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(r->why, r->why_size, fmt, args);
    va_end(args);
    return -ENOEXEC;
}

int elf_peek_machine(const void *bytes, size_t size)
{
    const uint8_t *b = bytes;

    if (size < 20 || memcmp(b, ELFMAG, SELFMAG) != 0 || b[EI_CLASS] != ELFCLASS64 || b[EI_DATA] != ELFDATA2LSB)
        return -ENOEXEC;
    return b[18] | b[19] << 8;
}

/* gABI chapter 4, "ELF Identification" and "ELF Header". */
static int check_ident(const struct reader *r)
{
    const uint8_t *ident = r->bytes;

    if (r->size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return refuse(r, "is not an ELF file (it doesn't start with \\x7fELF)");
    if (r->size < sizeof(Elf64_Ehdr))
        return refuse(r, "is truncated: %zu bytes, the ELF header alone has %zu", r->size, sizeof(Elf64_Ehdr));
    if (ident[EI_CLASS] != ELFCLASS64)
        return refuse(r, "is not a 64-bit ELF file (EI_CLASS is %u, not %u)", ident[EI_CLASS], ELFCLASS64);
    if (ident[EI_DATA] != ELFDATA2LSB)
        return refuse(r, "is not a little-endian ELF file (EI_DATA is %u, not %u)", ident[EI_DATA], ELFDATA2LSB);
    if (ident[EI_VERSION] != EV_CURRENT)
        return refuse(r, "has an unknown ELF version (EI_VERSION is %u, not %u)", ident[EI_VERSION], EV_CURRENT);
    return 0;
}

static int check_header(const struct reader *r, const Elf64_Ehdr *header)
{
    uint64_t table_size = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);

    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return refuse(r, "is not an executable (e_type is %u, not %u)", header->e_type, ET_EXEC);
    if (header->e_version != EV_CURRENT)
        return refuse(r, "has an unknown ELF version (e_version is %u, not %u)", header->e_version, EV_CURRENT);
    if (header->e_ehsize < sizeof(*header))
        return refuse(r, "has a bad ELF header (e_ehsize is %u, not %zu)", header->e_ehsize, sizeof(*header));
    if (header->e_phnum == 0)
        return refuse(r, "has nothing to load (e_phnum is 0)");
    if (header->e_phnum == PN_XNUM)
        return refuse(r, "has too many program headers (e_phnum is PN_XNUM)");
    if (header->e_phentsize != sizeof(Elf64_Phdr)) {
        return refuse(r, "has bad program headers (e_phentsize is %u, not %zu)", header->e_phentsize,
                      sizeof(Elf64_Phdr));
    }
    if (header->e_phoff > r->size || table_size > r->size - header->e_phoff) {
        return refuse(r, "is truncated: %u program headers at e_phoff 0x%" PRIx64 " don't fit in the file's %zu bytes",
                      header->e_phnum, header->e_phoff, r->size);
    }
    return 0;
}

static int check_extent(const struct reader *r, unsigned index, const Elf64_Phdr *ph)
{
    if (ph->p_offset > r->size || ph->p_filesz > r->size - ph->p_offset) {
        return refuse(
            r, "is truncated: segment %u has p_filesz 0x%" PRIx64 " at p_offset 0x%" PRIx64 ", the file has %zu bytes",
            index, ph->p_filesz, ph->p_offset, r->size);
    }
    return 0;
}

static int check_load(const struct reader *r, unsigned index, const Elf64_Phdr *ph)
{
    int error = check_extent(r, index, ph);

    if (error != 0)
        return error;
    if (ph->p_memsz < ph->p_filesz) {
        return refuse(r, "has a bad segment %u: p_memsz 0x%" PRIx64 " is less than p_filesz 0x%" PRIx64, index,
                      ph->p_memsz, ph->p_filesz);
    }
    if (ph->p_memsz > UINT64_MAX - ph->p_paddr) {
        return refuse(r, "has a bad segment %u: p_paddr 0x%" PRIx64 " plus p_memsz 0x%" PRIx64 " wraps", index,
                      ph->p_paddr, ph->p_memsz);
    }
    if (ph->p_memsz > UINT64_MAX - ph->p_vaddr) {
        return refuse(r, "has a bad segment %u: p_vaddr 0x%" PRIx64 " plus p_memsz 0x%" PRIx64 " wraps", index,
                      ph->p_vaddr, ph->p_memsz);
    }
    if (ph->p_align > 1 && (ph->p_align & (ph->p_align - 1)) != 0)
        return refuse(r, "has a bad segment %u: p_align 0x%" PRIx64 " is not a power of two", index, ph->p_align);
    if (ph->p_align > 1 && ((ph->p_vaddr - ph->p_offset) & (ph->p_align - 1)) != 0) {
        return refuse(r,
                      "has a bad segment %u: p_vaddr 0x%" PRIx64 " and p_offset 0x%" PRIx64
                      " differ modulo p_align 0x%" PRIx64,
                      index, ph->p_vaddr, ph->p_offset, ph->p_align);
    }
    return 0;
}

static int check_overlap(const struct reader *r, unsigned index, const Elf64_Phdr *ph)
{
    for (unsigned i = 0; i < r->out->segment_count; i++) {
        const struct elf_segment *other = &r->out->segment[i];

        if (ph->p_paddr < other->paddr + other->mem_size && other->paddr < ph->p_paddr + ph->p_memsz) {
            return refuse(r,
                          "has overlapping segments: segment %u at p_paddr 0x%" PRIx64 " and one at 0x%" PRIx64
                          " with p_memsz 0x%" PRIx64,
                          index, ph->p_paddr, other->paddr, other->mem_size);
        }
    }
    return 0;
}

static int read_load(const struct reader *r, unsigned index, const Elf64_Phdr *ph)
{
    if (ph->p_memsz == 0 && ph->p_filesz == 0)
        return 0;
    int error = check_load(r, index, ph);
    if (error == 0)
        error = check_overlap(r, index, ph);
    if (error != 0)
        return error;
    if (r->out->segment_count == ELF_SEGMENTS_MAX)
        return refuse(r, "has too many segments to load (more than %u)", ELF_SEGMENTS_MAX);
    r->out->segment[r->out->segment_count++] = (struct elf_segment){
        .offset = ph->p_offset,
        .file_size = ph->p_filesz,
        .mem_size = ph->p_memsz,
        .vaddr = ph->p_vaddr,
        .paddr = ph->p_paddr,
    };
    return 0;
}

/* The segment whose physical (or virtual) memory holds `addr`. */
static bool in_segment(const struct elf_kernel *kernel, uint64_t addr, bool physical)
{
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct elf_segment *s = &kernel->segment[i];
        uint64_t base = physical ? s->paddr : s->vaddr;

        if (addr >= base && addr - base < s->mem_size)
            return true;
    }
    return false;
}

static int take_lvmm_note(const struct reader *r, const uint8_t *desc, uint32_t size)
{
    uint32_t version;

    if (size != sizeof(version))
        return refuse(r, "has a bad lvmm note (its descriptor has %u bytes, not %zu)", size, sizeof(version));
    memcpy(&version, desc, sizeof(version));
    if (version != LVMM_ABI_VERSION) {
        return refuse(r, "is a guest kernel for ABI version %u, this lvmm has version %u: they don't belong together",
                      version, LVMM_ABI_VERSION);
    }
    r->out->is_guest_kernel = true;
    return 0;
}

static int take_pvh_note(const struct reader *r, const uint8_t *desc, uint32_t size)
{
    uint64_t entry = 0;

    if (size != 4 && size != 8)
        return refuse(r, "has a bad PVH entry note (its descriptor has %u bytes, not 4 or 8)", size);
    memcpy(&entry, desc, size);
    if (entry > UINT32_MAX || !in_segment(r->out, entry, true))
        return refuse(r, "has a bad PVH entry note (entry 0x%" PRIx64 " is in no segment)", entry);
    r->out->has_pvh = true;
    r->out->pvh_entry = (uint32_t)entry;
    return 0;
}

static bool note_is(const Elf64_Nhdr *note, const uint8_t *name, const char *wanted, uint32_t type)
{
    return note->n_type == type && note->n_namesz == strlen(wanted) + 1 && memcmp(name, wanted, note->n_namesz) == 0;
}

static bool note_is_linux(const Elf64_Nhdr *note, const uint8_t *name, const uint8_t *desc)
{
    static const char linux_os[] = "linux";

    if (note_is(note, name, XEN_NOTE_NAME, XEN_ELFNOTE_GUEST_OS))
        return note->n_descsz >= sizeof(linux_os) - 1 && memcmp(desc, linux_os, sizeof(linux_os) - 1) == 0;
    return note_is(note, name, LINUX_NOTE_NAME, LINUX_NOTE_BUILD_SALT) ||
           note_is(note, name, LINUX_NOTE_NAME, LINUX_NOTE_LTO_INFO);
}

/* gABI chapter 5, "Note Section". Entries and their descriptors are aligned to 4 bytes, or to 8 in a segment that says
 * so (.note.gnu.property); names are not. */
static int read_notes(const struct reader *r, unsigned index, const Elf64_Phdr *ph)
{
    uint64_t align = ph->p_align == 8 ? 8 : 4;
    uint64_t at = ph->p_offset, end = ph->p_offset + ph->p_filesz;
    int error = 0;

    while (error == 0 && end - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, r->bytes + at, sizeof(note));
        uint64_t name = at + sizeof(note);
        uint64_t desc = at + ((sizeof(note) + note.n_namesz + align - 1) & ~(align - 1));
        if (desc > end || note.n_descsz > end - desc) {
            return refuse(r,
                          "has a bad note at offset 0x%" PRIx64 ": n_namesz %u and n_descsz %u don't fit in segment %u",
                          at, note.n_namesz, note.n_descsz, index);
        }
        if (note_is(&note, r->bytes + name, LVMM_NOTE_NAME, LVMM_NOTE_ABI))
            error = take_lvmm_note(r, r->bytes + desc, note.n_descsz);
        else if (note_is(&note, r->bytes + name, XEN_NOTE_NAME, XEN_ELFNOTE_PHYS32_ENTRY))
            error = take_pvh_note(r, r->bytes + desc, note.n_descsz);
        else if (note_is_linux(&note, r->bytes + name, r->bytes + desc))
            r->out->is_linux = true;
        uint64_t next = at + ((desc - at + note.n_descsz + align - 1) & ~(align - 1));
        at = next < end ? next : end;
    }
    return error;
}

/* The notes point into segments, so those come first: `type` is PT_LOAD, then PT_NOTE. */
static int read_headers(const struct reader *r, const Elf64_Ehdr *header, uint32_t type)
{
    uint64_t notes_left = NOTES_MAX;
    int error = 0;

    for (unsigned i = 0; i < header->e_phnum && error == 0; i++) {
        Elf64_Phdr ph;
        memcpy(&ph, r->bytes + header->e_phoff + i * sizeof(ph), sizeof(ph));
        if (ph.p_type != type)
            continue;
        if (type == PT_LOAD) {
            error = read_load(r, i, &ph);
        } else {
            error = check_extent(r, i, &ph);
            if (error == 0 && ph.p_filesz > notes_left)
                error = refuse(r, "has too many notes (more than %u bytes of them by segment %u)", NOTES_MAX, i);
            error = error != 0 ? error : read_notes(r, i, &ph);
            notes_left -= error == 0 ? ph.p_filesz : 0;
        }
    }
    return error;
}

int elf_read_kernel(const void *bytes, size_t size, struct elf_kernel *out, char *why, size_t why_size)
{
    const struct reader r = {.bytes = bytes, .size = size, .out = out, .why = why, .why_size = why_size};
    Elf64_Ehdr header;

    memset(out, 0, sizeof(*out));
    int error = check_ident(&r);
    if (error != 0)
        return error;
    memcpy(&header, bytes, sizeof(header));
    out->machine = header.e_machine;
    out->entry = header.e_entry;
    error = check_header(&r, &header);
    if (error == 0)
        error = read_headers(&r, &header, PT_LOAD);
    if (error == 0 && out->segment_count == 0)
        error = refuse(&r, "has nothing to load (no PT_LOAD segment)");
    /* Linux gives its physical entry here, others the virtual one. */
    if (error == 0 && !in_segment(out, out->entry, false) && !in_segment(out, out->entry, true))
        error = refuse(&r, "has a bad entry point (e_entry 0x%" PRIx64 " is in no segment)", out->entry);
    if (error == 0)
        error = read_headers(&r, &header, PT_NOTE);
    return error;
}

uint64_t elf_entry_paddr(const struct elf_kernel *kernel)
{
    for (unsigned i = 0; i < kernel->segment_count; i++) {
        const struct elf_segment *segment = &kernel->segment[i];

        if (kernel->entry >= segment->vaddr && kernel->entry - segment->vaddr < segment->mem_size)
            return segment->paddr + (kernel->entry - segment->vaddr);
    }
    return kernel->entry; /* elf_read_kernel has seen that it lies in a segment */
}
