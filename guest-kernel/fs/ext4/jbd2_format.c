/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_format.c - reads and makes what the log's blocks consist of: headers, tags, checksums. */
#include "fs/ext4/jbd2_internal.h"
#include "lib/crc.h"

/* ---- headers ---- */

void jbd2_header_put(void *block, enum jbd2_block_type type, uint32_t tid)
{
    struct jbd2_header *header = block;

    be32_put(&header->magic, JBD2_MAGIC);
    be32_put(&header->type, type);
    be32_put(&header->sequence, tid);
}

uint32_t jbd2_header_type(const void *block, uint32_t tid)
{
    const struct jbd2_header *header = block;

    if (be32_get(&header->magic) != JBD2_MAGIC || be32_get(&header->sequence) != tid)
        return 0;
    return be32_get(&header->type);
}

/* ---- tags ---- */

static bool has_csum_v3(const struct jbd2 *journal)
{
    return (journal->incompat & JBD2_INCOMPAT_CSUM_V3) != 0;
}

bool jbd2_tag_get(const struct jbd2 *journal, const uint8_t *descriptor, uint32_t *offset, struct jbd2_tag *tag)
{
    const struct jbd2_tag_v2 *v2 = (const void *)(descriptor + *offset);
    const struct jbd2_tag_v3 *v3 = (const void *)(descriptor + *offset);

    if (*offset + journal->tag_size > journal->block_size - journal->tail_size)
        return false;
    tag->block = be32_get(&v2->block);
    tag->flags = be16_get(&v2->flags);
    tag->checksum = has_csum_v3(journal) ? be32_get(&v3->checksum) : be16_get(&v2->checksum);
    if (jbd2_has_64bit(journal)) /* at the same place in both */
        tag->block |= (uint64_t)be32_get(&v2->block_high) << 32;
    *offset += journal->tag_size + ((tag->flags & JBD2_TAG_SAME_UUID) == 0 ? JBD2_UUID_SIZE : 0);
    return true;
}

uint32_t jbd2_tag_count(const struct jbd2 *journal, const uint8_t *descriptor)
{
    uint32_t offset = sizeof(struct jbd2_header), count = 0;
    struct jbd2_tag tag = {0};

    while ((tag.flags & JBD2_TAG_LAST) == 0 && jbd2_tag_get(journal, descriptor, &offset, &tag))
        count++;
    return count;
}

void jbd2_tag_put(const struct jbd2 *journal, uint8_t *descriptor, uint32_t *offset, const struct jbd2_tag *tag)
{
    struct jbd2_tag_v2 *v2 = (void *)(descriptor + *offset);
    struct jbd2_tag_v3 *v3 = (void *)(descriptor + *offset);

    be32_put(&v2->block, (uint32_t)tag->block);
    if (has_csum_v3(journal)) {
        be32_put(&v3->flags, tag->flags);
        be32_put(&v3->block_high, (uint32_t)(tag->block >> 32));
        be32_put(&v3->checksum, tag->checksum);
    } else {
        be16_put(&v2->checksum, tag->checksum);
        be16_put(&v2->flags, tag->flags);
        if (jbd2_has_64bit(journal))
            be32_put(&v2->block_high, (uint32_t)(tag->block >> 32));
    }
    *offset += journal->tag_size;
    if ((tag->flags & JBD2_TAG_SAME_UUID) != 0)
        return;
    memcpy(descriptor + *offset, jbd2_super_of(journal)->uuid, JBD2_UUID_SIZE);
    *offset += JBD2_UUID_SIZE;
}

/* ---- checksums ---- */

uint32_t jbd2_data_checksum(const struct jbd2 *journal, uint32_t tid, const void *data)
{
    struct be32 sequence;
    uint32_t crc;

    if (!jbd2_has_csum(journal))
        return 0;
    be32_put(&sequence, tid);
    crc = crc32c(journal->csum_seed, &sequence, sizeof(sequence));
    crc = crc32c(crc, data, journal->block_size);
    return has_csum_v3(journal) ? crc : crc & 0xffff;
}

/* Of the block, with 0 in place of the checksum, which is in it. */
static uint32_t block_checksum(const struct jbd2 *journal, const uint8_t *block, struct be32 *checksum)
{
    struct be32 was = *checksum;
    uint32_t crc;

    be32_put(checksum, 0);
    crc = crc32c(journal->csum_seed, block, journal->block_size);
    *checksum = was;
    return crc;
}

static struct be32 *tail_of(const struct jbd2 *journal, uint8_t *block)
{
    return &((struct jbd2_tail *)(void *)(block + journal->block_size - sizeof(struct jbd2_tail)))->checksum;
}

void jbd2_tail_put(const struct jbd2 *journal, uint8_t *block)
{
    if (jbd2_has_csum(journal))
        be32_put(tail_of(journal, block), block_checksum(journal, block, tail_of(journal, block)));
}

bool jbd2_tail_is_right(const struct jbd2 *journal, uint8_t *block)
{
    struct be32 *checksum = tail_of(journal, block);

    return !jbd2_has_csum(journal) || be32_get(checksum) == block_checksum(journal, block, checksum);
}

static struct be32 *commit_checksum_of(uint8_t *block)
{
    return &((struct jbd2_commit *)(void *)block)->checksum[0];
}

void jbd2_commit_sign(const struct jbd2 *journal, uint8_t *block)
{
    if (jbd2_has_csum(journal))
        be32_put(commit_checksum_of(block), block_checksum(journal, block, commit_checksum_of(block)));
}

/* With zeros behind what a commit block has: that of a block whose first sector alone has arrived, and which is as
 * good, as there is nothing in the others. The bytes are from the log's last round, and stay. */
static uint32_t first_part_checksum(const struct jbd2 *journal, const uint8_t *block)
{
    static const uint8_t zeros[64];
    struct jbd2_commit commit;
    uint32_t crc, size;

    memcpy(&commit, block, sizeof(commit));
    be32_put(&commit.checksum[0], 0);
    crc = crc32c(journal->csum_seed, &commit, sizeof(commit));
    for (uint32_t at = sizeof(commit); at < journal->block_size; at += size) {
        size = journal->block_size - at < sizeof(zeros) ? journal->block_size - at : sizeof(zeros);
        crc = crc32c(crc, zeros, size);
    }
    return crc;
}

bool jbd2_commit_is_right(const struct jbd2 *journal, uint8_t *block)
{
    struct be32 *checksum = commit_checksum_of(block);

    return !jbd2_has_csum(journal) || be32_get(checksum) == block_checksum(journal, block, checksum) ||
           be32_get(checksum) == first_part_checksum(journal, block);
}
