/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - what the command line says, checked (command_line.h). Strings point into argv. */
#ifndef LVMM_CONFIG_H
#define LVMM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/cli/file_words.h"
#include "vmm/cli/net_words.h"
#include "vmm/cli/share_words.h"
#include "vmm/meter.h"
#include "vmm/sandbox/level.h"

enum config_accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };
/* What becomes of a guest that accesses memory where nothing is. */
enum config_unmapped { UNMAPPED_IGNORE, UNMAPPED_END };
enum config_command { COMMAND_RUN, COMMAND_DO, COMMAND_DOCTOR };
/* Changes of `do` in the current folder: forgotten or kept elsewhere; made there, but for what runs commands on the
 * host later on; all of them made there. */
enum config_folder { FOLDER_COW, FOLDER_RW, FOLDER_RW_ALL };

#define CONFIG_DISKS 7
#define CONFIG_ENV 256
#define CONFIG_HOSTNAME_MAX 64u /* bytes: HOST_NAME_MAX of Linux */

struct config {
    enum config_command command;
    const char *kernel;  /* NULL: the bundled one */
    const char *initrd;  /* NULL: none */
    uint64_t root_bytes; /* of the root file system that our kernel makes of it; 0: not given */
    struct config_file disk[CONFIG_DISKS];
    unsigned disk_count;
    struct config_share share[SHARE_MAX]; /* the root file system, if it is one of them, is the first */
    unsigned share_count;
    struct config_net net;
    struct config_file pflash;
    uint64_t memory_bytes;
    unsigned cpus;
    const char *append; /* NULL: none */
    enum config_accel accel;
    enum config_unmapped unmapped;
    enum sandbox_level sandbox;
    bool no_dax;      /* no pages of shared folders' files in the guest (boot/abi_dax.h) */
    const char *arch; /* a name of machine_by_isa(), not checked yet; NULL: the kernel's */
    bool verbose;
    uint64_t timeout_ns;           /* 0: none */
    uint64_t cpu_time_ns;          /* 0: no limit */
    uint64_t max_output, max_disk; /* bytes; METER_NO_LIMIT */
    uint32_t max_procs;            /* 0: no limit */
    const char *report;            /* NULL: none */
    const char *timeline;          /* NULL: none */
    bool trace, trace_raw, stats;
    const char *trace_calls; /* which system calls; NULL: all */
    bool init;               /* the program is process 1 */
    const char *trace_file;  /* NULL: none */
    bool dry_run;
    bool json;                   /* doctor's */
    const char *dump_dtb;        /* NULL: not wanted */
    const char *gdb;             /* a port's number or "unix:PATH"; NULL: no gdb */
    bool gdb_wait;               /* only with gdb */
    const char *env[CONFIG_ENV]; /* "NAME=VALUE", or "NAME": as it is here */
    unsigned env_count;
    const char *workdir, *user, *hostname; /* NULL: not given */
    /* Of `do` alone. */
    unsigned folder_share; /* which share is the current folder; SHARE_MAX: none */
    enum config_folder folder;
    bool host_root, env_host, diff, apply;
    const char *keep;     /* NULL: not given */
    char *const *program; /* PROGRAM ARG..., NULL-terminated; NULL: not given */
};

/* Is the guest's root file system a folder of the host? */
static inline bool config_has_root(const struct config *config)
{
    return config->share_count > 0 && config->share[0].guest[1] == '\0';
}

/* lvmm's own exit statuses, as timeout(1) and env(1) have them; any other is the program's. The guest kernel gives two
 * more: 126 for a program that can't be executed, 127 for one that isn't there. */
enum { EXIT_TIMEOUT = 124, EXIT_LVMM = 125 };

#endif
