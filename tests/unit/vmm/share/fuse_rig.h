/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_rig.h - asks FUSE requests of a tree that has no files, for tests. */
#ifndef LVMM_TESTS_FUSE_RIG_H
#define LVMM_TESTS_FUSE_RIG_H

#include "vmm/share/fuse.h"

#include <check.h>

#include "tests/unit/vmm/share/fake_tree.h"

#define UNIQUE 0x1234
#define NODE 7
#define QUEUE 1
#define ROOM 4096

static struct share_fuse *fuse;
static struct queue_chain chain;
static uint8_t in[200000], out[200000];
static uint32_t written;
static struct {
    unsigned count, queue;
    uint16_t head;
    uint32_t written;
} done;

static inline void on_done(void *owner, unsigned queue, uint16_t head, uint32_t size)
{
    ck_assert_ptr_eq(owner, &done);
    done.count++;
    done.queue = queue;
    done.head = head;
    done.written = size;
}

/* A request of this length in one buffer, with one buffer for the answer. */
static inline void put(uint32_t size, uint32_t room)
{
    memset(&chain, 0, sizeof(chain));
    chain.head = 5;
    chain.readable = 1;
    chain.readable_bytes = size;
    chain.iov[0] = (struct iovec){in, size};
    if (room != 0) {
        chain.writable = 1;
        chain.writable_bytes = room;
        chain.iov[1] = (struct iovec){out, room};
    }
    memset(out, 0x55, sizeof(out));
}

/* The structure `arg`, and behind it `tail`, which may have NULs. */
static inline uint32_t fill(uint32_t opcode, const void *arg, size_t size, const void *tail, size_t tail_size)
{
    struct fuse_in_header header = {.len = (uint32_t)(sizeof(header) + size + tail_size),
                                    .opcode = opcode,
                                    .unique = UNIQUE,
                                    .nodeid = NODE,
                                    .uid = 1000,
                                    .gid = 1001,
                                    .pid = 1002};

    memcpy(in, &header, sizeof(header));
    if (size != 0)
        memcpy(in + sizeof(header), arg, size);
    if (tail_size != 0)
        memcpy(in + sizeof(header) + size, tail, tail_size);
    return header.len;
}

/* Sends what is in the chain. Returns the error of the answer, whose payload is of that size. */
static inline int ask_chain(uint32_t *size)
{
    struct fuse_out_header header;

    fake.said[0] = 0;
    ck_assert(share_fuse_request(fuse, QUEUE, &chain, &written));
    if (written == 0) {
        *size = 0;
        return 1;
    }
    memcpy(&header, out, sizeof(header));
    ck_assert_uint_eq(header.len, written);
    ck_assert_uint_ge(header.len, sizeof(header));
    ck_assert_uint_eq(out[header.len], 0x55); /* nothing behind it */
    *size = header.len - (uint32_t)sizeof(header);
    return header.error;
}

static inline int ask(uint32_t opcode, const void *arg, size_t arg_size, const void *tail, size_t tail_size,
                      uint32_t *size)
{
    put(fill(opcode, arg, arg_size, tail, tail_size), ROOM);
    int error = ask_chain(size);
    const struct fuse_out_header *header = (const void *)out;
    ck_assert_uint_eq(header->unique, UNIQUE);
    return error;
}

static inline struct fuse_init_out start(uint32_t minor, uint32_t flags)
{
    const struct fuse_init_in hello = {.major = 7, .minor = minor, .max_readahead = 65536, .flags = flags};
    struct fuse_init_out answer;
    uint32_t size;

    ck_assert_int_eq(ask(FUSE_INIT, &hello, sizeof(hello), NULL, 0, &size), 0);
    ck_assert_uint_eq(size, sizeof(answer));
    memcpy(&answer, out + sizeof(struct fuse_out_header), sizeof(answer));
    return answer;
}

static inline void setup(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(&done, 0, sizeof(done));
    ck_assert_int_eq(share_fuse_create(&fake, on_done, &done, &fuse), 0);
    start(31, 0);
}

static inline void teardown(void)
{
    share_fuse_destroy(fuse);
}

#endif
