/* SPDX-License-Identifier: Apache-2.0 */
/* lists.c - see lists.h. The header of what is built for this ISA is made by vmm/build.mk. */
#include "vmm/sandbox/lists.h"

#include <linux/filter.h>

#include "sandbox-lists.h"

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
