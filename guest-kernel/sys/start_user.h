/* SPDX-License-Identifier: Apache-2.0 */
/* start_user.h - who the first program is: a user of the guest's /etc/passwd and /etc/group, or numbers. */
#ifndef GK_SYS_START_USER_H
#define GK_SYS_START_USER_H

#include <stdbool.h>
#include <stdint.h>

#define START_HOME_MAX 256u

struct start_user {
    uint32_t user, group;
    struct cred_groups *groups; /* the supplementary ones; NULL: none */
    char home[START_HOME_MAX];
};

/*
 * USER or USER:GROUP, each a name or a number, as docker has them: a user of the file has his group and those that he
 * is a member of, a GROUP is the only one; a number that isn't there stands for itself, with group 0 and / as its home.
 * 0, and out->groups has a reference. -ENOENT: no user, or with *no_group no group, has that name. -ENOMEM, or what
 * reading the files gave.
 */
int start_user_find(const char *text, struct start_user *out, bool *no_group);

#endif
