/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch.h - the whole seam between the kernel and an ISA. Everything else in the kernel is the same on all four.
 *
 * The kernel is a loop: arch_user_run enters user mode and comes back with the next trap. The kernel itself runs with
 * interrupts off and is never trapped into, except by its own faults, which arch/ reports and stops on.
 */
#ifndef GK_ARCH_ARCH_H
#define GK_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa.h" /* arch/<isa>/isa.h: struct trap_frame's size, ISA_NAME, ISA_ELF_MACHINE, ISA_USER_TOP, pte helpers */
#include "lib/crc.h"
#include "lib/types.h"

/* What isa.h says only where it differs: open flags as programs give them, to those of abi/fcntl.h and back, the
 * smallest alternate signal stack, and mmap's flag MAP_32BIT. */
#ifndef ISA_EPOLL_EVENT_LAYOUT
#define ISA_EPOLL_EVENT_LAYOUT
#endif
#ifndef ISA_OPEN_FLAGS
#define ISA_OPEN_FLAGS(flags) (flags)
#endif
#ifndef ISA_CLONE_BACKWARDS /* the thread pointer comes before the address of the child's number */
#define ISA_CLONE_BACKWARDS 0
#endif
#ifndef ISA_MINSIGSTKSZ
#define ISA_MINSIGSTKSZ 2048u
#endif
/* ISA_CODE_PUBLISH(space), for its struct arch_space: an entry is about to be made by which programs can execute a
 * page, whose contents are in place. Where CPUs' fetches aren't coherent, those of all that run in the space are made
 * so. */
#ifndef ISA_CODE_PUBLISH
#define ISA_CODE_PUBLISH(space) ((void)(space))
#endif
/* ISA_STACKS: where the region for kernel stacks begins, a GiB of addresses that are mapped in all address spaces, for
 * the kernel alone; an ISA whose kernel lives in direct mapped windows has none. */
/* ISA_STACKS_SYNC(): this CPU can use those that another CPU has mapped, whatever it has seen there before. (So does
 * arch_code_sync.) */
#ifndef ISA_STACKS_SYNC
#define ISA_STACKS_SYNC() ((void)0)
#endif
#ifndef ISA_MAP_32BIT
#define ISA_MAP_32BIT 0u
#endif

struct thread;
struct trap_frame;

/* ---- traps ---- */

enum trap_kind {
    TRAP_SYSCALL,
    TRAP_SYSCALL_I386, /* int 0x80 */
    TRAP_INTERRUPT,    /* taken and acknowledged, to be dispatched by core/ */
    TRAP_PAGE_FAULT,
    TRAP_ILLEGAL,    /* SIGILL */
    TRAP_BREAKPOINT, /* SIGTRAP */
    TRAP_ARITHMETIC, /* SIGFPE */
    TRAP_ALIGNMENT,  /* SIGBUS */
    TRAP_PROTECTION, /* SIGSEGV without an address: general protection */
};

#define ARCH_IRQ_NONE (~0u) /* the timer's, or nobody's */

/* ACCESS_KEYED: by the running thread itself, of which its protection keys count (mm/keys.h). */
enum access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXEC = 4, ACCESS_KEYED = 8 };
#define ACCESS_KEY_SHIFT 8 /* above: the key that an entry of a page table is to have */

struct trap {
    enum trap_kind kind;
    unsigned access; /* page fault: what was tried */
    uaddr_t address; /* page fault: where */
    int code;        /* si_code of a fault's signal, where the ISA knows one; else 0 */
    unsigned irq;    /* interrupt: its input, for irq_dispatch (core/irq.c), or ARCH_IRQ_NONE */
};

/* Runs the user context `frame`, the current thread's, in the current address space until the next trap. Without the
 * kernel lock; it may come back with it (core/smp.h). */
void arch_user_run(struct trap_frame *frame, struct trap *trap);

/* A fresh user context of the current thread: all registers zero but pc and sp. word_size: the program's (core/abi.h).
 */
void arch_frame_init(struct trap_frame *frame, unsigned word_size, uaddr_t pc, uaddr_t sp);
uint64_t arch_frame_pc(const struct trap_frame *frame);
void arch_frame_set_pc(struct trap_frame *frame, uaddr_t pc);
uint64_t arch_frame_sp(const struct trap_frame *frame);
uint64_t arch_syscall_number(const struct trap_frame *frame);
enum trap_kind arch_syscall_kind(const struct trap_frame *frame); /* TRAP_SYSCALL or TRAP_SYSCALL_I386, in a call */
/* The six arguments: where they stand in the frame, or in `room`. */
const uint64_t *arch_syscall_args(const struct trap_frame *frame, enum trap_kind kind, uint64_t room[6]);
void arch_syscall_return(struct trap_frame *frame, int64_t result);
int64_t arch_syscall_result(const struct trap_frame *frame);
/* What the result takes the place of, to be read before. Given that, the frame makes the same call again; `resume`: it
 * calls restart_syscall in its place, of the same kind. */
uint64_t arch_syscall_first(const struct trap_frame *frame);
void arch_syscall_restart(struct trap_frame *frame, uint64_t first, bool resume);
/* Whether `code`, the four bytes in front of the frame's pc, ends with the instruction of a system call. */
bool arch_is_syscall(const uint8_t code[4]);
/* ---- ptrace(2) ---- */

#ifdef ISA_HAS_STEP
/* The program of a thread that is traced is about to run on: with `step` it traps behind its next instruction
 * (TRAP_BREAKPOINT, TRAP_TRACE). True: arch_step_end is to be called after the trap; false also where the program
 * itself steps. */
bool arch_traced_enter(struct trap_frame *frame, bool step);
void arch_step_end(struct trap_frame *frame);
#else
static inline bool arch_traced_enter(struct trap_frame *frame, bool step)
{
    (void)frame, (void)step;
    return false;
}
static inline void arch_step_end(struct trap_frame *frame)
{
    (void)frame;
}
#define ISA_STEP_CALL_CODE 0
#endif
/* A call is about to be shown to the tracer, after thread->syscall_first was set; and is to be carried out as the
 * tracer has left it. False: it isn't, and the result is in the frame. */
void arch_traced_call(struct thread *thread);
bool arch_traced_call_goes_on(struct thread *thread);
uint64_t arch_traced_call_number(const struct thread *thread); /* meanwhile */

/* Registers as a tracer sees them. The thread is stopped, and no CPU holds anything of it. */
struct arch_regset {
    unsigned note;       /* NT_* of elf.h */
    uint16_t unit, size; /* bytes of a register; of all: 0, this CPU has none of them */
    void (*get)(const struct thread *thread, void *bytes);
    int (*set)(struct thread *thread, const void *bytes); /* 0; -EIO, -EINVAL: these can't be */
    bool is_whole;                                        /* nothing less than all can be set */
    /* In place of `set`, where what isn't given isn't as if it were set to what it is: the first `size` bytes. Also
     * -ENOSPC. */
    int (*set_first)(struct thread *thread, const void *bytes, size_t size);
};
const struct arch_regset *arch_regset(unsigned note); /* NULL: there are none */
/* Requests of the ISA's own that move a whole set: PTRACE_GETREGS and its like. The set's note, or 0. */
unsigned arch_ptrace_regset(unsigned request, bool *is_set);
/* PTRACE_PEEKUSER, PTRACE_POKEUSER: a word of struct user. 0 or -EIO; -EINVAL, -ENOSPC: it can't be that. */
int arch_peek_user(const struct thread *thread, uint64_t offset, uint64_t *value);
int arch_poke_user(struct thread *thread, uint64_t offset, uint64_t value);

/* "rip=... rsp=..." for a message. */
void arch_frame_print(const struct trap_frame *frame, char *buf, size_t size);

/* Makes the thread run `action`'s handler next, with the interrupted context on the user's stack in Linux's layout
 * (struct rt_sigframe), and come back through rt_sigreturn. 0 or -EFAULT: the stack can't hold it. */
struct signal_action;
struct signal_info;
int arch_signal_enter(struct thread *thread, int signal, const struct signal_action *action,
                      const struct signal_info *info);

/* The thread pointer, of the current thread or of one that no CPU runs. arch_prctl and its like are system calls of
 * arch/<isa>/syscalls.c. */
void arch_set_tls(struct thread *thread, uint64_t value);

/* What clone(2) is given for CLONE_SETTLS, to a thread that no CPU has run: `value` as the call's ABI has it, an
 * address of a struct user_desc for i386. 0 or -errno. */
int arch_clone_tls(struct thread *child, uint64_t value, bool is_32bit);

/* Makes the frame at `pa` the kernel's page at `va` of the region at ISA_STACKS, where none is, for good. Another CPU
 * that uses it does ISA_STACKS_SYNC before. 0 or -ENOMEM. */
int arch_stack_map(uint64_t va, paddr_t pa);

/* ---- kernel contexts: each thread has a stack of its own in the kernel (core/stack.h) ---- */
struct arch_context {
    uint64_t sp;
};
/* The first switch to it calls entry(), which doesn't return, on the empty stack [stack, stack + size). */
void arch_context_init(struct arch_context *context, void *stack, size_t size, void (*entry)(void));
/* Keeps in `from` what a function must keep (registers, the stack pointer) and goes on as `to`; comes back when
 * somebody switches to `from`. Nothing in it is privileged. */
void arch_switch(struct arch_context *from, const struct arch_context *to);
/* ---- what a CPU holds of a program beside the frame: thread pointers, descriptors, vector registers ---- */
/* Gives the thread room for it (thread->vector), if it has none yet: before there is a second thread, as the only one's
 * stays in the CPU. 0 or -ENOMEM. */
int arch_user_prepare(struct thread *thread);
void arch_user_release(struct thread *thread); /* and back; the CPU needn't hold it any more */
/* The CPU's to the thread, and the thread's to the CPU; both prepared. The frame that traps land in is
 * arch_set_current's. */
void arch_user_save(struct thread *thread);
void arch_user_load(struct thread *thread);
/* Makes `child`, prepared, a copy of `parent`, the current thread in a system call whose result it sees as 0. sp 0: the
 * same stack. */
void arch_user_copy(struct thread *child, struct thread *parent, uaddr_t sp);

/* ---- user address spaces: mm/pagetable.c walks, the ISA makes entries (isa.h) and switches ---- */

#define ARCH_CPUS_MAX 32
#define ARCH_SPACE_LEAVES 8 /* a power of two */
struct arch_leaf {          /* a table of pages that was found before: mm/pagetable.c alone */
    uint64_t span;          /* which part of the address space is its, plus 1; 0: none */
    uint64_t *table;
};
struct arch_space {
    struct arch_leaf leaf[ARCH_SPACE_LEAVES];
    paddr_t root;
    uint64_t generation;         /* of translations: core/shootdown.h */
    uint64_t id;                 /* from 1 on; no other space has had it, or will */
    uint8_t asid[ARCH_CPUS_MAX]; /* by CPU, the one that it had there last: core/asid.h */
};
int arch_space_init(struct arch_space *space); /* an empty user half and the kernel's half. 0 or -ENOMEM */
/* How many ASIDs a CPU's TLB can tell translations of user halves apart by, beside 0: two at least, or 0. Known when
 * arch_init has been called, and the same on all CPUs. */
extern unsigned arch_asids;
/* This CPU translates the user half with `space` from now on, and its TLB has these translations under `asid`, which is
 * another one than before; with `forget` what it has under that so far isn't used. Where there are no ASIDs, `asid` is
 * 0 and nothing of the space before stays in the TLB. */
void arch_space_activate(const struct arch_space *space, unsigned asid, bool forget);
void arch_space_deactivate(void); /* nothing is mapped for the user; the space that was active may be destroyed */
/* This CPU forgets the active space's translation of the user page that `va` lies in, after its entry has changed. */
void arch_tlb_flush_page(uaddr_t va);
/* It forgets all of that space's, and what it knows of tables that are about to be freed. */
void arch_tlb_flush_all(void);

/* Makes the GiB of physical memory at `gib` visible to phys_to_virt, with the frame at `table` for the page table. The
 * GiB that the kernel lies in is there from the start. */
void arch_map_memory(paddr_t gib, paddr_t table);

/* ---- the machine ---- */

struct fdt;
/* Called once, first: interrupt controller, clock, timer. */
void arch_init(const struct fdt *fdt);
struct fdt_node;
/* The input of a device node's first interrupt, or -ENOENT. */
int arch_fdt_irq(const struct fdt *fdt, const struct fdt_node *node);
/* Routes interrupt input `irq` to this CPU. 0 or -EINVAL. */
int arch_irq_enable(unsigned irq);
/* Waits until an interrupt comes, and takes it: its input, for irq_dispatch, or ARCH_IRQ_NONE. The only place in the
 * kernel that does; if there are more, the next wait ends at once. */
unsigned arch_wait_for_interrupt(void);
uint64_t arch_clock_ns(void);              /* since boot */
void arch_timer_set(uint64_t deadline_ns); /* an interrupt at that time of arch_clock_ns; UINT64_MAX: off */
_Noreturn void arch_power_off(void);
/* The serial port of the device tree, by polling. */
void arch_serial_write(const char *bytes, size_t size);
uint64_t arch_hwcap(unsigned which); /* AT_HWCAP (1), AT_HWCAP2 (2) */
crc32c_words *arch_crc32c(void);     /* by an instruction of the CPU's (lib/crc.h); NULL: it has none */

/* What /proc/cpuinfo says of CPU `number`, all of which are alike, in the form that programs know from Linux: as
 * snprintf. */
int arch_cpu_print(unsigned number, char *buf, size_t size);

/* ---- other CPUs ---- */

/* Starts the CPU that the device tree calls `hwid` (its node's reg) as the kernel's CPU `number`, from 1 on. It takes
 * up per-CPU state of its own, so that it can run programs, has its timer off and takes other CPUs' kicks, and calls
 * smp_enter (core/smp.h). 0, or -errno if it can't be started. */
int arch_cpu_start(unsigned number, uint32_t hwid);
bool arch_cpu_is_this(uint32_t hwid);
/* Interrupts CPU `number`, which runs and isn't this one: it comes out of user mode, or its wait for an interrupt ends,
 * with ARCH_IRQ_NONE. If it is at neither, it does so at once when it gets there. What this CPU has written before is
 * seen by that one then. */
void arch_cpu_kick(unsigned number);
/* Once around a loop that waits for what another CPU writes. */
void arch_cpu_relax(void);
/* This CPU does nothing any more, for good. */
_Noreturn void arch_cpu_park(void);
/* This CPU forgets what it has fetched of programs' code: another CPU has written it, or this one as data. With
 * ISA_STACKS_SYNC. */
void arch_code_sync(void);

/* ---- per-CPU state ---- */
struct thread *arch_current(void);
void arch_set_current(struct thread *thread);

/* ---- memory-mapped device registers, little-endian ---- */
void *arch_map_device(paddr_t pa, uint64_t size); /* uncached kernel mapping, or NULL */
/* An access of 32 bits, or of fewer on an ISA with PCI (ISA_HAS_PCI). A read leaves what it has read in `value`. */
enum { MMIO_WRITE = 1, MMIO_8 = 2, MMIO_16 = 4 };
struct arch_mmio {
    void *reg;
    uint32_t value;
    uint8_t write; /* of MMIO_* */
};
/* Carries them out, in order. Where a single access is expensive a long list costs little more than a short one. */
void arch_mmio_batch(struct arch_mmio *list, unsigned count);

#endif
