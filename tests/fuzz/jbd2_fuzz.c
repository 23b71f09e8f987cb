/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_fuzz.c - a hostile journal is replayed.
 *
 * With a first byte of 0xff the rest is the beginning of a journal with blocks of 1,024 bytes. Else two bytes say which
 * features it has; then come blocks of the log, as an operation and a few bytes each, then patches: an offset (2
 * bytes), a length and that many bytes. With bit 6 of the first byte checksums are made right after that, so that what
 * is behind them is reached.
 */
// sources: guest-kernel/fs/ext4/jbd2_*.c guest-kernel/lib/crc*.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "fs/ext4/jbd2_crc.h"
#include "fs/ext4/jbd2_internal.h"
#include "tests/fuzz/input.h"
#include "tests/unit/guest-kernel/stubs.h"

#define SIZE 1024u
#define LOG_BLOCKS 64u       /* that may be anything; those behind are zeros */
#define LOG_LENGTH 1024u     /* of the journal */
#define HOME_BLOCKS 100000ul /* their contents are nobody's concern, but for */
#define HOME_OF_LOG 128u     /* these, which are the log's: it may write over itself */
#define READS_MOST 200000u   /* blocks: some walks of the log, and as many rounds as there can be */

static uint8_t log_bytes[LOG_BLOCKS][SIZE];
static unsigned blocks_read;

/* ---- the disk ---- */

static void block_transfer(enum jbd2_space space, enum jbd2_transfer how, const struct jbd2_io *io)
{
    if (io->block >= (space == JBD2_LOG ? LOG_LENGTH : HOME_BLOCKS))
        abort();
    if (space == JBD2_LOG && how != JBD2_READ && io->block != 0)
        abort(); /* a replay writes its superblock, nothing else of it */
    if (how == JBD2_READ) {
        if (++blocks_read > READS_MOST)
            abort();
        memset(io->data, 0, SIZE);
        if (io->block < LOG_BLOCKS)
            memcpy(io->data, log_bytes[io->block], SIZE);
    } else if (space == JBD2_LOG) {
        memcpy(log_bytes[0], io->data, SIZE);
    } else if (io->block >= HOME_OF_LOG && io->block < HOME_OF_LOG + LOG_BLOCKS) {
        memcpy(log_bytes[io->block - HOME_OF_LOG], io->data, SIZE);
    } else {
        volatile uint8_t last = ((const uint8_t *)io->data)[SIZE - 1]; /* the sanitizer looks whether it is there */
        (void)last;
    }
}

static int transfer(void *ctx, enum jbd2_space space, enum jbd2_transfer how, const struct jbd2_io *io, unsigned count)
{
    (void)ctx;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned other = 0; other < i; other++)
            if (io[other].block == io[i].block)
                abort();
        block_transfer(space, how, &io[i]);
    }
    return 0;
}

static int flush(void *ctx)
{
    (void)ctx;
    return 0;
}

static int fast_commit(void *ctx, const void *data, uint32_t index, uint32_t tid, bool *found)
{
    (void)ctx, (void)tid;
    *found |= ((const uint8_t *)data)[SIZE - 2] == 1;
    return index > 20 || ((const uint8_t *)data)[SIZE - 1] == 1;
}

static const struct jbd2_ops plain_ops = {.transfer = transfer, .flush = flush};
static const struct jbd2_ops fast_ops = {.transfer = transfer, .flush = flush, .fast_commit = fast_commit};

/* ---- a good journal ---- */

struct maker {
    struct jbd2 journal; /* for its features alone */
    struct input *in;
    uint32_t tid, at;
};

static void super_make(struct maker *maker, unsigned first, unsigned features)
{
    struct jbd2_super *super = (void *)log_bytes[0];

    jbd2_header_put(super, (first & 1) != 0 ? JBD2_SUPER_V1 : JBD2_SUPER_V2, 0);
    be32_put(&super->block_size, SIZE);
    be32_put(&super->length, (first & 2) != 0 ? LOG_LENGTH : 24 + (features & 31));
    be32_put(&super->first, 1);
    be32_put(&super->start, 1 + (first >> 2 & 7));
    be32_put(&super->sequence, (first & 32) != 0 ? 0xfffffffe : 5);
    be32_put(&super->incompat, features & 63);
    be32_put(&super->compat, features >> 6 & 1);
    super->checksum_type = JBD2_CRC32C;
    maker->journal = (struct jbd2){.super = log_bytes[0], .block_size = SIZE};
    jbd2_features_set(&maker->journal, features >> 6 & 1, features & 63);
    maker->tid = be32_get(&super->sequence);
    maker->at = be32_get(&super->start);
}

static uint8_t *log_next(struct maker *maker)
{
    uint8_t *block = log_bytes[1 + (maker->at - 1) % (LOG_BLOCKS - 1)];

    maker->at++;
    return block;
}

static void descriptor_make(struct maker *maker, unsigned count)
{
    uint8_t *descriptor = log_next(maker);
    uint32_t offset = sizeof(struct jbd2_header);

    jbd2_header_put(descriptor, JBD2_DESCRIPTOR, maker->tid);
    for (unsigned i = 0; i <= count; i++) {
        uint8_t *data = log_next(maker);
        struct jbd2_tag tag = {.block = input_u8(maker->in)};

        tag.flags = (tag.block & 15u) | (i == count ? JBD2_TAG_LAST : 0);
        tag.checksum = jbd2_data_checksum(&maker->journal, maker->tid, data);
        jbd2_tag_put(&maker->journal, descriptor, &offset, &tag);
    }
}

static void revoke_make(struct maker *maker, unsigned count)
{
    uint8_t *block = log_next(maker);

    jbd2_header_put(block, JBD2_REVOKE, maker->tid);
    be32_put(&((struct jbd2_revoke_header *)(void *)block)->size, sizeof(struct jbd2_revoke_header) + count * 8);
    for (unsigned i = 0; i < count * 2; i++)
        block[sizeof(struct jbd2_revoke_header) + i * 4 + 3] = input_u8(maker->in);
}

static void log_make(struct maker *maker)
{
    for (unsigned ops = input_u8(maker->in) % 32; ops != 0; ops--) {
        unsigned op = input_u8(maker->in);

        if (op % 4 == 0)
            descriptor_make(maker, op / 4 % 8);
        else if (op % 4 == 1)
            revoke_make(maker, op / 4 % 16);
        else
            jbd2_header_put(log_next(maker), JBD2_COMMIT, maker->tid++);
    }
}

static void patches_apply(struct input *in)
{
    for (unsigned count = input_u8(in) % 16; count != 0; count--) {
        unsigned offset = input_u16(in);

        for (unsigned length = input_u8(in) % 17; length != 0; length--)
            ((uint8_t *)log_bytes)[offset++ % sizeof(log_bytes)] = input_u8(in);
    }
}

/* Each block's own checksum; those of data are in tags, and as good as chance has it. */
static void log_sign(const struct maker *maker)
{
    for (unsigned i = 1; i < LOG_BLOCKS; i++) {
        const struct jbd2_header *header = (const void *)log_bytes[i];
        uint32_t type = be32_get(&header->type);

        if (be32_get(&header->magic) != JBD2_MAGIC)
            continue;
        if (type == JBD2_DESCRIPTOR || type == JBD2_REVOKE)
            jbd2_tail_put(&maker->journal, log_bytes[i]);
        else if (type == JBD2_COMMIT)
            jbd2_commit_sign(&maker->journal, log_bytes[i]);
    }
}

static void super_sign(void)
{
    struct jbd2 journal = {.super = log_bytes[0], .block_size = SIZE, .ops = &plain_ops};
    struct jbd2_super *super = jbd2_super_of(&journal);

    jbd2_features_set(&journal, be32_get(&super->compat), be32_get(&super->incompat));
    if (jbd2_super_write(&journal, be32_get(&super->sequence), be32_get(&super->start), false) != 0)
        abort();
}

static void journal_make(struct input *in)
{
    struct maker maker = {.in = in};
    unsigned first = input_u8(in);

    super_make(&maker, first, input_u8(in));
    log_make(&maker);
    patches_apply(in);
    if ((first & 64) == 0)
        return;
    log_sign(&maker);
    super_sign();
}

/* ---- its replay ---- */

static int replay(const struct jbd2_ops *ops, struct jbd2_recovery *result)
{
    const struct jbd2_setup setup = {
        .ops = ops, .name = "disk", .block_size = SIZE, .log_blocks = LOG_LENGTH, .home_blocks = HOME_BLOCKS};
    struct jbd2 journal;
    int error = jbd2_load(&journal, &setup);

    if (error != 0)
        return error;
    error = jbd2_recover(&journal, result);
    if (error == 0 && jbd2_is_dirty(&journal) && !journal.has_fast_commits)
        abort();
    jbd2_unload(&journal);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct jbd2_recovery result = {0};

    stub_quiet = true;
    blocks_read = 0;
    memset(log_bytes, 0, sizeof(log_bytes));
    if (size > 0 && data[0] == 0xff)
        memcpy(log_bytes, data + 1, size - 1 < sizeof(log_bytes) ? size - 1 : sizeof(log_bytes));
    else
        journal_make(&in);
    if (replay(size % 2 == 0 ? &plain_ops : &fast_ops, &result) == 0) {
        if (result.transactions > LOG_LENGTH || replay(&plain_ops, &result) != 0 || result.transactions != 0)
            abort(); /* there is nothing to do the second time */
    }
    if (stub_kmallocs != 0)
        abort();
    return 0;
}
