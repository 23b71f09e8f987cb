/* SPDX-License-Identifier: Apache-2.0 */
/* cpio_builder.h - writes cpio archives ("newc") for tests. */
#ifndef TESTS_CPIO_BUILDER_H
#define TESTS_CPIO_BUILDER_H

#include <stdint.h>
#include <string.h>

#define CPIO_BUILDER_MAX (1u << 20)

struct cpio_builder {
    _Alignas(4096) char bytes[CPIO_BUILDER_MAX];
    size_t size;
    size_t last; /* where the last entry begins */
};

struct cpio_fields {
    uint32_t ino, mode, uid, gid, links, mtime, dev_major, dev_minor, rdev_major, rdev_minor, checksum;
    char magic; /* 0: '1' */
};

static inline void cpio_builder_zeros(struct cpio_builder *b, size_t size)
{
    memset(b->bytes + b->size, 0, size);
    b->size += size;
}

static inline void cpio_builder_put(struct cpio_builder *b, const void *bytes, size_t size)
{
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
    cpio_builder_zeros(b, (4 - b->size % 4) % 4);
}

static inline void cpio_builder_numbers(struct cpio_builder *b, const uint32_t *numbers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        for (unsigned shift = 32; shift > 0; shift -= 4)
            b->bytes[b->size++] = "0123456789ABCDEF"[numbers[i] >> (shift - 4) & 15];
}

static inline void cpio_builder_add(struct cpio_builder *b, const struct cpio_fields *f, const char *name,
                                    const void *data, size_t size)
{
    size_t name_size = strlen(name) + 1;

    b->last = b->size;
    memcpy(b->bytes + b->size, f->magic == '2' ? "070702" : "070701", 6);
    b->size += 6;
    cpio_builder_numbers(b, (const uint32_t[]){f->ino, f->mode, f->uid, f->gid, f->links, f->mtime, (uint32_t)size}, 7);
    cpio_builder_numbers(
        b,
        (const uint32_t[]){f->dev_major, f->dev_minor, f->rdev_major, f->rdev_minor, (uint32_t)name_size, f->checksum},
        6);
    cpio_builder_put(b, name, name_size);
    cpio_builder_put(b, data, size);
}

static inline void cpio_builder_file(struct cpio_builder *b, const char *name, const char *text)
{
    cpio_builder_add(b, &(struct cpio_fields){.mode = 0100644, .links = 1, .mtime = 1000}, name, text, strlen(text));
}

static inline void cpio_builder_dir(struct cpio_builder *b, const char *name)
{
    cpio_builder_add(b, &(struct cpio_fields){.mode = 040755, .links = 2, .mtime = 2000}, name, "", 0);
}

static inline void cpio_builder_link(struct cpio_builder *b, const char *name, const char *target)
{
    cpio_builder_add(b, &(struct cpio_fields){.mode = 0120777, .links = 1, .mtime = 3000}, name, target,
                     strlen(target));
}

static inline void cpio_builder_end(struct cpio_builder *b)
{
    cpio_builder_add(b, &(struct cpio_fields){.links = 1}, "TRAILER!!!", "", 0);
}

/* The field's 8 digits of the last entry, by its place in the header. */
enum cpio_builder_field {
    CPIO_INO,
    CPIO_MODE,
    CPIO_DATA_SIZE = 6,
    CPIO_RDEV_MAJOR = 9,
    CPIO_NAME_SIZE = 11,
    CPIO_FIELDS = 13
};
static inline void cpio_builder_set(struct cpio_builder *b, unsigned field, const char *digits)
{
    memcpy(b->bytes + b->last + 6 + (size_t)8 * field, digits, 8);
}

#endif
