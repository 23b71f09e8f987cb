/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_replay.c - writes the blocks of one descriptor to their places, unless they are revoked. */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/jbd2_recover.h"

/* A batch is written in any order: of a block that is in it twice the later one counts. */
static int write_later(struct jbd2_replay *replay, uint64_t block, uint8_t *data)
{
    int error = 0;

    replay->result.blocks++;
    for (unsigned i = 0; i < replay->write_count; i++)
        if (replay->writes[i].block == block) {
            replay->writes[i].data = data;
            return 0;
        }
    if (replay->write_count == replay->window.room) /* where a descriptor has more tags than the log has blocks */
        error = jbd2_replay_write_out(replay);
    replay->writes[replay->write_count++] = (struct jbd2_io){block, data};
    return error;
}

/* The block is left out, and the others are replayed. The first is told of: there may be many. */
static int damage(struct jbd2_replay *replay, int error, const char *what, uint64_t block)
{
    if (replay->damage == 0)
        log_error("%s: jbd2: %s: block %lu of transaction %u", replay->journal->name, what, (unsigned long)block,
                  replay->tid);
    replay->damage = error;
    return 0;
}

/* Data at block `from` of the log. */
static int block_replay(struct jbd2_replay *replay, const struct jbd2_tag *tag, uint32_t from)
{
    const struct jbd2 *journal = replay->journal;
    uint8_t *data;
    int error;

    if (tag->block < replay->low || tag->block > replay->high)
        return 0;
    if (jbd2_revoked_has(&replay->revoked, tag->block, replay->tid)) {
        replay->result.revoked_blocks++;
        return 0;
    }
    if (tag->block >= journal->home_blocks)
        return damage(replay, -EUCLEAN, "the log leads beyond the file system", tag->block);
    error = jbd2_replay_read(replay, from, &data);
    if (error != 0)
        return error == -EIO ? damage(replay, error, "the log can't be read", tag->block) : error;
    if (jbd2_data_checksum(journal, replay->tid, data) != (jbd2_has_csum(journal) ? tag->checksum : 0))
        return damage(replay, -EBADMSG, "a checksum is wrong", tag->block);
    if ((tag->flags & JBD2_TAG_ESCAPED) != 0)
        be32_put((struct be32 *)(void *)data, JBD2_MAGIC);
    return write_later(replay, tag->block, data);
}

int jbd2_replay_descriptor(struct jbd2_replay *replay, const uint8_t *block)
{
    const struct jbd2 *journal = replay->journal;
    uint32_t offset = sizeof(struct jbd2_header);
    struct jbd2_tag tag = {0};
    int error = 0;

    memcpy(replay->descriptor, block, journal->block_size);
    while (error == 0 && (tag.flags & JBD2_TAG_LAST) == 0 && jbd2_tag_get(journal, replay->descriptor, &offset, &tag))
        error = block_replay(replay, &tag, jbd2_replay_take(replay));
    return error;
}
