/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp_notify.c - see seccomp_notify.h. As Linux's kernel/seccomp.c, "user notification". */
#include "sys/seccomp_notify.h"

#include "abi/poll.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sys/seccomp_program.h"
#include "sys/user.h"
#include "vfs/anon.h"

struct notif { /* struct seccomp_notif */
    uint64_t id;
    uint32_t tid, flags;
    struct seccomp_data data;
};
_Static_assert(sizeof(struct notif) == 80, "struct seccomp_notif");

struct response { /* struct seccomp_notif_resp */
    uint64_t id;
    int64_t value;
    int32_t error;
    uint32_t flags;
};
_Static_assert(sizeof(struct response) == 24, "struct seccomp_notif_resp");

struct addfd { /* struct seccomp_notif_addfd */
    uint64_t id;
    uint32_t flags, from, to, to_flags;
};
_Static_assert(sizeof(struct addfd) == 24, "struct seccomp_notif_addfd");

enum { /* SECCOMP_IOCTL_NOTIF_*; what is extended some day is known by type and number alone */
       RECEIVE = 0xc0502100,
       SEND = 0xc0182101,
       ID_VALID = 0x40082102,
       ID_VALID_WRONG = 0x80082102, /* of the first headers that had it */
       ADDFD = 0x2103,
       SET_FLAGS = 0x40082104,
};
#define REQUEST_KNOWN_BY 0xffffu
#define REQUEST_SIZE(request) ((request) >> 16 & 0x3fffu)
#define ADDFD_SIZE_MAX 4096u

enum { CONTINUE = 1 };                 /* SECCOMP_USER_NOTIF_FLAG_CONTINUE */
enum { SYNC_WAKE_UP = 1 };             /* SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP: nothing to do for it here */
enum { ADD_AT = 1, ADD_AND_SEND = 2 }; /* SECCOMP_ADDFD_FLAG_SETFD, _SEND */

/* What has a filter's listener. It goes with its file, the filter with the last thread that has it. */
struct listener {
    struct program *program; /* NULL: no thread has it any more */
    struct list asked;       /* notification.link */
    uint64_t last_id;
    uint64_t count; /* to be received: as on Linux also of who was interrupted before that */
    bool waits_killable;
    struct wait_queue changed; /* who receives, and polls */
};

/* A call that waits for its answer: on its thread's stack. */
struct notification {
    struct list link; /* itself: the listener is gone */
    uint64_t id;
    struct thread *thread;
    const struct seccomp_data *data;
    enum { ASKED, GIVEN, ANSWERED } state;
    struct response answer;
    struct wait_queue told;
};

static struct notification *first_of(const struct list *link)
{
    return container_of(link, struct notification, link);
}

/* NULL: its thread doesn't wait any more. */
static struct notification *find(const struct listener *listener, uint64_t id)
{
    for (struct list *at = listener->asked.next; at != &listener->asked; at = at->next)
        if (first_of(at)->id == id)
            return first_of(at);
    return NULL;
}

/* ---- who asks ---- */

/* 0 or -ERESTARTSYS. A signal that comes once the call was given out doesn't count for who is to wait killable. */
static int wait_for_answer(struct notification *notification, bool waits_killable)
{
    int error = 0;

    while (error == 0 && notification->state != ANSWERED) {
        bool is_killable = waits_killable && notification->state == GIVEN;

        error = wait_on(&notification->told, WAIT_FOREVER, is_killable ? WAIT_KILLABLE : WAIT_INTERRUPTIBLE);
        if (error != 0 && !is_killable && waits_killable && notification->state == GIVEN) {
            notification->thread->interrupted = false;
            error = 0;
        }
    }
    return error;
}

bool seccomp_notify_ask(const struct program *program, const struct seccomp_data *data)
{
    struct thread *thread = current_thread();
    struct listener *listener = program->listener;
    struct notification notification = {.thread = thread, .data = data, .answer.error = -ENOSYS};
    const struct response *answer = &notification.answer;
    int error = 0;

    list_init(&notification.link);
    if (listener != NULL) {
        notification.id = ++listener->last_id;
        list_insert(&listener->asked, &notification.link);
        listener->count++;
        wait_wake_all(&listener->changed, POLLIN | POLLRDNORM);
        error = wait_for_answer(&notification, listener->waits_killable); /* the listener may be gone afterwards */
        list_remove(&notification.link);
    }
    if (error == 0 && (answer->flags & CONTINUE))
        return true;
    if (error == 0)
        error = answer->error;
    arch_syscall_return(&thread->frame, error != 0 ? error : answer->value);
    return false;
}

static void answer(struct notification *notification, const struct response *response)
{
    notification->state = ANSWERED;
    notification->answer = *response;
    wait_wake_all(&notification->told, 0);
}

/* ---- who listens ---- */

static struct notification *next_asked(const struct listener *listener)
{
    struct list *at = listener->asked.next;

    while (at != &listener->asked && first_of(at)->state != ASKED)
        at = at->next;
    return at != &listener->asked ? first_of(at) : NULL;
}

/* 0: something is to be received, or nothing ever is again. */
static int wait_for_call(struct listener *listener)
{
    int error = 0;

    while (listener->count == 0 && listener->program != NULL && error == 0)
        error = wait_on(&listener->changed, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    if (listener->count == 0)
        return listener->program != NULL ? error : 0;
    listener->count--;
    return 0;
}

/* The caller's memory couldn't take it: it is to be received anew, if its thread still waits. */
static void give_back(struct listener *listener, uint64_t id)
{
    struct notification *notification = find(listener, id);

    if (notification == NULL)
        return;
    if (notification->state == GIVEN)
        notification->state = ASKED;
    listener->count++;
    wait_wake_all(&notification->told, 0);
    wait_wake_all(&listener->changed, POLLIN | POLLRDNORM);
}

static int64_t receive(struct listener *listener, uaddr_t address)
{
    static const struct notif none;
    struct notification *notification;
    struct notif notif;
    int error;

    if (user_get(notif, address))
        return -EFAULT;
    if (memcmp(&notif, &none, sizeof(none)) != 0)
        return -EINVAL;
    error = wait_for_call(listener);
    if (error != 0)
        return error;
    notification = next_asked(listener);
    if (notification == NULL)
        return -ENOENT;
    notif = (struct notif){.id = notification->id, .tid = (uint32_t)notification->thread->tid};
    notif.data = *notification->data;
    notification->state = GIVEN;
    if (listener->waits_killable)
        wait_wake_all(&notification->told, 0); /* to wait otherwise */
    wait_wake_all(&listener->changed, POLLOUT | POLLWRNORM);
    if (user_put(address, notif) == 0)
        return 0;
    give_back(listener, notif.id);
    return -EFAULT;
}

/* The one that was given out and not answered yet: 0, -ENOENT, -EINPROGRESS. */
static int find_given(const struct listener *listener, uint64_t id, struct notification **out)
{
    *out = find(listener, id);
    if (*out == NULL)
        return -ENOENT;
    return (*out)->state == GIVEN ? 0 : -EINPROGRESS;
}

static int64_t send(const struct listener *listener, uaddr_t address)
{
    struct notification *notification;
    struct response response;
    int error;

    if (user_get(response, address))
        return -EFAULT;
    if ((response.flags & ~(uint32_t)CONTINUE) ||
        ((response.flags & CONTINUE) && (response.error != 0 || response.value != 0)))
        return -EINVAL;
    error = find_given(listener, response.id, &notification);
    if (error == 0)
        answer(notification, &response);
    return error;
}

static int64_t id_valid(const struct listener *listener, uaddr_t address)
{
    struct notification *notification;
    uint64_t id;

    if (user_get(id, address))
        return -EFAULT;
    return find_given(listener, id, &notification) == 0 ? 0 : -ENOENT;
}

/* ---- descriptors for who asks ---- */

static int addfd_get(struct addfd *given, uaddr_t address, uint64_t size)
{
    int error;

    if (size < sizeof(*given) || size >= ADDFD_SIZE_MAX)
        return -EINVAL;
    error = user_get_longer(given, sizeof(*given), address, size);
    if (error != 0)
        return error;
    if ((given->to_flags & ~O_CLOEXEC) || (given->flags & ~(uint32_t)(ADD_AT | ADD_AND_SEND)) ||
        (given->to != 0 && !(given->flags & ADD_AT)))
        return -EINVAL;
    return 0;
}

/* The caller has a reference to the file. To find room in the table may be to wait for memory: whoever asked may be
 * gone then, and its descriptors with it. */
static int64_t install(const struct listener *listener, const struct addfd *given, struct file *file)
{
    bool is_cloexec = given->to_flags & O_CLOEXEC;
    struct notification *notification;
    struct fdtable *table;
    int64_t fd = find_given(listener, given->id, &notification);

    if (fd != 0)
        return fd;
    table = notification->thread->files;
    fdtable_get(table);
    file_get(file);
    fd = given->flags & ADD_AT ? fd_replace(table, file, (int)given->to, is_cloexec)
                               : fd_install(table, file, 0, is_cloexec);
    fdtable_put(table);
    if (fd >= 0 && (given->flags & ADD_AND_SEND) && find_given(listener, given->id, &notification) == 0)
        answer(notification, &(struct response){.value = fd});
    return fd;
}

static int64_t add_descriptor(const struct listener *listener, uaddr_t address, uint64_t size)
{
    struct addfd given;
    struct file *file;
    int64_t fd = addfd_get(&given, address, size);

    if (fd != 0)
        return fd;
    file = user_file(given.from);
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    file_get(file);
    fd = install(listener, &given, file);
    file_put(file);
    return fd;
}

/* ---- the file ---- */

static int64_t listener_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    struct listener *listener = file->owner;

    switch (request) {
    case RECEIVE:
        return receive(listener, arg);
    case SEND:
        return send(listener, arg);
    case ID_VALID:
    case ID_VALID_WRONG:
        return id_valid(listener, arg);
    case SET_FLAGS:
        return arg & ~(uint64_t)SYNC_WAKE_UP ? -EINVAL : 0;
    default:
        return (request & REQUEST_KNOWN_BY) == ADDFD ? add_descriptor(listener, arg, REQUEST_SIZE(request)) : -EINVAL;
    }
}

static uint32_t listener_poll(struct file *file, struct poll_table *table)
{
    struct listener *listener = file->owner;
    uint32_t events = listener->program == NULL ? POLLHUP : 0;

    poll_hook(table, &listener->changed);
    for (struct list *at = listener->asked.next; at != &listener->asked; at = at->next) {
        if (first_of(at)->state == ASKED)
            events |= POLLIN | POLLRDNORM;
        else if (first_of(at)->state == GIVEN)
            events |= POLLOUT | POLLWRNORM;
    }
    return events;
}

static void listener_release(struct file *file)
{
    static const struct response gone = {.error = -ENOSYS};
    struct listener *listener = file->owner;

    if (listener->program != NULL)
        listener->program->listener = NULL;
    while (!list_is_empty(&listener->asked)) {
        struct notification *notification = first_of(listener->asked.next);

        list_remove(&notification->link);
        if (notification->state != ANSWERED)
            answer(notification, &gone);
    }
    wait_wake_all(&listener->changed, POLLHUP);
    kfree(listener);
}

static const struct file_ops listener_ops = {
    .name = "anon_inode:seccomp notify",
    .ioctl = listener_ioctl,
    .release = listener_release,
    .poll = listener_poll,
};

int seccomp_notify_open(struct program *program, bool waits_killable, struct file **out)
{
    struct listener *listener = kmalloc(sizeof(*listener));
    int error;

    if (listener == NULL)
        return -ENOMEM;
    list_init(&listener->asked);
    listener->program = program;
    listener->waits_killable = waits_killable;
    error = anon_file_new(&listener_ops, O_RDWR, listener, out);
    if (error != 0)
        kfree(listener);
    else
        program->listener = listener;
    return error;
}

void seccomp_notify_orphan(const struct program *program)
{
    if (program->listener == NULL)
        return;
    program->listener->program = NULL;
    wait_wake_all(&program->listener->changed, POLLHUP);
}
