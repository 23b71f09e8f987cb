/* SPDX-License-Identifier: Apache-2.0 */
/* partition.c - see partition.h. */
#include "vmm/disk/partition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512u
#define TABLE_MAX 128u /* partitions that are looked at */
#define LIST_BYTES 160u

/* The boot sector, which is an MBR's as well. */
#define MBR_ENTRIES_AT 446u
#define MBR_ENTRY_BYTES 16u
#define MBR_ENTRIES 4u
#define MBR_LOGICAL_FIRST 5u
enum { MBR_EXTENDED = 0x05, MBR_EXTENDED_LBA = 0x0f, MBR_LINUX = 0x83, MBR_EXTENDED_LINUX = 0x85, MBR_GPT = 0xee };

/* UEFI 2.10, 5.3. */
#define GPT_SIGNATURE "EFI PART"
#define GPT_HEADER_MIN 92u
#define GPT_ENTRY_MIN 128u
#define GPT_ENTRY_MAX 4096u
#define GPT_TABLE_BYTES_MAX (256u << 10)
#define GUID_BYTES 16u

struct entry {
    unsigned number;
    uint64_t first, count; /* sectors; they may be anywhere */
    bool is_linux;
};

struct table {
    const struct partition_disk *disk;
    uint64_t sectors;
    const char *kind;
    struct entry entry[TABLE_MAX];
    unsigned count;
    char *why;
    size_t why_size;
};

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static int table_read(const struct table *table, void *bytes, size_t size, uint64_t sector)
{
    const struct partition_disk *disk = table->disk;
    uint64_t offset = sector * SECTOR;

    if (sector >= table->sectors || size > disk->size_bytes - offset) {
        snprintf(table->why, table->why_size, "its partition table (%s) goes on behind its end", table->kind);
        return -EINVAL;
    }
    if (offset + size <= disk->start_size) {
        memcpy(bytes, disk->start + offset, size);
        return 0;
    }
    int error = disk->read(disk->owner, bytes, size, offset);
    if (error != 0)
        snprintf(table->why, table->why_size, "its partition table can't be read: %s", strerror(-error));
    return error;
}

static int damaged(const struct table *table, const char *what)
{
    snprintf(table->why, table->why_size, "its partition table (%s) is damaged: %s", table->kind, what);
    return -EINVAL;
}

static int table_add(struct table *table, const struct entry *entry)
{
    if (table->count == TABLE_MAX)
        return damaged(table, "it has more than 128 partitions");
    table->entry[table->count++] = *entry;
    return 0;
}

/* ---- MBR ---- */

/* FAT's parameters, or the name of a file system that has its own, as libblkid looks for them. */
static bool is_file_system(const uint8_t *sector)
{
    uint16_t sector_bytes = get16(sector + 11);
    uint8_t cluster = sector[13], fats = sector[16], media = sector[21];
    bool is_power = sector_bytes >= 512 && sector_bytes <= 4096 && (sector_bytes & (sector_bytes - 1)) == 0;

    if (memcmp(sector + 3, "NTFS    ", 8) == 0 || memcmp(sector + 3, "EXFAT   ", 8) == 0)
        return true;
    return is_power && cluster != 0 && (cluster & (cluster - 1)) == 0 && get16(sector + 14) != 0 && fats >= 1 &&
           fats <= 2 && (media == 0xf0 || media >= 0xf8);
}

static bool is_extended(uint8_t type)
{
    return type == MBR_EXTENDED || type == MBR_EXTENDED_LBA || type == MBR_EXTENDED_LINUX;
}

struct mbr_entry {
    uint8_t type; /* 0: there is none */
    uint32_t first, count;
};

static struct mbr_entry mbr_entry(const uint8_t *sector, unsigned index)
{
    const uint8_t *at = sector + MBR_ENTRIES_AT + index * MBR_ENTRY_BYTES;
    struct mbr_entry entry = {.type = at[4], .first = get32(at + 8), .count = get32(at + 12)};

    if (entry.count == 0)
        entry.type = 0;
    return entry;
}

/* `asked`: for a partition of a table, so that there should be one. Whoever makes it leaves what was in front of it
 * alone, which may be the start of an earlier file system; Linux has the partitions then. */
static bool is_mbr(const uint8_t *sector, bool asked)
{
    bool any = false;

    if (sector[510] != 0x55 || sector[511] != 0xaa || (!asked && is_file_system(sector)))
        return false;
    for (unsigned i = 0; i < MBR_ENTRIES; i++) {
        if ((sector[MBR_ENTRIES_AT + i * MBR_ENTRY_BYTES] & 0x7f) != 0)
            return false;
        any = any || (mbr_entry(sector, i).type != 0 && mbr_entry(sector, i).first != 0);
    }
    return any;
}

static bool is_gpt(const uint8_t *sector)
{
    for (unsigned i = 0; i < MBR_ENTRIES; i++)
        if (mbr_entry(sector, i).type == MBR_GPT)
            return true;
    return false;
}

/* A sector of an extended partition's chain. */
struct mbr_link {
    uint64_t at, count; /* sectors: it, and what it is about */
    uint8_t sector[SECTOR];
};

/* The third and the fourth entry may be garbage. */
static bool is_logical(const struct mbr_link *link, unsigned index, const struct mbr_entry *extended)
{
    struct mbr_entry entry = mbr_entry(link->sector, index);
    uint64_t end = (uint64_t)entry.first + entry.count;

    if (entry.count == 0 || is_extended(entry.type))
        return false;
    return index < 2 || (end <= link->count && link->at + end <= (uint64_t)extended->first + extended->count);
}

/* Those of one link. One of type 0 has a number, but is none. */
static int mbr_add_logical(struct table *table, const struct mbr_link *link, const struct mbr_entry *extended,
                           unsigned *number)
{
    int error = 0;

    for (unsigned i = 0; i < MBR_ENTRIES && error == 0; i++) {
        struct mbr_entry entry = mbr_entry(link->sector, i);

        if (!is_logical(link, i, extended))
            continue;
        if (entry.type != 0)
            error = table_add(table,
                              &(struct entry){*number, link->at + entry.first, entry.count, entry.type == MBR_LINUX});
        ++*number;
    }
    return error;
}

/* Where the chain goes on: with the first entry that is an extended partition. False: it doesn't. */
static bool mbr_next_link(struct mbr_link *link, const struct mbr_entry *extended)
{
    for (unsigned i = 0; i < MBR_ENTRIES; i++) {
        struct mbr_entry entry = mbr_entry(link->sector, i);

        if (!is_extended(entry.type))
            continue;
        link->at = (uint64_t)extended->first + entry.first;
        link->count = entry.count;
        return true;
    }
    return false;
}

/*
 * The chain of an extended partition: a sector of it has a logical one, as a rule, and tells where the next is. As
 * Linux reads it, for the numbers to be the same: a link may have none or several, the links may be in any order on the
 * disk, and one without a signature is the end.
 */
static int mbr_read_logical(struct table *table, const struct mbr_entry *extended, unsigned *number)
{
    struct mbr_link link = {.at = extended->first, .count = extended->count};
    uint64_t seen[TABLE_MAX];
    int error = 0;

    for (unsigned links = 0; error == 0; links++) {
        if (links == TABLE_MAX)
            return damaged(table, "it has more than 128 partitions");
        for (unsigned i = 0; i < links; i++)
            if (seen[i] == link.at)
                return damaged(table, "its logical partitions go round in a circle");
        seen[links] = link.at;
        error = table_read(table, link.sector, sizeof(link.sector), link.at);
        if (error != 0 || link.sector[510] != 0x55 || link.sector[511] != 0xaa)
            break;
        error = mbr_add_logical(table, &link, extended, number);
        if (!mbr_next_link(&link, extended))
            break;
    }
    return error;
}

static int mbr_read(struct table *table)
{
    unsigned number = MBR_LOGICAL_FIRST;
    int error = 0;

    table->kind = "MBR";
    for (unsigned i = 0; i < MBR_ENTRIES && error == 0; i++) {
        struct mbr_entry entry = mbr_entry(table->disk->start, i);

        if (is_extended(entry.type))
            error = mbr_read_logical(table, &entry, &number);
        else if (entry.type != 0)
            error = table_add(table, &(struct entry){i + 1, entry.first, entry.count, entry.type == MBR_LINUX});
    }
    return error;
}

/* ---- GPT ---- */

static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* Linux's file systems, and the root ones of its ISAs (the Discoverable Partitions Specification). */
static bool guid_is_linux(const uint8_t *guid)
{
    static const char *const types[] = {
        "\xaf\x3d\xc6\x0f\x83\x84\x72\x47\x8e\x79\x3d\x69\xd8\x47\x7d\xe4", /* 0fc63daf-... */
        "\xe3\xbc\x68\x4f\xcd\xe8\xb1\x4d\x96\xe7\xfb\xca\xf9\x84\xb7\x09", /* 4f68bce3-...: x86_64 */
        "\x40\x95\x47\x44\x97\xf2\xb2\x41\x9a\xf7\xd1\x31\xd5\xf0\x45\x8a", /* 44479540-...: x86 */
        "\x45\xb0\x21\xb9\xf0\x1d\xc3\x41\xaf\x44\x4c\x6f\x28\x0d\x3f\xae", /* b921b045-...: aarch64 */
        "\xa6\x70\xec\x72\x74\xcf\xe6\x40\xbd\x49\x4b\xda\x08\xe8\xf2\x24", /* 72ec70a6-...: riscv64 */
        "\x00\x58\x05\x77\x2c\x79\x94\x4f\xb3\x9a\x98\xc9\x1b\x76\x2b\xb6", /* 77055800-...: loongarch64 */
    };

    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (memcmp(guid, types[i], GUID_BYTES) == 0)
            return true;
    return false;
}

struct gpt {
    uint64_t entries_at; /* sector */
    uint32_t count, entry_bytes, crc;
};

static int gpt_read_header(struct table *table, uint64_t sector, struct gpt *gpt)
{
    uint8_t header[SECTOR];
    int error = table_read(table, header, sizeof(header), sector);

    if (error != 0)
        return error;
    uint32_t size = get32(header + 12), crc = get32(header + 16);
    if (memcmp(header, GPT_SIGNATURE, 8) != 0)
        return damaged(table, "it has no header");
    if (size < GPT_HEADER_MIN || size > sizeof(header))
        return damaged(table, "the size of its header");
    memset(header + 16, 0, 4);
    if (crc32_of(header, size) != crc || get64(header + 24) != sector)
        return damaged(table, "the checksum of its header");
    *gpt = (struct gpt){get64(header + 72), get32(header + 80), get32(header + 84), get32(header + 88)};
    if (gpt->entry_bytes < GPT_ENTRY_MIN || gpt->entry_bytes > GPT_ENTRY_MAX || gpt->entry_bytes % 8 != 0 ||
        gpt->count == 0 || gpt->count > GPT_TABLE_BYTES_MAX / gpt->entry_bytes)
        return damaged(table, "the size of its entries");
    return 0;
}

static int gpt_add(struct table *table, unsigned number, const uint8_t *at)
{
    static const uint8_t unused[GUID_BYTES];
    uint64_t first = get64(at + 32), last = get64(at + 40);

    if (memcmp(at, unused, GUID_BYTES) == 0)
        return 0;
    /* One that ends before it begins, or at the end of all numbers, has no sectors; that is told when it is wanted. */
    uint64_t count = last >= first && last - first < UINT64_MAX ? last - first + 1 : 0;
    return table_add(table, &(struct entry){number, first, count, guid_is_linux(at)});
}

static int gpt_read_entries(struct table *table, const struct gpt *gpt)
{
    size_t size = (size_t)gpt->count * gpt->entry_bytes;
    uint8_t *entries = malloc(size);
    int error = entries == NULL ? -ENOMEM : table_read(table, entries, size, gpt->entries_at);

    if (entries == NULL)
        snprintf(table->why, table->why_size, "no memory for its partition table");
    if (error == 0 && crc32_of(entries, size) != gpt->crc)
        error = damaged(table, "the checksum of its entries");
    for (unsigned i = 0; i < gpt->count && error == 0; i++)
        error = gpt_add(table, i + 1, entries + (size_t)i * gpt->entry_bytes);
    free(entries);
    return error;
}

static int gpt_read_at(struct table *table, uint64_t sector)
{
    struct gpt gpt = {0};
    int error = gpt_read_header(table, sector, &gpt);

    return error != 0 ? error : gpt_read_entries(table, &gpt);
}

/* The second one is for when the first is damaged: at the disk's end. */
static int gpt_read(struct table *table)
{
    table->kind = "GPT";
    int error = gpt_read_at(table, 1);

    if (error != -EINVAL)
        return error;
    char *why = table->why;
    char ignored[LIST_BYTES];
    size_t why_size = table->why_size;

    table->why = ignored;
    table->why_size = sizeof(ignored);
    table->count = 0;
    int second = gpt_read_at(table, table->sectors - 1);
    table->why = why;
    table->why_size = why_size;
    if (second == 0)
        why[0] = '\0';
    return second == 0 ? 0 : error;
}

/* ---- one of them ---- */

static void list(const struct table *table, char text[LIST_BYTES])
{
    size_t length = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < table->count && length < LIST_BYTES; i++) {
        const struct entry *entry = &table->entry[i];
        size_t before = length;

        length += (size_t)snprintf(text + length, LIST_BYTES - length, "%s%u (%" PRIu64 " KiB%s)", i > 0 ? ", " : "",
                                   entry->number, entry->count / 2, entry->is_linux ? ", Linux" : "");
        if (length >= LIST_BYTES) /* not a part of one */
            text[before] = '\0';
    }
}

static const struct entry *choose(const struct table *table, unsigned number)
{
    const struct entry *chosen = NULL;

    for (unsigned i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entry[i];
        bool fits = number == PARTITION_LINUX ? entry->is_linux : entry->number == number;

        if (fits && (chosen == NULL || entry->number < chosen->number))
            chosen = entry;
    }
    return chosen;
}

static bool is_in_disk(const struct table *table, const struct entry *entry)
{
    return entry->first > 0 && entry->count > 0 && entry->first < table->sectors &&
           entry->count <= table->sectors - entry->first;
}

/* The chosen one is in the disk; the other may be anywhere. */
static bool overlap(const struct entry *chosen, const struct entry *other)
{
    uint64_t end = chosen->first + chosen->count;

    return other->count > 0 && other->first < end &&
           (other->first >= chosen->first || other->count > chosen->first - other->first);
}

static int check(const struct table *table, const struct entry *chosen)
{
    char *why = table->why;

    if (!is_in_disk(table, chosen)) {
        snprintf(why, table->why_size, "its partition %u isn't within the disk (is all of the image here?)",
                 chosen->number);
        return -EINVAL;
    }
    for (unsigned i = 0; i < table->count; i++) {
        if (&table->entry[i] == chosen || !overlap(chosen, &table->entry[i]))
            continue;
        snprintf(why, table->why_size, "its partitions %u and %u overlap", chosen->number, table->entry[i].number);
        return -EINVAL;
    }
    return 0;
}

static int find_in(const struct table *table, unsigned number, struct partition *out)
{
    const struct entry *chosen = choose(table, number);
    char partitions[LIST_BYTES];

    list(table, partitions);
    if (chosen == NULL && number == PARTITION_LINUX) {
        snprintf(table->why, table->why_size, "its partition table (%s) has no Linux partition; there are: %s",
                 table->kind, partitions);
        return 0;
    }
    if (chosen == NULL) {
        snprintf(table->why, table->why_size, "its partition table (%s) has no partition %u; there are: %s",
                 table->kind, number, partitions);
        return -ENOENT;
    }
    int error = check(table, chosen);
    if (error != 0)
        return error;
    *out = (struct partition){chosen->number, chosen->first * SECTOR, chosen->count * SECTOR};
    return 1;
}

int partition_find(const struct partition_disk *disk, unsigned number, struct partition *out, char *why,
                   size_t why_size)
{
    struct table table = {
        .disk = disk, .sectors = disk->size_bytes / SECTOR, .kind = "", .why = why, .why_size = why_size};

    why[0] = '\0';
    if (!is_mbr(disk->start, number != PARTITION_LINUX)) {
        if (number == PARTITION_LINUX)
            return 0;
        snprintf(why, why_size, "has no partition table");
        return -ENOENT;
    }
    int error = is_gpt(disk->start) ? gpt_read(&table) : mbr_read(&table);
    return error != 0 ? error : find_in(&table, number, out);
}
