/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbers.h - the file systems that a share's files lie on, and the inode numbers that the guest sees.
 *
 * The guest has one device number for all, so that the host's inode numbers alone would name two files at once. Each
 * pair of share and file system has a number, in the order in which they are met, which is mixed into the inode
 * numbers' upper 16 bits: the first share's own are the host's.
 */
#ifndef LVMM_SHARE_NUMBERS_H
#define LVMM_SHARE_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#define NUMBERS_DEVICES 1024u /* file systems whose numbers are told apart for sure */

struct numbers {
    struct {
        uint64_t dev;
        unsigned share;
        bool is_remote; /* it was asked: others than this host's kernel may change it */
        bool is_open;   /* it was asked: it isn't one by which the host's kernel shows itself */
    } devices[NUMBERS_DEVICES];
    unsigned devices_n;
};

/* The number that the guest sees of a file, for ever. share: its place on the command line. */
uint64_t number_of(struct numbers *numbers, unsigned share, uint64_t dev, uint64_t ino);
/* Whether a file system is one by which the host's kernel shows itself; fd: any file there. */
bool number_is_barred(struct numbers *numbers, unsigned share, uint64_t dev, int fd);

/* Whether nobody but this host's kernel changes what is on a file system, as far as it is known; fd: any file there.
 * That it is so isn't kept: a file system that is mounted later may get the same device number. */
bool number_is_local(struct numbers *numbers, unsigned share, uint64_t dev, int fd);

#endif
