/* SPDX-License-Identifier: Apache-2.0 */
/* blk.c - the hostile guest's disk. It has to have 64 MiB: they are written. */
#include "lib/string.h"
#include "virtio.h"

#define F_FLUSH (1u << 9)
#define SECTOR 512u

enum { IN = 0, OUT = 1 };
enum { S_OK = 0, S_IOERR = 1 };

struct header {
    uint32_t type, reserved;
    uint64_t sector;
};

/* A page for headers and status bytes, in front of the data. */
#define HEADER DATA
#define STATUS (DATA + 0x800)
#define BUFFER (DATA + 0x1000)

static struct vdev *disk;

static void start(void)
{
    disk = vdev_find(2);
    if (disk->base == 0)
        power_off(97); /* it was to be given one */
    vdev_start(disk, F_FLUSH);
}

static void put_header(uint32_t type, uint64_t sector)
{
    *(struct header *)HEADER = (struct header){type, 0, sector};
}

/* A request for `count` times the same `length` bytes. */
static void put_request(uint32_t type, unsigned count, uint32_t length)
{
    struct vring *ring = &disk->ring[0];

    put_header(type, 0);
    vring_put(ring, 0, HEADER, 16, DESC_NEXT, 1);
    for (unsigned i = 1; i <= count; i++)
        vring_put(ring, i, BUFFER, length, DESC_NEXT | (type == IN ? DESC_WRITE : 0), i + 1);
    vring_put(ring, count + 1, STATUS, 1, DESC_WRITE, 0);
    *(volatile uint8_t *)STATUS = 0xff;
}

static uint8_t wait_status(void)
{
    vdev_kick(disk, 0);
    while (*(volatile uint8_t *)STATUS == 0xff)
        barrier();
    return *(volatile uint8_t *)STATUS;
}

/*
 * Data that lands in the available ring's idx and in the request's own header: pair k of the disk's sectors makes one
 * more chain available, which reads pair k + 1. 65536 of them go round.
 */
#define PAIRS 65536u

static void write_pairs(void)
{
    struct vring *ring = &disk->ring[0];
    const uint32_t chunk = 1u << 20;

    for (uint32_t k = 0; k < PAIRS; k++) {
        uint64_t at = BUFFER + k * (2 * SECTOR) % chunk;

        *(uint32_t *)at = (k + 2) << 16; /* flags, idx; the ring's places are all zero */
        *(struct header *)(at + SECTOR) = (struct header){IN, 0, 2 * ((k + 1) % PAIRS)};
        if ((k + 1) * (2 * SECTOR) % chunk != 0)
            continue;
        put_request(OUT, 1, chunk);
        put_header(OUT, ((k + 1) * (2ull * SECTOR) - chunk) / SECTOR);
        vring_put(ring, 1, BUFFER, chunk, DESC_NEXT, 2);
        vring_offer(ring, 0);
        if (wait_status() != S_OK)
            power_off(96);
    }
}

static void endless_ring(void)
{
    start();
    write_pairs();
    start();
    put_header(IN, 0);
    vring_put(&disk->ring[0], 0, HEADER, 16, DESC_NEXT, 1);
    vring_put(&disk->ring[0], 1, (uintptr_t)disk->ring[0].avail, SECTOR, DESC_NEXT | DESC_WRITE, 2);
    vring_put(&disk->ring[0], 2, HEADER, SECTOR, DESC_NEXT | DESC_WRITE, 3);
    vring_put(&disk->ring[0], 3, STATUS, 1, DESC_WRITE, 0);
    vring_offer(&disk->ring[0], 0);
    print_going();
    vdev_kick(disk, 0);
    spin();
}

/* All that a full ring can ask for, again and again. */
static void endless_bytes(void)
{
    start();
    put_request(IN, 126, 256 << 10);
    print_going();
    for (;;) {
        vring_fill(&disk->ring[0], 0);
        vdev_kick(disk, 0);
    }
}

static void too_large(void)
{
    start();
    put_request(IN, 126, 1 << 20);
    vring_offer(&disk->ring[0], 0);
    power_off(wait_status() == S_IOERR ? 0 : 1);
}

static void storm(void)
{
    start();
    print_going();
    for (;;)
        vdev_kick(disk, 0);
}

static void resets(void)
{
    print_going();
    for (;;) {
        start();
        put_request(chance_of(2), 60, 64 << 10);
        vring_fill(&disk->ring[0], 0);
        vdev_kick(disk, 0);
    }
}

/* What can't be read is refused each time, and told of once. */
static void failures(void)
{
    start();
    for (unsigned i = 0; i < 2000; i++) {
        put_request(IN, 1, SECTOR);
        put_header(IN, ~0ull - i);
        vring_offer(&disk->ring[0], 0);
        if (wait_status() != S_IOERR)
            power_off(1);
    }
    power_off(0);
}

static void step(void)
{
    vdev_step(vdev_find(2));
}

static const struct hostile_mode modes[] = {
    {"blk-endless-ring", endless_ring, "timeout", false},
    {"blk-endless-bytes", endless_bytes, "timeout", false},
    {"blk-too-large", too_large, "0", false},
    {"blk-storm", storm, "timeout", false},
    {"blk-resets", resets, "timeout", false},
    {"blk-failures", failures, "0", false},
    {0},
};

const struct hostile_device hostile_blk = {"blk", step, modes};
