/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h - makes partition tables, for tests and fuzz targets. */
#ifndef TESTS_TABLES_H
#define TESTS_TABLES_H

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "vmm/disk/partition.h"

#define TABLES_SECTOR 512u
#define TABLES_SECTORS 256u

/* A disk in memory. */
struct tables_disk {
    uint8_t bytes[TABLES_SECTORS * TABLES_SECTOR];
    uint64_t size_bytes; /* that it says it has, at most those */
    unsigned reads;
};

static inline int tables_read(void *owner, void *bytes, size_t size, uint64_t offset)
{
    struct tables_disk *disk = owner;

    disk->reads++;
    if (offset > disk->size_bytes || size > disk->size_bytes - offset)
        return -EIO;
    memcpy(bytes, disk->bytes + offset, size);
    return 0;
}

static inline void tables_put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Entry `index` of the table in `sector`; and the signature. */
static inline void tables_mbr(struct tables_disk *disk, unsigned sector, unsigned index, uint8_t type, uint32_t first,
                              uint32_t count)
{
    uint8_t *at = disk->bytes + sector * TABLES_SECTOR;

    at[446 + 16 * index + 4] = type;
    tables_put(at + 446 + 16 * index + 8, first, 4);
    tables_put(at + 446 + 16 * index + 12, count, 4);
    at[510] = 0x55;
    at[511] = 0xaa;
}

static inline uint32_t tables_crc(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

#ifndef TABLES_GPT_ENTRIES
#define TABLES_GPT_ENTRIES 128u
#endif
#define TABLES_GPT_BYTES 128u

/* Entry `index`, of Linux or of an unknown type, of the first table, which begins at sector 2. */
static inline void tables_gpt(struct tables_disk *disk, unsigned index, int is_linux, uint64_t first, uint64_t last)
{
    static const uint8_t linux_type[16] = {0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47,
                                           0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4};
    uint8_t *at = disk->bytes + (size_t)2 * TABLES_SECTOR + (size_t)index * TABLES_GPT_BYTES;

    memset(at, 0x11, 16);
    if (is_linux)
        memcpy(at, linux_type, 16);
    tables_put(at + 32, first, 8);
    tables_put(at + 40, last, 8);
}

static inline void tables_gpt_header(struct tables_disk *disk, uint64_t sector, uint64_t entries_at)
{
    uint8_t *at = disk->bytes + sector * TABLES_SECTOR;

    memset(at, 0, TABLES_SECTOR);
    memcpy(at, "EFI PART", 8);
    tables_put(at + 8, 0x10000, 4);
    tables_put(at + 12, 92, 4);
    tables_put(at + 24, sector, 8);
    tables_put(at + 72, entries_at, 8);
    tables_put(at + 80, TABLES_GPT_ENTRIES, 4);
    tables_put(at + 84, TABLES_GPT_BYTES, 4);
    tables_put(at + 88,
               tables_crc(disk->bytes + entries_at * TABLES_SECTOR, (size_t)TABLES_GPT_ENTRIES * TABLES_GPT_BYTES), 4);
    tables_put(at + 16, tables_crc(at, 92), 4);
}

/* The MBR before it, both headers, and a copy of the entries at the end. */
static inline void tables_gpt_seal(struct tables_disk *disk)
{
    const unsigned copy = TABLES_SECTORS - 33;

    tables_mbr(disk, 0, 0, 0xee, 1, UINT32_MAX);
    memcpy(disk->bytes + (size_t)copy * TABLES_SECTOR, disk->bytes + (size_t)2 * TABLES_SECTOR,
           (size_t)TABLES_GPT_ENTRIES * TABLES_GPT_BYTES);
    tables_gpt_header(disk, 1, 2);
    tables_gpt_header(disk, TABLES_SECTORS - 1, copy);
}

/* With exactly as many bytes at hand as are said to be, for the sanitizer. */
static inline int tables_find(struct tables_disk *disk, unsigned number, struct partition *out, char *why,
                              size_t why_size, uint8_t *start, size_t start_size)
{
    const struct partition_disk in = {
        .size_bytes = disk->size_bytes, .start = start, .start_size = start_size, .read = tables_read, .owner = disk};

    memcpy(start, disk->bytes, start_size);
    return partition_find(&in, number, out, why, why_size);
}

#endif
