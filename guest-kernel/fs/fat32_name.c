/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_name.c - names: UTF-8 as users have them, UTF-16 in long-name slots, 8.3 in code page 437 in short ones (FAT
 * spec, "Long File Name Implementation on FAT"). As in Linux's vfat, case is kept and does not tell names apart; and
 * case is known of ASCII letters only.
 */
#include "abi/errno.h"
#include "fs/fat32.h"
#include "lib/string.h"

#define BASE_SIZE 8u
#define EXT_SIZE 3u
#define NUMBERED_ALIASES 4u /* NAME~1 to NAME~4, then by a hash */
enum { NT_BASE_LOWER = 0x08, NT_EXT_LOWER = 0x10 };
enum { SLOT_ORDER = 0, SLOT_ATTRIBUTES = 11, SLOT_CHECKSUM = 13 };

static const uint8_t piece_offsets[FAT_PIECE_UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

static const uint16_t code_page_437[128] = {
    /* 0x80 to 0xff */
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee,
    0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa,
    0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514,
    0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c,
    0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320,
    0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

static unsigned upper(unsigned c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static unsigned lower(unsigned c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* ---- UTF-8 ---- */

/* Decodes one character; its length in bytes, or 0 if it is malformed. */
static size_t utf8_read(const unsigned char *bytes, size_t left, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xc0 ? 0 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;

    if (length == 0 || length > left || bytes[0] > 0xf4)
        return 0;
    uint32_t value = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    *out = value;
    return value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0 : length;
}

static size_t utf8_write(uint32_t value, char out[4])
{
    if (value < 0x80) {
        out[0] = (char)value;
        return 1;
    }
    size_t length = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, value >>= 6)
        out[i] = (char)(0x80 | (value & 0x3f));
    out[0] = (char)((0xf00u >> length) | value);
    return length;
}

/* ---- a user's name ---- */

static bool is_bad(unsigned char c)
{
    return c < 0x20 || c == 0x7f || (c < 0x80 && strchr("\"*/:<>?\\|", c) != NULL);
}

/* What may stand in a short name. */
static bool is_short_char(unsigned c)
{
    if ((c >= '0' && c <= '9') || (upper(c) >= 'A' && upper(c) <= 'Z'))
        return true;
    return c > 0x20 && c < 0x7f && strchr("$%'-_@~`!(){}^#&", (int)c) != NULL;
}

static int parse_units(struct fat_name *name, const unsigned char *bytes, size_t length)
{
    name->length = 0;
    name->wide = false;
    for (size_t at = 0, n; at < length; at += n) {
        uint32_t c = bytes[at];
        n = 1;
        if (c >= 0x80) {
            name->wide = true;
            n = utf8_read(bytes + at, length - at, &c);
        }
        if (n == 0 || is_bad(bytes[at]))
            return -EINVAL;
        if (name->length + (c > 0xffff ? 2 : 1) > NAME_MAX)
            return -ENAMETOOLONG;
        if (c > 0xffff)
            name->units[name->length++] = (uint16_t)(0xd7c0 + (c >> 10));
        name->units[name->length++] = (uint16_t)(c > 0xffff ? 0xdc00 | (c & 0x3ff) : c);
    }
    return 0;
}

/* Whether the name is 8.3, whatever its case: then alias holds it in upper case. */
static void parse_alias(struct fat_name *name)
{
    unsigned at = 0, limit = BASE_SIZE;
    bool upper_only = true;

    memset(name->alias, ' ', sizeof(name->alias));
    name->has_alias = name->is_short = false;
    for (unsigned i = 0; i < name->length; i++) {
        unsigned c = name->units[i];
        if (c == '.' && limit == BASE_SIZE && i > 0 && i + 1 < name->length) {
            at = BASE_SIZE;
            limit = BASE_SIZE + EXT_SIZE;
            continue;
        }
        if (at == limit || !is_short_char(c))
            return;
        upper_only &= upper(c) == c;
        name->alias[at++] = (uint8_t)upper(c);
    }
    name->has_alias = true;
    name->is_short = upper_only;
}

int fat_name_parse(struct fat_name *name, const char *bytes, size_t length)
{
    while (length != 0 && bytes[length - 1] == '.') /* trailing dots don't count */
        length--;
    if (length == 0)
        return -ENOENT;
    if (bytes[length - 1] == ' ')
        return -EINVAL;
    int error = parse_units(name, (const unsigned char *)bytes, length);
    if (error != 0)
        return error;
    name->pieces = (name->length + FAT_PIECE_UNITS - 1) / FAT_PIECE_UNITS;
    parse_alias(name);
    return 0;
}

/* ---- comparing ---- */

unsigned fat_piece_unit(const uint8_t *slot, unsigned i)
{
    return slot[piece_offsets[i]] | (unsigned)slot[piece_offsets[i] + 1] << 8;
}

bool fat_name_is_piece(const struct fat_name *name, unsigned piece, const uint8_t *slot)
{
    unsigned at = piece * FAT_PIECE_UNITS;

    for (unsigned i = 0; i < FAT_PIECE_UNITS && at <= name->length; i++, at++) {
        unsigned want = at < name->length ? name->units[at] : 0;
        if (upper(fat_piece_unit(slot, i)) != upper(want))
            return false;
    }
    return true;
}

static unsigned short_unit(const struct fat_slot *slot, unsigned i)
{
    unsigned c = slot->name[i];

    if (i == 0 && c == 0x05) /* stands for 0xe5, which would mean deleted */
        c = FAT_DELETED;
    return c < 0x80 ? c : code_page_437[c - 0x80];
}

/* The short name as units, without padding; in the case that Windows NT's bits say. */
static unsigned short_units(const struct fat_slot *slot, uint16_t out[BASE_SIZE + 1 + EXT_SIZE])
{
    unsigned base = BASE_SIZE, ext = EXT_SIZE, n = 0;

    while (base != 0 && slot->name[base - 1] == ' ')
        base--;
    while (ext != 0 && slot->name[BASE_SIZE + ext - 1] == ' ')
        ext--;
    for (unsigned i = 0; i < base; i++) {
        unsigned c = short_unit(slot, i);
        out[n++] = (uint16_t)(slot->nt_case & NT_BASE_LOWER ? lower(c) : c);
    }
    if (ext != 0)
        out[n++] = '.';
    for (unsigned i = BASE_SIZE; i < BASE_SIZE + ext; i++) {
        unsigned c = short_unit(slot, i);
        out[n++] = (uint16_t)(slot->nt_case & NT_EXT_LOWER ? lower(c) : c);
    }
    return n;
}

static bool same_bytes(const uint8_t *a, const uint8_t *b, unsigned n)
{
    while (n != 0 && *a == *b)
        n--, a++, b++;
    return n == 0;
}

bool fat_name_is_short(const struct fat_name *name, const struct fat_slot *slot)
{
    uint16_t units[BASE_SIZE + 1 + EXT_SIZE];

    if (name->has_alias)
        return same_bytes(name->alias, slot->name, sizeof(name->alias));
    if (name->length > BASE_SIZE + 1 + EXT_SIZE)
        return false;
    unsigned n = short_units(slot, units);
    for (unsigned i = 0; i < n && n == name->length; i++) {
        if (upper(units[i]) != upper(name->units[i]))
            return false;
    }
    return n == name->length;
}

/* ---- showing ---- */

size_t fat_name_from_units(const uint16_t *units, unsigned count, char *dst)
{
    size_t length = 0;

    for (unsigned i = 0; i < count && units[i] != 0; i++) {
        uint32_t c = units[i];
        char bytes[4];
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < count && (units[i + 1] & 0xfc00) == 0xdc00)
            c = 0x10000 + ((c & 0x3ff) << 10 | (units[++i] & 0x3ff));
        else if (c >= 0xd800 && c < 0xe000)
            c = 0xfffd; /* half a character */
        size_t n = utf8_write(c, bytes);
        if (length + n > NAME_MAX || c == '/')
            return 0;
        memcpy(dst + length, bytes, n);
        length += n;
    }
    if (length <= 2 && length != 0 && dst[0] == '.' && dst[length - 1] == '.')
        return 0;
    return length;
}

size_t fat_name_from_short(const struct fat_slot *slot, char *dst)
{
    uint16_t units[BASE_SIZE + 1 + EXT_SIZE];

    return fat_name_from_units(units, short_units(slot, units), dst);
}

/* ---- making ---- */

uint8_t fat_checksum(const uint8_t short_name[11])
{
    uint8_t sum = 0;

    for (unsigned i = 0; i < 11; i++)
        sum = (uint8_t)((sum << 7 | sum >> 1) + short_name[i]);
    return sum;
}

void fat_name_make_piece(const struct fat_name *name, unsigned piece, uint8_t checksum, uint8_t *slot)
{
    memset(slot, 0, FAT_SLOT_SIZE);
    slot[SLOT_ORDER] = (uint8_t)((piece + 1) | (piece + 1 == name->pieces ? FAT_LONG_LAST : 0));
    slot[SLOT_ATTRIBUTES] = FAT_LONG_NAME;
    slot[SLOT_CHECKSUM] = checksum;
    for (unsigned i = 0; i < FAT_PIECE_UNITS; i++) {
        unsigned at = piece * FAT_PIECE_UNITS + i; /* a NUL after the name, then all ones */
        unsigned unit = at < name->length ? name->units[at] : at == name->length ? 0 : 0xffff;
        slot[piece_offsets[i]] = (uint8_t)unit;
        slot[piece_offsets[i] + 1] = (uint8_t)(unit >> 8);
    }
}

/* Copies what fits of units [from, to) as short-name characters. */
static unsigned squeeze(const struct fat_name *name, unsigned from, unsigned to, uint8_t *out, unsigned room)
{
    unsigned n = 0;

    for (unsigned i = from; i < to && n < room; i++) {
        unsigned c = name->units[i];
        if (c == ' ' || c == '.')
            continue;
        out[n++] = (uint8_t)(is_short_char(c) ? upper(c) : '_');
    }
    return n;
}

static uint32_t hash_units(const struct fat_name *name, unsigned n)
{
    uint32_t hash = 2166136261u + n; /* FNV-1a */
    for (unsigned i = 0; i < name->length; i++)
        hash = (hash ^ name->units[i]) * 16777619u;
    return hash ^ hash >> 16;
}

void fat_name_make_alias(const struct fat_name *name, unsigned n, uint8_t alias[11])
{
    static const char hex[] = "0123456789ABCDEF";
    unsigned dot = name->length, base;

    memset(alias, ' ', 11);
    while (dot > 0 && name->units[dot - 1] != '.')
        dot--;
    if (dot <= 1) /* no dot, or only one at the start: no extension */
        dot = name->length + 1;
    else
        squeeze(name, dot, name->length, alias + BASE_SIZE, EXT_SIZE);
    base = squeeze(name, 0, dot - 1, alias, n <= NUMBERED_ALIASES ? BASE_SIZE - 2 : 2);
    if (base == 0)
        alias[base++] = '_';
    if (n > NUMBERED_ALIASES) {
        uint32_t hash = hash_units(name, n);
        for (unsigned i = 0; i < 4; i++)
            alias[base++] = (uint8_t)hex[hash >> 4 * i & 15];
        n = 1;
    }
    alias[base++] = '~';
    alias[base] = (uint8_t)('0' + n);
}
