/* SPDX-License-Identifier: Apache-2.0 */
/* dax_window.c - see dax_window.h. */
#include "devices/virtio/dax_window.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "boot/abi_dax.h"
#include "devices/virtio/dax_files.h"
#include "devices/virtio/dax_link.h"
#include "vmm/ranges.h"

#define ALIGN (UINT64_C(2) << 20) /* KVM's large pages, where the host's files have some */
#define GONE_MAX 32u
#define LOOK_NS 50000000
#define DESCRIPTORS 4096u
#define DESCRIPTORS_OTHERS 128u

struct gone {
    uint32_t first, count; /* pages */
};

struct dax_window {
    pthread_mutex_t lock;
    struct dax_place place;
    uint8_t *host;
    const struct device_services *services; /* of `vm`; NULL: nobody maps it */
    void *vm;
    bool is_written; /* the guest has the part that may be written */
    uint64_t page;   /* the host's, in bytes */
    struct ranges ranges;
    struct dax_files files;
    uint64_t changes; /* how often something was mapped, or taken away; from 1 on */
    struct gone gone[GONE_MAX];
    unsigned gone_count;
    uint32_t gone_first; /* of the range that was taken last */
    struct loop *loop;
    struct loop_watch watch;
    struct loop_watch timer;
    bool timer_runs;
    bool warned;           /* the guest was told of what had gone when it was looked at last */
    struct loop_task task; /* tells */
    bool (*tell)(void *owner);
    void *tell_owner;
};

/* ---- what is mapped; lock held ---- */

static void count_file(void *owner, uint64_t file, int more)
{
    struct dax_window *window = owner;

    dax_files_count(&window->files, (unsigned)file, more);
}

/* Puts zeros in the place of whatever is there; `writable`: memory, of which a guest gets no more than the window is
 * large. */
static int map_zeros(struct dax_window *window, uint64_t offset, uint64_t length, bool writable)
{
    void *mapped = mmap(window->host + offset, length, PROT_READ | (writable ? PROT_WRITE : 0),
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    if (mapped == MAP_FAILED)
        return -errno;
    window->changes++;
    ranges_cut(&window->ranges, offset, length, count_file, window);
    return 0;
}

static int map_nothing(struct dax_window *window, uint64_t offset, uint64_t length)
{
    return map_zeros(window, offset, length, false);
}

static bool place_ok(const struct dax_window *window, const struct window_request *request)
{
    const uint64_t bytes = request->writable ? window->place.write_bytes : window->place.bytes;

    return request->offset % window->page == 0 && request->length % window->page == 0 && request->length != 0 &&
           request->offset < bytes && request->length <= bytes - request->offset;
}

static int unmap(struct dax_window *window, const struct window_request *request)
{
    int error = ranges_reserve(&window->ranges, 1);

    return error != 0 ? error : map_nothing(window, request->offset, request->length);
}

/* Puts a file's bytes in the place of whatever is there. They are mapped elsewhere at first: a file system that says no
 * does so when what was in the place is unmapped already, and another thread's memory could come there, for the guest
 * to see. Registers of a device aren't pages, though their file of /sys is a regular one: MADV_DOFORK, which changes
 * nothing here, refuses those. */
static int show(struct dax_window *window, const struct range *range, int fd)
{
    const int protection = PROT_READ | (range->writable ? PROT_WRITE : 0);
    void *mapped = mmap(NULL, range->length, protection, MAP_SHARED, fd, (off_t)range->file_offset);

    if (mapped == MAP_FAILED)
        return -errno;
    if (madvise(mapped, range->length, MADV_DOFORK) == 0 &&
        mremap(mapped, range->length, range->length, MREMAP_MAYMOVE | MREMAP_FIXED, window->host + range->offset) !=
            MAP_FAILED)
        return 0;
    int error = -errno;
    munmap(mapped, range->length);
    return error;
}

/* The part that may be written is the guest's once something is to be there: KVM has two bytes for each of a slot's
 * pages, which it clears then, and most runs write to no file by its pages. */
static int give_written(struct dax_window *window)
{
    const struct dax_place *place = &window->place;

    if (window->is_written || window->services == NULL)
        return 0;
    int error = window->services->map_window(window->vm, place->gpa, place->write_bytes, window->host);
    window->is_written = error == 0;
    return error;
}

static int map(struct dax_window *window, const struct window_request *request, int fd)
{
    struct range range = {.offset = request->offset,
                          .length = request->length,
                          .file_offset = request->file_offset,
                          .writable = request->writable};
    unsigned file;

    if (range.file_offset % window->page != 0 || range.file_offset > INT64_MAX - range.length)
        return -EINVAL;
    int error = ranges_reserve(&window->ranges, 2);
    if (error == 0 && range.offset < window->place.write_bytes)
        error = give_written(window);
    if (error == 0)
        error = dax_files_take(&window->files, fd, &file);
    if (error != 0)
        return error;
    error = show(window, &range, fd);
    if (error != 0) {
        dax_files_count(&window->files, file, -1);
        return error;
    }
    window->changes++;
    ranges_cut(&window->ranges, range.offset, range.length, count_file, window);
    range.file = file;
    ranges_add(&window->ranges, &range);
    return 0;
}

/* Looks at files while some are mapped in the part that may be written. */
static void set_timer(struct dax_window *window)
{
    bool wanted = window->ranges.count != 0 && window->ranges.all[0].offset < window->place.write_bytes;
    const struct timespec time = {.tv_nsec = wanted ? LOOK_NS : 0};
    const struct itimerspec timer = {time, time};

    if (window->timer.fd >= 0 && wanted != window->timer_runs &&
        timerfd_settime(window->timer.fd, 0, &timer, NULL) == 0)
        window->timer_runs = wanted;
}

/* ---- what has gone; lock held ---- */

/* Too many to be told of one by one are one: all. */
static void add_gone(struct dax_window *window, uint64_t offset, uint64_t length)
{
    if (window->gone_count == GONE_MAX) {
        window->gone_count = 0;
        offset = 0;
        length = window->place.bytes;
    }
    window->gone[window->gone_count++] =
        (struct gone){.first = (uint32_t)(offset / LVMM_DAX_PAGE), .count = (uint32_t)(length / LVMM_DAX_PAGE)};
}

/* From here on a range lies behind its file's end, which is at `size`. */
static uint64_t lost_from(const struct dax_window *window, const struct range *range, uint64_t size)
{
    uint64_t end = (size + window->page - 1) & ~(window->page - 1);

    if (end <= range->file_offset)
        return range->offset;
    return end - range->file_offset < range->length ? range->offset + (end - range->file_offset)
                                                    : range->offset + range->length;
}

/* Puts zeros in the place of the rest of a range. Where the guest may write to it, a write must go on as well: its
 * kernel takes no interrupt, and so isn't told, before it has copied what it is about to. */
static bool cut_from(struct dax_window *window, const struct range *range, uint64_t from)
{
    const uint64_t bytes = range->offset + range->length - from;

    if (bytes == 0 || map_zeros(window, from, bytes, range->writable) != 0)
        return false;
    add_gone(window, from, bytes);
    return true;
}

/* How long are the files that are mapped below `end`? */
static void look(struct dax_window *window, uint64_t end)
{
    const struct ranges *ranges = &window->ranges;

    if (end == window->place.bytes) {
        dax_files_look(&window->files);
        return;
    }
    for (unsigned i = 0; i < ranges->count && ranges->all[i].offset < end; i++)
        if (i == 0 || ranges->all[i].file != ranges->all[i - 1].file)
            dax_files_look_at(&window->files, ranges->all[i].file);
}

/* Puts zeros behind the ends of files: of those that have got shorter since they were mapped, or of all; where they are
 * mapped below `end`. True: there were some. */
static bool cut_at_ends(struct dax_window *window, bool all, uint64_t end)
{
    bool found = false;

    look(window, end);
    for (unsigned i = 0; i < window->ranges.count && window->ranges.all[i].offset < end;) {
        const struct range range = window->ranges.all[i];
        const struct dax_file *file = &window->files.all[range.file];
        uint64_t from = lost_from(window, &range, file->now);

        if (from == range.offset + range.length || (!all && file->now >= file->size) ||
            !cut_from(window, &range, from)) {
            i++;
            continue;
        }
        found = true;
        i += from != range.offset; /* else the next one has its place */
    }
    dax_files_agree(&window->files);
    return found;
}

/* Puts zeros where a file can't be read though it is long enough: its disk fails. Once a run or so, hence slow. */
static bool cut_unreadable(struct dax_window *window)
{
    bool found = false;

    for (unsigned i = 0; i < window->ranges.count;) {
        const struct range range = window->ranges.all[i];

        if (madvise(window->host + range.offset, range.length, MADV_POPULATE_READ) == 0 || errno == EINVAL ||
            !cut_from(window, &range, range.offset))
            i++;
        else
            found = true;
    }
    return found;
}

/* A vCPU that comes here twice in vain, while nothing has changed, has done what it mustn't. */
enum dax_fault dax_window_fault(struct dax_window *window, uint64_t *mark)
{
    enum dax_fault result = DAX_FAULT_TELL;

    pthread_mutex_lock(&window->lock);
    if (!cut_at_ends(window, false, window->place.bytes)) {
        if (*mark != window->changes)
            result = DAX_FAULT_AGAIN;
        else if (!cut_at_ends(window, true, window->place.bytes) && !cut_unreadable(window))
            result = DAX_FAULT_OTHER;
    }
    *mark = window->changes;
    pthread_mutex_unlock(&window->lock);
    return result;
}

bool dax_window_fault_at(struct dax_window *window, uint64_t gpa)
{
    const uint64_t offset = gpa - window->place.gpa;
    bool found = false;

    pthread_mutex_lock(&window->lock);
    unsigned i = ranges_from(&window->ranges, offset);
    if (i < window->ranges.count && window->ranges.all[i].offset <= offset) {
        const struct range range = window->ranges.all[i];

        dax_files_look_at(&window->files, range.file);
        uint64_t from = lost_from(window, &range, window->files.all[range.file].now);
        found = from <= offset && cut_from(window, &range, from);
    }
    pthread_mutex_unlock(&window->lock);
    return found;
}

uint32_t dax_window_gone_count(struct dax_window *window)
{
    uint32_t count = 0;

    pthread_mutex_lock(&window->lock);
    if (window->gone_count != 0) {
        const struct gone *last = &window->gone[--window->gone_count];

        window->gone_first = last->first;
        count = last->count;
    }
    pthread_mutex_unlock(&window->lock);
    return count;
}

uint32_t dax_window_gone_first(struct dax_window *window)
{
    pthread_mutex_lock(&window->lock);
    uint32_t first = window->gone_first;
    pthread_mutex_unlock(&window->lock);
    return first;
}

/* ---- the part that may be written ---- */

/* Tells of what has gone before there are zeros, so that no program sees them: whoever touches such a page waits. */
static bool warn(struct dax_window *window)
{
    const struct ranges *ranges = &window->ranges;
    bool found = false;

    look(window, window->place.write_bytes);
    for (unsigned i = 0; i < ranges->count && ranges->all[i].offset < window->place.write_bytes; i++) {
        const struct range *range = &ranges->all[i];
        const struct dax_file *about = &window->files.all[range->file];
        uint64_t from = lost_from(window, range, about->now), end = range->offset + range->length;

        if (from == end || about->now >= about->size)
            continue;
        add_gone(window, from, end - from);
        found = true;
    }
    return found;
}

/* Where a page of memory that isn't read-only to the guest can't be had, x86's KVM doesn't say so to us: it lets the
 * vCPU wait until another thread has had it, in vain, again and again. So here somebody looks; a guest that does
 * nothing about what it is told gets zeros the next time. */
static void on_time(void *owner, uint32_t events)
{
    struct dax_window *window = owner;
    uint64_t times;

    (void)events;
    if (read(window->timer.fd, &times, sizeof(times)) < 0)
        return;
    pthread_mutex_lock(&window->lock);
    bool found = window->warned ? cut_at_ends(window, false, window->place.write_bytes) : warn(window);
    window->warned = found && !window->warned;
    set_timer(window);
    pthread_mutex_unlock(&window->lock);
    if (found)
        (void)loop_post(window->loop, &window->task);
}

/* ---- requests of the server ---- */

static int serve(struct dax_window *window, const struct window_request *request, int fd)
{
    int error;

    if (request->kind == WINDOW_RESET)
        return map_nothing(window, 0, window->place.bytes);
    if (request->writable > 1 || !place_ok(window, request))
        return -EINVAL;
    switch (request->kind) {
    case WINDOW_MAP:
        error = fd >= 0 ? map(window, request, fd) : -EMFILE;
        if (error != 0)
            (void)unmap(window, request);
        return error;
    case WINDOW_UNMAP:
        return unmap(window, request);
    case WINDOW_DROP:
        add_gone(window, request->offset, request->length);
        return unmap(window, request);
    default:
        return -EINVAL;
    }
}

static void on_request(void *owner, uint32_t events)
{
    struct dax_window *window = owner;
    struct window_request request;
    int fd = -1, got = dax_link_take(window->watch.fd, &request, &fd);

    (void)events;
    if (got == 0)
        return;
    if (got < 0) { /* who had it is gone, which the device tells of, or isn't who it should be */
        loop_remove(window->loop, &window->watch);
        window->watch.fd = -1;
        return;
    }
    pthread_mutex_lock(&window->lock);
    int error = serve(window, &request, fd);
    set_timer(window);
    bool tells = window->gone_count != 0;
    pthread_mutex_unlock(&window->lock);
    if (fd >= 0)
        close(fd);
    dax_link_answer(window->watch.fd, error);
    if (tells)
        (void)loop_post(window->loop, &window->task);
}

/* The device's lock may be held by who waits for the server, which may wait for us: so it isn't waited for here. */
static void on_task(void *owner)
{
    struct dax_window *window = owner;

    if (window->tell != NULL && !window->tell(window->tell_owner))
        (void)loop_post(window->loop, &window->task);
}

/* ---- its life ---- */

bool dax_window_region(const struct dax_window *window, uint32_t number, uint64_t *base, uint64_t *bytes)
{
    const struct dax_place *place = &window->place;
    uint64_t first = place->write_bytes != 0 ? place->write_bytes : place->bytes;

    if (number == LVMM_DAX_REGION) {
        *base = place->gpa;
        *bytes = first;
        return true;
    }
    *base = place->gpa + first;
    *bytes = place->bytes - first;
    return number == LVMM_DAX_REGION_READ && *bytes != 0;
}

int dax_window_place(struct dax_window *window, const struct device_services *services, void *vm)
{
    const struct dax_place *place = &window->place;

    window->services = services;
    window->vm = vm;
    return place->write_bytes == place->bytes
               ? 0
               : services->map_rom(vm, place->gpa + place->write_bytes, place->bytes - place->write_bytes,
                                   window->host + place->write_bytes);
}

void dax_window_set_tell(struct dax_window *window, bool (*tell)(void *owner), void *owner)
{
    window->tell = tell;
    window->tell_owner = owner;
}

/* Each file takes a descriptor; some are for others. */
static void set_most(struct dax_window *window)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    if (limit.rlim_cur < DESCRIPTORS && limit.rlim_max > limit.rlim_cur) {
        limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    rlim_t most = limit.rlim_cur < DESCRIPTORS ? limit.rlim_cur : DESCRIPTORS;
    window->files.most = most > DESCRIPTORS_OTHERS ? (unsigned)(most - DESCRIPTORS_OTHERS) : 0;
}

/* As far from a large page's start here as in the guest: at none. */
static int reserve(struct dax_window *window)
{
    const uint64_t bytes = window->place.bytes;
    uint8_t *all = mmap(NULL, bytes + ALIGN, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (all == MAP_FAILED)
        return -errno;
    uint64_t before = -(uintptr_t)all & (ALIGN - 1);
    window->host = all + before;
    if (before != 0)
        munmap(all, before);
    munmap(window->host + bytes, ALIGN - before);
    return 0;
}

static int open_timer(struct dax_window *window)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd < 0)
        return -errno;
    window->timer.fd = fd;
    int error = loop_add(window->loop, &window->timer, EPOLLIN);
    if (error != 0) {
        close(fd);
        window->timer.fd = -1;
    }
    return error;
}

int dax_window_create(const struct dax_place *place, int socket, struct loop *loop, struct dax_window **out)
{
    if (place->bytes == 0 || place->bytes % ALIGN != 0 || place->gpa % ALIGN != 0 || place->write_bytes % ALIGN != 0 ||
        place->write_bytes > place->bytes)
        return -EINVAL;
    struct dax_window *window = calloc(1, sizeof(*window));
    if (window == NULL)
        return -ENOMEM;
    pthread_mutex_init(&window->lock, NULL); /* of the default type: it has no resource to lack */
    window->place = *place;
    window->page = (uint64_t)sysconf(_SC_PAGESIZE);
    window->ranges.most = LVMM_DAX_MAPPINGS + 2; /* it is the server that refuses more */
    set_most(window);
    window->changes = 1;
    window->loop = loop;
    window->watch = (struct loop_watch){.fd = -1, .ready = on_request, .owner = window};
    window->timer = (struct loop_watch){.fd = -1, .ready = on_time, .owner = window};
    window->task = (struct loop_task){.run = on_task, .owner = window};
    int error = reserve(window);
    if (error == 0) {
        window->watch.fd = socket;
        error = loop_add(loop, &window->watch, EPOLLIN);
        if (error != 0)
            window->watch.fd = -1;
    }
    if (error == 0 && place->write_bytes != 0)
        error = open_timer(window);
    if (error != 0)
        dax_window_destroy(window, false);
    else
        *out = window;
    return error;
}

void dax_window_destroy(struct dax_window *window, bool process_ends)
{
    if (window == NULL)
        return;
    if (window->watch.fd >= 0)
        loop_remove(window->loop, &window->watch);
    if (window->timer.fd >= 0) {
        loop_remove(window->loop, &window->timer);
        close(window->timer.fd);
    }
    loop_cancel(window->loop, &window->task);
    if (window->host != NULL && !process_ends)
        munmap(window->host, window->place.bytes);
    ranges_fini(&window->ranges);
    dax_files_fini(&window->files);
    pthread_mutex_destroy(&window->lock);
    free(window);
}
