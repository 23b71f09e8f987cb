/* SPDX-License-Identifier: Apache-2.0 */
/* share_words.h - how the command line names a shared folder, where the guest has it, and how it is used. */
#ifndef LVMM_SHARE_WORDS_H
#define LVMM_SHARE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/share/tree.h"

struct config_share {
    const char *host;  /* a folder or a file, from the current folder on */
    const char *guest; /* an absolute path without "." and ".."; "/": the root file system */
    enum share_mode mode;
    const char *changes; /* SHARE_COW: the folder that keeps them; NULL: they are forgotten */
    bool is_public;      /* only what everybody on the host may read is there */
    bool keeps_git;      /* SHARE_RW: hooks and settings of repositories in it can't be changed */
    bool all_rights;     /* lvmm is root: with its rights over files of others */
    bool same_ids;       /* the guest sees the owners' numbers that the host has */
};

#define SHARE_MODES "ro, rw, cow or cow=FOLDER"
#define SHARE_MODES_V SHARE_MODES ", with ,root behind it or not"

/* What -v takes: HOST:GUEST[:MODE], cut in place. A HOST with a colon can't be said. False: with what is wrong in
 * `why`, one line that goes on after the option and HOST. */
bool share_words_cut_volume(char *value, struct config_share *out, char *why, size_t why_size);
/* What --root takes: DIR[,MODE], cut in place. What follows a comma and is no mode is part of DIR's name. */
bool share_words_cut_root(char *value, struct config_share *out, char *why, size_t why_size);
/* How the command line says it: "ro", "rw", "cow". */
const char *share_words_mode(enum share_mode mode);

#endif
