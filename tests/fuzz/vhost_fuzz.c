/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/vhost/*.c devices/virtio/queue.c vmm/kvm/mem.c
/*
 * vhost_fuzz.c - a hostile front end and a hostile driver beside it: messages with any content and any descriptors, and
 * anything in memory. The device touches each byte of each chain, keeps some of them, and gives them back at any time.
 */
#include "vmm/vhost/server.h"

#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fuzz/input.h"
#include "vmm/vhost/protocol.h"

#define MEMORY 0x10000u
#define QUEUES 2u
#define KEPT 3u

static struct vhost_server *server;
static struct queue_chain kept[QUEUES][KEPT];
static unsigned kept_count[QUEUES];
static int file = -1, kick[QUEUES], ours;
static uint8_t *memory;

static void touch(const struct queue_chain *chain)
{
    volatile uint8_t sum = 0;

    for (unsigned i = 0; i < chain->readable + chain->writable; i++) {
        volatile uint8_t *bytes = chain->iov[i].iov_base;
        size_t last = chain->iov[i].iov_len - 1;

        sum = sum + bytes[0] + bytes[last];
        if (i >= chain->readable)
            bytes[0] = bytes[last] = sum;
    }
}

static void give_back(unsigned queue)
{
    if (kept_count[queue] == 0)
        return;
    touch(&kept[queue][--kept_count[queue]]);
    vhost_queue_push(server, queue, kept[queue][kept_count[queue]].head, 1);
}

static bool ready(void *owner, unsigned queue)
{
    static struct queue_chain chain;

    (void)owner;
    for (unsigned i = 0; i < 4; i++) {
        if (vhost_queue_pop(server, queue, &chain) <= 0)
            return false;
        touch(&chain);
        if (chain.head % 2 == 0 && kept_count[queue] < KEPT)
            kept[queue][kept_count[queue]++] = chain;
        else
            vhost_queue_push(server, queue, chain.head, 1);
    }
    return true;
}

static void stopped(void *owner, unsigned queue)
{
    (void)owner;
    while (kept_count[queue] != 0)
        give_back(queue);
}

static void send_bytes(const void *bytes, size_t size, const int *fds, unsigned count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {0};
    struct iovec iov = {(void *)bytes, size};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

    if (count != 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        *head = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    }
    sendmsg(ours, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_message(uint32_t request, const void *payload, uint32_t size, const int *fds, unsigned count)
{
    struct {
        struct vhost_user_header header;
        uint8_t bytes[512];
    } message = {{request, VHOST_VERSION | VHOST_NEED_REPLY, size}, {0}};

    memcpy(message.bytes, payload, size);
    send_bytes(&message, sizeof(message.header) + size, fds, count);
}

/* Regions of small numbers, so that some are good ones. */
static void send_memory(struct input *input)
{
    struct vhost_user_memory table = {.count = input_u8(input) % 4};
    const int fds[4] = {file, file, file, file};

    for (unsigned i = 0; i < table.count; i++) {
        uint16_t place = input_u16(input);

        table.region[i] = (struct vhost_user_region){.gpa = (place & 15) * 0x4000u,
                                                     .size = ((place >> 4) & 15) * 0x1000u,
                                                     .user = (place & 15) * 0x4000u + 0x100000,
                                                     .offset = ((place >> 8) & 15) * 0x1000u};
        if (place >> 15)
            table.region[i].user = input_u64(input);
    }
    send_message(VHOST_SET_MEM_TABLE, &table,
                 offsetof(struct vhost_user_memory, region) + table.count * (uint32_t)sizeof(table.region[0]), fds,
                 table.count);
}

/* What starts a queue, with rings at places that may be none. */
static void send_start(struct input *input)
{
    uint32_t index = input_u8(input) % (QUEUES + 1);
    struct vhost_user_state state = {index, 16};
    struct vhost_user_addr addr = {.index = index, .desc = 0x100000, .avail = 0x100400, .used = 0x100800};
    uint64_t number = index;
    uint8_t odd = input_u8(input);

    if (odd & 1)
        state.num = input_u16(input);
    if (odd & 2)
        addr.desc += input_u16(input);
    if (odd & 4)
        addr.used += input_u16(input);
    send_message(VHOST_SET_VRING_NUM, &state, sizeof(state), NULL, 0);
    send_message(VHOST_SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0);
    state.num = input_u8(input);
    send_message(VHOST_SET_VRING_BASE, &state, sizeof(state), NULL, 0);
    send_message(VHOST_SET_VRING_KICK, &number, sizeof(number), &kick[index % QUEUES], 1);
    state.num = 1;
    send_message(VHOST_SET_VRING_ENABLE, &state, sizeof(state), NULL, 0);
}

static void send_any(struct input *input)
{
    union vhost_user_payload payload;
    const int fds[2] = {kick[0], file};
    uint32_t request = input_u8(input) % 28, size = input_u8(input);

    input_bytes(input, &payload, size);
    send_message(request, &payload, size, fds, request == VHOST_SET_VRING_CALL ? 1 : input_u8(input) % 3);
}

/* A descriptor, and the ring says that it is there. */
static void put_chain(struct input *input)
{
    struct {
        uint64_t addr;
        uint32_t len;
        uint16_t flags, next;
    } desc = {.addr = input_u16(input), .len = input_u8(input), .flags = input_u8(input) & 7, .next = input_u8(input)};
    uint16_t *avail = (uint16_t *)(memory + 0x400), head = input_u8(input) % 17;

    memcpy(memory + head * sizeof(desc), &desc, sizeof(desc));
    avail[2 + avail[1] % 16] = head;
    avail[1]++;
}

static void step(struct input *input)
{
    uint8_t bytes[64];
    uint16_t at;
    const uint64_t one = 1;

    switch (input_u8(input) % 8) {
    case 0:
        send_memory(input);
        break;
    case 1:
        send_start(input);
        break;
    case 2:
        send_any(input);
        break;
    case 3: /* what is no message, or a part of one */
        send_bytes(bytes, input_bytes(input, bytes, input_u8(input) % sizeof(bytes)), &file, input_u8(input) % 2);
        break;
    case 4:
        at = input_u16(input) & 0xfff;
        input_bytes(input, memory + at, input_u8(input) % 64);
        break;
    case 5:
        put_chain(input);
        break;
    case 6:
        must(write(kick[input_u8(input) % QUEUES], &one, sizeof(one)) == sizeof(one));
        break;
    default:
        give_back(input_u8(input) % QUEUES);
    }
}

/* A front end that begins well: from there rings are a few bytes away. */
static void send_beginning(void)
{
    static const uint8_t all[] = {1, 0xf0, 0}, start[4] = {0};
    static const uint16_t avail[] = {0, 0}; /* nothing is offered */

    memcpy(memory + 0x400, avail, sizeof(avail));
    send_memory(&(struct input){all, sizeof(all)});
    send_start(&(struct input){start, sizeof(start)});
}

static void begin(void)
{
    if (file < 0) {
        file = memfd_create("guest", MFD_CLOEXEC);
        must(ftruncate(file, MEMORY) == 0);
        memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        must(memory != MAP_FAILED);
        for (unsigned i = 0; i < QUEUES; i++)
            kick[i] = eventfd(0, EFD_NONBLOCK);
    }
    memset(memory, 0, MEMORY);
    memset(kept_count, 0, sizeof(kept_count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t config[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const struct vhost_device device = {
        .queues = QUEUES, .config = config, .config_size = sizeof(config), .ready = ready, .stopped = stopped};
    const uint64_t protocol = 1 << VHOST_PROTOCOL_REPLY_ACK, features = UINT64_C(3) << 28;
    struct input input = {data, size};
    uint8_t answers[4096];
    int ends[2], error = 0;

    begin();
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    ours = ends[0];
    must(vhost_server_create(&device, ends[1], &server) == 0);
    send_message(VHOST_SET_PROTOCOL_FEATURES, &protocol, sizeof(protocol), NULL, 0);
    send_message(VHOST_SET_FEATURES, &features, sizeof(features), NULL, 0);
    if (input_u8(&input) & 1)
        send_beginning();
    while (input.size > 0 && error == 0) {
        step(&input);
        error = vhost_server_run(server, 0);
        while (recv(ours, answers, sizeof(answers), MSG_DONTWAIT) > 0) {
        }
    }
    vhost_server_destroy(server);
    close(ours);
    return 0;
}
