/* SPDX-License-Identifier: Apache-2.0 */
/* virtio.c - see virtio.h. */
#include "virtio.h"

#include "lib/string.h"

#define WINDOWS 0xfeb00000ull
#define WINDOW_BYTES 0x200u
#define WINDOW_COUNT 8u

static struct vdev found[WINDOW_COUNT];

static void place_rings(struct vdev *dev)
{
    for (unsigned i = 0; i < QUEUES_MAX; i++) {
        uint64_t at = ARENA + (dev->place * QUEUES_MAX + i) * 0x4000ull;

        dev->ring[i] = (struct vring){(struct vdesc *)at, (uint16_t *)(at + 0x1000), (uint16_t *)(at + 0x2000)};
    }
}

struct vdev *vdev_find(uint32_t id)
{
    static struct vdev none;

    for (unsigned i = 0; i < WINDOW_COUNT; i++) {
        uint64_t base = WINDOWS + i * WINDOW_BYTES;

        if (read32(base) != 0x74726976 || read32(base + 8) != id)
            continue;
        if (found[i].base == 0) {
            found[i] = (struct vdev){.base = base, .place = i, .queues = id == 3 ? 14 : 1};
            place_rings(&found[i]);
        }
        return &found[i];
    }
    return &none;
}

static void set_address(uint64_t reg, uint64_t address)
{
    write32(reg, (uint32_t)address);
    write32(reg + 4, (uint32_t)(address >> 32));
}

void vdev_start(struct vdev *dev, uint32_t features)
{
    uint64_t base = dev->base;

    write32(base + 0x70, 0);
    write32(base + 0x70, 3);
    write32(base + 0x24, 0);
    write32(base + 0x20, features);
    write32(base + 0x24, 1);
    write32(base + 0x20, 1); /* VERSION_1 */
    write32(base + 0x70, 11);
    for (unsigned i = 0; i < dev->queues; i++) {
        struct vring *ring = &dev->ring[i];

        memset((void *)ring->desc, 0, 0x3000);
        write32(base + 0x30, i);
        write32(base + 0x38, RING_SIZE);
        set_address(base + 0x80, (uintptr_t)ring->desc);
        set_address(base + 0x90, (uintptr_t)ring->avail);
        set_address(base + 0xa0, (uintptr_t)ring->used);
        write32(base + 0x44, 1);
    }
    write32(base + 0x70, 15);
}

void vdev_kick(const struct vdev *dev, unsigned queue)
{
    barrier();
    write32(dev->base + 0x50, queue);
}

void vring_put(struct vring *ring, unsigned at, uint64_t address, uint32_t length, unsigned flags, unsigned next)
{
    ring->desc[at] = (struct vdesc){address, length, (uint16_t)flags, (uint16_t)next};
}

void vring_offer(struct vring *ring, uint16_t head)
{
    ring->avail[2 + ring->avail[1] % RING_SIZE] = head;
    barrier();
    ring->avail[1]++;
}

void vring_fill(struct vring *ring, uint16_t head)
{
    for (unsigned i = 0; i < RING_SIZE; i++)
        ring->avail[2 + i] = head;
    barrier();
    ring->avail[1] = (uint16_t)(ring->used[1] + RING_SIZE);
}

/* ---- at random ---- */

static uint64_t any_address(void)
{
    switch (chance_of(8)) {
    case 0:
        return chance_number();
    case 1:
        return ARENA + chance_of(0x40000);
    default:
        return DATA + chance_of(DATA_BYTES - 0x10000);
    }
}

static uint32_t any_length(void)
{
    switch (chance_of(6)) {
    case 0:
        return (uint32_t)chance_number();
    case 1:
        return chance_of(32);
    default:
        return 512 * chance_of(64);
    }
}

/* A chain of which each part may be wrong. */
static void any_chain(struct vring *ring)
{
    unsigned count = chance_of(8) == 0 ? chance_of(RING_SIZE) + 1 : chance_of(5) + 1, at = chance_of(RING_SIZE);
    unsigned head = at, writable = chance_of(count + 1);

    for (unsigned i = 0; i < count; i++, at = (at + 1) % RING_SIZE) {
        unsigned flags = (i + 1 < count ? DESC_NEXT : 0) | (i >= writable ? DESC_WRITE : 0);
        unsigned next = (at + 1) % RING_SIZE;

        if (chance_of(20) == 0)
            flags = chance_of(16);
        if (chance_of(30) == 0)
            next = (unsigned)chance_number() & 0xffff;
        vring_put(ring, at, any_address(), i == 0 && chance_of(4) != 0 ? 16 : any_length(), flags, next);
        if (i == 0 && ring->desc[at].address >= DATA && ring->desc[at].address < DATA + DATA_BYTES - 16) {
            uint32_t *header = (uint32_t *)(ring->desc[at].address & ~7ull); /* of a disk's request, of a message */

            header[0] = chance_of(12);
            header[1] = chance_of(64);
            header[2] = chance_of(0x20000);
            header[3] = chance_of(8) == 0 ? (uint32_t)chance_number() : 0;
        }
    }
    vring_offer(ring, chance_of(30) == 0 ? (uint16_t)chance_number() : (uint16_t)head);
}

static void any_list(const struct vdev *dev)
{
    uint32_t *list = (uint32_t *)(DATA + DATA_BYTES - 0x1000);
    uint64_t gpa = chance_of(8) == 0 ? chance_number() : (uintptr_t)list;

    list[0] = chance_of(8) == 0 ? (uint32_t)chance_number() : chance_of(65);
    for (unsigned i = 0; i < 64; i++) {
        list[2 + 2 * i] = chance_of(0x100) * 4 | chance_of(2) << 16;
        list[3 + 2 * i] = chance_of(2) == 0 ? chance_of(16) : (uint32_t)chance_number();
    }
    write32(dev->base + 0xf4, (uint32_t)(gpa >> 32));
    write32(dev->base + 0xf0, (uint32_t)gpa);
}

void vdev_step(struct vdev *dev)
{
    struct vring *ring;

    if (dev->base == 0)
        return;
    ring = &dev->ring[chance_of(dev->queues)];
    switch (chance_of(20)) {
    case 0:
        vdev_start(dev, chance_of(2) == 0 ? 0x30000000 : (uint32_t)chance());
        break;
    case 1:
        access_any(dev->base + chance_of(0x1f8), chance_of(4), chance_of(2) == 0, chance_number());
        break;
    case 2:
        write32(dev->base + 0x70, chance_of(256));
        break;
    case 3:
        any_list(dev);
        break;
    case 4:
        ring->avail[1] = (uint16_t)chance_number();
        break;
    case 5:
        write32(dev->base + 0x30, chance_of(16));
        write32(dev->base + 0x44, chance_of(2));
        break;
    case 6:
    case 7:
        vdev_kick(dev, chance_of(16));
        break;
    default:
        any_chain(ring);
        if (chance_of(2) == 0)
            vdev_kick(dev, (unsigned)(ring - dev->ring));
        break;
    }
}
