/* SPDX-License-Identifier: Apache-2.0 */
/* file_words.h - the words behind a file's name on the command line: FILE,ro and the like. */
#ifndef LVMM_FILE_WORDS_H
#define LVMM_FILE_WORDS_H

#include <limits.h>
#include <stdbool.h>

#define CONFIG_PART_NONE UINT_MAX /* ,part= wasn't given */

struct config_file {
    const char *path; /* NULL: not given */
    bool read_only;
    bool cow;            /* only disks: it is only read, what is written goes somewhere else */
    const char *changes; /* with cow: the file that keeps it; NULL: none does */
    unsigned part;       /* only disks: the number of a partition; 0: all of the disk */
};

/* FILE[,ro|,rw]: cuts the word off in place, and fills `out`, whose path is `value` then. Only one of these at the end
 * is an option, so that any other name with a comma is a name. True: there was one. */
bool file_words_cut(char *value, struct config_file *out);

/* The same of a disk: FILE[,ro|,rw|,cow|,cow=FILE2][,part=N], in either order, as far as FILE2, whose name may have
 * commas, lets it. It may be empty. */
void file_words_cut_disk(char *value, struct config_file *out);

#endif
