/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stubs.h - kernel services for unit tests and fuzz targets of guest-kernel/ on the host: frames, kmalloc, user memory,
 * clock, random numbers, log. What a test may look at and turn is here.
 */
#ifndef TESTS_GUEST_KERNEL_STUBS_H
#define TESTS_GUEST_KERNEL_STUBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern uint64_t stub_page_total;  /* frames there are; may be lowered to try what happens without memory */
extern uint64_t stub_fail_at;     /* that allocation of a frame or by kmalloc, from now on, fails once; 0: none does */
extern bool stub_fail_on;         /* and so do all behind it, until stub_fail_at is 0 */
extern uint64_t stub_pages_used;  /* frames with references */
extern uint64_t stub_kmallocs;    /* objects that kmalloc gave and kfree didn't take back */
extern uint64_t stub_clock_ns;    /* clock_realtime_ns and clock_monotonic_ns */
extern char stub_last_error[256]; /* log_error's last message */
extern const char *stub_user_fault; /* user addresses from here on fault; NULL: none do */
extern bool stub_loop_ends;         /* what wait_loop_ends says */
extern void (*stub_in_loop)(void);  /* called by it, if it isn't NULL: what another CPU does meanwhile */
extern bool stub_quiet;             /* log_error prints nothing */

/* ---- image.c: disks ---- */

struct blk_device;

struct stub_disk { /* a disk in memory */
    uint8_t *bytes;
    size_t size;
    unsigned reads, writes, flushes; /* requests */
    bool slow;                       /* requests are done when somebody waits */
    bool clears;                     /* it takes discards, and zeroes that aren't sent */
    bool clear_fails;                /* and then these alone give -EIO */
    unsigned discards, zeroes;       /* such requests */
    uint64_t discarded;              /* sectors, which are 0xdd then */
    unsigned fail_after;             /* that many requests from now on fail with -EIO; 0: none does */
    size_t bad_from, bad_to;         /* these bytes can't be written: -EIO */
    void (*meanwhile)(void);         /* what others do while somebody waits to read; or NULL */
};

/* A device on the disk's bytes, which stay the caller's. */
struct blk_device *stub_disk_open(struct stub_disk *disk, bool read_only);

/* Makes a FAT32 image of `size_kib` with this many sectors per cluster by mkfs.fat; more: further options or "".
 * Fails the test if that doesn't work. The caller frees disk->bytes. */
void image_make(struct stub_disk *disk, unsigned size_kib, unsigned cluster_sectors, const char *more);
/* Runs a shell command with the image as $IMAGE (and mtools' -i), and takes over what it did to it. Its status. */
int image_shell(struct stub_disk *disk, const char *command);
/* fsck.fat -n: 0 if the image is clean; else its complaints are printed. */
int image_check(struct stub_disk *disk);

#endif
