/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aio.c - Linux's asynchronous I/O: io_setup, io_submit, io_getevents and their like.
 *
 * As on Linux only transfers that bypass the page cache (O_DIRECT) are under way after io_submit; others are done in
 * it. The context's number is an address, as libaio looks there for a ring of events. Ours is a page of zeros: without
 * the ring's magic number it asks the kernel.
 */
#include "abi/aio.h"
#include "abi/time.h"

#include "core/clock.h"
#include "core/wait.h"
#include "lib/list.h"
#include "mm/iter.h"
#include "mm/kmalloc.h"
#include "mm/space.h"
#include "sys/sigmask.h"
#include "sys/limit.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"
#include "sys/vector.h"
#include "vfs/blk.h"
#include "vfs/eventfd.h"

#define REQUESTS_MAX 65536u /* of one context, Linux's fs.aio-max-nr */
#define EVENTS_MAX (0x10000000u / sizeof(struct aio_event))
#define CLOCK_NS 1000000000ll

struct aio_request {
    struct file_io io;
    struct aio_context *context;
    struct file *file; /* a reference: until the event has been fetched, as it may not be put where a transfer ends */
    struct file *event_file; /* an eventfd that is told, a reference; NULL: none */
    struct aio_event event;
    struct list entry;        /* of those under way */
    struct aio_request *next; /* of those done */
};

struct aio_context {
    struct aio_context *next; /* of the same space */
    uaddr_t address;
    unsigned refs; /* the space's, and of those who wait */
    unsigned capacity, used, done_count;
    bool dead;
    struct list started;
    struct wait_queue changed;             /* some more are done, or it is dead */
    struct aio_request *done, **done_last; /* in the order in which they were */
};

/* ---- contexts ---- */

static struct aio_context *context_find(uaddr_t address)
{
    struct aio_context *context = current_process()->space->aio;

    while (context != NULL && context->address != address)
        context = context->next;
    return context;
}

static void context_put(struct aio_context *context)
{
    if (--context->refs == 0)
        kfree(context);
}

/* It is on no list any more. */
static void request_free(struct aio_request *request)
{
    request->context->used--;
    file_put(request->file);
    if (request->event_file != NULL)
        file_put(request->event_file);
    kfree(request);
}

/* The first of those done, which is off the list then. */
static struct aio_request *done_take(struct aio_context *context)
{
    struct aio_request *request = context->done;

    context->done = request->next;
    if (context->done == NULL)
        context->done_last = &context->done;
    context->done_count--;
    return request;
}

/* Its event could not be handed out: it is the first again, if there is somebody to ask for it. */
static void done_put_back(struct aio_context *context, struct aio_request *request)
{
    if (context->dead) {
        request_free(request);
        return;
    }
    request->next = context->done;
    if (context->done == NULL)
        context->done_last = &request->next;
    context->done = request;
    context->done_count++;
}

/* The oldest one that a disk works on, or NULL. Others that have begun wait in another thread's io_submit: for a pipe.
 */
static const struct aio_request *first_on_disk(const struct aio_context *context)
{
    for (const struct list *at = context->started.next; at != &context->started; at = at->next) {
        const struct aio_request *request = container_of(at, struct aio_request, entry);

        if (request->io.dev != NULL)
            return request;
    }
    return NULL;
}

static bool none_is_on_disk(void *arg)
{
    return first_on_disk(arg) == NULL;
}

/* Of one that is dead: waits for what disks work on, as its memory goes, and forgets the rest. */
static void context_empty(struct aio_context *context)
{
    const struct aio_request *request;

    while ((request = first_on_disk(context)) != NULL)
        blk_wait(request->io.dev, none_is_on_disk, context, context->used, WAIT_FOREVER, false);
    while (context->done != NULL)
        request_free(done_take(context));
}

static void context_end(struct aio_context *context)
{
    context->dead = true;
    wait_wake_all(&context->changed, 0);
    context_empty(context);
    context_put(context);
}

static void contexts_end(struct space *space)
{
    while (space->aio != NULL) {
        struct aio_context *context = space->aio;

        space->aio = context->next;
        context_end(context);
    }
}

static int64_t context_create(unsigned capacity, uaddr_t *address)
{
    struct space *space = current_process()->space;
    struct aio_context *context = kmalloc(sizeof(*context));
    uaddr_t at = 0;

    if (context == NULL)
        return -ENOMEM;
    int error = space_map(space, &at, PAGE_SIZE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
    if (error != 0) {
        kfree(context);
        return error;
    }
    *context = (struct aio_context){.next = space->aio, .address = at, .refs = 1, .capacity = 2 * capacity};
    list_init(&context->started);
    context->done_last = &context->done;
    space->aio = context;
    space->aio_end = contexts_end;
    *address = at;
    return 0;
}

static void context_remove(struct aio_context *context)
{
    struct space *space = current_process()->space;
    struct aio_context **at = &space->aio;

    while (*at != context)
        at = &(*at)->next;
    *at = context->next;
    uaddr_t address = context->address;
    context_end(context);
    space_unmap(space, address, PAGE_SIZE);
}

int64_t sys_io_setup(const uint64_t arg[6])
{
    unsigned capacity = (unsigned)arg[0];
    uint64_t context;
    uaddr_t address;

    if (user_get_word(&context, arg[1]))
        return -EFAULT;
    if (context != 0 || capacity == 0 || capacity > EVENTS_MAX)
        return -EINVAL;
    if (capacity > REQUESTS_MAX)
        return -EAGAIN;
    int64_t error = context_create(capacity, &address);
    if (error != 0)
        return error;
    if (user_put_word(arg[1], address) == 0)
        return 0;
    struct aio_context *own = context_find(address);
    if (own != NULL) /* another thread may have guessed it while we waited */
        context_remove(own);
    return -EFAULT;
}

int64_t sys_io_destroy(const uint64_t arg[6])
{
    struct aio_context *context = context_find(arg[0]);

    if (context == NULL)
        return -EINVAL;
    context_remove(context);
    return 0;
}

/* ---- io_submit ---- */

static void request_done(struct file_io *io, int64_t result)
{
    struct aio_request *request = container_of(io, struct aio_request, io);
    struct aio_context *context = request->context;

    request->event.result = result;
    list_remove(&request->entry);
    *context->done_last = request;
    context->done_last = &request->next;
    context->done_count++;
    wait_wake_all(&context->changed, 0);
    if (request->event_file != NULL)
        eventfd_signal(request->event_file);
}

/* What can be wrong with a transfer before it begins is io_submit's error; what comes later is its event's. */
static int64_t transfer_check(const struct file *file, const struct aio_iocb *iocb, bool write)
{
    if (iocb->rw_flags != 0)
        return -EOPNOTSUPP;
    if (!((file->flags & O_ACCMODE) == O_RDWR || (file->flags & O_ACCMODE) == (write ? O_WRONLY : O_RDONLY)))
        return -EBADF;
    return (write ? file->ops->write != NULL : file->ops->read != NULL) ? 0 : -EINVAL;
}

static int64_t position_check(const struct file *file, const struct aio_iocb *iocb)
{
    return file->ops->seekable && iocb->offset < 0 ? -EINVAL : 0;
}

/* Starts it; the result, if it has one already. */
static int64_t transfer_start(struct aio_request *request, struct iter *iter, uint64_t pos, bool write)
{
    int error = write ? limit_write(request->file, iter, pos) : 0;

    return error != 0 ? error : file_start(request->file, iter, pos, write, &request->io);
}

static int64_t submit_buffer(struct aio_request *request, const struct aio_iocb *iocb, bool write, int64_t *result)
{
    struct iter_segment segment = {iocb->buffer, iocb->bytes};
    struct iter iter;
    int64_t error = vector_check_one(&segment);

    if (error == 0)
        error = position_check(request->file, iocb);
    if (error != 0)
        return error;
    iter_init(&iter, &segment, 1, true);
    *result = transfer_start(request, &iter, (uint64_t)iocb->offset, write);
    return 0;
}

static int64_t submit_vector(struct aio_request *request, const struct aio_iocb *iocb, bool write, int64_t *result)
{
    struct vector vector;
    struct iter iter;
    int64_t error = vector_get(&vector, iocb->buffer, iocb->bytes);

    if (error != 0)
        return error;
    error = position_check(request->file, iocb);
    if (error == 0) {
        iter_init(&iter, vector.segments, vector.count, true);
        *result = transfer_start(request, &iter, (uint64_t)iocb->offset, write);
    }
    vector_put(&vector);
    return error;
}

static int64_t submit_sync(struct aio_request *request, const struct aio_iocb *iocb, int64_t *result)
{
    const struct inode *inode = request->file->inode;

    if (iocb->buffer != 0 || iocb->offset != 0 || iocb->bytes != 0 || iocb->rw_flags != 0)
        return -EINVAL;
    if (inode == NULL || (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode)))
        return -EINVAL;
    *result = file_sync(request->file, iocb->opcode == AIO_FDSYNC);
    return 0;
}

static int64_t submit_operation(struct aio_request *request, const struct aio_iocb *iocb, int64_t *result)
{
    bool write = iocb->opcode == AIO_PWRITE || iocb->opcode == AIO_PWRITEV;
    int64_t error;

    switch (iocb->opcode) {
    case AIO_PREAD:
    case AIO_PWRITE:
        error = transfer_check(request->file, iocb, write);
        return error != 0 ? error : submit_buffer(request, iocb, write, result);
    case AIO_PREADV:
    case AIO_PWRITEV:
        error = transfer_check(request->file, iocb, write);
        return error != 0 ? error : submit_vector(request, iocb, write, result);
    case AIO_FSYNC:
    case AIO_FDSYNC:
        return submit_sync(request, iocb, result);
    default:
        return -EINVAL;
    }
}

static int64_t request_create(struct aio_context *context, const struct aio_iocb *iocb, uaddr_t address,
                              struct aio_request **out)
{
    struct file *file = user_file(iocb->fd);

    if (context->used >= context->capacity)
        return -EAGAIN;
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    struct aio_request *request = kmalloc(sizeof(*request));
    if (request == NULL)
        return -EAGAIN;
    request->io.done = request_done;
    request->context = context;
    request->file = file;
    file_get(file);
    request->event.data = iocb->data;
    request->event.iocb = address;
    list_insert(&context->started, &request->entry);
    context->used++;
    *out = request;
    return 0;
}

static int64_t event_file_get(struct aio_request *request, const struct aio_iocb *iocb)
{
    struct file *file;

    if (!(iocb->flags & AIO_FLAG_RESFD))
        return 0;
    file = user_file(iocb->event_fd);
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (!eventfd_is(file))
        return -EINVAL;
    file_get(file);
    request->event_file = file;
    return 0;
}

/* *dev: where something was started that the disk has not been told of. */
static int64_t submit_one(struct aio_context *context, uaddr_t address, struct blk_device **dev)
{
    struct aio_request *request;
    struct aio_iocb iocb;
    int64_t result;

    if (user_get(iocb, address))
        return -EFAULT;
    if (iocb.reserved != 0 || (int64_t)iocb.bytes < 0)
        return -EINVAL;
    int64_t error = request_create(context, &iocb, address, &request);
    if (error != 0)
        return error;
    error = event_file_get(request, &iocb);
    iocb.key = 0; /* Linux stores it, and io_cancel asks for it */
    if (error == 0 && copy_to_user(address + offsetof(struct aio_iocb, key), &iocb.key, sizeof(iocb.key)) != 0)
        error = -EFAULT;
    if (error == 0)
        error = submit_operation(request, &iocb, &result);
    if (error != 0) {
        list_remove(&request->entry);
        request_free(request);
        return error;
    }
    if (result != FILE_STARTED && context->dead) { /* it was destroyed while this waited */
        list_remove(&request->entry);
        request_free(request);
        return 0;
    }
    if (result != FILE_STARTED) {
        request_done(&request->io, result);
        return 0;
    }
    if (*dev != NULL && *dev != request->io.dev)
        blk_kick(*dev);
    *dev = request->io.dev;
    return 0;
}

int64_t sys_io_submit(const uint64_t arg[6])
{
    struct aio_context *context = context_find(arg[0]);
    int64_t count = (int64_t)arg[1], done = 0, error = 0;
    struct blk_device *dev = NULL;
    size_t word_size = call_is_32bit() ? sizeof(uint32_t) : sizeof(uint64_t);

    if (count < 0 || context == NULL)
        return -EINVAL;
    context->refs++;
    for (; error == 0 && done < count && !context->dead; done += error == 0) {
        uint64_t address;

        error = user_get_word(&address, arg[2] + (uint64_t)done * word_size);
        if (error == 0)
            error = submit_one(context, address, &dev);
    }
    if (dev != NULL)
        blk_kick(dev);
    if (context->dead) /* since before the last one was started */
        context_empty(context);
    wait_wake_all(&context->changed, 0); /* who waits has a disk to wait for now */
    context_put(context);
    return done != 0 ? done : error;
}

/* Only what waits without a disk could be cancelled on Linux too (polls), and that isn't here. */
int64_t sys_io_cancel(const uint64_t arg[6])
{
    uint32_t key;

    if (copy_from_user(&key, arg[1] + offsetof(struct aio_iocb, key), sizeof(key)) != 0)
        return -EFAULT;
    return -EINVAL;
}

/* ---- io_getevents ---- */

struct events_wait {
    struct aio_context *context;
    int64_t least;
    const struct aio_request *first; /* the one whose disk is waited for */
};

static bool enough_is_done(void *arg)
{
    const struct events_wait *wait = arg;
    const struct aio_context *context = wait->context;

    if (context->dead || (int64_t)context->done_count >= wait->least)
        return true;
    return wait->first != NULL && first_on_disk(context) != wait->first;
}

/* Waits for the disk of the oldest request until that is done, and so on, until enough are. */
static int64_t events_wait(struct aio_context *context, int64_t least, uint64_t deadline)
{
    struct events_wait wait = {context, least, NULL};
    int error = 0;

    while (error == 0 && !context->dead && (int64_t)context->done_count < least) {
        wait.first = first_on_disk(context);
        if (wait.first == NULL) {
            error = wait_on(&context->changed, deadline, WAIT_INTERRUPTIBLE);
            continue;
        }
        error = blk_wait(wait.first->io.dev, enough_is_done, &wait, (unsigned)(least - context->done_count), deadline,
                         true);
    }
    return context->dead ? -EINVAL : error;
}

static int64_t events_fetch(struct aio_context *context, int64_t most, uaddr_t to)
{
    int64_t count = 0;

    while (count < most && context->done != NULL) {
        struct aio_request *request = done_take(context); /* to put it may be to wait, and others fetch */

        if (user_put(to + (uint64_t)count * sizeof(struct aio_event), request->event)) {
            done_put_back(context, request);
            return count != 0 ? count : -EFAULT;
        }
        request_free(request);
        count++;
    }
    return count;
}

/* The timeout isn't checked, as Linux doesn't: a negative one is over. */
static int64_t events_deadline(uaddr_t timeout, uint64_t *deadline)
{
    struct timespec_user time;

    *deadline = WAIT_FOREVER;
    if (timeout == 0)
        return 0;
    if (timespecs_from_user(&time, 1, timeout))
        return -EFAULT;
    int64_t ns = 0;
    bool is_over = time.sec < 0 || time.nsec < 0;
    if (!is_over && (__builtin_mul_overflow(time.sec, CLOCK_NS, &ns) || __builtin_add_overflow(ns, time.nsec, &ns)))
        ns = INT64_MAX;
    *deadline = ns != 0 ? deadline_after((uint64_t)ns) : 0;
    return 0;
}

static int64_t get_events(const uint64_t arg[6], uint64_t deadline)
{
    struct aio_context *context = context_find(arg[0]);
    int64_t least = (int64_t)arg[1], most = (int64_t)arg[2];

    if (context == NULL || least < 0 || least > most)
        return -EINVAL;
    context->refs++;
    if (first_on_disk(context) != NULL)
        blk_poll(first_on_disk(context)->io.dev);
    int64_t error = deadline != 0 ? events_wait(context, least, deadline) : 0;
    int64_t count = error == -EINVAL ? error : events_fetch(context, most, arg[3]);
    context_put(context);
    return count != 0 || error != -ERESTARTSYS ? count : -EINTR;
}

int64_t sys_io_getevents(const uint64_t arg[6])
{
    uint64_t deadline;
    int64_t error = events_deadline(arg[4], &deadline);

    return error != 0 ? error : get_events(arg, deadline);
}

int64_t sys_io_pgetevents(const uint64_t arg[6])
{
    struct sigmask_place sigmask;
    uint64_t deadline;
    int64_t error = events_deadline(arg[4], &deadline);

    if (error == 0)
        error = sigmask_place_get(&sigmask, arg[5]);
    if (error == 0 && sigmask.mask != 0)
        error = sigmask_suspend(sigmask.mask, sigmask.size);
    if (error != 0)
        return error;
    int64_t result = get_events(arg, deadline);
    sigmask_resume(result);
    return result;
}
