/* SPDX-License-Identifier: Apache-2.0 */
/* guest_elf_fuzz.c - any bytes as a program: what the reader accepts can be mapped without another check. */
// sources: guest-kernel/lib/elf.c
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"

#define EM_X86_64 62
#define PAGE 4096u
#define USER_END (1ull << 47)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct elf_program *program, uint64_t file_size)
{
    uint64_t end = 0;
    unsigned i;

    require(program->load_count >= 1 && program->load_count <= ELF_LOAD_MAX);
    for (i = 0; i < program->load_count; i++) {
        const struct elf_load *load = &program->load[i];

        require(load->vaddr >= end && load->vaddr >= program->low);
        require(load->mem_size != 0 && load->mem_size >= load->file_size);
        require(load->offset % PAGE == load->vaddr % PAGE);
        require(load->file_size == 0 || (load->offset < file_size && load->file_size <= file_size - load->offset));
        end = load->vaddr + load->mem_size;
        require(end > load->vaddr && end <= USER_END && end <= program->high);
    }
    require(program->low % PAGE == 0 && program->high % PAGE == 0 && program->high <= USER_END);
    require(program->align >= PAGE && !(program->align & (program->align - 1)));
    require(program->entry < USER_END && program->phdr_vaddr < USER_END);
    require(program->interp_size <= PAGE && program->interp_offset + program->interp_size <= file_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t have = size < ELF_HEADER_BYTES ? size : ELF_HEADER_BYTES;
    /* A file is as long as the input, or, for the sake of short inputs, a good deal longer. */
    uint64_t file_size = size != 0 && data[size - 1] & 1 ? size : size + 0x10000;
    uint8_t *bytes = malloc(have + 1);
    struct elf_program program;

    if (bytes == NULL)
        return 0;
    memcpy(bytes, data, have);
    if (elf_read_program(bytes, have, file_size, EM_X86_64, &program) == 0)
        check(&program, file_size);
    free(bytes);
    return 0;
}
