/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/disk/partition.c vmm/disk/format.c
/* partition_fuzz.c - the start of a disk: what is found of a partition table is in the disk, and costs a bounded number
 * of reads. */
#include "tests/fuzz/input.h"

#define TABLES_GPT_ENTRIES 16u /* checksums of more take most of the time */
#include "tests/unit/vmm/disk/tables.h"
#include "vmm/disk/format.h"

#define READS_MAX 600u /* four extended partitions of 128 links, and two GPTs */

static struct tables_disk disk;

static void try(unsigned number)
{
    size_t size = disk.size_bytes < DISK_START_BYTES ? disk.size_bytes : DISK_START_BYTES;
    struct partition found = {0};
    uint8_t *start = malloc(size);
    char why[400];

    disk.reads = 0;
    int result = tables_find(&disk, number, &found, why, sizeof(why), start, size);
    must(result <= 1 && (result >= 0 || why[0] != '\0') && (result != 1 || why[0] == '\0'));
    must(strchr(why, '\n') == NULL && disk.reads <= READS_MAX);
    if (result == 1) {
        must(found.offset > 0 && found.offset % 512 == 0 && found.size_bytes > 0 && found.size_bytes % 512 == 0);
        must(found.offset < disk.size_bytes && found.size_bytes <= disk.size_bytes - found.offset);
        must(number == PARTITION_LINUX || found.number == number);
    }
    disk_format_name(start, size);
    free(start);
}

/* A good table, for the input to change. */
static void make_table(unsigned kind)
{
    if (kind == 1 || kind == 2) {
        tables_mbr(&disk, 0, 0, 0x83, 8, 8);
        tables_mbr(&disk, 0, 1, 0x05, 32, 200);
        tables_mbr(&disk, 32, 0, 0x07, 1, 10);
        tables_mbr(&disk, 32, 1, 0x05, 20, 40);
        tables_mbr(&disk, 52, 0, 0x83, 2, 30);
    } else if (kind == 3) {
        tables_gpt(&disk, 0, 0, 40, 49);
        tables_gpt(&disk, 3, 1, 100, 149);
        tables_gpt_seal(&disk);
    }
}

static void change(struct input *input, bool seal)
{
    while (input->size >= 4) {
        uint16_t at = input_u16(input), value = input_u16(input);

        at %= 64 * TABLES_SECTOR;
        tables_put(disk.bytes + at, value, at % 2 == 0 ? 2 : 1);
    }
    if (seal) { /* with checksums that are right */
        uint8_t *header = disk.bytes + TABLES_SECTOR;

        tables_put(header + 88, tables_crc(disk.bytes + 2 * TABLES_SECTOR, TABLES_GPT_ENTRIES * TABLES_GPT_BYTES), 4);
        tables_put(header + 16, 0, 4);
        tables_put(header + 16, tables_crc(header, 92), 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint8_t kind = input_u8(&input);
    uint16_t sectors = input_u16(&input);

    memset(&disk, 0, sizeof(disk));
    disk.size_bytes = kind & 8 ? (1 + sectors % TABLES_SECTORS) * TABLES_SECTOR : sizeof(disk.bytes);
    make_table(kind & 3);
    if ((kind & 3) == 0)
        input_bytes(&input, disk.bytes, sizeof(disk.bytes));
    else
        change(&input, kind & 4);
    try(PARTITION_LINUX);
    try(1 + (kind >> 4));
    return 0;
}
