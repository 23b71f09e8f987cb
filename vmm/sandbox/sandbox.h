/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - how lvmm and its helper processes give up what they don't need, before the guest's first instruction.
 *
 * A process opens all that it will need, makes its rings of io_uring, closes the rest (sandbox_close_others), and calls
 * sandbox_enter while it has one thread. That does, in this order, what the level asks for:
 *
 *   1. no core file, not dumpable: nobody of this user looks into it, and its memory lands in no file;
 *   2. an empty root: in a mount namespace where there is no Landlock, which takes a capability or a user namespace;
 *      beside Landlock where `empties_root` says so and root's rights are there;
 *   3. no capabilities: ambient, inheritable, permitted and effective, but for `capabilities`; and programs that root
 *      runs get none (securebits; the bounding set where those are locked);
 *   4. no new privileges;
 *   5. Landlock: nothing can be opened by name but below `folders`, no TCP port be bound or called, no abstract socket
 *      be used, and none but its own processes be signalled unless `signals_others`;
 *   6. a list of system calls (seccomp): any other call kills the process by SIGSYS. It allows none of the above.
 *
 * Threads that are made later inherit all of it, and may take a narrower list of their own (sandbox_list_install). What
 * was opened before stays as open as it was.
 */
#ifndef LVMM_SANDBOX_H
#define LVMM_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/sandbox/landlock.h"
#include "vmm/sandbox/level.h"
#include "vmm/sandbox/lists.h"

struct sandbox {
    enum sandbox_level level;
    const struct sandbox_list *list;
    const struct sandbox_folder *folders; /* in an empty root only what is opened relative to them is there */
    unsigned folder_count;
    uint64_t capabilities; /* bit n: capability n stays, if it is there */
    bool empties_root;     /* an empty root even where there is Landlock, if it can be had: the process has nothing open
                              from which a name leads out */
    bool calls_out;        /* Landlock lets TCP ports be bound and called */
    bool signals_others;   /* it has children of its own to end, that were started before */
    bool names_call;       /* a call that isn't on the list is named on stderr (--verbose), by the SIGSYS's handler */
};

/* What holds then. */
struct sandbox_held {
    bool no_new_privs, seccomp, mounts;
    unsigned landlock; /* the version of its interface; 0: none */
};

/*
 * Locks the calling process in. 0; or -errno with a line in `why` that tells what this host lacks and the option that
 * goes without it: then the process must end, as it may be half locked in. A build with sanitizers, which make other
 * calls, does nothing and gives 0, with nothing held.
 */
int sandbox_enter(const struct sandbox *sandbox, struct sandbox_held *held, char *why, size_t why_size);

/* Will sandbox_enter find what this level needs, as far as one can tell? Without changing this process. 0; or -errno
 * with `why` as above. */
int sandbox_check(enum sandbox_level level, char *why, size_t why_size);

/* In words, for --verbose: "no new privileges, seccomp (kvm), Landlock 7". Returns `text`. */
const char *sandbox_describe(const struct sandbox *sandbox, const struct sandbox_held *held, char *text, size_t size);

/* Closes all descriptors but the standard ones and those of `kept`, which is sorted by this and may hold -1. */
void sandbox_close_others(int *kept, unsigned count);

/* What this host has, for `lvmm doctor`: without changing this process. */
struct sandbox_host {
    bool seccomp;
    unsigned landlock; /* the version of its interface; 0: none */
    bool mounts;       /* a mount namespace can be made, by root or in a user namespace */
    bool apart;        /* and mounts of which no name leads out (mounts_part), by root */
};
void sandbox_look(struct sandbox_host *host);

#endif
