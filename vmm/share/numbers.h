/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbers.h - the file systems that a share's files lie on, and the inode numbers that the guest sees.
 *
 * The guest has one device number for all, so that the host's inode numbers alone would name two files at once. Each
 * pair of share and file system has a number, in the order in which they are met, which is mixed into the inode
 * numbers' upper 16 bits: the first share's own are the host's.
 */
#ifndef LVMM_SHARE_NUMBERS_H
#define LVMM_SHARE_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

struct share_tree;
struct tree_share;

/* The number that the guest sees of a file, for ever. */
uint64_t number_of(struct share_tree *tree, const struct tree_share *share, uint64_t dev, uint64_t ino);
/* Whether a file system is one by which the host's kernel shows itself; fd: of any file there. */
bool number_is_barred(struct share_tree *tree, const struct tree_share *share, uint64_t dev, int fd);

#endif
