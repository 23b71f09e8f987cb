/* SPDX-License-Identifier: Apache-2.0 */
/* trace_siginfo.c - see trace_siginfo.h. Which fields there are the signal and its code say (sigaction(2)). */
#include "vmm/trace_siginfo.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/syscall_names.h"

#define TICKS 100 /* of utime and stime in a second */

enum { ILL = 4, TRAP = 5, BUS = 7, FPE = 8, SEGV = 11, CHILD = 17, IO = 29, SYS = 31 };
enum { CODE_TIMER = -2, CODE_TKILL = -6, CODE_EXITED = 1, CODE_SECCOMP = 1, CODE_KERNEL = 0x80 };

#define ARCH_I386 0x40000003u

static void put_source(struct trace_line *line, const uint8_t *at)
{
    trace_put(line, ", si_pid=%" PRId64 ", si_uid=%" PRIu64, trace_signed_word(at + 16, 4), trace_word(at + 20, 4));
}

static void put_value(struct trace_line *line, const uint8_t *at)
{
    trace_put(line, ", si_int=%" PRId64 ", si_ptr=", trace_signed_word(at + 24, 4));
    trace_put_address(line, trace_word(at + 24, 8));
}

static void put_ticks(struct trace_line *line, const char *name, uint64_t ticks)
{
    trace_put(line, ", %s=%" PRIu64, name, ticks);
    if (ticks != 0)
        trace_put(line, " /* %" PRIu64 ".%02u s */", ticks / TICKS, (unsigned)(ticks % TICKS));
}

static void put_child(struct trace_line *line, const uint8_t *at, int32_t code)
{
    put_source(line, at);
    trace_put(line, ", si_status=");
    if (code == CODE_EXITED)
        trace_put(line, "%" PRId64, trace_signed_word(at + 24, 4));
    else
        trace_put_signal(line, (uint32_t)trace_word(at + 24, 4));
    put_ticks(line, "si_utime", trace_word(at + 32, 8));
    put_ticks(line, "si_stime", trace_word(at + 40, 8));
}

/* Of a signal that a program has sent. */
static void put_sent(struct trace_line *line, const uint8_t *at, int32_t code)
{
    if (code == CODE_TIMER) {
        trace_put(line, ", si_timerid=%#" PRIx64 ", si_overrun=%" PRId64, trace_word(at + 16, 4),
                  trace_signed_word(at + 20, 4));
        put_value(line, at);
        return;
    }
    put_source(line, at);
    if (code != 0 && code != CODE_TKILL && trace_word(at + 24, 8) != 0)
        put_value(line, at);
}

/* Of a call that a filter has refused: AUDIT_ARCH_* say whose number it is (seccomp(2)). */
static void put_refused(struct trace_line *line, const char *isa, const uint8_t *at)
{
    static const struct {
        uint32_t arch;
        const char *name;
    } names[] = {{0xc000003e, "X86_64"},
                 {ARCH_I386, "I386"},
                 {0xc00000b7, "AARCH64"},
                 {0xc00000f3, "RISCV64"},
                 {0xc0000102, "LOONGARCH64"}};
    uint32_t number = (uint32_t)trace_word(at + 24, 4), arch = (uint32_t)trace_word(at + 28, 4);
    const char *call = syscall_name(isa, arch == ARCH_I386, number);

    trace_put(line, ", si_call_addr=");
    trace_put_address(line, trace_word(at + 16, 8));
    if (call != NULL)
        trace_put(line, ", si_syscall=__NR_%s, si_arch=", call);
    else
        trace_put(line, ", si_syscall=%" PRIu32 ", si_arch=", number);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].arch == arch) {
            trace_put(line, "AUDIT_ARCH_%s", names[i].name);
            return;
        }
    }
    trace_put(line, "%#" PRIx32, arch);
}

static void put_error(struct trace_line *line, int error)
{
    const char *name = strerrorname_np(error);

    if (name != NULL)
        trace_put(line, ", si_errno=%s", name);
    else
        trace_put(line, ", si_errno=%d", error);
}

void trace_put_siginfo(struct trace_line *line, const char *isa, const uint8_t at[TRACE_SIGINFO_BYTES])
{
    uint32_t signal = (uint32_t)trace_word(at, 4);
    int32_t code = (int32_t)trace_word(at + 8, 4);
    bool of_signal = code > 0 && code < CODE_KERNEL;

    if (signal == 0) { /* there is none */
        trace_put(line, "{}");
        return;
    }
    trace_put(line, "{si_signo=");
    trace_put_signal(line, signal);
    trace_put(line, ", si_code=");
    trace_put_set(line, isa, KIND_SET_sigcode, of_signal ? signal << 8 | (uint32_t)code : (uint32_t)code);
    if (trace_word(at + 4, 4) != 0)
        put_error(line, (int)trace_signed_word(at + 4, 4));
    if (code <= 0) {
        put_sent(line, at, code);
    } else if (signal == CHILD) {
        put_child(line, at, code);
    } else if (signal == ILL || signal == TRAP || signal == BUS || signal == FPE || signal == SEGV) {
        trace_put(line, ", si_addr=");
        trace_put_address(line, trace_word(at + 16, 8));
    } else if (signal == IO) {
        trace_put(line, ", si_band=%" PRId64 ", si_fd=%" PRId64, trace_signed_word(at + 16, 8),
                  trace_signed_word(at + 24, 4));
    } else if (signal == SYS && code == CODE_SECCOMP) {
        put_refused(line, isa, at);
    } else if (trace_word(at + 16, 8) != 0) {
        put_source(line, at);
    }
    trace_put(line, "}");
}
