/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp_call.c - the system calls of a thread with filters: each is looked at, and then carried out or not. */
#include <stddef.h>

#include "core/end.h"
#include "core/tracing.h"
#include "core/thread.h"
#include "drv/virtio_console.h"
#include "sys/call_arch.h"
#include "sys/seccomp.h"
#include "sys/seccomp_notify.h"
#include "sys/seccomp_program.h"
#include "sys/syscall.h"
#include "sys/trace.h"
#include "sys/user.h"

#define SYS_SECCOMP 1 /* si_code of SIGSYS */

static void data_get(struct seccomp_data *data, const struct thread *thread, enum trap_kind kind)
{
    uint64_t room[6];
    const uint64_t *arg = arch_syscall_args(&thread->frame, kind, room);

    data->number = (int32_t)arch_syscall_number(&thread->frame);
    data->arch = call_arch(kind);
    data->pc = arch_frame_pc(&thread->frame);
    for (unsigned i = 0; i < 6; i++)
        data->arg[i] = arg[i];
}

struct verdict {
    uint32_t says;
    const struct program *program; /* that says so; NULL: none does, and the call is allowed */
};

static struct verdict programs_ask(struct filter *filter, const struct seccomp_data *data)
{
    struct verdict verdict = {RET_ALLOW, NULL};

    for (; filter != NULL; filter = filter->older) {
        const struct program *program = container_of(filter, struct program, filter);
        uint32_t says = bpf_run(program->instruction, (const uint32_t *)data, sizeof(*data));

        if ((int32_t)(says & RET_ACTION) < (int32_t)(verdict.says & RET_ACTION))
            verdict = (struct verdict){says, program};
    }
    return verdict;
}

static bool strict_allows(syscall_handler *handler)
{
#ifdef ISA_HAS_I386
    if (handler == sys_i386_sigreturn)
        return true;
#endif
    return handler == sys_read || handler == sys_write || handler == sys_exit || handler == sys_rt_sigreturn;
}

/* The thread ends, and if it is its process's last, that does, by the signal. */
static void end_thread(struct thread *thread, int signal)
{
    struct process *process = thread->process;

    thread->ending = thread->attention = true;
    if (!process->exiting) {
        process->exit_code = 128u + (uint32_t)signal;
        process->exit_signal = (uint32_t)signal;
    }
}

static void trap_program(struct thread *thread, const struct seccomp_data *data, uint32_t verdict)
{
    thread->forced = (struct signal_info){
        .signal = SIGSYS,
        .error = (int32_t)(verdict & RET_DATA),
        .code = SYS_SECCOMP,
        .call = {.address = data->pc, .number = data->number, .arch = data->arch},
    };
    thread->attention = true;
}

/* The call isn't carried out. Its registers stay as they are for who is told by a signal. */
static void refuse(struct thread *thread, const struct seccomp_data *data, uint32_t verdict)
{
    uint32_t error = verdict & RET_DATA;

    switch (verdict & RET_ACTION) {
    case RET_ERRNO:
        arch_syscall_return(&thread->frame, -(int64_t)(error < ERRNO_MAX ? error : ERRNO_MAX));
        break;
    case RET_TRAP:
        trap_program(thread, data, verdict);
        break;
    case RET_USER_NOTIF: /* whoever was asked has said what comes of it */
        break;
    case RET_TRACE: /* there is nobody to ask */
        arch_syscall_return(&thread->frame, -ENOSYS);
        break;
    case RET_KILL_THREAD:
        if (thread->process->thread_count > 1) {
            end_thread(thread, SIGSYS);
            break;
        }
        /* fall through */
    default:
        process_exit(0, SIGSYS);
        break;
    }
}

/* The tracer may change the call, or have it left out. */
static bool tracer_allows(struct thread *thread, uint32_t verdict)
{
    arch_traced_call(thread);
    trace_event(TRACE_EVENT_SECCOMP, verdict & RET_DATA);
    return !thread->ending && !thread->process->exiting && arch_traced_call_goes_on(thread);
}

static bool is_allowed(const struct verdict *verdict, const struct seccomp_data *data)
{
    switch (verdict->says & RET_ACTION) {
    case RET_ALLOW:
    case RET_LOG:
        return true;
    case RET_USER_NOTIF:
        return seccomp_notify_ask(verdict->program, data);
    default:
        return false;
    }
}

static void carry_out(enum trap_kind kind)
{
    struct thread *thread = current_thread();
    struct seccomp_data data;
    bool is_asked = false; /* the tracer */
    struct verdict verdict;

    if (thread->filters->mode == FILTER_STRICT) {
        if (strict_allows(syscall_handler_of(kind)))
            syscall_carry_out(kind);
        else
            end_thread(thread, SIGKILL);
        return;
    }
    data_get(&data, thread, kind);
    verdict = programs_ask(thread->filters, &data);
    if ((verdict.says & RET_ACTION) == RET_TRACE && trace_wants(thread, TRACE_EVENT_SECCOMP)) {
        if (!tracer_allows(thread, verdict.says))
            return;
        data_get(&data, thread, kind); /* of what it is now; the tracer isn't asked again */
        verdict = programs_ask(thread->filters, &data);
        is_asked = true;
    }
    if ((is_asked && (verdict.says & RET_ACTION) == RET_TRACE) || is_allowed(&verdict, &data))
        syscall_carry_out(kind);
    else
        refuse(thread, &data, verdict.says);
}

void seccomp_dispatch(enum trap_kind kind)
{
    if (console_bell_rings())
        trace_call(kind, carry_out);
    else
        carry_out(kind);
}
