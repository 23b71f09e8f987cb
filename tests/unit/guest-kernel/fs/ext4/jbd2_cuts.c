/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_cuts.c - see jbd2_cuts.h. */
#include "jbd2_cuts.h"

#include <check.h>

#define E2FSCK_EVERY 97u
#define REPLAY_CUT_EVERY 7u

/* The power goes in the replay, too. */
static void replay_with_cut(struct cuts *sum, const struct jdisk *crashed, const struct jdisk *replayed, uint64_t *seed)
{
    struct jdisk first, durable, again;
    size_t done = 0;

    jdisk_copy(&first, crashed);
    jdisk_copy(&durable, crashed);
    jdisk_copy(&again, crashed);
    first.is_recording = true;
    ck_assert_int_eq(jdisk_replay(&first, NULL), 0);
    jdisk_cut(&again, &durable, &done, &first, jdisk_random(seed) % (first.event_count + 1), JDISK_SOME, seed);
    ck_assert_int_eq(jdisk_replay(&again, NULL), 0);
    ck_assert_uint_eq(jdisk_difference(&again, replayed), again.blocks);
    jdisk_free(&first);
    jdisk_free(&durable);
    jdisk_free(&again);
    sum->replay_cuts++;
}

/* It knows no commit blocks of which only the first sector has arrived, and then ends one transaction earlier. */
static void replay_by_e2fsck(struct cuts *sum, const struct work *work, struct jdisk *crashed,
                             const struct jdisk *replayed, uint32_t tid, uint32_t done)
{
    ck_assert_int_le(jdisk_e2fsck(crashed), 1);
    sum->e2fscks++;
    if (jdisk_difference(crashed, replayed) == crashed->blocks)
        return;
    sum->torn_commits++;
    ck_assert_msg(tid != done && work_find(work, crashed, done) == tid - 1, "e2fsck has other blocks than %u", tid);
}

static void cut_check(struct cuts *sum, const struct work *work, struct jdisk *disk, uint32_t done, uint64_t *seed)
{
    bool again = ++sum->cuts % REPLAY_CUT_EVERY == 0, by_e2fsck = sum->cuts % E2FSCK_EVERY == 0;
    struct jdisk crashed = {0};
    uint32_t tid;

    if (again || by_e2fsck)
        jdisk_copy(&crashed, disk);
    ck_assert_int_eq(jdisk_replay(disk, NULL), 0);
    tid = work_find(work, disk, done);
    ck_assert_msg(!jbd2_tid_before(tid, done), "blocks are as after no transaction from %u on", done);
    if (again)
        replay_with_cut(sum, &crashed, disk, seed);
    if (by_e2fsck)
        replay_by_e2fsck(sum, work, &crashed, disk, tid, done);
    jdisk_free(&crashed);
}

void cuts_check(struct cuts *sum, const struct work *work, const struct jdisk *base, const struct jdisk *disk,
                uint64_t *seed)
{
    struct jdisk durable, scratch;
    uint32_t done = work->first_tid;
    size_t durable_count = 0;

    jdisk_copy(&durable, base);
    jdisk_copy(&scratch, base);
    for (size_t count = 0; count <= disk->event_count; count++) {
        if (count != 0 && disk->events[count - 1].kind == JDISK_MARK) {
            done = disk->events[count - 1].mark;
            continue;
        }
        bool is_flushed = count != 0 && disk->events[count - 1].kind == JDISK_FLUSH; /* then nothing can be lost */
        for (unsigned how = JDISK_ALL; how <= (is_flushed ? JDISK_ALL : JDISK_SOME); how++) {
            jdisk_cut(&scratch, &durable, &durable_count, disk, count, (enum jdisk_cut)how, seed);
            cut_check(sum, work, &scratch, done, seed);
        }
    }
    jdisk_free(&durable);
    jdisk_free(&scratch);
}
