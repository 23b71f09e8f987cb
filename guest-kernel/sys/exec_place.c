/* SPDX-License-Identifier: Apache-2.0 */
/* exec_place.c - see exec_place.h. */
#include "sys/exec_place.h"

void exec_place_note(struct program_place *out, const struct elf_program *program, uint64_t bias,
                     const struct exec_args *args, uaddr_t place, uaddr_t sp, unsigned auxv_count)
{
    unsigned words = 1 + args->argc + 1 + args->envc + 1;

    *out = (struct program_place){.code = UINT64_MAX, .stack = sp};
    for (const struct elf_load *load = program->load; load < program->load + program->load_count; load++) {
        uaddr_t start = bias + load->vaddr, end = start + load->file_size;

        if ((load->flags & ELF_EXEC) && start < out->code)
            out->code = start;
        if ((load->flags & ELF_EXEC) && end > out->code_end)
            out->code_end = end;
        if (start > out->data)
            out->data = start;
        if (end > out->data_end)
            out->data_end = end;
    }
    out->args = place + args->argv;
    out->args_end = place + args->envp;
    out->env_end = place + args->envp_end;
    out->auxv = sp + (uaddr_t)words * args->word_size;
    out->auxv_end = out->auxv + 2ul * auxv_count * args->word_size;
}
