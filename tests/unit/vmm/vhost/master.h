/* SPDX-License-Identifier: Apache-2.0 */
/*
 * master.h - a front end of vhost-user for tests: it says what the test wants, well or badly, to a server on the same
 * thread, and is the driver of its rings, too. Memory is one file, which the guest has at GUEST_BASE and the front end
 * "at" USER_BASE.
 */
#ifndef LVMM_TESTS_VHOST_MASTER_H
#define LVMM_TESTS_VHOST_MASTER_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/vhost/protocol.h"
#include "vmm/vhost/server.h"

#define MASTER_MEMORY 0x100000u
#define GUEST_BASE 0x40000000u
#define USER_BASE UINT64_C(0x7f0012340000)
#define MASTER_RING 16u
/* Of queue n: descriptors, available ring and used ring on a page each. */
#define RING_AT(n) (0x1000u + (n) * 0x4000u)
#define RING_AVAIL 0x1000u
#define RING_USED 0x2000u
#define DATA_AT 0x40000u

enum { DESC_NEXT = 1, DESC_WRITE = 2 };

struct test_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

struct master {
    int socket;                  /* ours */
    struct vhost_server *server; /* NULL: it runs elsewhere, and is waited for */
    int file;
    uint8_t *memory;
    int kick[VHOST_QUEUES_MAX], call[VHOST_QUEUES_MAX];
    uint16_t avail[VHOST_QUEUES_MAX], used[VHOST_QUEUES_MAX];
    uint16_t desc[VHOST_QUEUES_MAX]; /* the next free one */
};

/* The front end of whatever is at the other end of the socket, which it takes. */
static inline void master_init_on(struct master *m, int socket)
{
    memset(m, 0, sizeof(*m));
    m->socket = socket;
    m->file = memfd_create("guest", MFD_CLOEXEC);
    ck_assert_int_eq(ftruncate(m->file, MASTER_MEMORY), 0);
    m->memory = mmap(NULL, MASTER_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, m->file, 0);
    ck_assert_ptr_ne(m->memory, MAP_FAILED);
    for (unsigned i = 0; i < VHOST_QUEUES_MAX; i++) {
        m->kick[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        m->call[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
}

static inline void master_init(struct master *m, const struct vhost_device *device)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    master_init_on(m, ends[0]);
    ck_assert_int_eq(vhost_server_create(device, ends[1], &m->server), 0);
}

static inline void master_fini(struct master *m)
{
    vhost_server_destroy(m->server);
    close(m->socket);
    close(m->file);
    munmap(m->memory, MASTER_MEMORY);
    for (unsigned i = 0; i < VHOST_QUEUES_MAX; i++) {
        close(m->kick[i]);
        close(m->call[i]);
    }
}

/* Sends a header, any at all, and `size` bytes behind it, with descriptors. */
static inline void master_send_raw(struct master *m, struct vhost_user_header header, const void *payload,
                                   uint32_t size, const int *fds, unsigned count)
{
    struct iovec iov[2] = {{&header, sizeof(header)}, {(void *)payload, size}};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};

    memset(control, 0, sizeof(control));
    if (count != 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        *head = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    }
    ck_assert_int_eq(sendmsg(m->socket, &message, MSG_NOSIGNAL), sizeof(header) + size);
}

static inline void master_send(struct master *m, uint32_t request, uint32_t flags, const void *payload, uint32_t size,
                               const int *fds, unsigned count)
{
    master_send_raw(m, (struct vhost_user_header){request, flags, size}, payload, size, fds, count);
}

/* The server has its turn. */
static inline int master_run(struct master *m)
{
    return m->server != NULL ? vhost_server_run(m->server, 0) : 0;
}

static inline void master_receive(struct master *m, void *bytes, int size)
{
    ck_assert_int_eq(recv(m->socket, bytes, size, m->server != NULL ? MSG_DONTWAIT : MSG_WAITALL), size);
}

/* An answer of that size, or none (-1). */
static inline void master_answer(struct master *m, uint32_t request, void *payload, int size)
{
    struct vhost_user_header header;

    if (size < 0) {
        ck_assert_int_eq(recv(m->socket, &header, sizeof(header), MSG_DONTWAIT), -1);
        return;
    }
    master_receive(m, &header, sizeof(header));
    ck_assert_uint_eq(header.request, request);
    ck_assert_uint_eq(header.flags, VHOST_VERSION | VHOST_REPLY);
    ck_assert_uint_eq(header.size, size);
    if (size > 0)
        master_receive(m, payload, size);
}

static inline uint64_t master_get(struct master *m, uint32_t request)
{
    uint64_t number = 0;

    master_send(m, request, VHOST_VERSION, NULL, 0, NULL, 0);
    ck_assert_int_eq(master_run(m), 0);
    master_answer(m, request, &number, sizeof(number));
    return number;
}

/* Says something that is acknowledged, and returns what the answer says. */
static inline uint64_t master_try(struct master *m, uint32_t request, const void *payload, uint32_t size,
                                  const int *fds, unsigned count)
{
    uint64_t number = 77;

    master_send(m, request, VHOST_VERSION | VHOST_NEED_REPLY, payload, size, fds, count);
    ck_assert_int_eq(master_run(m), 0);
    master_answer(m, request, &number, sizeof(number));
    return number;
}

static inline void master_features(struct master *m)
{
    uint64_t features = master_get(m, VHOST_GET_FEATURES), protocol;

    master_send(m, VHOST_SET_FEATURES, VHOST_VERSION, &features, sizeof(features), NULL, 0);
    protocol = master_get(m, VHOST_GET_PROTOCOL_FEATURES);
    ck_assert_uint_eq(protocol & (1 << VHOST_PROTOCOL_REPLY_ACK), 1 << VHOST_PROTOCOL_REPLY_ACK);
    master_send(m, VHOST_SET_PROTOCOL_FEATURES, VHOST_VERSION, &protocol, sizeof(protocol), NULL, 0);
    ck_assert_uint_eq(master_try(m, VHOST_SET_OWNER, NULL, 0, NULL, 0), 0);
}

/* The file in `count` regions of the guest, one behind the other. */
static inline uint64_t master_memory(struct master *m, unsigned count)
{
    struct vhost_user_memory table = {.count = count};
    uint64_t each = MASTER_MEMORY / count;
    int fds[VHOST_REGIONS_MAX];

    for (unsigned i = 0; i < count; i++) {
        table.region[i] = (struct vhost_user_region){GUEST_BASE + i * each, each, USER_BASE + i * each, i * each};
        fds[i] = m->file;
    }
    return master_try(m, VHOST_SET_MEM_TABLE, &table,
                      offsetof(struct vhost_user_memory, region) + count * sizeof(table.region[0]), fds, count);
}

static inline void master_start_at(struct master *m, unsigned n, uint16_t base)
{
    struct vhost_user_state state = {n, MASTER_RING};
    struct vhost_user_addr addr = {.index = n,
                                   .desc = USER_BASE + RING_AT(n),
                                   .avail = USER_BASE + RING_AT(n) + RING_AVAIL,
                                   .used = USER_BASE + RING_AT(n) + RING_USED};
    uint64_t number = n;

    ck_assert_uint_eq(master_try(m, VHOST_SET_VRING_NUM, &state, sizeof(state), NULL, 0), 0);
    state.num = base;
    ck_assert_uint_eq(master_try(m, VHOST_SET_VRING_BASE, &state, sizeof(state), NULL, 0), 0);
    ck_assert_uint_eq(master_try(m, VHOST_SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0), 0);
    ck_assert_uint_eq(master_try(m, VHOST_SET_VRING_CALL, &number, sizeof(number), &m->call[n], 1), 0);
    ck_assert_uint_eq(master_try(m, VHOST_SET_VRING_KICK, &number, sizeof(number), &m->kick[n], 1), 0);
    state.num = 1;
    ck_assert_uint_eq(master_try(m, VHOST_SET_VRING_ENABLE, &state, sizeof(state), NULL, 0), 0);
}

/* All that a good front end says before the first request. */
static inline void master_start(struct master *m, unsigned queues)
{
    master_features(m);
    ck_assert_uint_eq(master_memory(m, 1), 0);
    for (unsigned n = 0; n < queues; n++)
        master_start_at(m, n, 0);
}

static inline uint16_t master_stop(struct master *m, unsigned n)
{
    struct vhost_user_state state = {n, 0};

    master_send(m, VHOST_GET_VRING_BASE, VHOST_VERSION, &state, sizeof(state), NULL, 0);
    ck_assert_int_eq(master_run(m), 0);
    master_answer(m, VHOST_GET_VRING_BASE, &state, sizeof(state));
    ck_assert_uint_eq(state.index, n);
    return (uint16_t)state.num;
}

/* ---- the driver ---- */

static inline void master_kick(struct master *m, unsigned n)
{
    const uint64_t one = 1;

    ck_assert_int_eq(write(m->kick[n], &one, sizeof(one)), sizeof(one));
}

/* Offers a chain of one buffer to read, at `in` of the memory, and one to write, at `out`; either may be empty. Returns
 * its head. Nobody is told. */
static inline uint16_t master_offer(struct master *m, unsigned n, uint32_t in, uint32_t in_size, uint32_t out,
                                    uint32_t out_size)
{
    struct test_desc *table = (struct test_desc *)(m->memory + RING_AT(n));
    uint16_t *avail = (uint16_t *)(m->memory + RING_AT(n) + RING_AVAIL);
    uint16_t head = m->desc[n];

    if (in_size != 0)
        table[m->desc[n]++ % MASTER_RING] =
            (struct test_desc){GUEST_BASE + in, in_size, out_size != 0 ? DESC_NEXT : 0, (head + 1) % MASTER_RING};
    if (out_size != 0)
        table[m->desc[n]++ % MASTER_RING] = (struct test_desc){GUEST_BASE + out, out_size, DESC_WRITE, 0};
    m->desc[n] %= MASTER_RING;
    avail[2 + m->avail[n]++ % MASTER_RING] = head;
    avail[1] = m->avail[n];
    return head;
}

/* The next chain that came back: true, with its head and how much was written. */
static inline bool master_done(struct master *m, unsigned n, uint32_t *head, uint32_t *written)
{
    const uint16_t *used = (const uint16_t *)(m->memory + RING_AT(n) + RING_USED);
    uint32_t element[2];

    if (used[1] == m->used[n])
        return false;
    memcpy(element, &used[2 + 4 * (m->used[n]++ % MASTER_RING)], sizeof(element));
    ((uint16_t *)(m->memory + RING_AT(n) + RING_AVAIL))[2 + MASTER_RING] = m->used[n]; /* used_event */
    *head = element[0];
    *written = element[1];
    return true;
}

static inline bool master_interrupted(struct master *m, unsigned n)
{
    uint64_t count;

    return read(m->call[n], &count, sizeof(count)) == sizeof(count);
}

#endif
