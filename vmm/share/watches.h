/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watches.h - which folders of the host are watched for changes (inotify(7)), and what of them the guest was promised
 * to be told of (boot/abi_share.h).
 *
 * A folder is watched from when its attributes are asked for, or from the first lookup in it on, until its node goes.
 * Of a cow share only the host's layer is: the other is this run's own. Where there is no watch, be it for a limit of
 * the host's, nothing is promised.
 */
#ifndef LVMM_SHARE_WATCHES_H
#define LVMM_SHARE_WATCHES_H

#include "vmm/share/nodes.h"

/* Folders of a run: others of this user have some use for inotify, too. */
#define WATCHES_MAX 8192u
#define WATCHES_PART 8u /* and no more than one in so many that the user may have on this host */

/* Of a new tree: what can't be had is no error. */
void watches_init(struct share_tree *tree);
/* Ends all. */
void watches_fini(struct share_tree *tree);

/* Whether the guest is told when names in the folder change; it becomes watched, if it can be. What is looked up
 * afterwards is covered. */
bool watches_names(struct share_tree *tree, struct share_node *folder);
/* The same, as it is by now. */
bool watches_has(const struct share_tree *tree, const struct share_node *folder);
/* Whether the guest is told when these attributes of the node change, other than atime. */
bool watches_attributes(const struct share_tree *tree, const struct share_node *node, const struct statx *st);

#endif
