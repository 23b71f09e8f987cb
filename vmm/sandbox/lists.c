/* SPDX-License-Identifier: Apache-2.0 */
/* lists.c - the lists of system calls, for this ISA: the header is made from vmm/sandbox/rules/ (vmm/build.mk). */
#include <linux/filter.h>

#include "sandbox-lists.h"
#include "vmm/sandbox/sandbox.h"

#define LIST(called)                                                           \
    const struct sandbox_list sandbox_list_##called = {#called, code_##called, \
                                                       sizeof(code_##called) / sizeof(code_##called[0])}

LIST(kvm);
LIST(vcpu);
LIST(loop);
LIST(tcg);
LIST(gdb);
LIST(file);
LIST(disk);
LIST(share);
LIST(net);
