/* SPDX-License-Identifier: Apache-2.0 */
/* aio.h - Linux's asynchronous I/O (uapi/linux/aio_abi.h); the same on our four ISAs, which are little-endian. */
#ifndef GK_ABI_AIO_H
#define GK_ABI_AIO_H

#include <stdint.h>

enum aio_opcode { AIO_PREAD = 0, AIO_PWRITE = 1, AIO_FSYNC = 2, AIO_FDSYNC = 3, AIO_PREADV = 7, AIO_PWRITEV = 8 };
enum { AIO_FLAG_RESFD = 1, AIO_FLAG_IOPRIO = 2 };

struct aio_iocb { /* struct iocb */
    uint64_t data;
    uint32_t key, rw_flags;
    uint16_t opcode;
    int16_t priority;
    uint32_t fd;
    uint64_t buffer, bytes;
    int64_t offset;
    uint64_t reserved;
    uint32_t flags, event_fd;
};
_Static_assert(sizeof(struct aio_iocb) == 64, "struct iocb");

struct aio_event { /* struct io_event */
    uint64_t data, iocb;
    int64_t result, result2;
};

#endif
