/* SPDX-License-Identifier: Apache-2.0 */
/* console.c - the hostile guest's console: its ports, the control messages, the records of the control port. */
#include "boot/abi.h"
#include "lib/string.h"
#include "virtio.h"

#define F_MULTIPORT 2u

/* Queues, virtio 1.2, 5.3.2. */
#define TRANSMIT(port) ((port) == 0 ? 1u : 3u + 2u * (port))
#define CONTROL_TRANSMIT 3u

static struct vdev *console;

static void start(void)
{
    console = vdev_find(3);
    if (console->base == 0)
        power_off(97);
    vdev_start(console, F_MULTIPORT);
}

/* `count` times the same bytes, in one chain. */
static void put_chain(unsigned queue, unsigned count, uint32_t length)
{
    for (unsigned i = 0; i < count; i++)
        vring_put(&console->ring[queue], i, DATA, length, i + 1 < count ? DESC_NEXT : 0, i + 1);
}

static void send(unsigned queue, uint32_t length)
{
    uint16_t before = console->ring[queue].used[1];

    put_chain(queue, 1, length);
    vring_offer(&console->ring[queue], 0);
    vdev_kick(console, queue);
    while (console->ring[queue].used[1] == before)
        barrier();
}

/* Chains of nearly 4 GiB each, as many as the ring holds. */
static void send_much(unsigned port)
{
    start();
    put_chain(TRANSMIT(port), 63, DATA_BYTES);
    vring_fill(&console->ring[TRANSMIT(port)], 0);
    print_going();
    vdev_kick(console, TRANSMIT(port));
    spin();
}

/* One record of a type that is skipped would be too long; these are many of zero bytes, which are none. */
static void control_much(void)
{
    send_much(LVMM_PORT_CONTROL);
}

static void output_much(void)
{
    send_much(LVMM_PORT_STDOUT);
}

/* Nobody is at that port. */
static void nowhere_much(void)
{
    send_much(7);
}

static void output_endless(void)
{
    start();
    memset((void *)DATA, 'y', 65536);
    print_going();
    for (;;)
        send(TRANSMIT(LVMM_PORT_STDOUT), 65536);
}

static void record(uint32_t type, uint32_t size, uint32_t first)
{
    struct lvmm_record *head = (void *)DATA;

    start();
    memset((void *)DATA, 0, LVMM_RECORD_MAX + 64);
    *head = (struct lvmm_record){type, size};
    *(uint32_t *)(DATA + sizeof(*head)) = first;
    send(TRANSMIT(LVMM_PORT_CONTROL), sizeof(*head) + (size < LVMM_RECORD_MAX ? size : LVMM_RECORD_MAX));
    spin();
}

static void record_good(void)
{
    record(LVMM_RECORD_EXIT, sizeof(struct lvmm_exit), 7);
}

static void record_status(void)
{
    record(LVMM_RECORD_EXIT, sizeof(struct lvmm_exit), 256);
}

static void record_short(void)
{
    record(LVMM_RECORD_EXIT, 4, 0);
}

static void record_long(void)
{
    record(99, LVMM_RECORD_MAX + 1, 0);
}

static void record_escapes(void)
{
    record(LVMM_RECORD_FAIL, 64, 0x9b1b0a0d);
}

/* Messages of all kinds, to ports that are there and to others, without a buffer for an answer. */
static void messages(void)
{
    start();
    print_going();
    for (;;) {
        uint32_t *message = (uint32_t *)DATA;

        message[0] = chance_of(4) == 0 ? (uint32_t)chance_number() : chance_of(8);
        message[1] = chance_of(9) | chance_of(3) << 16;
        send(CONTROL_TRANSMIT, chance_of(4) == 0 ? 1 + chance_of(64) : 8);
    }
}

/* Not to the control port's queue: an exit that is sent by chance would end the run. */
static void step(void)
{
    struct vdev *dev = vdev_find(3);

    if (dev->base != 0)
        vdev_step(dev);
}

static const struct hostile_mode modes[] = {
    {"console-control-much", control_much, "timeout", true},
    {"console-output-much", output_much, "timeout", true},
    {"console-nowhere-much", nowhere_much, "timeout", true},
    {"console-output-endless", output_endless, "timeout", true},
    {"console-record-good", record_good, "7", true},
    {"console-record-status", record_status, "125", true},
    {"console-record-short", record_short, "125", true},
    {"console-record-long", record_long, "125", true},
    {"console-record-escapes", record_escapes, "125", true},
    {"console-messages", messages, "timeout", true},
    {0},
};

const struct hostile_device hostile_console = {"console", step, modes};
