/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace.c - ptrace(2): who becomes a tracer, and what it asks of its tracees. Their stops are core/sigtrace.c's. */
#include "abi/errno.h"
#include "core/residence.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/sigqueue.h"
#include "core/tracing.h"
#include "core/threads.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/remote.h"
#include "sys/ptrace_info.h"
#include "sys/reach.h"
#include "sys/seccomp.h"
#include "sys/syscall.h"
#include "sys/user.h"

enum { /* PTRACE_* */
       TRACEME = 0,
       PEEKTEXT = 1,
       PEEKDATA = 2,
       PEEKUSER = 3,
       POKETEXT = 4,
       POKEDATA = 5,
       POKEUSER = 6,
       CONT = 7,
       KILL = 8,
       SINGLESTEP = 9,
       ATTACH = 16,
       DETACH = 17,
       OLDSETOPTIONS = 21,
       SYSCALL = 24,
       SYSEMU = 31,
       SYSEMU_SINGLESTEP = 32,
       SETOPTIONS = 0x4200,
       GETEVENTMSG = 0x4201,
       GETSIGINFO = 0x4202,
       SETSIGINFO = 0x4203,
       GETREGSET = 0x4204,
       SETREGSET = 0x4205,
       SEIZE = 0x4206,
       INTERRUPT = 0x4207,
       LISTEN = 0x4208,
       PEEKSIGINFO = 0x4209,
       GETSIGMASK = 0x420a,
       SETSIGMASK = 0x420b,
       SECCOMP_GET_FILTER = 0x420c,
       SECCOMP_GET_METADATA = 0x420d,
       GET_SYSCALL_INFO = 0x420e,
       GET_RSEQ_CONFIGURATION = 0x420f,
};

/* ---- attaching ---- */

/* Who has more rights than its parent isn't traced by that, unless that may look into anything. */
static int traceme(void)
{
    struct thread *thread = current_thread(), *tracer = thread->process->parent_thread;

    if (thread->tracee != NULL)
        return -EPERM;
    if (tracer == NULL) /* the kernel's own child: nobody looks */
        return 0;
    if ((thread->cred.permitted & ~tracer->cred.permitted) && !cred_has(&tracer->cred, CAP_SYS_PTRACE))
        return -EPERM;
    if (tracer->ending || tracer->process->exiting) /* it lets all go that it traces, or has done so */
        return 0;
    return trace_attach(thread, tracer, false, 0);
}

/* One that is stopped already is so for its tracer from now on. */
static void stop_first(struct thread *thread, bool is_seized)
{
    const struct signal_info info = {.signal = SIGSTOP, .code = SI_KERNEL};

    if (!is_seized)
        (void)signal_send_info(thread->process, thread, &info);
    if (thread->state == THREAD_STOPPED) {
        thread->tracee->trap_due = true;
        sched_continue(thread);
    }
}

static int attach(struct thread *thread, bool is_seized, uint64_t address, uint64_t options)
{
    int error;

    if (is_seized && (address != 0 || (options & ~(uint64_t)TRACE_OPTIONS)))
        return -EIO;
    if (thread->process == current_process() || thread->process == process_kernel() || !reach_may_trace(thread) ||
        thread->tracee != NULL || thread->process->exiting || thread->ending || thread->process->space == NULL)
        return -EPERM;
    error = trace_attach(thread, current_thread(), is_seized, is_seized ? (uint32_t)options : 0);
    if (error == 0)
        stop_first(thread, is_seized);
    return error;
}

/* ---- memory ---- */

/* A program that runs what it may not read, or with other rights, isn't looked into by a tracer that has come to it
 * without any. */
static int word_move(const struct tracee *tracee, uaddr_t address, uint64_t *word, enum space_access access)
{
    const struct process *process = tracee->thread->process;
    struct space *space = process->space;
    size_t done;

    if (space == NULL || (process->dumpable != 1 && !tracee->is_capable))
        return -EIO;
    space->refs++;
    done = space_copy(space, address, word, sizeof(*word), access);
    space_put(space);
    return done == sizeof(*word) ? 0 : -EIO;
}

static int64_t peek(const struct tracee *tracee, uaddr_t address, uaddr_t out)
{
    uint64_t word;
    int error = word_move(tracee, address, &word, SPACE_READ);

    if (error != 0)
        return error;
    return user_put(out, word) ? -EFAULT : 0;
}

/* ---- registers ---- */

/* `bytes` has room for the set. */
static int64_t regset_get(int tid, const struct arch_regset *set, void *bytes, uaddr_t out, uint64_t size)
{
    const struct tracee *tracee = ptrace_stopped(tid);

    if (tracee == NULL)
        return -ESRCH;
    set->get(tracee->thread, bytes);
    return copy_to_user(out, bytes, size) != 0 ? -EFAULT : 0;
}

/* What isn't given stays as it is; `bytes` has room for the set twice. */
static int64_t regset_set(int tid, const struct arch_regset *set, uint8_t *bytes, uaddr_t in, uint64_t size)
{
    uint8_t *given = bytes + set->size;
    struct tracee *tracee;

    if (set->is_whole && size != set->size)
        return -EFAULT;
    if (copy_from_user(given, in, size) != 0)
        return -EFAULT;
    tracee = ptrace_stopped(tid); /* the copy may have waited */
    if (tracee == NULL)
        return -ESRCH;
    residence_forget(tracee->thread);
    if (set->set_first != NULL)
        return set->set_first(tracee->thread, given, size);
    set->get(tracee->thread, bytes);
    memcpy(bytes, given, size);
    return set->set(tracee->thread, bytes);
}

/* The first `size` bytes of the set. */
static int64_t regset_move(int tid, bool is_set, const struct arch_regset *set, uaddr_t address, uint64_t size)
{
    uint8_t *bytes;
    int64_t result;

    if (set->size == 0)
        return -ENODEV;
    bytes = kmalloc_array(2, set->size);
    if (bytes == NULL)
        return -ENOMEM;
    result = is_set ? regset_set(tid, set, bytes, address, size) : regset_get(tid, set, bytes, address, size);
    kfree(bytes);
    return result;
}

static int64_t regset(int tid, bool is_set, uint64_t note, uaddr_t address)
{
    const struct arch_regset *set = note <= UINT32_MAX ? arch_regset((unsigned)note) : NULL;
    uint64_t iov[2]; /* struct iovec */
    int64_t result;

    if (user_get(iov, address))
        return -EFAULT;
    if (set == NULL || iov[1] % set->unit != 0)
        return -EINVAL;
    if (iov[1] > set->size)
        iov[1] = set->size;
    result = regset_move(tid, is_set, set, iov[0], iov[1]);
    if (result != 0)
        return result;
    return user_put(address + sizeof(iov[0]), iov[1]) ? -EFAULT : 0;
}

static int64_t peek_user(const struct tracee *tracee, uint64_t offset, uaddr_t out)
{
    uint64_t value;
    int error = arch_peek_user(tracee->thread, offset, &value);

    if (error != 0)
        return error;
    return user_put(out, value) ? -EFAULT : 0;
}

static int64_t poke_user(struct tracee *tracee, uint64_t offset, uint64_t value)
{
    residence_forget(tracee->thread);
    return arch_poke_user(tracee->thread, offset, value);
}

/* Requests that only some ISAs have. */
static int64_t isa_request(int tid, uint64_t request, uaddr_t data)
{
    bool is_set;
    unsigned note = request <= UINT32_MAX ? arch_ptrace_regset((unsigned)request, &is_set) : 0;
    const struct arch_regset *set = note != 0 ? arch_regset(note) : NULL;

    if (set == NULL)
        return -EIO;
    return regset_move(tid, is_set, set, data, set->size);
}

/* ---- going on ---- */

static enum trace_resume resume_of(uint64_t request)
{
    switch (request) {
    case SYSCALL:
        return TRACE_SYSCALL;
    case SINGLESTEP:
        return TRACE_STEP;
    case SYSEMU:
        return TRACE_EMULATE;
    case SYSEMU_SINGLESTEP:
        return TRACE_EMULATE_STEP;
    default:
        return TRACE_RUN;
    }
}

static int64_t go_on(struct tracee *tracee, uint64_t request, uint64_t signal)
{
#ifndef ISA_HAS_STEP
    if (request == SINGLESTEP || request == SYSEMU_SINGLESTEP)
        return -EIO;
#endif
    if (signal > SIGNALS)
        return -EIO;
    trace_resume(tracee, resume_of(request), (int)signal);
    return 0;
}

static int64_t detach(struct tracee *tracee, uint64_t signal)
{
    if (signal > SIGNALS)
        return -EIO;
    trace_detach(tracee, (int)signal);
    return 0;
}

static int64_t kill_tracee(const struct tracee *tracee)
{
    const struct signal_info info = {.signal = SIGKILL, .code = SI_USER};

    return signal_send_info(tracee->thread->process, tracee->thread, &info);
}

static int64_t interrupt(struct tracee *tracee)
{
    if (!tracee->is_seized)
        return -EIO;
    trace_set_trap(tracee);
    return 0;
}

static int64_t listen(struct tracee *tracee)
{
    if (!tracee->is_seized || tracee->info == NULL || tracee->info->code >> 8 != TRACE_EVENT_STOP)
        return -EIO;
    tracee->is_listening = true;
    tracee->is_untold = false;
    if (tracee->trap_due) /* it was to go on meanwhile */
        trace_set_trap(tracee);
    return 0;
}

static int64_t set_options(struct tracee *tracee, uint64_t options)
{
    if (options & ~(uint64_t)TRACE_OPTIONS)
        return -EINVAL;
    tracee->options = (uint32_t)options;
    return 0;
}

/* ---- the call ---- */

/* Of a tracee that is stopped. */
static int64_t request_stopped(struct tracee *tracee, uint64_t request, uint64_t address, uint64_t data)
{
    switch (request) {
    case PEEKTEXT:
    case PEEKDATA:
        return peek(tracee, address, data);
    case POKETEXT:
    case POKEDATA:
        return word_move(tracee, address, &data, SPACE_FORCE);
    case PEEKUSER:
        return peek_user(tracee, address, data);
    case POKEUSER:
        return poke_user(tracee, address, data);
    case CONT:
    case SYSCALL:
    case SINGLESTEP:
    case SYSEMU:
    case SYSEMU_SINGLESTEP:
        return go_on(tracee, request, data);
    case DETACH:
        return detach(tracee, data);
    case OLDSETOPTIONS:
    case SETOPTIONS:
        return set_options(tracee, data);
    case GETEVENTMSG:
        return user_put(data, tracee->message) ? -EFAULT : 0;
    case GETSIGINFO:
        return ptrace_siginfo_get(tracee, data);
    case SETSIGINFO:
        return ptrace_siginfo_set(tracee->id->number, data);
    case PEEKSIGINFO:
        return ptrace_siginfo_peek(tracee->id->number, address, data);
    case GETSIGMASK:
        return ptrace_mask_get(tracee, address, data);
    case SETSIGMASK:
        return ptrace_mask_set(tracee->id->number, address, data);
    case GETREGSET:
    case SETREGSET:
        return regset(tracee->id->number, request == SETREGSET, address, data);
    case GET_SYSCALL_INFO:
        return ptrace_call_info(tracee, address, data);
    case SECCOMP_GET_FILTER:
        return seccomp_filter_get(tracee->thread, address, data);
    case SECCOMP_GET_METADATA:
        return seccomp_metadata_get(tracee->id->number, address, data);
    case GET_RSEQ_CONFIGURATION:
        return ptrace_rseq_info(tracee, address, data);
    case LISTEN:
        return listen(tracee);
    default:
        return isa_request(tracee->id->number, request, data);
    }
}

/* What 32-bit programs can ask for: nothing that would be laid out otherwise for them. */
static bool is_known_to_caller(uint64_t request)
{
    switch (request) {
    case TRACEME:
    case CONT:
    case KILL:
    case SINGLESTEP:
    case ATTACH:
    case DETACH:
    case OLDSETOPTIONS:
    case SYSCALL:
    case SYSEMU:
    case SYSEMU_SINGLESTEP:
    case SETOPTIONS:
    case GETSIGMASK:
    case SETSIGMASK:
    case SEIZE:
    case INTERRUPT:
    case LISTEN:
    case GET_SYSCALL_INFO:
        return true;
    default:
        return !call_is_32bit();
    }
}

int64_t sys_ptrace(const uint64_t arg[6])
{
    uint64_t request = arg[0];
    int tid = (int)arg[1];
    struct thread *thread = thread_find(tid);
    struct tracee *tracee;

    if (request == TRACEME)
        return traceme();
    if (thread == NULL)
        return -ESRCH;
    if (request == ATTACH || request == SEIZE)
        return attach(thread, request == SEIZE, arg[2], arg[3]);
    tracee = thread->tracee;
    if (tracee == NULL || tracee->tracer != current_thread())
        return -ESRCH;
    if (request == KILL)
        return kill_tracee(tracee);
    if (request == INTERRUPT)
        return interrupt(tracee);
    if (!is_known_to_caller(request))
        return -EIO;
    tracee = ptrace_stopped(tid);
    return tracee != NULL ? request_stopped(tracee, request, arg[2], arg[3]) : -ESRCH;
}
