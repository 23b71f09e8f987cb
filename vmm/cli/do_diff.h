/* SPDX-License-Identifier: Apache-2.0 */
/* do_diff.h - shows a change as diff(1) does, with paths that patch -p1 takes. */
#ifndef LVMM_DO_DIFF_H
#define LVMM_DO_DIFF_H

#include "vmm/share/tree.h"

/* On stdout: for regular files what `diff -u` of this host says, and a line for all else. 0; -EPIPE: nobody reads that;
 * -errno after a message. */
int do_diff(int lower, int upper, enum share_change change, const char *path);

#endif
