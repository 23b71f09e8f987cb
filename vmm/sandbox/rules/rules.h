/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - lists of system calls, as people read them. A list is made of sets, a set of rules; a call that several
 * rules name passes if one of them lets it pass. What has no rule kills the process.
 *
 * A call that an ISA doesn't have is left out there. What C libraries of Debian 12 and 13 (glibc 2.36 and 2.41) and
 * the kernels from 5.10 on call differs, and all of it is here: see lvmm-design(7).
 */
#ifndef LVMM_SANDBOX_RULES_H
#define LVMM_SANDBOX_RULES_H

#include <seccomp.h>
#include <stddef.h>

#define RULE_ARGUMENTS 3

struct rule {
    const char *call; /* NULL: the set's end */
    int error;        /* the call isn't done, and gives this errno; 0: it passes */
    unsigned count;
    struct scmp_arg_cmp argument[RULE_ARGUMENTS]; /* all have to be as said */
};

struct list {
    const char *name;
    const struct rule *const *sets; /* NULL-terminated */
    /* NULL, or the list is for threads that have the first one already: that is these sets and those. As a thread has
     * both lists, its own program says no more than that these don't pass; where they share a call with those, it is
     * what these say of its arguments that doesn't. */
    const struct rule *const *less;
};

#define CALL(name)  \
    {               \
        name, 0, 0, \
        {{0}}       \
    }
#define CALL_IF(name, condition) \
    {                            \
        name, 0, 1,              \
        {                        \
            condition            \
        }                        \
    }
#define CALL_IF_BOTH(name, one, other) \
    {                                  \
        name, 0, 2,                    \
        {                              \
            one, other                 \
        }                              \
    }
#define CALL_IF_THREE(name, one, other, third) \
    {                                          \
        name, 0, 3,                            \
        {                                      \
            one, other, third                  \
        }                                      \
    }
#define CALL_FAILS(name, number) \
    {                            \
        name, number, 0,         \
        {{0}}                    \
    }
/* Argument n is this value, has all or none of these bits. The kernel takes `int`s from the lower half of a register,
 * and so does INT. */
#define IS(n, value) CONDITION(n, EQ, value, 0)
#define INT(n, value) CONDITION(n, MASKED_EQ, 0xffffffffu, (unsigned)(value))
#define ALL_OF(n, bits) CONDITION(n, MASKED_EQ, bits, bits)
#define NONE_OF(n, bits) CONDITION(n, MASKED_EQ, bits, 0)
#define CONDITION(n, how, a, b) {.arg = (n), .op = SCMP_CMP_##how, .datum_a = (a), .datum_b = (b)}
/* The type and number of an ioctl: the size of its structure is an ISA's. */
#define IOCTL(number) CALL_IF("ioctl", CONDITION(1, MASKED_EQ, 0xffffu, (number) & 0xffffu))
#define END CALL(NULL)

/* ---- sets.c ---- */

extern const struct rule set_basic[];    /* memory, locks, time, signals, the end: what each process of ours does */
extern const struct rule set_threads[];  /* to make further threads */
extern const struct rule set_streams[];  /* reading, writing and waiting on what is open */
extern const struct rule set_terminal[]; /* a terminal's modes and job control */
extern const struct rule set_loop[];     /* the event loop and what it watches */
extern const struct rule set_timers[];   /* --timeout, the last deadline, and what was used until then */
extern const struct rule set_disk[];     /* images and files of changes that are open */
extern const struct rule set_uring[];    /* a ring that is there */
extern const struct rule set_children[]; /* to end and reap them */

extern const struct rule set_passing[]; /* to send messages, also with descriptors for another process */

extern const struct rule set_removing[]; /* of a name in a folder that is open */

/* ---- set_shares.c ---- */

extern const struct rule set_shares[]; /* files of all kinds, by name in folders that are open */

/* ---- set_kvm.c ---- */

extern const struct rule set_kvm[];  /* a VM that is set up */
extern const struct rule set_vcpu[]; /* and to run it */

/* ---- set_net.c ---- */

extern const struct rule set_net[]; /* sockets of the Internet */

/* ---- kinds.c: in the order of their names in lists.h ---- */

extern const struct list lists[]; /* ends with a name of NULL */

#endif
