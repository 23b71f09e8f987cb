/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio.h - a hostile driver: what it does to registers and memory comes from the fuzzer's input. Rings have fixed
 * places and some steps know them, so that an input soon gets as far as the device's requests.
 */
#ifndef LVMM_TESTS_FUZZ_VIRTIO_H
#define LVMM_TESTS_FUZZ_VIRTIO_H

#include "boot/abi.h"
#include "devices/device.h"
#include "tests/fuzz/input.h"

#define GUEST_BYTES 0x10000u
#define RING_SIZE 16u
#define RING_DESC(n) ((n) * 0x1000u)
#define RING_AVAIL(n) (RING_DESC(n) + 0x400u)
#define RING_USED(n) (RING_DESC(n) + 0x800u)

/*
 * Devices ask before each chain, and before each piece of a long one, whether the VM has ended: that counts their work.
 * What one notification may cost is bounded whatever is in the rings; a list of accesses may have so many of them.
 */
#define WORK_MAX 512u

static unsigned guest_work, guest_work_left; /* left: until the VM has ended */

static inline bool guest_has_ended(void *vm)
{
    (void)vm;
    guest_work++;
    if (guest_work_left > 0)
        guest_work_left--;
    return guest_work_left == 0;
}

static inline void guest_work_begin(void)
{
    guest_work = 0;
}

static inline void guest_work_end(unsigned notifications)
{
    must(guest_work <= WORK_MAX * notifications);
}

struct guest {
    struct mem mem;
    struct device *dev;
    uint64_t features;
    unsigned queues;
};

static inline void guest_init(struct guest *guest)
{
    static const struct mem_range range = {0, GUEST_BYTES};

    memset(guest, 0, sizeof(*guest));
    guest_work_left = UINT32_MAX;
    must(mem_init(&guest->mem, &range, 1) == 0);
}

static inline void guest_set(struct guest *guest, uint64_t offset, uint32_t value)
{
    guest_work_begin();
    guest->dev->ops->io.write(guest->dev, offset, &value, sizeof(value));
    guest_work_end(offset == LVMM_MMIO_LIST_LOW ? LVMM_MMIO_LIST_MAX : 1);
}

/* Brings the device up as a good driver does. */
static inline void guest_start(struct guest *guest)
{
    guest_set(guest, 0x70, 0);
    guest_set(guest, 0x70, 3);
    guest_set(guest, 0x24, 0);
    guest_set(guest, 0x20, (uint32_t)guest->features);
    guest_set(guest, 0x24, 1);
    guest_set(guest, 0x20, 1); /* VERSION_1 */
    guest_set(guest, 0x70, 11);
    for (unsigned n = 0; n < guest->queues; n++) {
        guest_set(guest, 0x30, n);
        guest_set(guest, 0x38, RING_SIZE);
        guest_set(guest, 0x80, RING_DESC(n));
        guest_set(guest, 0x90, RING_AVAIL(n));
        guest_set(guest, 0xa0, RING_USED(n));
        guest_set(guest, 0x44, 1);
    }
    guest_set(guest, 0x70, 15);
}

static inline void guest_poke(struct guest *guest, struct input *input)
{
    uint8_t bytes[64];
    gpa_t gpa = input_u16(input);
    size_t size = input_bytes(input, bytes, input_u8(input) % sizeof(bytes));

    mem_write(&guest->mem, gpa, bytes, size);
}

static inline void guest_desc(struct guest *guest, struct input *input)
{
    struct {
        uint64_t addr;
        uint32_t len;
        uint16_t flags, next;
    } desc;
    unsigned at = input_u8(input); /* ring and index */

    desc.addr = input_u16(input);
    desc.len = input_u16(input) & 0x3fff;
    desc.flags = input_u8(input) & 7;
    desc.next = input_u8(input) & 31;
    mem_write(&guest->mem, RING_DESC(at / RING_SIZE) + at % RING_SIZE * sizeof(desc), &desc, sizeof(desc));
}

static inline void guest_push(struct guest *guest, unsigned n, uint16_t head)
{
    uint16_t idx;

    mem_read(&guest->mem, RING_AVAIL(n) + 2, &idx, sizeof(idx));
    mem_write(&guest->mem, RING_AVAIL(n) + 4 + idx % RING_SIZE * 2, &head, sizeof(head));
    idx++;
    mem_write(&guest->mem, RING_AVAIL(n) + 2, &idx, sizeof(idx));
    guest_set(guest, 0x50, n);
}

static inline void guest_offer(struct guest *guest, struct input *input)
{
    unsigned n = input_u8(input) % 16;

    guest_push(guest, n, input_u8(input) & 31);
}

/* A chain as a good driver makes it: some bytes to read, then room to write. What the bytes say is the fuzzer's,
 * one byte for each 16-bit word: most fields are small numbers. */
static inline void guest_send(struct guest *guest, struct input *input)
{
    struct {
        uint64_t addr;
        uint32_t len;
        uint16_t flags, next;
    } desc[2] = {{.addr = 0xe000, .flags = 1, .next = 1}, {.addr = 0xf000, .flags = 2}};
    unsigned n = input_u8(input) % guest->queues;
    uint16_t words[16] = {0};
    uint8_t shape = input_u8(input);
    unsigned count = shape % 9;

    for (unsigned i = 0; i < 2 * count; i++)
        words[i] = input_u8(input);
    mem_write(&guest->mem, 0xe000, words, sizeof(words));
    desc[0].len = count * 4 + (shape >= 0xf0 ? 512 : 0); /* with a sector behind */
    desc[1].len = input_u16(input) & 0xfff;
    if (desc[0].len == 0)
        desc[0] = desc[1];
    if (desc[1].len == 0)
        desc[0].flags = 0;
    mem_write(&guest->mem, RING_DESC(n), desc, sizeof(desc));
    guest_push(guest, n, 0);
}

static inline void guest_access(struct guest *guest, struct input *input, bool write)
{
    unsigned size = 1u << (input_u8(input) & 3);
    uint64_t offset = input_u16(input) % (0x200 - size + 1);
    uint64_t value = write ? input_u64(input) : 0;

    guest_work_begin();
    if (write)
        guest->dev->ops->io.write(guest->dev, offset, &value, size);
    else
        guest->dev->ops->io.read(guest->dev, offset, &value, size);
    guest_work_end(LVMM_MMIO_LIST_MAX);
}

/* Accesses in a list, of which the device sees as many as the fuzzer says. */
static inline void guest_list(struct guest *guest, struct input *input)
{
    struct lvmm_mmio_list list = {.count = input_u8(input) % (LVMM_MMIO_LIST_MAX + 2)};

    for (unsigned i = 0; i < list.count % 16; i++) {
        list.access[i].offset = input_u8(input) * 4u;
        list.access[i].write = input_u8(input) & 1;
        list.access[i].value = input_u16(input);
    }
    mem_write(&guest->mem, 0xd000, &list, sizeof(list));
    guest_set(guest, LVMM_MMIO_LIST_HIGH, 0);
    guest_set(guest, LVMM_MMIO_LIST_LOW, input_u8(input) & 1 ? 0xd000 : GUEST_BYTES - input_u8(input));
}

static inline void guest_run(struct guest *guest, struct input *input)
{
    while (input->size > 0) {
        uint8_t what = input_u8(input) & 15;

        if (what == 8) {
            guest_list(guest, input);
            continue;
        }
        switch (what & 7) {
        case 0:
            guest_access(guest, input, true);
            break;
        case 1:
            guest_access(guest, input, false);
            break;
        case 2:
            guest_poke(guest, input);
            break;
        case 3:
        case 4:
            guest_desc(guest, input);
            break;
        case 5:
            guest_send(guest, input);
            break;
        case 6:
            guest_offer(guest, input);
            break;
        case 7:
            guest_start(guest);
            break;
        }
    }
}

#endif
