/* SPDX-License-Identifier: Apache-2.0 */
/* args.h - translates a plan into a QEMU command line. Pure: descriptors are only numbers here. */
#ifndef LVMM_TCG_ARGS_H
#define LVMM_TCG_ARGS_H

#include "boot/abi.h"
#include "vmm/backend.h"

/* What QEMU inherits, by number: -1: none. */
struct tcg_fds {
    int kernel, initrd, fdt, firmware, boot_data, flash; /* firmware: its device tree, or what is in its place */
    int serial, gdb;
    int share; /* a socket to the server of shared folders */
    int net;   /* and to the network */
    int port[LVMM_PORT_COUNT];
    int disk[CONFIG_DISKS]; /* of those with changes of their own: a socket to who serves it; others: the job's own */
    uint32_t counter_khz;   /* and the host CPU's counter, which the guest's is on some hosts; 0: not known */
};

#define TCG_FDS_NONE   \
    ((struct tcg_fds){ \
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, {-1, -1, -1, -1, -1, -1}, {-1, -1, -1, -1, -1, -1, -1}, 0})
_Static_assert(LVMM_PORT_COUNT == 6 && CONFIG_DISKS == 7, "TCG_FDS_NONE");

#define TCG_ROM_BYTES 0x10000u

#define TCG_ARGS 256 /* what all CPUs, disks and ports of the largest machine take, and half as much again */

struct tcg_args {
    char *argv[TCG_ARGS + 1]; /* NULL-terminated; owned */
    unsigned count;
    int error;
};

/* QEMU's names for a machine. What the plan has is placed in memory, and CPU 0 begins at the stub. */
struct tcg_target {
    const char *isa;
    const char *variant;           /* the machine's; NULL: it has none */
    const char *program;           /* "qemu-system-x86_64" */
    const char *package;           /* Debian's */
    const char *const *args;       /* -M and the like; NULL-terminated */
    const char *const *linux_args; /* the same for a stock Linux; NULL: args */
    bool tells_counter;            /* Linux is to be told how fast the host's counter is, which its own is */
    bool resets_by_fault;          /* Linux is to be told to reset by a triple fault */
    bool reversed;                 /* Linux finds its virtio devices from the last transport to the first */
    bool linux_by_firmware;        /* but a stock Linux is handed to QEMU (-kernel), whose firmware does the rest */
    uint64_t memory_more;          /* bytes that the machine has besides the guest's: the firmware's */
    uint64_t memory_min; /* bytes that QEMU's machine wants at least; the guest is told of its own, and no more */
    bool all_cpus_start; /* nothing holds the other CPUs at reset, so they begin at the stub too */
    /* The ROM for a stub that is in one: where its TCG_ROM_BYTES begin, with the stub, and its last 16 bytes, where a
     * CPU begins: a jump to the first. */
    uint64_t rom_base;
    const char *rom_end;
    uint64_t stub_offset; /* how much further than the stub a CPU's program counter has to be to reach it */
    /* Which of its flashes is the plan's: "index=1", or of a ROM the option: "-bios"; NULL: it has none. */
    const char *flash;
    const char *irqchip; /* the machine's option for another irqchip_version of the plan; NULL: there is only one */
};

extern const struct tcg_target tcg_targets[]; /* the last has no isa */
/* That of an ISA by our name of it ("x86_64"); NULL: QEMU has no machine for it that we know. */
const struct tcg_target *tcg_target_find(const char *isa);
/* A machine's, be it a variant or not; NULL as above. */
const struct tcg_target *tcg_target_of(const struct machine *machine);

/* Is the plan's kernel placed by QEMU's firmware, which also says where its tables are? Else all is where the plan has
 * it. */
bool tcg_args_use_firmware(const struct plan *plan);
/* Does QEMU get the plan's boot_data, as tcg_fds.boot_data? Else its firmware makes its own. */
bool tcg_args_use_boot_data(const struct plan *plan);
/* Does QEMU get a ROM in place of its firmware, as tcg_fds.firmware? */
bool tcg_args_use_rom(const struct plan *plan);
/* 0; -ENOTSUP with the reason in `why` if QEMU can't do it; -ENOMEM. */
int tcg_args_create(const struct backend_job *job, const struct tcg_fds *fds, struct tcg_args *out, char *why,
                    size_t why_size);
/* Frees the words. After a tcg_args_create that failed as well. */
void tcg_args_destroy(struct tcg_args *args);

#endif
