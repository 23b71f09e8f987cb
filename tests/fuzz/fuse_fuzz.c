/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/noted.c vmm/share/fuse*.c devices/virtio/iov.c
/*
 * fuse_fuzz.c - FUSE requests with any content, in any pieces, one after the other: what the tree is given has the form
 * that tree.h promises it, and each answer fits.
 */
#include "vmm/share/fuse.h"

#include "tests/fuzz/input.h"
#include "tests/unit/vmm/share/fake_tree.h"

#define ROOM 1024u
#define LONGEST 2048u

static unsigned waiting;

static void on_done(void *owner, unsigned queue, uint16_t head, uint32_t written)
{
    (void)owner;
    (void)head;
    must(queue < 2 && written == sizeof(struct fuse_out_header) && waiting > 0);
    waiting--;
}

/* Cuts `size` bytes into buffers of the sizes that the input says. */
static unsigned cut(struct input *input, struct iovec *iov, uint8_t *bytes, uint32_t size)
{
    unsigned count = 0;

    while (size > 0) {
        uint32_t part = count < 20 ? input_u8(input) + 1u : size;

        if (part > size || part > 200)
            part = size;
        iov[count++] = (struct iovec){bytes, part};
        bytes += part;
        size -= part;
    }
    return count;
}

static void check_answer(const uint8_t *out, uint32_t room, uint32_t written)
{
    struct fuse_out_header header;

    must(written <= room && (written == 0 || written >= sizeof(header)));
    if (written == 0)
        return;
    memcpy(&header, out, sizeof(header));
    must(header.len == written && header.error <= 0 && header.error > -512);
    must(header.error == 0 || header.len == sizeof(header));
}

static void send(struct share_fuse *fuse, struct input *input)
{
    static uint8_t in[LONGEST], out[ROOM + 1];
    /* Answers that come later go where they were to go: each has its own. */
    static uint8_t later[SHARE_FUSE_WAITS_MAX][64];
    static struct queue_chain chain;
    struct fuse_in_header header = {.opcode = input_u8(input) % 56, .nodeid = input_u8(input)};
    uint32_t size = input_u8(input), room = input_u16(input) % ROOM, written = 12345;
    bool may_wait = header.opcode == FUSE_SETLKW;
    uint8_t *to = may_wait && waiting < SHARE_FUSE_WAITS_MAX ? later[waiting] : out;

    if (may_wait)
        room %= sizeof(later[0]);
    header.len = sizeof(header) + size + (input_u8(input) == 0xff ? input_u16(input) : 0);
    header.unique = input_u8(input);
    memcpy(in, &header, sizeof(header));
    input_bytes(input, in + sizeof(header), size);
    size += sizeof(header);
    out[room] = 0x55;
    chain.head = input_u8(input);
    chain.readable_bytes = size;
    chain.writable_bytes = room;
    chain.readable = cut(input, chain.iov, in, size);
    chain.writable = cut(input, chain.iov + chain.readable, to, room);
    waiting++;
    if (!share_fuse_request(fuse, header.nodeid % 2, &chain, &written))
        return;
    waiting--;
    check_answer(to, room, written);
    must(to != out || out[room] == 0x55);
}

static void begin(struct share_fuse *fuse)
{
    static const struct {
        struct fuse_in_header header;
        struct fuse_init_in hello;
    } in = {{.len = sizeof(in), .opcode = FUSE_INIT}, {.major = 7, .minor = 31, .flags = UINT32_MAX}};
    static uint8_t out[128];
    static struct queue_chain chain;
    uint32_t written;

    chain.readable = chain.writable = 1;
    chain.readable_bytes = sizeof(in);
    chain.writable_bytes = sizeof(out);
    chain.iov[0] = (struct iovec){(void *)&in, sizeof(in)};
    chain.iov[1] = (struct iovec){out, sizeof(out)};
    must(share_fuse_request(fuse, 1, &chain, &written) && written == 80);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct share_fuse *fuse;

    memset(&fake, 0, sizeof(fake));
    waiting = 0;
    must(share_fuse_create(&fake, on_done, NULL, &fuse) == 0);
    begin(fuse);
    while (input.size > 0) {
        switch (input_u8(&input) % 8) {
        case 0:
            fake.result = (int16_t)input_u16(&input);
            break;
        case 1:
            fake.locked[input_u8(&input) % FAKE_LOCKS] = input_u8(&input);
            break;
        case 2:
            share_fuse_retry(fuse);
            break;
        case 3:
            share_fuse_stop(fuse, input_u8(&input) % 2);
            break;
        default:
            send(fuse, &input);
        }
    }
    share_fuse_stop(fuse, 0);
    share_fuse_stop(fuse, 1);
    must(waiting == 0 && !share_fuse_waits(fuse));
    share_fuse_destroy(fuse);
    return 0;
}
