/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi.h - the contract between lvmm and its guest kernel. Included by both, so it knows neither.
 *
 * The guest learns everything from a flattened device tree. On x86_64 the entry is PVH (Xen's "x86/HVM direct boot
 * ABI"): 32-bit protected mode, ebx = hvm_start_info, whose first module is the device tree. QEMU's microvm gives the
 * same.
 */
#ifndef LVMM_BOOT_ABI_H
#define LVMM_BOOT_ABI_H

#include <stdint.h>

/* An ELF note (PT_NOTE) marks our guest kernel; any other ELF kernel is "bare" and owns the serial port as its console.
 */
#define LVMM_NOTE_NAME "lvmm"
#define LVMM_NOTE_ABI 1 /* type; the descriptor is a u32: LVMM_ABI_VERSION */
#define LVMM_ABI_VERSION 3

/*
 * Properties of /chosen. "bootargs" (the --append string, preceded by "verbose " with --verbose) and "rng-seed"
 * (32 bytes or more) are the standard ones. Strings are arbitrary bytes but NUL; integers are big-endian as in every
 * device tree.
 */
#define LVMM_PROP_ARGV "lvmm,argv"         /* NUL-terminated strings one after the other; absent: /sbin/init or such */
#define LVMM_PROP_ENVP "lvmm,envp"         /* the same for the environment */
#define LVMM_PROP_CWD "lvmm,cwd"           /* a string: the folder that it begins in; absent: the root */
#define LVMM_PROP_USER "lvmm,user"         /* a string: who it is, USER[:GROUP] by names or numbers; absent: root */
#define LVMM_PROP_HOSTNAME "lvmm,hostname" /* a string; absent: lvmm */
#define LVMM_PROP_TTY "lvmm,tty"           /* u32: bit n set: the host's stream n (0, 1, 2) is a terminal */
#define LVMM_PROP_WINSIZE "lvmm,winsize"   /* u32 rows, u32 columns of that terminal */
#define LVMM_PROP_REALTIME "lvmm,realtime" /* u64: nanoseconds since 1970 when the plan was made */
#define LVMM_PROP_TRACE "lvmm,trace"       /* u32: enum lvmm_trace_wanted; absent: none */
#define LVMM_PROP_FLAGS "lvmm,flags"       /* u32: of these; absent: none */
#define LVMM_FLAG_INIT 1u                  /* the program is process 1; otherwise it is process 2 */
#define LVMM_FLAG_INITRD 2u                /* what follows is there, too */
#define LVMM_FLAG_USAGE 4u                 /* LVMM_RECORD_USAGE is wanted */
#define LVMM_PROP_THREADS "lvmm,threads"   /* u32: so many threads of programs at once, at most; absent: as it comes */

/* Shared folders: three strings each, one after the other: its name in the root of the virtio-fs device of tag
 * LVMM_SHARES_TAG, the absolute path where the guest has it ("/": its root file system, which is the first then), and
 * "ro" or "rw". They are mounted in this order. Absent: none. */
#define LVMM_PROP_SHARES "lvmm,shares"
#define LVMM_SHARES_TAG "lvmm"

/* linux,initrd-start and linux,initrd-end as Linux has them, of 64 bits: where cpio archives lie one after the other
 * (guest-kernel/fs/cpio.h), from a multiple of 64 KiB on, their last page being theirs alone. They become the root file
 * system, of at most so many bytes. */
#define LVMM_PROP_INITRD_START "linux,initrd-start"
#define LVMM_PROP_INITRD_END "linux,initrd-end"
#define LVMM_PROP_ROOT_SIZE "lvmm,root-size" /* u64 */

/*
 * Ports of the one virtio-console device (virtio 1.2, section 5.3). Ports that are not needed are not set up by the
 * guest. Port 0 is left out: QEMU gives it to its virtconsole only, which drops bytes when its reader is slow.
 */
enum lvmm_port {
    LVMM_PORT_CONTROL = 1, /* records, below */
    LVMM_PORT_STDIN = 2,  /* host to guest; PORT_OPEN 0 from the device is end of file, after the data already queued */
    LVMM_PORT_STDOUT = 3, /* guest to host; PORT_OPEN 0 from the device: the reader is gone (EPIPE) */
    LVMM_PORT_STDERR = 4,
    LVMM_PORT_TTY = 5, /* the terminal when the host's streams are one */
    LVMM_PORT_COUNT
};

/*
 * Lists of register accesses, since each access by itself is an exit. A virtio-mmio window whose VendorID is ours has
 * two registers more, of 32 bits, to be written: the upper half of a list's guest-physical address, zero after the
 * machine's reset, and the lower half, which makes the device carry the list out, in order, as if each access were made
 * by itself (but these two registers), and put what was read in place. Little-endian.
 */
#define LVMM_MMIO_VENDOR 0x6d6d766c /* "lvmm" */
#define LVMM_MMIO_LIST_LOW 0x0f0
#define LVMM_MMIO_LIST_HIGH 0x0f4
#define LVMM_MMIO_LIST_MAX 64

struct lvmm_mmio_access {
    uint16_t offset; /* in the same window, a multiple of 4 */
    uint16_t write;  /* 1, or 0: a read */
    uint32_t value;
};

struct lvmm_mmio_list {
    uint32_t count, reserved;
    struct lvmm_mmio_access access[LVMM_MMIO_LIST_MAX];
};

/*
 * An interrupt's cause, since to read and acknowledge it is an exit. Such a window has two registers for the
 * guest-physical address of a word of 32 bits, to be written: its upper half, zero after a reset, and its lower half, a
 * multiple of 4, from which on the device stores there 1 before it interrupts because its configuration has changed (0:
 * no word, as after a reset). Nothing else is to be told, as interrupts of these devices are edges, which none has to
 * acknowledge.
 */
#define LVMM_MMIO_CAUSE_LOW 0x0e0
#define LVMM_MMIO_CAUSE_HIGH 0x0e4

/* Control port: records in both directions, little-endian, a header and `size` bytes of payload. */
struct lvmm_record {
    uint32_t type;
    uint32_t size;
};
#define LVMM_RECORD_MAX 4096 /* payload bytes; a longer record is an error of the sender */

enum lvmm_record_type {
    LVMM_RECORD_EXIT = 1, /* guest: struct lvmm_exit; disks are flushed, the VM may be stopped at once */
    /* guest: text without newline: why there could be no program, or the disk not be written at its end; the VM
     * may be stopped */
    LVMM_RECORD_FAIL = 2,
    LVMM_RECORD_SYSCALLS = 3, /* guest: struct lvmm_syscalls, as far as they are wanted; and unknown ones, once each */
    LVMM_RECORD_READ = 4,     /* guest: struct lvmm_read */
    LVMM_RECORD_POLL = 5,     /* guest: struct lvmm_poll; answered at once by LVMM_RECORD_READY */
    LVMM_RECORD_DECODED = 6,  /* guest: struct lvmm_syscall_memory: one call, with what its arguments lead to */
    LVMM_RECORD_EVENT = 7,    /* guest: struct lvmm_event: a signal or a thread's end */
    LVMM_RECORD_USAGE = 8,    /* guest: struct lvmm_usage, with LVMM_FLAG_USAGE: before its end, and at a refusal */
    LVMM_RECORD_READY = 16,   /* host: struct lvmm_ready */
    LVMM_RECORD_ERROR = 17,   /* host: struct lvmm_port_error */
    LVMM_RECORD_WINSIZE = 18, /* host: struct lvmm_winsize: the terminal has another size than before */
    LVMM_RECORD_TRACE = 19,   /* host: struct lvmm_trace: what is wanted of system calls from now on */
};

struct lvmm_exit {
    uint32_t code; /* 0..255, or 128 + signal. A program that can't be executed (126) or isn't there (127) ends so too:
                    * the guest has said why on its standard error, in a line of lvmm's form */
    uint32_t signal; /* the signal that ended the program, or 0 */
};
#define LVMM_SIGNALS 65u /* their numbers are below */

/* What the guest has used since boot, and what its programs couldn't have. */
struct lvmm_usage {
    uint64_t user_ns, system_ns;
    uint64_t peak_memory_bytes; /* that were in use at once, at most: programs' memory, the kernel's, caches */
    uint64_t oom_kills;         /* programs that were killed as there was no memory */
    uint64_t refused_threads;   /* that there were not, as there were as many as there may be */
};

/*
 * Nothing is taken out of the host's stdin that the program doesn't read: what it leaves is for whoever reads next. A
 * device with LVMM_MMIO_VENDOR reads as much as the guest has posted buffers for, at the time when it has. Any other
 * knows no better than to read ahead; there lvmm hands it the answer to one lvmm_read at a time: as many bytes as are
 * there, but no more than `bytes` and than LVMM_READ_MAX.
 */
struct lvmm_read {
    uint32_t port, bytes;
};
#define LVMM_READ_MAX 4096 /* what QEMU puts into one buffer */

/* Is there something to read? If there is nothing, a second answer comes when there is. */
struct lvmm_poll {
    uint32_t port;
};

struct lvmm_ready {
    uint32_t port;
    uint32_t events; /* of poll(2): POLLIN, POLLHUP, POLLERR, as they are on the host; 0: nothing yet */
    uint32_t bytes;  /* as FIONREAD has it */
};

/* What the guest has sent on that port could not be written. LVMM_PORT_STDOUT stays open unless it is EPIPE. */
struct lvmm_port_error {
    uint32_t port, error; /* Linux's number */
};

struct lvmm_winsize {
    uint16_t rows, columns;
};

/* What is wanted of system calls. */
enum lvmm_trace_wanted {
    LVMM_TRACE_LATER = 1,   /* each, when there are enough for a record */
    LVMM_TRACE_AT_ONCE = 2, /* each, in a record when it begins and in one when it ends; before it goes on */
    LVMM_TRACE_MEMORY = 4,  /* with AT_ONCE: those records are LVMM_RECORD_DECODED */
    LVMM_TRACE_EVENTS = 8,  /* signals that threads take and are sent for nothing, and ends, each in a record */
};

/* Answered by what there is to send, and then a record of no calls: nothing from before is outstanding. */
struct lvmm_trace {
    uint32_t wanted; /* enum lvmm_trace_wanted */
};

enum lvmm_syscall_state {
    LVMM_SYSCALL_BEGUN = 1,   /* it wasn't told of before: args and begin_ns */
    LVMM_SYSCALL_ENDED = 2,   /* end_ns and result */
    LVMM_SYSCALL_GONE = 4,    /* with ENDED: the program has ended in it, there is no result */
    LVMM_SYSCALL_UNKNOWN = 8, /* the guest kernel has no such call. Alone: only that is told */
    LVMM_SYSCALL_I386 = 16,   /* by int 0x80: number and args are i386's */
};

/* Times are on any clock of nanoseconds that the guest has. */
struct lvmm_syscall {
    uint32_t number; /* as the guest's ISA counts */
    uint32_t pid;
    uint32_t state; /* enum lvmm_syscall_state */
    uint32_t tid;   /* the thread's number; 0 or pid: its first one's */
    uint64_t begin_ns, end_ns;
    int64_t result;
    uint64_t arg[6];
};

struct lvmm_syscalls {
    uint64_t now_ns; /* on that clock, when the record is sent */
    struct lvmm_syscall call[];
};

/* What an argument leads to, as the call begins (if it is read) or ends (if it was written), as far as that is there:
 * the beginning of a string or a structure, or elements of an array. `length` bytes follow, then the next piece, up to
 * the record's end. */
struct lvmm_piece {
    uint8_t arg;  /* 0 to 5 */
    uint8_t item; /* 0: that; 1 and on: what the first, second ... of the pointers in it leads to */
    uint16_t length;
};
#define LVMM_PIECE_STRING 256                                      /* so much of a name or a structure */
#define LVMM_PIECE_BYTES 33                                        /* of a buffer: one more than is shown */
#define LVMM_PIECE_NAME 128                                        /* of a socket's address */
#define LVMM_PIECE_ITEMS 32                                        /* so many strings of an array */
#define LVMM_VECTOR_ITEMS 8                                        /* so many buffers of an array */
#define LVMM_MESSAGE_ITEMS 4                                       /* the same of a message (struct msghdr) */
enum { LVMM_ITEM_NAME = 1, LVMM_ITEM_CONTROL, LVMM_ITEM_VECTORS }; /* what a message leads to; behind it the buffers */

struct lvmm_syscall_memory {
    uint64_t now_ns;
    struct lvmm_syscall call;
    uint8_t pieces[];
};

enum lvmm_event_kind {
    LVMM_EVENT_SIGNAL = 1, /* the thread is about to take it, or it comes to nothing, being ignored */
    LVMM_EVENT_EXIT = 2,   /* the thread has ended; value: the status */
    LVMM_EVENT_KILLED = 3, /* the same; value: the signal */
};

struct lvmm_event {
    uint64_t now_ns; /* as with calls */
    uint32_t kind;   /* enum lvmm_event_kind */
    uint32_t pid, tid, value;
    uint8_t siginfo[48]; /* LVMM_EVENT_SIGNAL: siginfo_t without its expansion */
};

#endif
