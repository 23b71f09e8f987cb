/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp.c - see seccomp.h. A filter is a program (lib/bpf.h) that is given the call's number and arguments. Filters
 * are never taken away, only added: those of a thread are a list, whose older part it may share with others. */
#include "sys/seccomp.h"

#include <stddef.h>

#include "core/kick.h"
#include "core/tracing.h"
#include "mm/kmalloc.h"
#include "sys/filter_program.h"
#include "sys/ptrace_info.h"
#include "sys/seccomp_notify.h"
#include "sys/seccomp_program.h"
#include "sys/syscall.h"
#include "sys/user.h"

enum { SET_MODE_STRICT = 0, SET_MODE_FILTER = 1, GET_ACTION_AVAIL = 2, GET_NOTIF_SIZES = 3 }; /* operations */
enum { /* SECCOMP_FILTER_FLAG_* */
       TSYNC = 1,
       LOG = 2,
       SPEC_ALLOW = 4,
       NEW_LISTENER = 8,
       TSYNC_ESRCH = 16,
       WAIT_KILLABLE_RECV = 32,
       FLAGS = 63,
};

/* As Linux: the filters of a thread are so many instructions at most, where each filter counts for some more. */
#define COST_MAX (1u << 15)
#define COST_OF_EACH 4u

struct seccomp_notif_sizes { /* Linux's */
    uint16_t notif, response, data;
};

/* Of all in strict mode; its first reference is its own. */
static struct filter strict = {.refs = 1, .mode = FILTER_STRICT};

static struct program *program_of(struct filter *filter)
{
    return container_of(filter, struct program, filter);
}

/* ---- references ---- */

static void filter_put(struct filter *filter)
{
    while (filter != NULL && --filter->refs == 0) {
        struct filter *older = filter->older;

        seccomp_notify_orphan(program_of(filter)); /* those of strict mode always have one */
        kfree(filter);
        filter = older;
    }
}

static void thread_set(struct thread *thread, struct filter *filter)
{
    struct filter *old = thread->filters;

    filter->refs++;
    thread->filters = filter;
    filter_put(old);
    kick_thread(thread); /* to its other loop */
}

void seccomp_inherit(struct thread *child, const struct thread *parent)
{
    if (parent->filters != NULL)
        thread_set(child, parent->filters);
}

void seccomp_end(struct thread *thread)
{
    filter_put(thread->filters);
    thread->filters = NULL;
}

/* ---- setting ---- */

static int64_t set_strict(void)
{
    struct thread *thread = current_thread();

    if (filter_mode(thread->filters) == FILTER_PROGRAMS)
        return -EINVAL;
    if (thread->filters == NULL)
        thread_set(thread, &strict);
    return 0;
}

/* A program of the caller's, which is good, in no list. */
static int program_get(uaddr_t address, struct program **out)
{
    const struct cred *cred = &current_thread()->cred;
    struct filter_program given;
    struct program *program;
    int error;

    if (filter_program_get(&given, address))
        return -EFAULT;
    if (given.length == 0 || given.length > BPF_LENGTH_MAX)
        return -EINVAL;
    if (!cred->no_new_privs && !cred_has(cred, CAP_SYS_ADMIN))
        return -EACCES;
    if (given.address == 0) /* not -EFAULT, on Linux */
        return -EINVAL;
    program = kmalloc(sizeof(*program) + given.length * sizeof(program->instruction[0]));
    if (program == NULL)
        return -ENOMEM;
    program->filter.mode = FILTER_PROGRAMS;
    program->length = given.length;
    error = copy_from_user(program->instruction, given.address, given.length * sizeof(program->instruction[0]))
                ? -EFAULT
                : filter_program_check(program->instruction, program->length, sizeof(struct seccomp_data));
    if (error == 0)
        *out = program;
    else
        kfree(program);
    return error;
}

/* The thread of the process whose filters aren't all the caller's as well, so that it can't have the caller's. NULL:
 * none. */
static struct thread *thread_apart(const struct thread *caller)
{
    static uint64_t last;
    uint64_t mark = ++last;

    for (struct filter *filter = caller->filters; filter != NULL; filter = filter->older)
        filter->mark = mark;
    for_each_thread(caller->process, thread)
    {
        if (thread->filters != NULL && thread->filters->mark != mark)
            return thread;
    }
    return NULL;
}

/* All threads of the process have the caller's filters from now on, and as few rights. */
static void threads_join(const struct thread *caller)
{
    for_each_thread(caller->process, thread)
    {
        if (thread == caller)
            continue;
        thread_set(thread, caller->filters);
        if (caller->cred.no_new_privs)
            thread->cred.no_new_privs = true;
    }
}

/* Only one of a thread's filters can have a listener. */
static bool has_listener(struct filter *filter)
{
    while (filter != NULL && program_of(filter)->listener == NULL)
        filter = filter->older;
    return filter != NULL;
}

/* The program becomes the newest of the caller's filters. 0; the number of a thread that doesn't fit (TSYNC), or
 * -errno: then the program is still the caller's. */
static int64_t attach(struct program *program, unsigned flags)
{
    struct thread *caller = current_thread(), *apart;
    struct filter *older = caller->filters;
    uint32_t cost = bpf_cost(program->instruction, program->length) + (older != NULL ? older->cost + COST_OF_EACH : 0);

    if (filter_mode(older) == FILTER_STRICT)
        return -EINVAL;
    if (program->listener != NULL && has_listener(older))
        return -EBUSY;
    if (cost > COST_MAX)
        return -ENOMEM;
    apart = flags & TSYNC ? thread_apart(caller) : NULL;
    if (apart != NULL)
        return flags & TSYNC_ESRCH ? -ESRCH : apart->tid;
    program->filter.older = older;
    program->filter.count = filter_count(older) + 1;
    program->filter.cost = cost;
    program->logs = flags & LOG;
    if (older != NULL)
        older->refs++;
    thread_set(caller, &program->filter);
    if (flags & TSYNC)
        threads_join(caller);
    return 0;
}

/* With NEW_LISTENER the result is a descriptor: there is to be none that a thread's number could be taken for. */
static int flags_check(uint64_t flags)
{
    if (flags & ~(uint64_t)FLAGS)
        return -EINVAL;
    if ((flags & TSYNC) && (flags & NEW_LISTENER) && !(flags & TSYNC_ESRCH))
        return -EINVAL;
    return (flags & WAIT_KILLABLE_RECV) && !(flags & NEW_LISTENER) ? -EINVAL : 0;
}

/* The descriptor of the program's listener, or -errno. */
static int64_t listener_install(struct program *program, unsigned flags)
{
    struct fdtable *files = current_thread()->files;
    struct file *file;
    int error = fd_lowest(files);

    if (error >= 0) /* there is room */
        error = seccomp_notify_open(program, flags & WAIT_KILLABLE_RECV, &file);
    return error != 0 ? error : fd_install(files, file, 0, true);
}

/* Once the descriptor is there nothing waits but a fork's copy of the table that it goes to as well. */
static int64_t attach_listened(struct program *program, unsigned flags)
{
    int64_t fd = listener_install(program, flags), result;

    if (fd < 0)
        return fd;
    result = attach(program, flags);
    if (result == 0)
        return fd;
    (void)fd_close(current_thread()->files, (int)fd);
    return result;
}

static int64_t set_filter(uint64_t flags, uaddr_t address)
{
    struct program *program;
    int64_t result = flags_check(flags);

    if (result == 0)
        result = program_get(address, &program);
    if (result != 0)
        return result;
    result = flags & NEW_LISTENER ? attach_listened(program, (unsigned)flags) : attach(program, (unsigned)flags);
    if (program->filter.refs == 0) { /* its listener may be in another's hands: a fork that goes on has copied it */
        seccomp_notify_orphan(program);
        kfree(program);
    }
    return result;
}

/* Whether the caller may know of others' filters. */
static bool may_look(void)
{
    const struct thread *caller = current_thread();

    return cred_has(&caller->cred, CAP_SYS_ADMIN) && caller->filters == NULL;
}

/* Filter `n` of the thread, from the oldest on: 0, -EINVAL, -ENOENT. */
static int filter_find(const struct thread *thread, uint64_t n, struct filter **out)
{
    struct filter *filter = thread->filters;

    if (filter_mode(filter) != FILTER_PROGRAMS)
        return -EINVAL;
    if (n >= filter->count)
        return -ENOENT;
    while (filter->count != n + 1)
        filter = filter->older;
    *out = filter;
    return 0;
}

int64_t seccomp_metadata_get(int tid, uint64_t size, uaddr_t data)
{
    struct {
        uint64_t number, flags;
    } metadata = {0};
    const struct tracee *tracee;
    struct filter *filter;
    int error;

    if (!may_look())
        return -EACCES;
    if (size > sizeof(metadata))
        size = sizeof(metadata);
    if (size < sizeof(metadata.number))
        return -EINVAL;
    if (user_get(metadata.number, data))
        return -EFAULT;
    tracee = ptrace_stopped(tid); /* that may have waited */
    if (tracee == NULL)
        return -ESRCH;
    error = filter_find(tracee->thread, metadata.number, &filter);
    if (error != 0)
        return error;
    metadata.flags = program_of(filter)->logs ? LOG : 0;
    return copy_to_user(data, &metadata, size) != 0 ? -EFAULT : (int64_t)size;
}

int64_t seccomp_filter_get(const struct thread *thread, uint64_t n, uaddr_t out)
{
    const struct program *program;
    struct filter *filter;
    int64_t length;
    int error = may_look() ? filter_find(thread, n, &filter) : -EACCES;

    if (error != 0)
        return error;
    program = program_of(filter);
    length = program->length;
    if (out == 0)
        return length;
    filter->refs++; /* to copy may be to wait, and the thread ends */
    if (copy_to_user(out, program->instruction, (uint64_t)length * sizeof(program->instruction[0])) != 0)
        length = -EFAULT;
    filter_put(filter);
    return length;
}

static int64_t action_available(uaddr_t address)
{
    uint32_t action;

    if (user_get(action, address))
        return -EFAULT;
    switch (action) {
    case RET_KILL_PROCESS:
    case RET_KILL_THREAD:
    case RET_TRAP:
    case RET_ERRNO:
    case RET_TRACE:
    case RET_USER_NOTIF:
    case RET_LOG:
    case RET_ALLOW:
        return 0;
    default:
        return -EOPNOTSUPP;
    }
}

static int64_t sizes_tell(uaddr_t address)
{
    const struct seccomp_notif_sizes sizes = {.notif = 80, .response = 24, .data = sizeof(struct seccomp_data)};

    return user_put(address, sizes);
}

int64_t seccomp_set_mode(uint64_t mode, uaddr_t program)
{
    switch (mode) {
    case FILTER_STRICT:
        return set_strict();
    case FILTER_PROGRAMS:
        return set_filter(0, program);
    default:
        return -EINVAL;
    }
}

int64_t sys_seccomp(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[1];

    switch ((uint32_t)arg[0]) {
    case SET_MODE_STRICT:
        return flags != 0 || arg[2] != 0 ? -EINVAL : set_strict();
    case SET_MODE_FILTER:
        return set_filter(flags, arg[2]);
    case GET_ACTION_AVAIL:
        return flags != 0 ? -EINVAL : action_available(arg[2]);
    case GET_NOTIF_SIZES:
        return flags != 0 ? -EINVAL : sizes_tell(arg[2]);
    default:
        return -EINVAL;
    }
}
