/* SPDX-License-Identifier: Apache-2.0 */
/* simulate.h - runs a filter program as the kernel does, for any ISA's calls. */
#ifndef TESTS_UNIT_VMM_SANDBOX_SIMULATE_H
#define TESTS_UNIT_VMM_SANDBOX_SIMULATE_H

#include <check.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

/* What the program returns. The test fails on a step that it hasn't, or that is behind its end. */
static inline uint32_t simulate(const struct sock_filter *code, unsigned count, const struct seccomp_data *data)
{
    uint32_t a = 0, x = 0;

    for (unsigned at = 0; at < count; at++) {
        const struct sock_filter *step = &code[at];

        switch (step->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            ck_assert_uint_le(step->k, sizeof(*data) - sizeof(a));
            memcpy(&a, (const char *)data + step->k, sizeof(a));
            break;
        case BPF_LD | BPF_IMM:
            a = step->k;
            break;
        case BPF_LDX | BPF_IMM:
            x = step->k;
            break;
        case BPF_MISC | BPF_TAX:
            x = a;
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= step->k;
            break;
        case BPF_ALU | BPF_AND | BPF_X:
            a &= x;
            break;
        case BPF_ALU | BPF_RSH | BPF_X:
            ck_assert_uint_lt(x, 32);
            a >>= x;
            break;
        case BPF_JMP | BPF_JA:
            at += step->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += a == step->k ? step->jt : step->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += a >= step->k ? step->jt : step->jf;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            at += a > step->k ? step->jt : step->jf;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            at += (a & step->k) != 0 ? step->jt : step->jf;
            break;
        case BPF_RET | BPF_K:
            return step->k;
        default:
            ck_abort_msg("step %u has the code %#x", at, step->code);
        }
    }
    ck_abort_msg("there is no end");
}

#endif
