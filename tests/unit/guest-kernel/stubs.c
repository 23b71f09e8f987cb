/* SPDX-License-Identifier: Apache-2.0 */
/* stubs.c - kernel services on the host. A frame's physical address is its address here; user addresses are ours. */
#include "stubs.h"

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/errno.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/random.h"
#include "core/thread.h"
#include "core/wait.h"
#include "mm/commit.h"
#include "mm/kmalloc.h"
#include "mm/object.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "vfs/flusher.h"
#include "vfs/flusher.h"
#include "vfs/pipe.h"

#define FRAMES 32768u

uint64_t stub_page_total = FRAMES;
uint64_t stub_fail_at;
bool stub_fail_on;
uint64_t stub_pages_used;
uint64_t stub_kmallocs;
uint64_t stub_clock_ns = 1700000000123456789ull;
char stub_last_error[256];
const char *stub_user_fault;
bool stub_loop_ends;
void (*stub_in_loop)(void);
bool stub_quiet;

#define MEMORY_SIZE ((size_t)FRAMES * PAGE_SIZE)

static uint8_t (*memory)[PAGE_SIZE];
static struct page frames[FRAMES];
static struct page *free_frames;
static uint64_t frames_touched; /* those before have been used */
static uint64_t frames_told;    /* those before may lead to what isn't lost, as the leak checker knows */

static bool is_to_fail(void)
{
    if (stub_fail_on && stub_fail_at == 1)
        return true;
    return stub_fail_at != 0 && --stub_fail_at == 0;
}

/* ---- frames: memory of a free one is poisoned ---- */

/* As an array the leak checker would read all of it at the end of each test, which takes longer than most tests. */
static __attribute__((constructor)) void memory_map(void)
{
    memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        abort();
}

static void touch_until(uint64_t end)
{
    enum { AT_ONCE = 256 };

    frames_touched = end;
    for (; frames_told < end; frames_told += AT_ONCE)
        __lsan_register_root_region(memory[frames_told], (size_t)AT_ONCE * PAGE_SIZE);
}

static struct page *frame_take(bool *is_zero)
{
    struct page *page = free_frames;

    if (stub_pages_used >= stub_page_total || is_to_fail())
        return NULL;
    *is_zero = page == NULL;
    if (page != NULL) {
        free_frames = page->next_free;
    } else {
        page = &frames[frames_touched];
        touch_until(frames_touched + 1);
    }
    stub_pages_used++;
    *page = (struct page){.refs = 1};
    ASAN_UNPOISON_MEMORY_REGION(page_data(page), PAGE_SIZE);
    return page;
}

struct page *page_alloc(void)
{
    bool is_zero;
    struct page *page = frame_take(&is_zero);

    if (page != NULL && !is_zero)
        memset(page_data(page), 0, PAGE_SIZE);
    return page;
}

struct page *page_alloc_dirty(void)
{
    bool is_zero;
    struct page *page = frame_take(&is_zero);

    if (page != NULL)
        memset(page_data(page), 0xa5, PAGE_SIZE);
    return page;
}

struct page *page_alloc_order(unsigned order)
{
    uint64_t count = 1ull << order, start = (frames_touched + count - 1) & ~(count - 1);

    if (start + count > FRAMES || stub_pages_used + count > stub_page_total)
        return NULL;
    touch_until(start + count);
    stub_pages_used += count;
    for (uint64_t i = 0; i < count; i++)
        frames[start + i] = (struct page){.refs = 1};
    return &frames[start];
}

struct page *page_alloc_order_dirty(unsigned order)
{
    return page_alloc_order(order);
}

void page_put_order(struct page *first, unsigned order)
{
    for (unsigned i = 0; i < 1u << order; i++)
        page_put(first + i);
}

void page_set_reclaim(uint64_t (*reclaim)(uint64_t pages))
{
    (void)reclaim;
}

void page_put(struct page *page)
{
    if (page->refs == 0)
        panic("a free frame is put");
    if (--page->refs != 0)
        return;
    ASAN_POISON_MEMORY_REGION(page_data(page), PAGE_SIZE);
    page->next_free = free_frames;
    free_frames = page;
    stub_pages_used--;
}

unsigned page_alloc_shared(struct page **pages, unsigned count)
{
    unsigned n = 0;

    while (n < count && (pages[n] = page_alloc()) != NULL)
        n++;
    return n;
}

void page_put_shared(struct page *page)
{
    page_put(page);
}

/* Whoever says that it is zero is held to it. */
void page_put_zero(struct page *page)
{
    const unsigned char *bytes = page_data(page);

    for (size_t i = 0; i < PAGE_SIZE; i++)
        if (bytes[i] != 0)
            panic("a frame isn't zero");
    page_put(page);
}

void *page_data(const struct page *page)
{
    return memory[page - frames];
}

paddr_t page_phys(const struct page *page)
{
    return (uintptr_t)page_data(page);
}

struct page *page_of(paddr_t pa)
{
    uintptr_t base = (uintptr_t)memory;

    return pa >= base && pa - base < MEMORY_SIZE ? &frames[(pa - base) / PAGE_SIZE] : NULL;
}

void *phys_to_virt(paddr_t pa)
{
    return (void *)(uintptr_t)pa;
}

paddr_t virt_to_phys(const void *va)
{
    return (uintptr_t)va;
}

uint32_t page_link(const struct page *page)
{
    return page != NULL ? (uint32_t)(page - frames) + 1 : 0;
}

struct page *page_linked(uint32_t link)
{
    return link != 0 ? &frames[link - 1] : NULL;
}

uint64_t page_total_count(void)
{
    return stub_page_total;
}

uint64_t page_free_count(void)
{
    return stub_page_total > stub_pages_used ? stub_page_total - stub_pages_used : 0;
}

/* ---- kmalloc ---- */

void *kmalloc(size_t size)
{
    if (size > KMALLOC_MAX || is_to_fail())
        return NULL;
    stub_kmallocs++;
    return calloc(1, size);
}

void kfree(void *ptr)
{
    stub_kmallocs -= ptr != NULL;
    free(ptr);
}

/* ---- user memory ---- */

static bool faults(uaddr_t addr, size_t size)
{
    return stub_user_fault != NULL && addr + size > (uintptr_t)stub_user_fault;
}

int copy_from_user(void *dst, uaddr_t src, size_t size)
{
    if (faults(src, size))
        return -EFAULT;
    memcpy(dst, (const void *)(uintptr_t)src, size);
    return 0;
}

int copy_to_user(uaddr_t dst, const void *src, size_t size)
{
    if (faults(dst, size))
        return -EFAULT;
    memcpy((void *)(uintptr_t)dst, src, size);
    return 0;
}

int zero_user(uaddr_t dst, size_t size)
{
    if (faults(dst, size))
        return -EFAULT;
    memset((void *)(uintptr_t)dst, 0, size);
    return 0;
}

/* Programs' memory that can be handed to a disk is a frame. */
int user_page_get(uaddr_t addr, bool to_write, struct page **out)
{
    (void)to_write;
    *out = faults(addr, 1) ? NULL : page_of(addr);
    if (*out != NULL)
        page_get(*out);
    return *out != NULL ? 0 : -EFAULT;
}

bool user_word_at_hand(uaddr_t addr, bool to_write, uint32_t **word)
{
    (void)to_write;
    *word = (uint32_t *)(uintptr_t)addr; /* NOLINT(performance-no-int-to-ptr): as that of a program */
    return !faults(addr, sizeof(**word));
}

int64_t string_from_user(char *dst, uaddr_t src, size_t size)
{
    size_t length = strnlen((const char *)(uintptr_t)src, size);

    if (length == size)
        return -ENAMETOOLONG;
    return copy_from_user(dst, src, length + 1) != 0 ? -EFAULT : (int64_t)length;
}

/* Nothing is mapped, where a test doesn't have mm/object.c. */
__attribute__((weak)) void object_unmap(struct vm_object *object, uint64_t first, uint64_t end)
{
    (void)object;
    (void)first, (void)end;
}

__attribute__((weak)) void object_unmap_in_turns(struct vm_object *object, uint64_t first)
{
    object_unmap(object, first, UINT64_MAX);
}

__attribute__((weak)) bool object_unmap_page(struct vm_object *object, uint64_t index, struct page *page)
{
    (void)object;
    (void)index;
    return page->map_count == 0;
}

__attribute__((weak)) void object_protect_page(struct vm_object *object, uint64_t index, const struct page *page)
{
    (void)object, (void)index, (void)page;
}

__attribute__((weak)) bool object_page_is_locked(const struct vm_object *object, uint64_t index,
                                                 const struct page *page)
{
    (void)object, (void)index, (void)page;
    return false;
}

/* ---- what programs are promised: anything ---- */

__attribute__((weak)) int commit_policy;
__attribute__((weak)) uint64_t commit_bytes;

__attribute__((weak)) bool commit_exceeds(uint64_t bytes)
{
    (void)bytes;
    return false;
}

/* ---- the caller: root, where a test has no threads of its own ---- */

__attribute__((weak)) struct thread *arch_current(void)
{
    static struct process process;
    static struct thread thread = {.process = &process,
                                   .cred = {.permitted = CAP_ALL, .effective = CAP_ALL, .bounding = CAP_ALL}};

    return &thread;
}

/* ---- clock, random, log ---- */

uint64_t clock_boot_realtime_ns(void)
{
    return clock_realtime_ns();
}

bool wait_loop_ends(bool fatal)
{
    (void)fatal;
    if (stub_in_loop != NULL)
        stub_in_loop();
    return stub_loop_ends;
}

/* One thread, which would wait for itself for ever. */
__attribute__((weak)) void mutex_lock(struct mutex *mutex)
{
    if (mutex->owner != NULL)
        panic("a mutex is locked twice");
    mutex->owner = arch_current();
}

__attribute__((weak)) void mutex_unlock(struct mutex *mutex)
{
    if (mutex->owner == NULL)
        panic("a mutex is unlocked that isn't locked");
    mutex->owner = NULL;
}

__attribute__((weak)) bool mutex_is_mine(const struct mutex *mutex)
{
    return mutex->owner == arch_current();
}

__attribute__((weak)) int wait_on(struct wait_queue *queue, uint64_t deadline_ns, unsigned how)
{
    (void)queue, (void)deadline_ns, (void)how;
    panic("nobody is there who would wake");
}

/* There is no flusher: who would wait for it is it. */
static const struct flusher_work *flusher_work;

__attribute__((weak)) void flusher_note(const struct flusher_work *work)
{
    flusher_work = work;
}

__attribute__((weak)) void flusher_wake(void)
{
}

__attribute__((weak)) bool flusher_wait(void)
{
    static uint64_t round;

    if (arch_current()->wants_no_wait != 0 || flusher_work == NULL)
        return false;
    flusher_work->store(++round);
    return true;
}

__attribute__((weak)) bool flusher_is_current(void)
{
    return false;
}

__attribute__((weak)) void flusher_throttle(void)
{
}

__attribute__((weak)) void flusher_pause(void)
{
}

__attribute__((weak)) void flusher_resume(void)
{
}

__attribute__((weak)) uint64_t flusher_use_reserve(void)
{
    return 0;
}

/* Nobody waits here. */
unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most)
{
    (void)queue;
    (void)events;
    (void)most;
    return 0;
}

uint64_t clock_realtime_ns(void)
{
    return stub_clock_ns;
}

uint64_t clock_monotonic_ns(void)
{
    return stub_clock_ns;
}

void random_seed(const void *seed, size_t size)
{
    (void)seed, (void)size;
}

void random_bytes(void *dst, size_t size)
{
    static uint32_t state = 1;

    for (uint8_t *byte = dst; size != 0; size--) {
        state = state * 1664525u + 1013904223u;
        *byte++ = (uint8_t)(state >> 24);
    }
}

void log_info(const char *fmt, ...)
{
    (void)fmt;
}

void log_set_verbose(bool on)
{
    (void)on;
}

void log_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(stub_last_error, sizeof(stub_last_error), fmt, ap);
    va_end(ap);
    if (!stub_quiet)
        fprintf(stderr, "log_error: %s\n", stub_last_error);
}

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    abort();
}

/* FIFOs wait for each other's ends, which there is nobody for. */
int fifo_open(struct inode *inode, struct file *file)
{
    (void)inode, (void)file;
    return -ENXIO;
}
