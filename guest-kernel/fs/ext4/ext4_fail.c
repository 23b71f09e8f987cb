/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fail.c - the end of writing to a file system, where something went wrong in the middle. */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4_journal.h"

int ext4_fail(struct ext4_fs *e4, const char *what, int error)
{
    if (e4->is_dead)
        return -EUCLEAN;
    log_error("%s: ext4: %s failed (%d): nothing is written to it any more; run e2fsck on it", e4->dev->name, what,
              error);
    e4->is_dead = true;
    e4->fs.failed = !e4->fs.read_only;
    e4->fs.read_only = true;
    if (ext4_is_logged(e4))
        jbd2_abort(&e4->journal->jbd2, error < 0 ? error : -EIO);
    ext4_super_record_error(e4);
    ext4_panic_if_asked(e4);
    return -EUCLEAN;
}
