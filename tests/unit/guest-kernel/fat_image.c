/* SPDX-License-Identifier: Apache-2.0 */
/* fat_image.c - see fat_image.h. Sectors of 512 bytes; what fsck.fat would complain about, and long names. */
#include "fat_image.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512u
#define SLOT 32u
#define END 0x0ffffff8u

struct volume {
    const uint8_t *bytes, *fat;
    size_t size;
    unsigned fat_bytes, cluster_bytes, clusters, root;
    const uint8_t *data;
    uint8_t *owned; /* by cluster */
};

static unsigned le(const uint8_t *at, unsigned size)
{
    unsigned value = 0;

    while (size-- != 0)
        value = value << 8 | at[size];
    return value;
}

static unsigned next_of(const struct volume *v, unsigned cluster)
{
    return le(v->fat + (size_t)cluster * 4, 4) & 0x0fffffff;
}

static bool is_cluster(const struct volume *v, unsigned cluster)
{
    return cluster >= 2 && cluster < v->clusters + 2;
}

static const uint8_t *cluster_at(const struct volume *v, unsigned cluster)
{
    return v->data + (size_t)(cluster - 2) * v->cluster_bytes;
}

static const char *claim(struct volume *v, unsigned start, unsigned *count)
{
    *count = 0;
    for (unsigned at = start; at < END; at = next_of(v, at)) {
        if (!is_cluster(v, at))
            return "a chain leaves the volume";
        if (v->owned[at] != 0)
            return "a cluster has two owners";
        if (next_of(v, at) == 0)
            return "a chain runs into a free cluster";
        v->owned[at] = 1;
        (*count)++;
    }
    return NULL;
}

static uint8_t checksum(const uint8_t *name)
{
    uint8_t sum = 0;

    for (unsigned i = 0; i < 11; i++)
        sum = (uint8_t)((sum << 7 | sum >> 1) + name[i]);
    return sum;
}

static const uint8_t *slot_at(const struct volume *v, unsigned start, unsigned n)
{
    unsigned skip = n * SLOT / v->cluster_bytes, at = start;

    while (skip-- != 0 && at < END)
        at = next_of(v, at);
    return at < END ? cluster_at(v, at) + n * SLOT % v->cluster_bytes : NULL;
}

static const char *check_dir(struct volume *v, unsigned start, unsigned parent);

static const char *check_entry(struct volume *v, const uint8_t *slot, unsigned dir)
{
    unsigned start = le(slot + 20, 2) << 16 | le(slot + 26, 2), size = le(slot + 28, 4), count = 0;
    const char *fault = start != 0 ? claim(v, start, &count) : NULL;

    if (fault != NULL)
        return fault;
    if (slot[12] & 0x80)
        return "a rename has left its mark";
    if (slot[11] & 0x10)
        return start == 0  ? "a directory without clusters"
               : size != 0 ? "a directory with a size"
                           : check_dir(v, start, dir);
    return count == (size + v->cluster_bytes - 1) / v->cluster_bytes ? NULL : "size and chain don't agree";
}

static const char *check_names(const struct volume *v, unsigned start, unsigned n)
{
    const uint8_t *slot = slot_at(v, start, n), *other;

    for (unsigned i = 0; i < n; i++) {
        other = slot_at(v, start, i);
        if (other[0] != 0xe5 && !(other[11] & 8) && memcmp(slot, other, 11) == 0)
            return "two entries have one name";
    }
    return NULL;
}

static const char *check_dir(struct volume *v, unsigned start, unsigned parent)
{
    unsigned pieces = 0, sum = 0;
    const char *fault = NULL;
    const uint8_t *slot;

    for (unsigned n = 0; fault == NULL && (slot = slot_at(v, start, n)) != NULL && slot[0] != 0; n++) {
        unsigned own = le(slot + 20, 2) << 16 | le(slot + 26, 2);
        bool is_long = (slot[11] & 0x3f) == 0x0f && slot[0] != 0xe5;
        if (is_long && (slot[0] & 0x40) && pieces == 0) {
            pieces = slot[0] & 0x3f;
            sum = slot[13];
        } else if (is_long) {
            fault = pieces < 2 || --pieces != slot[0] || slot[13] != sum ? "long name out of order" : NULL;
        } else if (pieces != 0 && (pieces != 1 || slot[0] == 0xe5 || checksum(slot) != sum)) {
            fault = "long name without an entry";
        } else if (slot[0] == '.') { /* others that begin so are nobody's */
            unsigned want = n == 1 ? (parent == v->root ? 0 : parent) : start;
            bool is_dot = n < 2 && start != v->root && memcmp(slot, n != 0 ? "..         " : ".          ", 11) == 0;
            fault = is_dot && own != want ? "a dot entry leads elsewhere" : NULL;
        } else if (slot[0] != 0xe5 && !(slot[11] & 8)) {
            pieces = 0;
            fault = check_names(v, start, n);
            if (fault == NULL)
                fault = check_entry(v, slot, start);
        }
    }
    return fault == NULL && pieces != 0 ? "long name without an entry" : fault;
}

static const char *check_rest(const struct volume *v)
{
    for (unsigned i = 2; i < v->clusters + 2; i++)
        if (v->owned[i] == 0 && next_of(v, i) != 0)
            return "a lost cluster";
    if (memcmp(v->fat, v->fat + v->fat_bytes, v->fat_bytes) != 0)
        return "the FATs differ";
    return v->bytes[65] & 1 ? "marked as in use" : NULL;
}

const char *fat_image_fault(const uint8_t *bytes, size_t size)
{
    struct volume v = {.bytes = bytes, .size = size};
    unsigned count;
    const char *fault;

    v.fat = bytes + le(bytes + 14, 2) * SECTOR;
    v.fat_bytes = le(bytes + 36, 4) * SECTOR;
    v.cluster_bytes = bytes[13] * SECTOR;
    v.data = v.fat + (size_t)v.fat_bytes * bytes[16];
    v.clusters = (unsigned)((size_t)(bytes + size - v.data) / v.cluster_bytes);
    v.root = le(bytes + 44, 4);
    v.owned = calloc(v.clusters + 2, 1);
    if (v.owned == NULL)
        abort();
    fault = claim(&v, v.root, &count);
    if (fault == NULL)
        fault = check_dir(&v, v.root, v.root);
    if (fault == NULL)
        fault = check_rest(&v);
    free(v.owned);
    return fault;
}
