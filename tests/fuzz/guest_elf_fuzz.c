/* SPDX-License-Identifier: Apache-2.0 */
/* guest_elf_fuzz.c - any bytes as a program of 64 or of 32 bits: what the reader accepts can be mapped without another
 * check. */
// sources: guest-kernel/lib/elf.c guest-kernel/lib/elf_layout.c
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"

#define PAGE 4096u

static const struct elf_kind kinds[] = {{62, false, ELF_USER_END_64}, {3, true, 0xffffe000u}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct elf_program *program, uint64_t file_size, uint64_t user_end)
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
        require(end > load->vaddr && end <= user_end && end <= program->high);
    }
    require(program->low % PAGE == 0 && program->high % PAGE == 0 && program->high <= user_end);
    require(program->align >= PAGE && !(program->align & (program->align - 1)));
    require(program->entry < user_end && program->phdr_vaddr < user_end);
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
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (elf_read_program(bytes, have, file_size, &kinds[i], &program) == 0)
            check(&program, file_size, kinds[i].user_end);
    free(bytes);
    return 0;
}
