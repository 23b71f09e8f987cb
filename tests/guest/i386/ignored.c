/* SPDX-License-Identifier: Apache-2.0 */
/* ignored.c - a 32-bit program's signals: what is ignored doesn't end it, what isn't does. */
#include "bare.h"

ENTRY("main");

enum { NR_kill = 37, SIGTERM = 15, SIGKILL = 9, SIGUSR1 = 10, SIG_IGN = 1 };

struct __attribute__((packed)) action {
    uint32_t handler, flags, restorer;
    uint64_t mask;
};

void program(long *stack)
{
    struct action action = {.handler = SIG_IGN, .flags = 0x10000000, .mask = 0x100000000ull}, old = {1, 2, 3, 4};
    long pid = CALL(NR_getpid);

    (void)stack;
    show("ignore", CALL(NR_rt_sigaction, SIGUSR1, P(&action), P(&old), 8));
    show_bool("the old action", old.handler == 0 && old.flags == 0 && old.mask == 0);
    show("kill", CALL(NR_kill, pid, SIGUSR1));
    show("ask", CALL(NR_rt_sigaction, SIGUSR1, 0, P(&old), 8));
    show_bool("what was set", old.handler == SIG_IGN && old.flags == 0x10000000 && old.mask == 0x100000000ull);
    show("SIGKILL", CALL(NR_rt_sigaction, SIGKILL, P(&action), 0, 8));
    show("no such signal", CALL(NR_rt_sigaction, 65, P(&action), 0, 8));
    show("another size", CALL(NR_rt_sigaction, SIGUSR1, P(&action), 0, 16));
    show("from nowhere", CALL(NR_rt_sigaction, SIGUSR1, 16, 0, 8));
    CALL(NR_kill, pid, SIGTERM);
    show("too late", 0);
    leave(0);
}
