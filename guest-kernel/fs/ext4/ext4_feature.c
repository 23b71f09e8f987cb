/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_feature.c - which features of a file system are known, and their names, as e2fsprogs has them. */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4.h"
#include "lib/string.h"

#define KNOWN_INCOMPAT                                                                                \
    (EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_RECOVER | EXT4_INCOMPAT_META_BG | EXT4_INCOMPAT_EXTENTS | \
     EXT4_INCOMPAT_64BIT | EXT4_INCOMPAT_MMP | EXT4_INCOMPAT_FLEX_BG | EXT4_INCOMPAT_EA_INODE |       \
     EXT4_INCOMPAT_CSUM_SEED | EXT4_INCOMPAT_LARGE_DIR | EXT4_INCOMPAT_INLINE_DATA)
#define KNOWN_RO                                                                                            \
    (EXT4_RO_SPARSE_SUPER | EXT4_RO_LARGE_FILE | EXT4_RO_BTREE_DIR | EXT4_RO_HUGE_FILE | EXT4_RO_GDT_CSUM | \
     EXT4_RO_DIR_NLINK | EXT4_RO_EXTRA_ISIZE | EXT4_RO_QUOTA | EXT4_RO_BIGALLOC | EXT4_RO_METADATA_CSUM |   \
     EXT4_RO_READONLY | EXT4_RO_PROJECT | EXT4_RO_ORPHAN_PRESENT)
/* Of these, what isn't written: then all of it is read-only. */
#define READ_INCOMPAT ((uint32_t)EXT4_INCOMPAT_MMP)
#define READ_RO ((uint32_t)(EXT4_RO_QUOTA | EXT4_RO_BIGALLOC | EXT4_RO_READONLY | EXT4_RO_PROJECT))
/* What ext2 knows, and ext3 beside it. */
#define OLD_INCOMPAT (EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_META_BG)
#define OLD_RO (EXT4_RO_SPARSE_SUPER | EXT4_RO_LARGE_FILE | EXT4_RO_BTREE_DIR)

struct feature {
    uint32_t bit;
    const char *name;
};

static const struct feature incompat_names[] = {
    {0x1, "compression"},       {EXT4_INCOMPAT_JOURNAL_DEV, "journal_dev"},
    {EXT4_INCOMPAT_MMP, "mmp"}, {0x1000, "dirdata"},
    {0x10000, "encrypt"},       {0x20000, "casefold"},
};
static const struct feature ro_names[] = {
    {0x80, "has_snapshot"},    {EXT4_RO_QUOTA, "quota"},        {EXT4_RO_BIGALLOC, "bigalloc"},
    {0x800, "replica"},        {EXT4_RO_READONLY, "read-only"}, {EXT4_RO_PROJECT, "project"},
    {0x4000, "shared_blocks"}, {EXT4_RO_VERITY, "verity"},      {EXT4_RO_ORPHAN_PRESENT, "orphan_present"},
};

/* "encrypt, FEATURE_I19" into buf; the letter tells bits without a name. */
static const char *names_of(uint32_t features, const struct feature *known, size_t count, char letter, char *buf,
                            size_t size)
{
    size_t used = 0;

    buf[0] = 0;
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *name = NULL;
        if (!(features >> bit & 1))
            continue;
        for (size_t i = 0; i < count; i++)
            if (known[i].bit == 1u << bit)
                name = known[i].name;
        const char *comma = used != 0 ? ", " : "";
        int length = name != NULL ? snprintf(buf + used, size - used, "%s%s", comma, name)
                                  : snprintf(buf + used, size - used, "%sFEATURE_%c%u", comma, letter, bit);
        if ((size_t)length >= size - used)
            break;
        used += (size_t)length;
    }
    return buf;
}

#define NAMES_OF(features, names, letter, buf) \
    names_of(features, names, sizeof(names) / sizeof((names)[0]), letter, buf, sizeof(buf))

bool ext4_features_are_old(const struct ext4_fs *e4, bool journal)
{
    const struct ext4_super *super = &e4->super;
    uint32_t incompat = OLD_INCOMPAT | (journal ? (uint32_t)EXT4_INCOMPAT_RECOVER : 0);

    return !(super->feature_incompat & ~incompat) &&
           (e4->fs.read_only || !(super->feature_ro_compat & ~(uint32_t)OLD_RO)) &&
           (!journal || (super->feature_compat & EXT4_COMPAT_HAS_JOURNAL));
}

/* Of which a line tells, unless it is read-only anyway. */
static void read_only(struct ext4_fs *e4, const char *names)
{
    if (!e4->fs.read_only)
        log_error("%s: ext4: mounted read-only, as it has features that can't be written: %s", e4->dev->name, names);
    e4->fs.read_only = e4->fs.device_read_only = true;
}

int ext4_features_check(struct ext4_fs *e4)
{
    const char *dev = e4->dev->name;
    char names[160];
    uint32_t refused = e4->incompat & ~(uint32_t)KNOWN_INCOMPAT, ro = e4->ro_compat & (~(uint32_t)KNOWN_RO | READ_RO);

    if (refused != 0) {
        log_error("%s: ext4: it has features that can't be read: %s", dev,
                  NAMES_OF(refused, incompat_names, 'I', names));
        return -EINVAL;
    }
    if (ro & EXT4_RO_VERITY) { /* its files would be read as if they had been verified */
        log_error("%s: ext4: it has features that can't be read: %s", dev,
                  NAMES_OF(EXT4_RO_VERITY, ro_names, 'R', names));
        return -EINVAL;
    }
    if (ro != 0)
        read_only(e4, NAMES_OF(ro, ro_names, 'R', names));
    if (e4->incompat & READ_INCOMPAT)
        read_only(e4, NAMES_OF(e4->incompat & READ_INCOMPAT, incompat_names, 'I', names));
    return 0;
}
