/* SPDX-License-Identifier: Apache-2.0 */
/* remove.h - removes what is in a folder, whoever filled it. */
#ifndef LVMM_SHARE_REMOVE_H
#define LVMM_SHARE_REMOVE_H

/* Removes all that is in the folder, as far as that is possible: a tree of any depth, by few descriptors and a small
 * stack, as a guest may have made it. By system calls alone: for a process that was forked from one with threads.
 * Links are removed, not followed. */
void share_remove_all(int folder);

#endif
