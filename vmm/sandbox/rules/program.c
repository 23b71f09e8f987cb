/* SPDX-License-Identifier: Apache-2.0 */
/* program.c - see program.h. */
#include "vmm/sandbox/rules/program.h"

#define JUMP_MAX 255u /* of a comparison */
#define NEAR 10u      /* steps: a comparison and its jump are 8 to 12 bytes of x86, a short jump goes over 127 */

unsigned program_put(struct program *program, uint16_t code, uint32_t value)
{
    if (program->count == PROGRAM_MAX) {
        program->failed = true;
        return 0;
    }
    program->step[program->count] = (struct sock_filter){.code = code, .k = value};
    return program->count++;
}

/* How many steps are left out by a jump from the step that is put next. */
static unsigned distance(const struct program *program, unsigned to)
{
    return program->count - to - 1;
}

unsigned program_compare(struct program *program, uint16_t code, uint32_t value, unsigned yes, unsigned no)
{
    unsigned over_yes = distance(program, yes), over_no = distance(program, no);
    unsigned at = program_put(program, code, value);

    if (over_yes > JUMP_MAX || over_no > JUMP_MAX)
        program->failed = true;
    program->step[at].jt = (uint8_t)over_yes;
    program->step[at].jf = (uint8_t)over_no;
    return at;
}

unsigned program_go(struct program *program, unsigned to)
{
    unsigned over = distance(program, to);

    return over == 0 ? to : program_put(program, BPF_JMP | BPF_JA, over);
}

struct program_end program_end(struct program *program, uint32_t value)
{
    return (struct program_end){.value = value, .step = program_put(program, BPF_RET | BPF_K, value)};
}

unsigned program_end_near(struct program *program, struct program_end *end)
{
    if (distance(program, end->step) >= NEAR)
        *end = program_end(program, end->value);
    return end->step;
}

const struct sock_filter *program_step(const struct program *program, unsigned n)
{
    return &program->step[program->count - 1 - n];
}
