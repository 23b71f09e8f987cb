/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_options.h - the options of a mount. */
#ifndef GK_FS_EXT4_OPTIONS_H
#define GK_FS_EXT4_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct ext4_options {
    bool read_only;     /* ro */
    bool no_load;       /* noload, norecovery */
    bool no_acl;        /* noacl */
    bool no_barriers;   /* nobarrier */
    bool discards;      /* discard */
    unsigned on_errors; /* errors=: EXT4_ERRORS_*; 0: nothing was said */
    uint64_t super_kib; /* sb= */
};

/* Takes those in `text` (NULL: none) over; the others stay as they are. dev: its name, for the log. -EINVAL: one isn't
 * known; or Linux has it and it isn't kept here, of which a line tells. */
int ext4_options_take(struct ext4_options *options, const char *text, const char *dev);

#endif
