/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_area.c - entries and values come to a place where attributes are, and go (ext4 layout, "Extended
 * Attributes"). */
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"

/* Bits by which a hash is turned for each byte of a name, each word of a value, and each entry. */
#define NAME_TURN 5u
#define VALUE_TURN 16u
#define BLOCK_TURN 16u

static uint32_t turned(uint32_t hash, unsigned bits)
{
    return hash << bits | hash >> (32 - bits);
}

/* Of the name and the value, which is padded with zeros. */
static uint32_t entry_hash(const struct ext4_xattr_key *key, const char *value, size_t size)
{
    uint32_t hash = 0, word;

    for (size_t i = 0; i < key->length; i++)
        hash = turned(hash, NAME_TURN) ^ (uint8_t)key->name[i];
    for (size_t at = 0; at < size; at += sizeof(word)) {
        word = 0;
        memcpy(&word, value + at, size - at < sizeof(word) ? size - at : sizeof(word));
        hash = turned(hash, VALUE_TURN) ^ word;
    }
    return hash;
}

static struct ext4_xattr_entry *next_of(const struct ext4_xattr_entry *entry)
{
    return ext4_xattr_entry_at((const char *)entry + ext4_xattr_entry_size(entry));
}

static bool is_end(const struct ext4_xattr_entry *entry)
{
    return ext4_xattr_is_last((const char *)entry);
}

/* Whether its value is here. */
static bool has_value(const struct ext4_xattr_entry *entry)
{
    return entry->value_size != 0 && entry->value_inum == 0;
}

/* A block's hash is 0, and it isn't to be shared, when an entry has none. */
void ext4_xattr_block_rehash(const struct ext4_xattr_area *area)
{
    struct ext4_xattr_header *header = (struct ext4_xattr_header *)(void *)area->values;

    header->hash = 0;
    for (const struct ext4_xattr_entry *entry = ext4_xattr_entry_at(area->first); !is_end(entry);
         entry = next_of(entry)) {
        if (entry->hash == 0) {
            header->hash = 0;
            return;
        }
        header->hash = turned(header->hash, BLOCK_TURN) ^ entry->hash;
    }
}

void ext4_xattr_area_clear(const struct ext4_xattr_area *area)
{
    memset(area->first, 0, (size_t)(area->end - area->first));
}

bool ext4_xattr_area_is_empty(const struct ext4_xattr_area *area)
{
    return ext4_xattr_is_last(area->first);
}

bool ext4_xattr_area_has_inodes(const struct ext4_xattr_area *area)
{
    for (const struct ext4_xattr_entry *entry = ext4_xattr_entry_at(area->first); !is_end(entry);
         entry = next_of(entry))
        if (entry->value_inum != 0)
            return true;
    return false;
}

/* The four zero bytes, and where the lowest value begins. */
static void bounds(const struct ext4_xattr_area *area, char **last, char **lowest)
{
    const struct ext4_xattr_entry *entry = ext4_xattr_entry_at(area->first);

    *lowest = area->end;
    for (; !is_end(entry); entry = next_of(entry))
        if (has_value(entry) && area->values + entry->value_offs < *lowest)
            *lowest = area->values + entry->value_offs;
    *last = (char *)(uintptr_t)entry;
}

/* What the entry's value takes, which may end at the end where others are padded. */
static size_t value_room(const struct ext4_xattr_area *area, const struct ext4_xattr_entry *entry)
{
    size_t left = (size_t)(area->end - area->values) - entry->value_offs, size = ext4_xattr_round(entry->value_size);

    if (!has_value(entry))
        return 0;
    return size < left ? size : left;
}

/* Values may overlap on a disk that is damaged: only one that is the lowest, or behind which nothing begins within it,
 * gives all its bytes back. Who asks is told the least. */
static bool value_is_alone(const struct ext4_xattr_area *area, const struct ext4_xattr_entry *of)
{
    size_t from = of->value_offs, end = from + value_room(area, of);

    for (const struct ext4_xattr_entry *entry = ext4_xattr_entry_at(area->first); !is_end(entry);
         entry = next_of(entry))
        if (entry != of && has_value(entry) && entry->value_offs < end &&
            from < (size_t)entry->value_offs + entry->value_size)
            return false;
    return true;
}

bool ext4_xattr_area_fits(const struct ext4_xattr_area *area, const struct ext4_xattr_entry *old, size_t name_length,
                          size_t size)
{
    size_t need = ext4_xattr_round(sizeof(struct ext4_xattr_entry) + name_length) + ext4_xattr_round(size);
    char *last, *lowest;

    bounds(area, &last, &lowest);
    size_t room = (size_t)(lowest - last) - sizeof(uint32_t);
    if (old != NULL)
        room += ext4_xattr_entry_size(old);
    if (old != NULL && has_value(old) && value_is_alone(area, old))
        room += value_room(area, old);
    return need <= room;
}

/* The lower ones come up. */
static void value_remove(const struct ext4_xattr_area *area, const struct ext4_xattr_entry *of)
{
    size_t at = of->value_offs, size = value_room(area, of);
    char *last, *lowest;

    bounds(area, &last, &lowest);
    size_t from = (size_t)(lowest - area->values);
    memmove(lowest + size, lowest, at - from);
    memset(lowest, 0, size);
    for (struct ext4_xattr_entry *entry = ext4_xattr_entry_at(area->first); !is_end(entry); entry = next_of(entry))
        if (entry != of && has_value(entry) && entry->value_offs < at)
            entry->value_offs = (uint16_t)(entry->value_offs + size);
}

void ext4_xattr_area_remove(const struct ext4_xattr_area *area, struct ext4_xattr_entry *entry)
{
    size_t size = ext4_xattr_entry_size(entry);
    char *last, *lowest;

    if (has_value(entry) && value_is_alone(area, entry))
        value_remove(area, entry);
    entry->value_size = 0;
    bounds(area, &last, &lowest);
    char *behind = (char *)entry + size;
    memmove(entry, behind, (size_t)(last - behind));
    memset(last - size, 0, size);
    if (area->is_block)
        ext4_xattr_block_rehash(area);
}

/* By kind, length of the name, and name. */
static bool comes_before(const struct ext4_xattr_entry *entry, const struct ext4_xattr_key *key)
{
    if (entry->name_index != key->index)
        return entry->name_index < key->index;
    if (entry->name_len != key->length)
        return entry->name_len < key->length;
    return memcmp(entry->name, key->name, key->length) < 0;
}

void ext4_xattr_area_add(const struct ext4_xattr_area *area, const struct ext4_xattr_key *key, size_t at,
                         const void *value, size_t size)
{
    size_t entry_room = ext4_xattr_round(sizeof(struct ext4_xattr_entry) + key->length);
    struct ext4_xattr_entry *entry = ext4_xattr_entry_at(area->first);
    char *last, *lowest;

    bounds(area, &last, &lowest);
    while (!is_end(entry) && (area->is_block ? comes_before(entry, key) : (size_t)((char *)entry - area->first) < at))
        entry = next_of(entry);
    char *place = lowest - ext4_xattr_round(size);
    if (size != 0) {
        memset(place, 0, ext4_xattr_round(size));
        memcpy(place, value, size);
    }
    memmove((char *)entry + entry_room, entry, (size_t)(last - (char *)entry));
    memset(last + entry_room, 0, sizeof(uint32_t));
    memset(entry, 0, entry_room);
    entry->name_len = (uint8_t)key->length;
    entry->name_index = (uint8_t)key->index;
    entry->value_size = (uint32_t)size;
    entry->value_offs = size != 0 ? (uint16_t)(place - area->values) : 0;
    memcpy(entry->name, key->name, key->length);
    if (!area->is_block)
        return;
    entry->hash = entry_hash(key, value, size);
    ext4_xattr_block_rehash(area);
}
