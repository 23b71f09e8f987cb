/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h - who the current thread acts as, where the kernel itself decides it (setuid(2), setgroups(2)). */
#ifndef GK_SYS_IDENTITY_H
#define GK_SYS_IDENTITY_H

#include <stdint.h>

struct cred_groups;

/* Room for so many supplementary groups, to be filled, in any order; one reference. NULL: no memory. */
struct cred_groups *identity_groups_create(uint32_t count);

/* The current thread, which is root, is that user from now on, as by setgroups, setgid and setuid; takes over the
 * reference of `groups`, which may be NULL. Neither ID is -1. */
void identity_become(uint32_t user, uint32_t group, struct cred_groups *groups);

#endif
