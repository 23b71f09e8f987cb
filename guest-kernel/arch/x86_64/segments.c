/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segments.c - what 32-bit programs need of segments: selectors that aren't null, and descriptors in the GDT for their
 * thread pointers (set_thread_area(2)). The kernel itself leaves the program's ds, es, fs and gs as they are.
 */
#include "abi/errno.h"
#include "abi/signal.h"
#include "core/log.h"
#include "core/process.h"
#include "core/signal.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"

#include "layout.h"
#include "x86.h"

struct user_desc { /* asm/ldt.h; the flags are bit fields there */
    uint32_t entry, base, limit, flags;
};
enum {
    DESC_32BIT = 1 << 0,
    DESC_CONTENTS = 3 << 1, /* 0: data; 1: data that grows downwards; 2, 3: code */
    DESC_READ_ONLY = 1 << 3,
    DESC_IN_PAGES = 1 << 4,
    DESC_NOT_PRESENT = 1 << 5,
    DESC_USEABLE = 1 << 6,
    DESC_FLAGS = 0x7f,
};
#define ENTRY_ANY 0xffffffffu

/* Bits of a descriptor's upper half (Intel SDM vol. 3, figure 3-8). */
enum {
    UPPER_ACCESSED = 1 << 8,
    UPPER_WRITABLE = 1 << 9,
    UPPER_GROWS_DOWN = 1 << 10,
    UPPER_NOT_SYSTEM = 1 << 12,
    UPPER_USER = 3 << 13,
    UPPER_PRESENT = 1 << 15,
    UPPER_AVAILABLE = 1 << 20,
    UPPER_32BIT = 1 << 22,
    UPPER_IN_PAGES = 1 << 23,
};

/* ---- segment registers ---- */

#define SEGMENT_READ(name)                                        \
    static unsigned name##_read(void)                             \
    {                                                             \
        unsigned selector;                                        \
                                                                  \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(selector)); \
        return selector & 0xffff;                                 \
    }
SEGMENT_READ(ds)
SEGMENT_READ(es)
SEGMENT_READ(fs)
SEGMENT_READ(gs)

static void data_load(unsigned ds, unsigned es)
{
    if (cpu_is_gated)
        gate_call(GATE_OP_SEGMENTS, ds, es, 0, 0);
    else
        __asm__ volatile("mov %0, %%ds; mov %1, %%es" ::"r"(ds), "r"(es));
}

/* A selector's load takes the base from the descriptor. The program's gs base waits behind swapgs. */
static void fs_load(unsigned selector)
{
    __asm__ volatile("mov %0, %%fs" ::"r"(selector));
}

static void gs_load(unsigned selector)
{
    __asm__ volatile("swapgs; mov %0, %%gs; swapgs" ::"r"(selector));
}

/* ---- of a thread that isn't current ---- */

/* From ds on, as frame->selectors has them. */
static uint64_t selectors_read(void)
{
    return ds_read() | (uint64_t)es_read() << 16 | (uint64_t)fs_read() << 32 | (uint64_t)gs_read() << 48;
}

/* Behind the gate: there was a program that has some. Before, nothing is asked of the gate, which takes its time. */
static bool selectors_used;

static uint64_t gate_selectors(uint64_t next, bool load)
{
    uint64_t own, before;

    __asm__ volatile("rdgsbase %0" : "=r"(own));
    before = gate_call(GATE_OP_SELECTORS, next, load, 0, 0);
    __asm__ volatile("wrgsbase %0" ::"r"(own));
    return before;
}

void segments_save(struct trap_frame *frame)
{
    frame->selectors = selectors_read();
    if (!cpu_is_gated)
        return;
    selectors_used |= frame->cs != SEL_USER_CODE || frame->selectors != 0;
    if (selectors_used) /* what 32-bit code has loaded, which KVM emulates, KVM alone knows */
        frame->selectors = gate_selectors(0, false);
}

void segments_load(const struct trap_frame *frame)
{
    uint64_t *descriptor = &percpu()->gdt[SEL_TLS / 8], selectors = frame->selectors;

    for (unsigned i = 0; i < TLS_ENTRIES; i++)
        descriptor[i] = frame->tls[i];
    if (cpu_is_gated) {
        if (selectors_used)
            gate_selectors(selectors, true);
    } else if ((ds_read() | es_read() | fs_read() | gs_read() | selectors) !=
               0) { /* what they name may be another descriptor now */
        data_load(selectors & 0xffff, selectors >> 16 & 0xffff);
        fs_load(selectors >> 32 & 0xffff);
        gs_load((unsigned)(selectors >> 48));
    }
}

/* ---- descriptors ---- */

static uint64_t descriptor_base(uint64_t descriptor)
{
    return (descriptor >> 16 & 0xffffff) | (descriptor >> 56) << 24;
}

/* ---- as a signal's frame has them ---- */

/* 0 for none of the program's own descriptors. */
static uint64_t own_descriptor(const struct trap_frame *frame, unsigned selector)
{
    for (unsigned i = 0; i < TLS_ENTRIES; i++)
        if ((selector | 3) == SEL_TLS + i * 8)
            return frame->tls[i];
    return 0;
}

/* The selector as it may be loaded; what can't be loaded becomes null. */
static unsigned loadable(const struct trap_frame *frame, unsigned selector)
{
    unsigned user = selector | 3;

    if (selector <= 3)
        return selector;
    if (user == SEL_USER_DATA || user == SEL_USER_CODE || user == SEL_USER_CODE_32 ||
        own_descriptor(frame, selector) != 0)
        return user;
    return 0;
}

bool segments_is_stack(const struct trap_frame *frame, unsigned selector)
{
    return (selector | 3) == SEL_USER_DATA || (own_descriptor(frame, selector) >> 32 & UPPER_WRITABLE);
}

void segments_change(struct trap_frame *frame, uint64_t selectors)
{
    uint64_t before = frame->selectors, now = 0;

    for (unsigned shift = 0; shift < 64; shift += 16)
        now |= (uint64_t)loadable(frame, selectors >> shift & 0xffff) << shift;
    if (now == before)
        return;
    frame->selectors = now;
    if (cpu_is_gated) {
        selectors_used = true;
        gate_selectors(now, true);
        if ((now ^ before) >> 32 & 0xffff)
            frame->fs_base = descriptor_base(own_descriptor(frame, now >> 32 & 0xffff));
        if ((now ^ before) >> 48)
            frame->gs_base = descriptor_base(own_descriptor(frame, (unsigned)(now >> 48)));
        return;
    }
    if ((uint32_t)now != (uint32_t)before)
        data_load(now & 0xffff, now >> 16 & 0xffff);
    if ((now ^ before) >> 32 & 0xffff)
        fs_load(now >> 32 & 0xffff);
    if ((now ^ before) >> 48)
        gs_load((unsigned)(now >> 48));
}

/* ---- descriptors that change ---- */

/* Where the program's registers hold `selector`, whose descriptor has changed, they get `now`: it again, or null. */
static void registers_renew(unsigned selector, unsigned now)
{
    unsigned ds = ds_read(), es = es_read();

    data_load((ds | 3) == selector ? now : ds, (es | 3) == selector ? now : es);
    if ((fs_read() | 3) == selector)
        fs_load(now);
    if ((gs_read() | 3) == selector)
        gs_load(now);
}

/* The same behind the gate, where the bases come out of the frame on the way out. */
static void registers_renew_gated(struct trap_frame *frame, unsigned selector, unsigned now, uint64_t base)
{
    uint64_t own, loaded;

    __asm__ volatile("rdgsbase %0" : "=r"(own));
    loaded = gate_call(GATE_OP_RELOAD, selector, now, 0, 0);
    __asm__ volatile("wrgsbase %0" ::"r"(own));
    if (((loaded & 0xffff) | 3) == selector)
        frame->fs_base = base;
    if (((loaded >> 16 & 0xffff) | 3) == selector)
        frame->gs_base = base;
}

/* The program's descriptor `entry` becomes another one, 0: none. True: its stack can't be that of the program any more,
 * and is now the usual one, as the way out loads it and must not fail. */
static bool tls_set(struct trap_frame *frame, unsigned entry, uint64_t descriptor)
{
    unsigned selector = SEL_TLS + entry * 8, now = descriptor != 0 ? selector : 0;
    uint64_t old = frame->tls[entry];

    frame->tls[entry] = descriptor;
    percpu()->gdt[selector / 8] = descriptor;
    if (old == 0)
        return false; /* nobody has it */
    if (!cpu_is_gated)
        registers_renew(selector, now);
    else
        registers_renew_gated(frame, selector, now, descriptor_base(descriptor));
    if ((frame->ss | 3) == selector && !(descriptor >> 32 & UPPER_WRITABLE)) {
        frame->ss = SEL_USER_DATA;
        return true;
    }
    return false;
}

void segments_reset(struct trap_frame *frame, unsigned data)
{
    uint64_t descriptors = frame->tls[0] | frame->tls[1] | frame->tls[2];

    if (frame->cs != SEL_USER_CODE_32 && (data | ds_read() | es_read() | fs_read() | gs_read()) == 0 &&
        descriptors == 0)
        return; /* as the CPU comes, and as 64-bit programs leave it */
    data_load(data, data);
    if (cpu_is_gated && data != 0) {
        selectors_used = true;
        log_info("a 32-bit program: this KVM emulates each of its instructions; --accel tcg is faster");
    }
    if (!cpu_is_gated) {
        fs_load(0);
        gs_load(0);
    }
    for (unsigned i = 0; i < TLS_ENTRIES; i++)
        tls_set(frame, i, 0);
}

static bool desc_is_empty(const struct user_desc *desc)
{
    uint32_t flags = desc->flags & DESC_FLAGS;

    return desc->base == 0 && desc->limit == 0 && (flags == 0 || flags == (DESC_READ_ONLY | DESC_NOT_PRESENT));
}

/* Data of 32 bits that is there, or nothing: nobody may get at 16-bit or own code by this (Linux, tls_desc_okay). */
static bool desc_is_good(const struct user_desc *desc)
{
    return desc_is_empty(desc) ||
           ((desc->flags & DESC_32BIT) && (desc->flags & DESC_CONTENTS) <= 2 && !(desc->flags & DESC_NOT_PRESENT));
}

static uint64_t descriptor_make(const struct user_desc *desc)
{
    uint32_t low = (desc->limit & 0xffff) | desc->base << 16;
    uint32_t high = (desc->base >> 16 & 0xff) | (desc->base & 0xff000000) | (desc->limit & 0xf0000) | UPPER_ACCESSED |
                    UPPER_NOT_SYSTEM | UPPER_USER | UPPER_PRESENT | UPPER_32BIT;

    if (!(desc->flags & DESC_READ_ONLY))
        high |= UPPER_WRITABLE;
    if (desc->flags & DESC_CONTENTS)
        high |= UPPER_GROWS_DOWN;
    if (desc->flags & DESC_IN_PAGES)
        high |= UPPER_IN_PAGES;
    if (desc->flags & DESC_USEABLE)
        high |= UPPER_AVAILABLE;
    return (uint64_t)high << 32 | low;
}

static void desc_fill(struct user_desc *desc, uint64_t descriptor)
{
    uint32_t high = (uint32_t)(descriptor >> 32);

    desc->base = (uint32_t)descriptor_base(descriptor);
    desc->limit = ((uint32_t)descriptor & 0xffff) | (high & 0xf0000);
    desc->flags = (high & UPPER_32BIT ? DESC_32BIT : 0) | (high & UPPER_GROWS_DOWN ? 2 : 0) |
                  (high & UPPER_WRITABLE ? 0 : DESC_READ_ONLY) | (high & UPPER_IN_PAGES ? DESC_IN_PAGES : 0) |
                  (high & UPPER_PRESENT ? 0 : DESC_NOT_PRESENT) | (high & UPPER_AVAILABLE ? DESC_USEABLE : 0);
}

/* ---- the calls ---- */

#define FIRST_ENTRY (SEL_TLS / 8)

/* A thread's descriptor becomes another one while no CPU has it (Linux, do_set_thread_area for another task). What
 * names one that isn't there any more names nothing: loading it would fault. True: its stack can't be that any more. */
static bool tls_set_apart(struct trap_frame *frame, unsigned entry, uint64_t descriptor)
{
    unsigned selector = SEL_TLS + entry * 8;

    frame->tls[entry] = descriptor;
    for (unsigned shift = 0; shift < 64; shift += 16) {
        if (((frame->selectors >> shift & 0xffff) | 3) != selector)
            continue;
        if (descriptor == 0)
            frame->selectors &= ~(0xffffull << shift);
        if (shift == 32)
            frame->fs_base = descriptor_base(descriptor);
        else if (shift == 48)
            frame->gs_base = descriptor_base(descriptor);
    }
    if ((frame->ss | 3) != selector || (descriptor >> 32 & UPPER_WRITABLE))
        return false;
    frame->ss = SEL_USER_DATA;
    return true;
}

int arch_clone_tls(struct thread *child, uint64_t value, bool is_32bit)
{
    struct user_desc desc;

    if (!is_32bit) {
        if (value >= ISA_USER_TOP)
            return -EPERM;
        child->frame.selectors &= ~(0xffffull << 32);
        arch_set_tls(child, value);
        return 0;
    }
    if (copy_from_user(&desc, value, sizeof(desc)) != 0)
        return -EFAULT;
    if (!desc_is_good(&desc) || desc.entry < FIRST_ENTRY || desc.entry >= FIRST_ENTRY + TLS_ENTRIES)
        return -EINVAL;
    if (tls_set_apart(&child->frame, desc.entry - FIRST_ENTRY, desc_is_empty(&desc) ? 0 : descriptor_make(&desc)))
        signal_force(child, SIGSEGV, SI_KERNEL, 0);
    return 0;
}

/* set_thread_area(2): entry -1 asks for a free one, whose number goes to the program. */
int64_t sys_set_thread_area(const uint64_t arg[6])
{
    struct trap_frame *frame = &current_thread()->frame;
    struct user_desc desc;

    if (copy_from_user(&desc, arg[0], sizeof(desc)) != 0)
        return -EFAULT;
    if (!desc_is_good(&desc))
        return -EINVAL;
    if (desc.entry == ENTRY_ANY) {
        unsigned free = 0;
        while (free < TLS_ENTRIES && frame->tls[free] != 0)
            free++;
        if (free == TLS_ENTRIES)
            return -ESRCH;
        desc.entry = FIRST_ENTRY + free;
        if (copy_to_user(arg[0], &desc.entry, sizeof(desc.entry)) != 0)
            return -EFAULT;
    }
    if (desc.entry < FIRST_ENTRY || desc.entry >= FIRST_ENTRY + TLS_ENTRIES)
        return -EINVAL;
    if (tls_set(frame, desc.entry - FIRST_ENTRY, desc_is_empty(&desc) ? 0 : descriptor_make(&desc)))
        signal_force(current_thread(), SIGSEGV, SI_KERNEL, 0);
    return 0;
}

int64_t sys_get_thread_area(const uint64_t arg[6])
{
    struct user_desc desc;

    if (copy_from_user(&desc.entry, arg[0], sizeof(desc.entry)) != 0)
        return -EFAULT;
    if (desc.entry < FIRST_ENTRY || desc.entry >= FIRST_ENTRY + TLS_ENTRIES)
        return -EINVAL;
    desc_fill(&desc, current_thread()->frame.tls[desc.entry - FIRST_ENTRY]);
    return copy_to_user(arg[0], &desc, sizeof(desc));
}
