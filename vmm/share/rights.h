/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights.h - with whose rights root's server reaches files: user and group (setfsuid, setfsgid), and whether modes bind
 * it (CAP_DAC_OVERRIDE). It is of all requests in turn, so what holds is remembered, and changed where another is due.
 */
#ifndef LVMM_SHARE_RIGHTS_H
#define LVMM_SHARE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#define RIGHTS_GROUPS_MAX 32u /* supplementary groups of who has started lvmm that are known */

struct statx;

struct rights_of {
    uint32_t uid, gid;
    bool has_group; /* a supplementary group, which is the only one; false: those that there were at the start */
    uint32_t group;
    bool all; /* files of anybody, whatever their modes say; as far as the process has that */
};

struct rights {
    struct rights_of now;
    bool known; /* `now` holds; false: what there was at the start does */
    unsigned groups_n;
    uint32_t groups[RIGHTS_GROUPS_MAX]; /* at the start */
};

/* What there is at the start. */
void rights_init(struct rights *rights);

/* From now on these hold. -EPERM: there is no such user or group, or not in this user namespace; `all` holds or doesn't
 * as wanted, user and group are those or the ones before, and the next one tries again. */
int rights_take(struct rights *rights, const struct rights_of *wanted);

/* Those of the file's owner hold until `before` is taken again. False: as before, as none were ever taken or modes
 * don't bind us, or there is no such user. */
bool rights_take_owner(struct rights *rights, const struct statx *st, struct rights_of *before);
/* beneath_open, and opening a folder to list it, once more with the rights of who owns the folder, where those that
 * hold don't do: of what the guest knows already, or what it has made itself. -EACCES: nor do these. As before
 * afterwards. */
int rights_open(struct rights *rights, int dir, const char *name);
int rights_list(struct rights *rights, int proc, int dir);

#endif
