/* SPDX-License-Identifier: Apache-2.0 */
/* level.h - how much of the sandbox is asked for (--sandbox): by itself, for those who only pass it on. */
#ifndef LVMM_SANDBOX_LEVEL_H
#define LVMM_SANDBOX_LEVEL_H

enum sandbox_level {
    SANDBOX_FULL,    /* all of it; of Landlock and the mount namespace one is enough, and one there must be */
    SANDBOX_PARTIAL, /* neither of these two is tried */
    SANDBOX_NONE,    /* nothing is done */
};

#endif
