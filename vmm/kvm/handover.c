/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handover.c - see handover.h. io_uring keeps a file that is registered with it until its ring is taken down, which a
 * worker of the kernel does after the process's end (Linux, io_ring_ctx_wait_and_kill). The ring is never used: it is
 * off, and nobody can turn it on once lvmm is locked in.
 */
#include "vmm/kvm/handover.h"

#include <asm/unistd.h>
#include <linux/io_uring.h>
#include <string.h>
#include <unistd.h>

void handover_file(int fd)
{
    struct io_uring_params params;

    memset(&params, 0, sizeof(params));
    params.flags = IORING_SETUP_R_DISABLED;
    int ring = (int)syscall(__NR_io_uring_setup, 1, &params); /* stays open */
    if (ring >= 0 && syscall(__NR_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1) < 0)
        close(ring);
}
