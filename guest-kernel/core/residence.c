/* SPDX-License-Identifier: Apache-2.0 */
/* residence.c - see residence.h. */
#include "core/residence.h"

#include "mm/mapping.h"

/* ---- the space ---- */

void residence_enter_space(struct cpu *cpu, struct space *space)
{
    bool forget;

    if (space == cpu->active || space == NULL)
        return;
    cpu->active = space;
    if (__builtin_expect(arch_asids == 0, true) != 0) { /* where there are some, a jump matters less */
        cpu->asids.asid[0].generation = space->arch.generation;
        arch_space_activate(&space->arch, 0, true);
    } else {
        unsigned asid = asid_use(&cpu->asids, &space->arch, cpu->number, &forget);
        arch_space_activate(&space->arch, asid, forget);
    }
}

/* Not inline: each switch would have the address of the kernel's tables at hand, which few want. */
__attribute__((noinline)) void residence_leave_space(struct cpu *cpu)
{
    if (cpu->active == NULL)
        return;
    cpu->active = NULL;
    arch_space_deactivate();
}

void residence_use_space(struct space *space)
{
    struct cpu *cpu = cpu_this();

    if (space == NULL)
        residence_leave_space(cpu);
    else
        residence_enter_space(cpu, space);
}

/* ---- registers ---- */

void residence_forget(const struct thread *thread)
{
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i]->loaded == thread)
            cpus[i]->loaded = NULL;
}

/* One that finds nobody to give its CPU to stops without a switch. */
void residence_put_down(void)
{
    struct thread *thread = arch_current();
    struct cpu *cpu = cpu_this();

    if (cpu->loaded != thread)
        return;
    arch_user_save(thread);
    cpu->loaded = NULL;
}

void residence_take_up(void)
{
    struct thread *thread = arch_current();
    struct cpu *cpu = cpu_this();

    if (thread->vector == NULL || cpu->loaded != NULL)
        return;
    cpu->loaded = thread;
    arch_user_load(thread);
}

int residence_share_registers(void)
{
    struct thread *thread = arch_current();
    int error = arch_user_prepare(thread);

    if (error == 0)
        thread->sched.cpu->loaded = thread;
    return error;
}

/* ---- switching ---- */

static void arrive(struct cpu *cpu, struct thread *thread)
{
    thread->sched.ran_on = cpu;
    residence_forget(thread);
    arch_code_sync(); /* for its stack, too, which another CPU may have mapped */
    thread->rseq_told = false;
}

/* Where there are several CPUs, `from` may go on elsewhere, and its space may end while this one runs what has none;
 * and `to` may have run elsewhere. Where there is one, the first program's registers stay in it until there is another
 * program. */
void residence_switch(struct cpu *cpu, const struct thread *from, struct thread *to)
{
    struct thread *before;
    bool is_loaded;

    if (__builtin_expect(cpu_is_one_of_many, false) != 0) {
        if (to->process->space == NULL)
            residence_leave_space(cpu);
        if (to->sched.ran_on != cpu)
            arrive(cpu, to);
    }
    before = cpu->loaded;
    is_loaded = to->vector != NULL && before != to;
    if (before != NULL && (cpu_is_one_of_many ? before == from : is_loaded))
        arch_user_save(before);
    if (is_loaded) {
        cpu->loaded = to;
        arch_user_load(to);
    }
    residence_enter_space(cpu, to->process->space);
}
