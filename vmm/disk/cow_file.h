/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cow_file.h - the file in which the changes of a disk are kept: where what is in it, and its header. Pure.
 *
 *     0       the header: struct cow_header, and zeros
 *     4096    the boot of the host that wrote last: 16 bytes, and zeros
 *     8192    the map as it is: a bit for each sector that is in this file, lowest first
 *     + map   the map as it was when what was written was last made stable
 *     + map   the data: each sector at its place, as far as its bit is set; the rest is holes
 *
 * So the file is as large as the disk, but sparse, and each write goes to one place. A sector's bit is set after its
 * data was written. While the host runs the first map tells the truth, whatever has become of lvmm; after a crash of
 * the host, which may have kept a bit and lost its data, the second one does.
 */
#ifndef LVMM_DISK_COW_FILE_H
#define LVMM_DISK_COW_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COW_PAGE 4096u
#define COW_SECTOR 512u
#define COW_PAGE_SECTORS (COW_PAGE * 8u) /* that a page of a map is about */
#define COW_BOOT_AT 4096u
#define COW_BOOT_BYTES 16u
/* How much of a disk's start is remembered, to tell its base from another. */
#define COW_START_BYTES 4096u

/* What a file of changes belongs to. */
struct cow_base {
    uint64_t size_bytes; /* a multiple of COW_SECTOR, not 0 */
    uint64_t start_hash; /* cow_hash of the first COW_START_BYTES, or as many as there are */
};

/* Offsets in the file, multiples of COW_PAGE; map_bytes: of each map. */
struct cow_layout {
    uint64_t map_bytes, now, stable, data, file_bytes;
};

/* A number for these bytes that other bytes hardly have. Nobody is kept from making some that do. */
uint64_t cow_hash(const void *bytes, size_t size);

/* 0; -EFBIG: no file can be so large. */
int cow_layout(uint64_t size_bytes, struct cow_layout *out);

/* Does a file begin like one of these, sound or not? */
bool cow_header_is(const uint8_t *bytes, size_t size);

/* Fills all of a header's page. */
void cow_header_make(const struct cow_base *base, uint8_t header[COW_PAGE]);

/* Is `header`, with file_bytes in all, a file of changes of that base? 0; -EINVAL or -ESTALE (it is another's) with the
 * reason in `why`. */
int cow_header_check(const uint8_t header[COW_PAGE], uint64_t file_bytes, const struct cow_base *base, char *why,
                     size_t why_size);

#endif
