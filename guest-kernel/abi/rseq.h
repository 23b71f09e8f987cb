/* SPDX-License-Identifier: Apache-2.0 */
/* rseq.h - Linux's restartable sequences (include/uapi/linux/rseq.h). */
#ifndef GK_ABI_RSEQ_H
#define GK_ABI_RSEQ_H

#include <stdint.h>

struct rseq_user { /* struct rseq, which a thread registers */
    uint32_t cpu_id_start, cpu_id;
    uint64_t rseq_cs; /* address of the critical section that it is in, or was about to be; 0: none */
    uint32_t flags, node_id, mm_cid;
};
#define RSEQ_SIZE_FIRST 32u       /* of the first version, with room for what came later; and its alignment */
#define RSEQ_SIZE_KNOWN 28u       /* what is filled in: AT_RSEQ_FEATURE_SIZE */
#define RSEQ_ALIGN 32u            /* AT_RSEQ_ALIGN */
#define RSEQ_CPU_NONE 0xffffffffu /* cpu_id of a thread that isn't registered */
#define RSEQ_UNREGISTER 1u

struct rseq_section { /* struct rseq_cs */
    uint32_t version, flags;
    uint64_t start, length, abort; /* pc */
};

#endif
