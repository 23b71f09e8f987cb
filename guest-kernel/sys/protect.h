/* SPDX-License-Identifier: Apache-2.0 */
/* protect.h - memory of the current process that can be executed alone. */
#ifndef GK_SYS_PROTECT_H
#define GK_SYS_PROTECT_H

#include <stdint.h>

#include "lib/types.h"

/* What is mapped in [addr, addr + length), whole pages with PROT_EXEC alone, isn't to be read either: where the CPU has
 * protection keys, and one is left, it gets one of which the thread is denied that. Else it can be read, as on Linux.
 */
void protect_only_execute(uaddr_t addr, uint64_t length);

#endif
