/* SPDX-License-Identifier: Apache-2.0 */
/* sigframe_state.c - a handler that leaves in its frame what the CPU refuses: MXCSR, and the header of XSAVE. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "../show.h"

enum { AT_MXCSR = 24, AT_MAGIC = 464, AT_FEATURES = 512, AT_COMPACTION = 520, AT_RESERVED = 528 };

#define MAGIC 0x46505853u /* the frame has more than FXSAVE's part */

static unsigned place, bit, magic;
static int without_extension;

static void change(int signal, siginfo_t *info, void *arg)
{
    ucontext_t *context = arg;
    unsigned char *state = (unsigned char *)context->uc_mcontext.fpregs;

    (void)signal;
    (void)info;
    memcpy(&magic, state + AT_MAGIC, sizeof(magic));
    state[place + bit / 8] |= (unsigned char)(1u << bit % 8);
    if (without_extension)
        memset(state + AT_MAGIC, 0, 4);
}

/* Whether a signal ends a process whose frame has that bit, rather than that it goes on. */
static int ends_with(unsigned at, unsigned number)
{
    int status;

    place = at;
    bit = number;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        raise(SIGUSR1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

static void with(const char *what, unsigned at, unsigned number)
{
    printf("%s, bit %u: %s\n", what, number, ends_with(at, number) ? "a signal" : "goes on");
}

/* The same of the header, which isn't there on a CPU without XSAVE. */
static void with_header(const char *what, unsigned at, unsigned number, int ends)
{
    show_bool(what, magic != MAGIC || ends_with(at, number) == ends);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = change, .sa_flags = SA_SIGINFO};

    sigaction(SIGUSR1, &action, NULL);
    place = AT_MXCSR + 1;
    bit = 7;
    raise(SIGUSR1); /* which says whether there is a header */
    with("MXCSR", AT_MXCSR, 15);
    with("MXCSR", AT_MXCSR, 16); /* bit 17 is AMD's */
    with("MXCSR", AT_MXCSR, 18);
    with("MXCSR", AT_MXCSR, 31);
    with_header("SSE goes on", AT_FEATURES, 1, 0);
    with_header("a component that isn't there", AT_FEATURES, 40, 1);
    with_header("another", AT_FEATURES, 62, 1);
    with_header("compaction", AT_COMPACTION, 0, 1);
    with_header("reserved", AT_RESERVED, 0, 1);
    with_header("reserved at the end goes on", AT_RESERVED + 40, 63, 0);
    without_extension = 1;
    with("FXSAVE alone, MXCSR", AT_MXCSR, 15);
    with("FXSAVE alone, MXCSR", AT_MXCSR, 16);
    with_header("FXSAVE alone, a component", AT_FEATURES, 40, 0);
    return 0;
}
