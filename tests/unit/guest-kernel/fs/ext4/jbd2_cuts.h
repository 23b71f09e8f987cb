/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_cuts.h - the power goes after each request of a record, and what a replay makes of that is looked at. */
#ifndef TESTS_JBD2_CUTS_H
#define TESTS_JBD2_CUTS_H

#include "jbd2_work.h"

struct cuts { /* how many there were */
    unsigned cuts, replay_cuts, e2fscks, torn_commits;
};

/* `disk` has the record of what `work` did, from when the disk was as `base`. Marks in it say which transaction was
 * reported as stable. Fails the test where a replay gives none of the states from that on. */
void cuts_check(struct cuts *sum, const struct work *work, const struct jdisk *base, const struct jdisk *disk,
                uint64_t *seed);

#endif
