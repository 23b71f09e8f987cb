/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fc_scan.c - which fast commits count: those from the beginning of their area on, as long as each has the
 * expected transaction's number and a right checksum. What comes behind the last one is of an earlier time, or was
 * being written when the power went.
 */
#include "fs/ext4/ext4_fc_scan.h"

#include "abi/errno.h"
#include "core/log.h"
#include "lib/crc.h"
#include "lib/string.h"

#define NAME_MOST 255u

int ext4_fc_check_features(const struct ext4_fs *e4)
{
    if (!e4->fs.device_read_only)
        return 0;
    log_error(
        "%s: ext4: its journal has fast commits, which can't be replayed on such a file system: run e2fsck on it, "
        "or mount it with ro,noload",
        e4->dev->name);
    return -EROFS;
}

static bool length_is_right(const struct ext4_fs *e4, uint32_t tag, uint32_t length)
{
    switch (tag) {
    case EXT4_FC_ADD_RANGE:
        return length == sizeof(struct ext4_fc_add_range);
    case EXT4_FC_DEL_RANGE:
        return length == sizeof(struct ext4_fc_del_range);
    case EXT4_FC_CREAT:
    case EXT4_FC_LINK:
    case EXT4_FC_UNLINK:
        return length > sizeof(struct ext4_fc_name) && length <= sizeof(struct ext4_fc_name) + NAME_MOST;
    case EXT4_FC_INODE:
        return length >= EXT4_FC_INODE_AT + EXT4_OLD_INODE_SIZE && length <= EXT4_FC_INODE_AT + e4->inode_size;
    case EXT4_FC_PAD:
        return true;
    case EXT4_FC_TAIL:
        return length >= sizeof(struct ext4_fc_tail);
    case EXT4_FC_HEAD:
        return length == sizeof(struct ext4_fc_head);
    default:
        return false;
    }
}

int ext4_fc_record_get(const struct ext4_fs *e4, const uint8_t *block, uint32_t *at, struct ext4_fc_record *out)
{
    uint32_t left = e4->block_size - *at;
    struct ext4_fc_tl tl;

    if (left < sizeof(tl))
        return 0;
    memcpy(&tl, block + *at, sizeof(tl));
    if (tl.length > left - sizeof(tl) || !length_is_right(e4, tl.tag, tl.length))
        return -EUCLEAN;
    *out = (struct ext4_fc_record){(enum ext4_fc_tag)tl.tag, tl.length, block + *at + sizeof(tl)};
    *at += (uint32_t)sizeof(tl) + tl.length;
    return 1;
}

/* The scan ends here, which is as it should be if something came before. */
static int end_at_damage(const struct ext4_fs *e4, const struct ext4_fc_scan *scan, int error)
{
    if (scan->count != 0)
        return 1;
    log_error("%s: ext4: the fast commits of its journal are damaged: error %d", e4->dev->name, -error);
    return error;
}

static void sum_add(struct ext4_fc_scan *scan, const struct ext4_fc_record *record, uint32_t length)
{
    const uint8_t *start = record->value - sizeof(struct ext4_fc_tl);

    scan->crc = crc32c(scan->crc, start, sizeof(struct ext4_fc_tl) + length);
}

static int head_scan(const struct ext4_fs *e4, struct ext4_fc_scan *scan, const struct ext4_fc_record *record,
                     uint32_t tid)
{
    struct ext4_fc_head head;

    memcpy(&head, record->value, sizeof(head));
    if (head.features != 0) {
        log_error("%s: ext4: the fast commits of its journal have features that aren't known here: %#x", e4->dev->name,
                  head.features);
        return -EOPNOTSUPP;
    }
    if (head.tid != tid)
        return 1;
    sum_add(scan, record, record->length);
    return 0;
}

static int tail_scan(const struct ext4_fs *e4, struct ext4_fc_scan *scan, const struct ext4_fc_record *record,
                     uint32_t tid, bool *found)
{
    struct ext4_fc_tail tail;

    memcpy(&tail, record->value, sizeof(tail));
    sum_add(scan, record, offsetof(struct ext4_fc_tail, crc));
    if (tail.tid != tid || tail.crc != scan->crc)
        return end_at_damage(e4, scan, -EBADMSG);
    scan->crc = 0;
    scan->count = scan->seen;
    *found = true;
    return ext4_fc_check_features(e4);
}

static int record_scan(const struct ext4_fs *e4, struct ext4_fc_scan *scan, const struct ext4_fc_record *record,
                       uint32_t tid, bool *found)
{
    scan->seen++;
    if (record->tag == EXT4_FC_HEAD)
        return head_scan(e4, scan, record, tid);
    if (record->tag == EXT4_FC_TAIL)
        return tail_scan(e4, scan, record, tid, found);
    sum_add(scan, record, record->length);
    return 0;
}

int ext4_fc_scan_block(struct ext4_fs *e4, struct ext4_fc_scan *scan, const void *data, uint32_t index, uint32_t tid,
                       bool *found)
{
    struct ext4_fc_record record;
    uint32_t at = 0;
    int result = 0;

    if (index == 0) {
        uint16_t tag;
        memcpy(&tag, data, sizeof(tag));
        *scan = (struct ext4_fc_scan){0};
        if (tag != EXT4_FC_HEAD)
            return 1;
    }
    while (result == 0) {
        int got = ext4_fc_record_get(e4, data, &at, &record);
        if (got == 0)
            return 0;
        result = got < 0 ? end_at_damage(e4, scan, -ECANCELED) : record_scan(e4, scan, &record, tid, found);
    }
    return result;
}
