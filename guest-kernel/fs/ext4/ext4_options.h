/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_options.h - the options of a mount. */
#ifndef GK_FS_EXT4_OPTIONS_H
#define GK_FS_EXT4_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of ext4_options.set, in the order in which they are told. Those that aren't told are the last. Of the others
 * EXT4_NO_RECOVERY, EXT4_DISCARD, EXT4_NO_BARRIER and EXT4_NO_ACL change something here. */
enum ext4_option {
    EXT4_NO_RECOVERY,
    EXT4_DIOREAD_LOCK,
    EXT4_DISCARD,
    EXT4_NO_DELALLOC,
    EXT4_NO_JOURNAL_CHECKSUM,
    EXT4_NO_BARRIER,
    EXT4_NO_AUTO_DA_ALLOC,
    EXT4_NO_INIT_ITABLE,
    EXT4_NO_ACL,
    EXT4_NO_MBCACHE,
    EXT4_NO_PREFETCH,
    EXT4_OPTIONS_TOLD,
    EXT4_DATA_ORDERED = EXT4_OPTIONS_TOLD, /* told by itself, where it was given */
    EXT4_READ_ONLY,
};

/* Numbers that change nothing here, in the order in which they are told. */
enum ext4_number {
    EXT4_COMMIT,
    EXT4_MIN_BATCH,
    EXT4_MAX_BATCH,
    EXT4_STRIPE,
    EXT4_READAHEAD,
    EXT4_INIT_ITABLE,
    EXT4_NUMBERS,
};

struct ext4_options {
    uint32_t set;       /* 1 << enum ext4_option */
    unsigned on_errors; /* errors=: EXT4_ERRORS_*; 0: nothing was said */
    uint64_t super_kib; /* sb= */
    uint32_t number[EXT4_NUMBERS];
};

/* As they are where none is given; on_errors is 0. */
void ext4_options_init(struct ext4_options *options);
static inline bool ext4_option_is_set(const struct ext4_options *options, enum ext4_option option)
{
    return options->set & UINT32_C(1) << option;
}

/* Takes those in `text` (NULL: none) over; the others stay as they are. dev: its name, for the log. -EINVAL: one isn't
 * known; or Linux has it and it isn't kept here, of which a line tells. */
int ext4_options_take(struct ext4_options *options, const char *text, const char *dev);
/* Those that aren't as by default, as /proc/mounts has them: each with a comma before. by_default: what the superblock
 * says is done about errors. */
void ext4_options_show(const struct ext4_options *options, unsigned by_default, char *buf, size_t size);

#endif
