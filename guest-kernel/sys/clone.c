/* SPDX-License-Identifier: Apache-2.0 */
/* clone.c - new threads and processes: fork, vfork, clone, clone3. */
#include "abi/clone.h"

#include "abi/errno.h"
#include "abi/info.h"
#include "abi/signal.h"
#include "core/cputimer.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/residence.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/tracing.h"
#include "core/threads.h"
#include "core/wait.h"
#include "ipc/semexit.h"
#include "ipc/semundo.h"
#include "lib/string.h"
#include "mm/space.h"
#include "sys/exec.h"
#include "sys/exit.h"
#include "sys/kill.h"
#include "sys/limit.h"
#include "sys/pidfd.h"
#include "sys/seccomp.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/fdtable.h"

/* ---- what is asked for ---- */

/* In Linux's order (copy_process). */
static int args_check(const struct clone_args *args)
{
    uint64_t flags = args->flags;

    if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
        return -EINVAL;
    if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
        return -EINVAL;
    if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
        return -EINVAL;
    if ((flags & CLONE_PARENT) && current_process()->is_init)
        return -EINVAL;
    if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
        return -EINVAL;
    if ((flags & CLONE_PIDFD) && (flags & CLONE_DETACHED))
        return -EINVAL;
    return 0;
}

/* There are no namespaces but the first ones, as in a kernel without them. */
static int namespaces_check(uint64_t flags)
{
    if (!(flags & (CLONE_NAMESPACES | CLONE_NEWTIME)))
        return 0;
    if (flags & CLONE_NEWUSER)
        return -EINVAL;
    return cred_has(&current_thread()->cred, CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
}

/* Whether there may be one thread more (RLIMIT_NPROC, and what memory and lvmm allow). */
static int count_check(void)
{
    struct thread *thread = current_thread();

    if (nproc_exceeded(thread, 1))
        return -EAGAIN;
    thread->over_nproc = false;
    return threads_has_room(trace_ended_count()) ? 0 : -EAGAIN;
}

/* ---- the parts ---- */

/* As it may give way, the child has all else by then that others can see of it. */
static int files_make(struct thread *child, const struct thread *parent, bool shared)
{
    if (shared)
        fdtable_get(parent->files);
    child->files = shared ? parent->files : fdtable_clone(parent->files);
    if (child->files == NULL)
        return -ENOMEM;
    if (!shared) /* somebody may have set the child's meanwhile (prlimit(2)) */
        child->files->limit = (unsigned)limit_soft_of(child->process, RLIMIT_NOFILE);
    return 0;
}

static int fs_make(struct thread *child, const struct thread *parent, bool shared)
{
    child->fs = parent->fs;
    if (shared)
        child->fs->refs++;
    else
        child->fs = fs_context_copy(parent->fs);
    return child->fs != NULL ? 0 : -ENOMEM;
}

static int sighand_make(struct process *child, const struct process *parent, uint64_t flags)
{
    child->sighand = parent->sighand;
    if (flags & CLONE_SIGHAND)
        child->sighand->refs++;
    else
        child->sighand = sighand_create(parent->sighand);
    if (child->sighand == NULL)
        return -ENOMEM;
    if (flags & CLONE_CLEAR_SIGHAND)
        sighand_reset(child->sighand);
    return 0;
}

/* A copy gives way, and others see the child meanwhile: it has all else, a thread with its credentials too. */
static int space_make(struct process *child, struct process *parent, bool shared)
{
    if (!shared)
        return space_fork(parent->space, &child->space);
    child->space = parent->space;
    child->space->refs++;
    return 0;
}

/* What a process has of the one that made it, but for its space. */
static int process_fill(struct process *child, struct process *parent, uint64_t flags)
{
    int error = sighand_make(child, parent, flags);

    if (error != 0)
        return error;
    child->abi = parent->abi;
    child->program = parent->program;
    if (child->program.dentry != NULL) {
        path_get(&child->program);
        inode_run_get(path_inode(&child->program)); /* can't fail: the parent has it as well */
    }
    child->dumpable = parent->dumpable;
    child->signals_max = parent->signals_max;
    return limits_copy(child, parent);
}

/* What a thread has of the one that made it. */
static int thread_fill(struct thread *child, struct thread *parent, const struct clone_args *args)
{
    int error = arch_user_prepare(child);

    if (error == 0)
        error = fs_make(child, parent, args->flags & CLONE_FS);
    if (error == 0)
        error = semundo_clone(child, parent, args->flags & CLONE_SYSVSEM);
    if (error != 0)
        return error;
    if (!(args->flags & CLONE_VM)) {
        child->rseq = parent->rseq;
        child->rseq_size = parent->rseq_size;
        child->rseq_signature = parent->rseq_signature;
    }
    cred_copy(&child->cred, &parent->cred);
    if (!(args->flags & CLONE_THREAD))
        cred_renew(&child->cred);
    memcpy(child->name, parent->name, sizeof(child->name));
    child->signal_mask = parent->signal_mask;
    child->personality = parent->personality;
    child->timer_slack_ns = parent->timer_slack_ns;
    if (!(args->flags & CLONE_VM) || (args->flags & CLONE_VFORK))
        child->signal_stack = parent->signal_stack;
    arch_user_copy(child, parent, args->stack != 0 ? args->stack + args->stack_size : 0);
    if (args->flags & CLONE_SETTLS)
        error = arch_clone_tls(child, args->tls, call_is_32bit());
    sched_inherit(child, parent);
    if (error != 0)
        return error;
    if (child->process != parent->process)
        kill_settle(child->process, parent->process);
    return files_make(child, parent, args->flags & CLONE_FILES);
}

/* ---- undone ---- */

static void thread_undo(struct thread *child)
{
    struct fdtable *files = child->files;
    struct fs_context *fs = child->fs;

    child->files = NULL; /* first: to end them may wait, and others find the child's */
    child->fs = NULL;
    if (files != NULL)
        fdtable_put(files);
    if (fs != NULL)
        fs_context_put(fs);
    semexit_leave(child, false);
    cred_release(&child->cred);
    if (child->tracee != NULL)
        trace_detach(child->tracee, 0);
    signal_thread_leaves(child); /* its process may have been stopped meanwhile, or have set a timer for it */
    cputimer_thread_ends(child);
    thread_leave(child);
    seccomp_end(child);
    thread_free(child);
}

/* The space's end gives way: by then nobody finds the process, which has no thread. */
static void process_undo(struct process *child)
{
    struct space *space = child->space;

    process_program_put(child);
    if (child->sighand != NULL)
        sighand_put(child->sighand);
    wait_wake_all(&child->parent->children_changed, 0); /* who may have begun to wait for it */
    process_free(child);
    if (space != NULL)
        space_put(space);
}

/* ---- the whole ---- */

/* The process that the new thread is of. NULL: no memory. */
static struct process *process_for(struct process *parent, struct pid *id, const struct clone_args *args)
{
    struct process *child;

    if (args->flags & CLONE_THREAD)
        return parent;
    child = process_create(parent, id);
    if (child == NULL)
        return NULL;
    child->end_signal = (int)args->exit_signal;
    if (args->flags & CLONE_PARENT) { /* a sibling: it ends as the caller does */
        process_set_parent(child, parent->parent, parent->parent_thread);
        child->end_signal = parent->end_signal;
        child->parent_execs = parent->parent_execs;
    }
    if (process_fill(child, parent, args->flags) == 0)
        return child;
    process_undo(child);
    return NULL;
}

/* Its number: the next, or the one asked for. */
static int number_make(int wanted, struct pid **out)
{
    if (wanted != 0)
        return pid_create_number(wanted, out);
    *out = pid_create();
    return *out != NULL ? 0 : -EAGAIN;
}

/* 0 with the new thread, which hasn't started. wanted: its number; 0: the next. */
static int thread_make(const struct clone_args *args, int wanted, struct thread **out)
{
    struct thread *parent = current_thread(), *child;
    struct process *process;
    struct pid *id;
    int error = number_make(wanted, &id);

    if (error != 0)
        return error;
    process = process_for(parent->process, id, args);
    error = -ENOMEM;
    if (process == NULL) {
        pid_put(id);
        return error;
    }
    child = thread_create(process, id);
    pid_put(id);
    if (child != NULL)
        seccomp_inherit(child, parent); /* at once: from here on others find it */
    if (child != NULL)
        error = thread_fill(child, parent, args);
    if (error == 0 && process != parent->process)
        error = space_make(process, parent->process, args->flags & CLONE_VM);
    if (error == 0) {
        *out = child;
        return 0;
    }
    if (child != NULL)
        thread_undo(child);
    if (process != parent->process)
        process_undo(process);
    return error;
}

/* What is written where. The child's memory may be a copy: it writes itself, once it runs. */
static int ids_tell(struct thread *child, const struct clone_args *args)
{
    int tid = child->tid;

    if (args->flags & CLONE_CHILD_CLEARTID)
        child->clear_child_tid = args->child_tid;
    if (args->flags & CLONE_CHILD_SETTID)
        child->set_child_tid = args->child_tid;
    return (args->flags & CLONE_PARENT_SETTID) && user_put(args->parent_tid, tid) ? -EFAULT : 0;
}

/* A signal that ends the parent ends its wait, too; the child isn't gone then. */
static void vfork_wait(struct thread *child, struct vfork *vfork)
{
    while (!vfork->released && !signal_fatal_pending(current_thread()))
        (void)wait_on(&vfork->queue, WAIT_FOREVER, WAIT_KILLABLE);
    if (!vfork->released)
        child->vfork = NULL;
}

/* The caller's descriptor of the new thread's process, or of the thread. 0 or -errno; then there is none. */
static int pidfd_make(struct thread *child, const struct clone_args *args)
{
    struct fdtable *files = current_thread()->files;
    struct file *file;
    int fd, error;

    if (!(args->flags & CLONE_PIDFD))
        return 0;
    error = pidfd_file(child->id, args->flags & CLONE_THREAD ? PIDFD_THREAD : 0, &file);
    if (error != 0)
        return error;
    fd = fd_install(files, file, 0, true);
    if (fd < 0)
        return fd;
    if (user_put(args->pidfd, fd) == 0)
        return 0;
    (void)fd_close(files, fd);
    return -EFAULT;
}

static void child_undo(struct thread *child, const struct process *parent)
{
    struct process *process = child->process;

    thread_undo(child);
    if (process != parent)
        process_undo(process);
}

/* What was sent to the caller before, perhaps with all of its group, is acted on first, and the call made anew: it
 * makes no child that was to have it as well. (It may have been sent while the caller was on its way into the kernel.)
 */
static int signals_first(void)
{
    struct thread *thread = current_thread();

    if (!signal_is_pending(thread))
        return 0;
    thread->interrupted = thread->attention = true;
    thread->syscall_first = arch_syscall_first(&thread->frame);
    return -ERESTARTNOINTR;
}

/* What a tracer may have asked to be told of the call (PTRACE_EVENT_*). */
static unsigned trace_event_of(const struct clone_args *args)
{
    if (args->flags & CLONE_VFORK)
        return TRACE_EVENT_VFORK;
    return (args->flags & CLONE_THREAD) || args->exit_signal != SIGCHLD ? TRACE_EVENT_CLONE : TRACE_EVENT_FORK;
}

static bool is_told(const struct clone_args *args)
{
    return !(args->flags & CLONE_UNTRACED) && trace_wants(current_thread(), trace_event_of(args));
}

/* The child has its maker's tracer, if that is told of it or the maker says so; unless another one has found and
 * attached it while the maker waited. */
static int trace_make(struct thread *child, const struct clone_args *args)
{
    const struct thread *thread = current_thread();

    if (thread->tracee == NULL || child->tracee != NULL || !((args->flags & CLONE_PTRACE) || is_told(args)))
        return 0;
    child->syscall_first = thread->syscall_first;
    return trace_inherit(child, thread);
}

static int child_make(const struct clone_args *args, int wanted, struct thread **out)
{
    int error = args_check(args);

    if (error == 0)
        error = namespaces_check(args->flags);
    if (error == 0)
        error = signals_first();
    if (error == 0)
        error = count_check();
    if (error == 0)
        error = residence_share_registers();
    if (error == 0)
        error = thread_make(args, wanted, out);
    if (error != 0)
        return error;
    error = signal_fatal_pending(current_thread()) ? -EINTR : pidfd_make(*out, args); /* it may have waited */
    if (error == 0)
        error = trace_make(*out, args);
    if (error != 0)
        child_undo(*out, current_process());
    return error;
}

/* wanted: the new thread's number; 0: the next. */
static int64_t clone(const struct clone_args *args, int wanted)
{
    struct vfork vfork = {.released = false};
    struct thread *child;
    int error = child_make(args, wanted, &child), tid;
    bool told;

    if (error != 0)
        return error;
    tid = child->tid;
    (void)ids_tell(child, args); /* as Linux: who gave a bad address isn't told */
    if (args->flags & CLONE_VFORK)
        child->vfork = &vfork;
    signal_thread_begins(child);
    told = is_told(args);
    sched_start(child, current_thread()->entry);
    if (told) /* it may wait, and the child have ended by then */
        trace_event(trace_event_of(args), (uint64_t)tid);
    if (args->flags & CLONE_VFORK) {
        vfork_wait(child, &vfork);
        trace_event(TRACE_EVENT_VFORK_DONE, (uint64_t)tid);
    }
    return tid;
}

int64_t sys_clone(const uint64_t arg[6])
{
    bool backwards = ISA_CLONE_BACKWARDS || call_is_32bit(); /* clone(2), "C library/kernel differences" */
    const struct clone_args args = {
        .flags = (uint32_t)arg[0] & ~CLONE_END_SIGNAL,
        .exit_signal = arg[0] & CLONE_END_SIGNAL,
        .stack = arg[1],
        .parent_tid = arg[2],
        .child_tid = arg[backwards ? 4 : 3],
        .tls = arg[backwards ? 3 : 4],
        .pidfd = arg[2],
    };

    if ((args.flags & CLONE_PIDFD) && (args.flags & CLONE_PARENT_SETTID)) /* both would go to one place */
        return -EINVAL;
    return clone(&args, 0);
}

int64_t sys_fork(const uint64_t arg[6])
{
    const struct clone_args args = {.exit_signal = SIGCHLD};

    (void)arg;
    return clone(&args, 0);
}

int64_t sys_vfork(const uint64_t arg[6])
{
    const struct clone_args args = {.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD};

    (void)arg;
    return clone(&args, 0);
}

/* ---- clone3 ---- */

/* A structure that may be longer than ours, if what we don't know of is zero: 0, -EFAULT, -EINVAL, -E2BIG. */
static int args_get(struct clone_args *args, uaddr_t address, uint64_t size)
{
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (size < CLONE_ARGS_SIZE_0)
        return -EINVAL;
    return user_get_longer(args, sizeof(*args), address, size);
}

/* What of them is wrong whatever there is (copy_clone_args_from_user). */
static int args3_check(const struct clone_args *args, uint64_t size)
{
    if (args->set_tid_size > CLONE_SET_TIDS_MAX || (args->set_tid == 0) != (args->set_tid_size == 0))
        return -EINVAL;
    if (args->exit_signal > SIGNALS)
        return -EINVAL;
    if ((args->flags & CLONE_INTO_CGROUP) && (args->cgroup > INT32_MAX || size < CLONE_ARGS_SIZE_2))
        return -EINVAL;
    return 0;
}

static int flags3_check(const struct clone_args *args)
{
    if (args->flags & ~(UINT32_MAX | CLONE_CLONE3_ALONE))
        return -EINVAL;
    if (args->flags & (CLONE_DETACHED | (CLONE_END_SIGNAL & ~CLONE_NEWTIME)))
        return -EINVAL;
    if ((args->flags & CLONE_CLEAR_SIGHAND) && (args->flags & CLONE_SIGHAND))
        return -EINVAL;
    if ((args->flags & (CLONE_THREAD | CLONE_PARENT)) && args->exit_signal != 0)
        return -EINVAL;
    if ((args->stack == 0) != (args->stack_size == 0))
        return -EINVAL;
    return args->stack > ISA_USER_TOP || args->stack_size > ISA_USER_TOP - args->stack ? -EINVAL : 0;
}

/* The number that is asked for: there is one namespace of them. */
static int wanted_check(const struct clone_args *args, int wanted)
{
    if (args->set_tid_size == 0)
        return 0;
    if (args->set_tid_size > 1 || wanted < 1 || wanted >= pid_max)
        return -EINVAL;
    return cred_may_restore(&current_thread()->cred) ? 0 : -EPERM;
}

int64_t sys_clone3(const uint64_t arg[6])
{
    int wanted[CLONE_SET_TIDS_MAX] = {0};
    struct clone_args args;
    int error = args_get(&args, arg[0], arg[1]);

    if (error == 0)
        error = args3_check(&args, arg[1]);
    if (error != 0)
        return error;
    if (args.set_tid_size != 0 && copy_from_user(wanted, args.set_tid, args.set_tid_size * sizeof(wanted[0])) != 0)
        return -EFAULT;
    error = flags3_check(&args);
    if (error == 0)
        error = args_check(&args);
    if (error == 0)
        error = wanted_check(&args, wanted[0]);
    if (error == 0 && (args.flags & CLONE_INTO_CGROUP))
        error = -EBADF; /* no descriptor is one of a control group */
    return error != 0 ? error : clone(&args, wanted[0]);
}

/* ---- unshare, setns ---- */

#define UNSHARE_KNOWN                                                                                      \
    (CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM | CLONE_NAMESPACES | \
     CLONE_NEWTIME)

/* Of memory, signals' actions and threads nothing can be had alone; what isn't shared needn't be. */
static int unshare_check(uint64_t flags)
{
    const struct process *process = current_process();

    if (flags & ~UNSHARE_KNOWN)
        return -EINVAL;
    if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER)) && process->thread_count != 1)
        return -EINVAL;
    if ((flags & (CLONE_SIGHAND | CLONE_VM)) && process->sighand->refs != 1)
        return -EINVAL;
    if ((flags & CLONE_VM) && process->space->refs != 1)
        return -EINVAL;
    return namespaces_check(flags);
}

int64_t sys_unshare(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    uint64_t flags = arg[0];
    struct fs_context *fs = NULL;
    int error = unshare_check(flags);

    if (error != 0)
        return error;
    if ((flags & CLONE_FS) && thread->fs->refs != 1) {
        fs = fs_context_copy(thread->fs);
        if (fs == NULL)
            return -ENOMEM;
    }
    if (flags & CLONE_FILES)
        error = fdtable_unshare(thread);
    if (error != 0 && fs != NULL)
        fs_context_put(fs);
    if (error == 0 && (flags & CLONE_SYSVSEM)) /* as at its end: what nobody else shares is undone */
        semexit_leave(thread, true);
    if (error != 0 || fs == NULL)
        return error;
    fs_context_put(thread->fs);
    thread->fs = fs;
    return 0;
}

/* No descriptor is one of a namespace, and a process's has none to be entered. */
int64_t sys_setns(const uint64_t arg[6])
{
    return user_file(arg[0]) != NULL ? -EINVAL : -EBADF;
}
