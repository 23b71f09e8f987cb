/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_super.c - the journal's superblock: where the log is, where it begins, which features it has. */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/jbd2_internal.h"
#include "lib/crc.h"
#include "lib/printf.h"
#include "mm/kmalloc.h"

#define COMPAT_KNOWN JBD2_COMPAT_CHECKSUM
#define INCOMPAT_KNOWN                                                                                 \
    (JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_64BIT | JBD2_INCOMPAT_ASYNC_COMMIT | JBD2_INCOMPAT_CSUM_V2 | \
     JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_FAST_COMMIT)
#define BLOCK_SIZE_MIN 1024u
#define BLOCK_SIZE_MAX 65536u

/* ---- checks ---- */

/* Names them as dumpe2fs does those it doesn't know: by kind and bit. */
static void unknown_name(const struct jbd2 *journal, char kind, uint32_t bits)
{
    char names[32 * 16];
    size_t length = 0;

    for (unsigned bit = 0; bit < 32; bit++)
        if ((bits & 1u << bit) != 0)
            length += (size_t)snprintf(names + length, sizeof(names) - length, " FEATURE_%c%u", kind, bit);
    log_error("%s: jbd2: the journal has features that aren't known here:%s", journal->name, names);
}

/* Compatible ones may be unknown, as those who don't know them may write. */
static int features_check(const struct jbd2 *journal)
{
    const struct jbd2_super *super = jbd2_super_of(journal);
    uint32_t incompat = be32_get(&super->incompat) & ~INCOMPAT_KNOWN, ro_compat = be32_get(&super->ro_compat);

    if (incompat != 0)
        unknown_name(journal, 'I', incompat);
    if (ro_compat != 0)
        unknown_name(journal, 'R', ro_compat);
    return incompat != 0 || ro_compat != 0 ? -EINVAL : 0;
}

static int invalid(const struct jbd2 *journal, const char *why, uint32_t value)
{
    log_error("%s: jbd2: %s: %u", journal->name, why, value);
    return -EINVAL;
}

static int geometry_check(const struct jbd2 *journal, uint32_t log_blocks)
{
    const struct jbd2_super *super = jbd2_super_of(journal);
    uint32_t type = be32_get(&super->header.type), length = be32_get(&super->length), first = be32_get(&super->first);

    if (be32_get(&super->header.magic) != JBD2_MAGIC)
        return invalid(journal, "the journal has no superblock; its magic number is", be32_get(&super->header.magic));
    if (type != JBD2_SUPER_V1 && type != JBD2_SUPER_V2)
        return invalid(journal, "the journal's superblock is of an unknown kind", type);
    if (be32_get(&super->block_size) != journal->block_size)
        return invalid(journal, "the journal has blocks of another size than the file system",
                       be32_get(&super->block_size));
    if (length > log_blocks)
        return invalid(journal, "the journal is shorter than its superblock says", length);
    if (first == 0 || first >= length)
        return invalid(journal, "the journal's log can't begin at block", first);
    return 0;
}

static uint32_t super_checksum(const struct jbd2 *journal)
{
    static const struct be32 zero;
    const struct jbd2_super *super = jbd2_super_of(journal);
    const uint8_t *after = (const uint8_t *)&super->checksum + sizeof(zero);
    uint32_t crc = crc32c(~0u, super, offsetof(struct jbd2_super, checksum));

    crc = crc32c(crc, &zero, sizeof(zero));
    return crc32c(crc, after, (size_t)(journal->super + sizeof(*super) - after));
}

static int checksum_check(const struct jbd2 *journal)
{
    const struct jbd2_super *super = jbd2_super_of(journal);
    const uint32_t both = JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3;

    if (!jbd2_has_csum(journal))
        return 0;
    if ((journal->incompat & both) == both || (journal->compat & JBD2_COMPAT_CHECKSUM) != 0)
        return invalid(journal, "the journal has several kinds of checksums; its incompatible features are",
                       journal->incompat);
    if (super->checksum_type != JBD2_CRC32C)
        return invalid(journal, "the journal's checksums are of an unknown kind", super->checksum_type);
    if (be32_get(&super->checksum) != super_checksum(journal)) {
        log_error("%s: jbd2: the checksum of the journal's superblock is wrong", journal->name);
        return -EBADMSG;
    }
    return 0;
}

/* ---- taking it over ---- */

void jbd2_features_set(struct jbd2 *journal, uint32_t compat, uint32_t incompat)
{
    const struct jbd2_super *super = jbd2_super_of(journal);

    journal->compat = compat;
    journal->incompat = incompat;
    journal->csum_seed = crc32c(~0u, super->uuid, sizeof(super->uuid));
    journal->tail_size = jbd2_has_csum(journal) ? sizeof(struct jbd2_tail) : 0;
    if ((incompat & JBD2_INCOMPAT_CSUM_V3) != 0) {
        journal->tag_size = sizeof(struct jbd2_tag_v3);
        return;
    }
    journal->tag_size = jbd2_has_64bit(journal) ? sizeof(struct jbd2_tag_v2) : offsetof(struct jbd2_tag_v2, block_high);
    if ((incompat & JBD2_INCOMPAT_CSUM_V2) != 0)
        journal->tag_size += 2; /* bytes that nobody uses: it was to have 4 for the checksum */
}

/* Fast commits have the journal's end to themselves, behind a block that nobody uses. */
static void areas_set(struct jbd2 *journal)
{
    const struct jbd2_super *super = jbd2_super_of(journal);
    uint32_t fast = be32_get(&super->fast_commit_blocks);

    journal->first = be32_get(&super->first);
    journal->length = be32_get(&super->length);
    journal->last = journal->fast_first = journal->length;
    if ((journal->incompat & JBD2_INCOMPAT_FAST_COMMIT) == 0)
        return;
    if (fast == 0)
        fast = JBD2_FAST_COMMIT_BLOCKS;
    if (fast < journal->length && journal->length - fast >= JBD2_LENGTH_MIN &&
        journal->first < journal->length - fast) {
        journal->last = journal->length - fast;
        journal->fast_first = journal->last + 1;
    }
}

static int super_take_over(struct jbd2 *journal, const struct jbd2_setup *setup)
{
    const struct jbd2_super *super = jbd2_super_of(journal);
    int error = geometry_check(journal, setup->log_blocks);

    if (error != 0)
        return error;
    journal->format = be32_get(&super->header.type) == JBD2_SUPER_V2 ? 2 : 1;
    if (journal->format == 2) {
        error = features_check(journal);
        if (error != 0)
            return error;
        jbd2_features_set(journal, be32_get(&super->compat), be32_get(&super->incompat));
        error = checksum_check(journal);
    } else {
        jbd2_features_set(journal, 0, 0);
    }
    areas_set(journal);
    return error;
}

int jbd2_load(struct jbd2 *journal, const struct jbd2_setup *setup)
{
    uint32_t size = setup->block_size;
    int error;

    *journal = (struct jbd2){.ops = setup->ops,
                             .ctx = setup->ctx,
                             .name = setup->name,
                             .block_size = size,
                             .home_blocks = setup->home_blocks,
                             .credits_wanted = setup->credits_most};
    list_init(&journal->checkpoints);
    if (size < BLOCK_SIZE_MIN || size > BLOCK_SIZE_MAX || (size & (size - 1)) != 0 || setup->log_blocks == 0)
        return -EINVAL;
    journal->super = kmalloc(size);
    if (journal->super == NULL)
        return -ENOMEM;
    struct jbd2_io io = {0, journal->super};
    error = journal->ops->transfer(journal->ctx, JBD2_LOG, JBD2_READ, &io, 1);
    if (error == 0)
        error = super_take_over(journal, setup);
    if (error != 0)
        jbd2_unload(journal);
    return error;
}

void jbd2_unload(struct jbd2 *journal)
{
    kfree(journal->super);
    journal->super = NULL;
}

bool jbd2_is_dirty(const struct jbd2 *journal)
{
    return be32_get(&jbd2_super_of(journal)->start) != 0;
}

/* Linux stores the negative number; older ones had others in it, too. */
int jbd2_recorded_error(const struct jbd2 *journal)
{
    int32_t error = (int32_t)be32_get(&jbd2_super_of(journal)->error);

    return error == INT32_MIN ? EIO : error < 0 ? -error : error;
}

/* Two requests at a time for one block arrive in any order, and the one under way would see the other's changes. */
void jbd2_super_wait(struct jbd2 *journal)
{
    while (journal->is_writing_super)
        jbd2_wait(journal);
}

/* What changes lies in one sector, which arrives as a whole: checksum and features, too. */
int jbd2_super_write(struct jbd2 *journal, uint32_t tid, uint32_t start, bool stable)
{
    struct jbd2_super *super = jbd2_super_of(journal);
    struct jbd2_io io = {0, journal->super};
    int error;

    be32_put(&super->sequence, tid);
    be32_put(&super->start, start);
    if (jbd2_has_csum(journal))
        be32_put(&super->checksum, super_checksum(journal));
    journal->is_writing_super = true;
    error = stable ? jbd2_write_stable(journal, JBD2_LOG, 0, journal->super)
                   : journal->ops->transfer(journal->ctx, JBD2_LOG, JBD2_WRITE, &io, 1);
    journal->is_writing_super = false;
    jbd2_wake(journal);
    return error;
}

int jbd2_clear_recorded_error(struct jbd2 *journal)
{
    struct jbd2_super *super = jbd2_super_of(journal);

    be32_put(&super->error, 0);
    return jbd2_super_write(journal, be32_get(&super->sequence), be32_get(&super->start), true);
}

void jbd2_abort(struct jbd2 *journal, int error)
{
    struct jbd2_super *super = jbd2_super_of(journal);

    if (journal->error != 0)
        return;
    log_error("%s: jbd2: the journal is aborted: error %d", journal->name, -error);
    journal->error = error;
    jbd2_super_wait(journal);
    be32_put(&super->error, (uint32_t)error);
    /* Nobody is told if this fails too: what is in the log is replayed all the same. */
    (void)jbd2_super_write(journal, be32_get(&super->sequence), be32_get(&super->start), true);
    if (journal->ops->aborted != NULL)
        journal->ops->aborted(journal->ctx, error);
    jbd2_wake(journal);
}
