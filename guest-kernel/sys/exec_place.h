/* SPDX-License-Identifier: Apache-2.0 */
/* exec_place.h - notes where a program's parts are, for those who look into a process later. */
#ifndef GK_SYS_EXEC_PLACE_H
#define GK_SYS_EXEC_PLACE_H

#include "lib/elf.h"
#include "mm/mapping.h"
#include "sys/exec_args.h"

/* Of a program whose addresses are `bias` above those in its file; `place` and `sp` are exec_args_write's. */
void exec_place_note(struct program_place *out, const struct elf_program *program, uint64_t bias,
                     const struct exec_args *args, uaddr_t place, uaddr_t sp, unsigned auxv_count);

#endif
