/* SPDX-License-Identifier: Apache-2.0 */
/* fpcontrol.c - a handler and a new program begin with floating point as it is at the start; the handler's is gone
 * after. */
#include <fenv.h>
#include <signal.h>
#include <sys/syscall.h>

#include "isa.h"
#include "show.h"

static volatile double one = 1, three = 3;
static double nearest;
static int round_in_handler, exceptions_in_handler, is_nearest;

static struct isa_registers found, pattern;

static void handler(int signal)
{
    isa_store(&found); /* before the compiler uses them */
    (void)signal;
    round_in_handler = fegetround();
    exceptions_in_handler = fetestexcept(FE_ALL_EXCEPT);
    is_nearest = one / three == nearest;
    fesetround(FE_DOWNWARD);
}

static int found_zero(unsigned count, unsigned width)
{
    unsigned sum = 0;

    for (unsigned r = 0; r < count; r++)
        for (unsigned i = 0; i < width; i++)
            sum |= found.bytes[r][i];
    return sum == 0;
}

static void show_state(void)
{
    show_bool("rounds to nearest", fegetround() == FE_TONEAREST);
    show_bool("nothing was raised", fetestexcept(FE_ALL_EXCEPT) == 0);
    show_bool("and so it computes", one / three == nearest);
}

int main(int argc, char **argv)
{
    unsigned count, width;
    long pid = getpid();

    nearest = 1.0 / 3.0; /* as the compiler says */
    if (argc > 1 && strcmp(argv[1], "again") == 0) {
        printf("after execve\n");
        show_state();
        return 0;
    }
    show_state();
    signal(SIGUSR1, handler);
    isa_registers(&count, &width);
    memset(&found, 0xff, sizeof(found));
    memset(&pattern, 0x11, sizeof(pattern));
    fesetround(FE_UPWARD);
    show_bool("up", one / three > nearest);
    isa_load(&pattern);
    isa_syscall(SYS_kill, pid, SIGUSR1);
    show_bool("vector registers are zero in the handler", found_zero(count, width));
    show_bool("rounds to nearest in the handler", round_in_handler == FE_TONEAREST);
    show_bool("nothing was raised", exceptions_in_handler == 0);
    show_bool("and so it computes", is_nearest);
    show_bool("up again", fegetround() == FE_UPWARD && one / three > nearest);
    fflush(stdout);
    execv(argv[0], (char *[]){argv[0], "again", NULL});
    show("execv", -1);
    return 0;
}
