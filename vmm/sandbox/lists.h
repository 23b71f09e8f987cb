/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lists.h - the lists of system calls, one for each kind of thread and process. They are made at build time, of
 * vmm/sandbox/rules/: for one of your own add sets of rules there and a line in kinds.c, and one here and in lists.c.
 */
#ifndef LVMM_SANDBOX_LISTS_H
#define LVMM_SANDBOX_LISTS_H

#include "vmm/sandbox/seccomp.h"

extern const struct sandbox_list sandbox_list_kvm; /* lvmm with a guest on KVM: its first thread, and so all of them */
/* On top of that one, which they need: */
extern const struct sandbox_list sandbox_list_vcpu; /* further vCPUs' threads */
extern const struct sandbox_list sandbox_list_loop; /* the event loop's thread */
extern const struct sandbox_list sandbox_list_tcg;  /* lvmm beside QEMU */
extern const struct sandbox_list sandbox_list_gdb;  /* the same with a socket for gdb, which has a name to be removed */
extern const struct sandbox_list sandbox_list_file; /* vmm/file_process.h */
extern const struct sandbox_list sandbox_list_disk; /* vmm/tcg/disk_server.h */
extern const struct sandbox_list sandbox_list_share; /* vmm/share/share_server.h */
extern const struct sandbox_list sandbox_list_net;   /* vmm/net/net_process.h */

#endif
