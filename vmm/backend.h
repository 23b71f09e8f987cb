/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend.h - runs a plan. Backends share the plan and what is below, nothing else.
 */
#ifndef LVMM_BACKEND_H
#define LVMM_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/abi.h"
#include "boot/plan.h"
#include "vmm/cli/config.h"
#include "vmm/share/tree.h"
#include "vmm/stop.h"
#include "vmm/timeline.h"

struct disk_meters;
struct limits;
struct net_setup;
struct noted;
struct terminal;
struct tracer;

/* An image file that the run uses: opened, checked and locked by main before there is a plan. */
struct backend_file {
    const char *path;
    int fd;
    uint64_t size_bytes;
    bool read_only;

    /* Of disks. */
    uint64_t offset;           /* where size_bytes begin in the file */
    bool is_cow;               /* the file is only read, and shared */
    struct cow *cow;           /* then: what is written goes there; NULL: nothing is run */
    enum virtio_blk_host host; /* who answers for these files */
};

/* The serial number of disk n (virtio-blk, GET_ID), the same with every backend. */
#define BACKEND_DISK_SERIAL "lvmm-disk%u"

struct backend_job {
    const struct config *config;
    const struct plan *plan;
    struct backend_file kernel; /* the kernel file itself: it is mapped or handed on */
    struct backend_file initrd; /* fd -1: none */
    int gdb_fd;                 /* a listening socket for gdb; -1: none */
    int gdb_folder_fd;          /* where it has a name, that will be removed; -1: it has none */
    uint32_t tty;               /* bit n: the host's stream n is a terminal (LVMM_PROP_TTY) */
    uint16_t rows, columns;     /* of that terminal; 0: unknown */
    struct terminal *terminal;  /* its job control, the backend's to serve while it runs */
    struct backend_file disk[CONFIG_DISKS];
    unsigned disk_count;
    struct backend_file pflash;    /* fd -1: none */
    struct share share[SHARE_MAX]; /* what the server of shared folders serves; in the order of config's */
    unsigned share_count;
    struct net_setup *net; /* what its network is; NULL: none */
    /* Readable when the run is to end early: that of `stop`. The backend watches it (level-triggered, it does not read
     * it) or asks to be called (stop_on_request), stops the guest and returns with ended_early. */
    int stop_fd;
    struct stop *stop;
    /* Another backend stands by: a run that can't begin for this backend's own reasons says nothing and returns
     * -ENOTSUP with the reason in result->failure. Nothing of stdin, the disks or the guest was used then. */
    bool may_fall_back;
    struct timeline *timeline;       /* NULL: none */
    struct disk_meters *disk_meters; /* of all disks, which lvmm's own code has to serve then; NULL: none */
    struct noted *noted;             /* by the processes that serve it, for the report; NULL: nothing is wanted */
    struct limits *limits;           /* what is counted and limited (vmm/limits.h); NULL: nothing */
    struct tracer *tracer;           /* takes what the guest says of system calls */
};

#define BACKEND_ISA_BYTES 512

/* How a run ended. */
struct backend_result {
    int status;       /* lvmm's exit status, if `exited` */
    bool exited;      /* the guest gave its exit status or powered off */
    bool ended_early; /* by stop_fd */
    int signal;       /* the guest's word: that ended its program; 0: none */
    bool has_usage;   /* the guest's word on what it has used, bounded: */
    struct lvmm_usage usage;
    unsigned irqchip_version; /* run gave -EAGAIN: the plan has to be made with these */
    uint32_t timebase_hz;
    char cpu_isa[BACKEND_ISA_BYTES];
    char failure[512]; /* one line: why it ended in neither way, or what the guest said by LVMM_RECORD_FAIL; else "" */
};

struct backend_ops {
    const char *name;
    /* Can it run guests of this machine here? For `lvmm doctor`, and for messages about a run that wasn't tried. 0, or
     * -errno with the reason and the remedy in `why`; on success `why` says what was found ("hardware KVM",
     * "QEMU 7.2"). machine may be NULL: any. */
    int (*probe)(const struct machine *machine, char *why, size_t why_size);
    /* Runs it to its end. 0 with *result filled, or -errno after a message when the backend itself failed. -EAGAIN:
     * not with this plan, see result->irqchip_version and those after it; nothing was used then. */
    int (*run)(const struct backend_job *job, struct backend_result *result);
};

extern const struct backend_ops backend_kvm;
extern const struct backend_ops backend_tcg;

#endif
