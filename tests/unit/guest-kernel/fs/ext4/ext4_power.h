/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_power.h - a disk that remembers what was written to it and when it was flushed, and what it may hold when the
 * power goes. */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_POWER_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum power_kind { POWER_WRITE, POWER_FLUSH, POWER_NOTE };

struct power_event {
    enum power_kind kind;
    uint64_t sector;
    unsigned sectors;
    uint8_t *bytes;  /* POWER_WRITE: what was written */
    int note, which; /* POWER_NOTE: the caller's */
    void *more;
};

struct power {
    uint8_t *bytes; /* as the guest sees it */
    size_t size;
    uint8_t *first; /* as it was when the record began */
    struct power_event *events;
    unsigned count, room;
    bool recording;
};

enum power_cut {
    POWER_IN_ORDER, /* lvmm is killed: all that was written before is there */
    POWER_TORN,     /* and of the last write some sectors */
    POWER_LOST      /* of what was written since the last flush any part is there, by sectors */
};

/* Takes over an image, which the caller keeps until power_free. */
void power_init(struct power *power, uint8_t *bytes, size_t size);
struct blk_device *power_device(struct power *power); /* one at a time */
void power_record(struct power *power);               /* from now on */
/* Something that isn't a request, in its place among them. more: freed by power_free. */
void power_note(struct power *power, int note, int which, void *more);
/* The disk becomes what it may be if the power goes before event `end`; the record ends. */
void power_cut(struct power *power, unsigned end, enum power_cut how, uint32_t *seed);
void power_free(struct power *power);

#endif
