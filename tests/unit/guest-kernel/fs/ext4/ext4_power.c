/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_power.c - see ext4_power.h. */
#include "ext4_power.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "vfs/blk.h"

/* The superblock has one checksum and two sectors, and is read before the journal: Linux takes it for granted as well
 * that both arrive, or none. */
#define SUPER_SECTOR 2u

static struct power *current;

static struct power_event *event_add(struct power *power, enum power_kind kind)
{
    if (power->count == power->room) {
        power->room = power->room * 2 + 1000;
        power->events = realloc(power->events, power->room * sizeof(*power->events));
        ck_assert_ptr_nonnull(power->events);
    }
    struct power_event *event = &power->events[power->count++];
    *event = (struct power_event){.kind = kind};
    return event;
}

static int transfer(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                    unsigned count)
{
    uint8_t *at = current->bytes + sector * SECTOR_SIZE;
    size_t size = 0;

    (void)dev;
    for (unsigned i = 0; i < count; i++) {
        ck_assert_uint_le(sector * SECTOR_SIZE + size + segments[i].size, current->size);
        if (write)
            memcpy(at + size, phys_to_virt(segments[i].addr), segments[i].size);
        else
            memcpy(phys_to_virt(segments[i].addr), at + size, segments[i].size);
        size += segments[i].size;
    }
    if (write && current->recording) {
        struct power_event *event = event_add(current, POWER_WRITE);
        event->sector = sector;
        event->sectors = (unsigned)(size / SECTOR_SIZE);
        event->bytes = malloc(size);
        memcpy(event->bytes, at, size);
    }
    return 0;
}

static int flush(struct blk_device *dev)
{
    (void)dev;
    if (current->recording)
        event_add(current, POWER_FLUSH);
    return 0;
}

void power_init(struct power *power, uint8_t *bytes, size_t size)
{
    *power = (struct power){.bytes = bytes, .size = size};
}

struct blk_device *power_device(struct power *power)
{
    static const struct blk_ops ops = {.transfer = transfer, .flush = flush};
    static struct blk_device dev;

    current = power;
    dev = (struct blk_device){.name = "vda", .sectors = power->size / SECTOR_SIZE, .ops = &ops};
    return &dev;
}

void power_record(struct power *power)
{
    power->first = malloc(power->size);
    memcpy(power->first, power->bytes, power->size);
    power->recording = true;
}

void power_note(struct power *power, int note, int which, void *more)
{
    struct power_event *event = event_add(power, POWER_NOTE);

    event->note = note;
    event->which = which;
    event->more = more;
}

static uint32_t pick(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)*seed * below) >> 32);
}

static void write_sectors(struct power *power, const struct power_event *event, unsigned from, unsigned end)
{
    memcpy(power->bytes + (event->sector + from) * SECTOR_SIZE, event->bytes + (size_t)from * SECTOR_SIZE,
           (size_t)(end - from) * SECTOR_SIZE);
}

/* Nothing of it, all, its beginning, its end, or every sector by chance. */
static void write_some(struct power *power, const struct power_event *event, uint32_t *seed)
{
    unsigned part = pick(seed, 8), middle = pick(seed, event->sectors + 1);

    if (part < 3)
        write_sectors(power, event, 0, event->sectors);
    else if (part == 3)
        write_sectors(power, event, 0, middle);
    else if (part == 4)
        write_sectors(power, event, middle, event->sectors);
    for (unsigned i = 0; part == 5 && i < event->sectors; i++)
        if (pick(seed, 2) == 0)
            write_sectors(power, event, i, i + 1);
    if (part >= 3 && part <= 5 && event->sector <= SUPER_SECTOR && event->sector + event->sectors >= SUPER_SECTOR + 2)
        write_sectors(power, event, (unsigned)(SUPER_SECTOR - event->sector),
                      (unsigned)(SUPER_SECTOR + 2 - event->sector));
}

void power_cut(struct power *power, unsigned end, enum power_cut how, uint32_t *seed)
{
    unsigned flushed = 0, last = end;

    for (unsigned i = 0; i < end; i++)
        flushed = power->events[i].kind == POWER_FLUSH ? i : flushed;
    while (last != 0 && power->events[last - 1].kind == POWER_NOTE)
        last--;
    power->recording = false;
    memcpy(power->bytes, power->first, power->size);
    for (unsigned i = 0; i < end; i++) {
        const struct power_event *event = &power->events[i];
        if (event->kind != POWER_WRITE)
            continue;
        if ((how == POWER_LOST && i >= flushed) || (how == POWER_TORN && i + 1 == last))
            write_some(power, event, seed);
        else
            write_sectors(power, event, 0, event->sectors);
    }
}

void power_free(struct power *power)
{
    for (unsigned i = 0; i < power->count; i++) {
        free(power->events[i].bytes);
        free(power->events[i].more);
    }
    free(power->events);
    free(power->first);
}
