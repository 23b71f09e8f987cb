/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights.h - with whose rights root's server reaches files: user and group (setfsuid, setfsgid), and whether modes bind
 * it (CAP_DAC_OVERRIDE). It is of all requests in turn, so what holds is remembered, and changed where another is due.
 */
#ifndef LVMM_SHARE_RIGHTS_H
#define LVMM_SHARE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

struct rights_of {
    uint32_t uid, gid;
    bool all; /* files of anybody, whatever their modes say; as far as the process has that */
};

struct rights {
    struct rights_of now;
    bool known; /* `now` holds; false: what there was at the start does */
};

/* From now on these hold. -EPERM: there is no such user or group, or not in this user namespace; `all` holds or doesn't
 * as wanted, user and group are those or the ones before, and the next one tries again. */
int rights_take(struct rights *rights, const struct rights_of *wanted);

#endif
