/* SPDX-License-Identifier: Apache-2.0 */
/* cow_file.c - see cow_file.h. */
#include "vmm/disk/cow_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COW_MAGIC "LVMM-COW" /* without its NUL */
#define COW_VERSION 1u
#define COW_DISK_BYTES_MAX (UINT64_C(1) << 53) /* with two maps that is far from the end of an off_t */

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* As on all hosts of ours: little-endian. */
struct cow_header {
    char magic[8];
    uint32_t version, page_bytes;
    struct cow_base base;
    uint64_t data;     /* struct cow_layout's */
    uint64_t checksum; /* cow_hash of what is before */
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file's numbers");

/* FNV-1a: it tells files apart, it protects from nobody. */
uint64_t cow_hash(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t hash = FNV_START;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * FNV_PRIME;
    return hash;
}

int cow_layout(uint64_t size_bytes, struct cow_layout *out)
{
    if (size_bytes > COW_DISK_BYTES_MAX)
        return -EFBIG;
    uint64_t pages = (size_bytes / COW_SECTOR + COW_PAGE_SECTORS - 1) / COW_PAGE_SECTORS;

    out->map_bytes = pages * COW_PAGE;
    out->now = COW_BOOT_AT + COW_PAGE;
    out->stable = out->now + out->map_bytes;
    out->data = out->stable + out->map_bytes;
    out->file_bytes = out->data + size_bytes;
    return 0;
}

bool cow_header_is(const uint8_t *bytes, size_t size)
{
    return size >= sizeof(COW_MAGIC) - 1 && memcmp(bytes, COW_MAGIC, sizeof(COW_MAGIC) - 1) == 0;
}

void cow_header_make(const struct cow_base *base, uint8_t header[COW_PAGE])
{
    struct cow_header fields = {.version = COW_VERSION, .page_bytes = COW_PAGE, .base = *base};
    struct cow_layout layout = {0};

    memcpy(fields.magic, COW_MAGIC, sizeof(fields.magic));
    cow_layout(base->size_bytes, &layout);
    fields.data = layout.data;
    fields.checksum = cow_hash(&fields, offsetof(struct cow_header, checksum));
    memset(header, 0, COW_PAGE);
    memcpy(header, &fields, sizeof(fields));
}

static bool is_sound(const struct cow_header *fields, struct cow_layout *layout)
{
    return fields->page_bytes == COW_PAGE && fields->base.size_bytes != 0 &&
           fields->base.size_bytes % COW_SECTOR == 0 && cow_layout(fields->base.size_bytes, layout) == 0 &&
           fields->data == layout->data && fields->checksum == cow_hash(fields, offsetof(struct cow_header, checksum));
}

int cow_header_check(const uint8_t header[COW_PAGE], uint64_t file_bytes, const struct cow_base *base, char *why,
                     size_t why_size)
{
    struct cow_header fields;
    struct cow_layout layout = {0};

    memcpy(&fields, header, sizeof(fields));
    if (!cow_header_is(header, COW_PAGE)) {
        snprintf(why, why_size, "is no file of changes; name one that isn't there yet, or one of an earlier ,cow=");
    } else if (fields.version != COW_VERSION) {
        snprintf(why, why_size, "is a file of changes of version %" PRIu32 "; this lvmm knows version %u",
                 fields.version, COW_VERSION);
    } else if (!is_sound(&fields, &layout)) {
        snprintf(why, why_size, "is a file of changes whose header is damaged");
    } else if (file_bytes != layout.file_bytes) {
        snprintf(why, why_size, "has %" PRIu64 " bytes, not %" PRIu64 ": it was cut off, or isn't all here", file_bytes,
                 layout.file_bytes);
    } else if (fields.base.size_bytes != base->size_bytes) {
        snprintf(why, why_size, "is of another disk, one of %" PRIu64 " bytes and not %" PRIu64, fields.base.size_bytes,
                 base->size_bytes);
        return -ESTALE;
    } else if (fields.base.start_hash != base->start_hash) {
        snprintf(why, why_size, "is of another disk, or that has been changed since: its start isn't the same");
        return -ESTALE;
    } else {
        return 0;
    }
    return -EINVAL;
}
