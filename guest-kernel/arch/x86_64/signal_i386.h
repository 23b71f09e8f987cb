/* SPDX-License-Identifier: Apache-2.0 */
/* signal_i386.h - handlers of signals that 32-bit programs, or their way of calling, have set. */
#ifndef GK_ARCH_X86_64_SIGNAL_I386_H
#define GK_ARCH_X86_64_SIGNAL_I386_H

#include "core/signal.h"

/* As arch_signal_enter, for an action with SIGNAL_ACTION_32BIT. */
int signal_enter_i386(struct thread *thread, int signal, const struct signal_action *action,
                      const struct signal_info *info);

#endif
