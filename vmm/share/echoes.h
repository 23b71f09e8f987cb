/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echoes.h - which of the host's events (watches.h) are of what the guest has done itself.
 *
 * inotify(7) doesn't say who has changed something. But the host's kernel has queued an event when the call that it is
 * of returns, so: when a request has changed something, and before the queue is read, the events that come of it are
 * noted, by folder and name; an event that fits is an echo; and once the queue is empty nothing that was noted is still
 * to come. A request that has failed is noted nothing of: what lies in the queue by that name is others'. Where another
 * has done the same to the same name meanwhile, one of two equal events is told, whichever of them it is.
 *
 * Some requests are `quiet`: the guest takes back by itself all that their events would (boot/abi_share.h). That is of
 * the file that it knows; where others have changed names, and another file may have this one, the events are told.
 */
#ifndef LVMM_SHARE_ECHOES_H
#define LVMM_SHARE_ECHOES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECHOES_MAX 64u /* what doesn't fit is taken for others' */

struct share_echo {
    uint64_t folder; /* its node's number */
    uint32_t mask;   /* of inotify's: what may come; each change of a name comes once */
    uint32_t length; /* of the name; 0: it is the folder itself */
    bool quiet;
    char name[NAME_MAX];
};

struct share_echoes {
    bool has_come; /* the name of something that moves: that it has moved comes next */
    unsigned count;
    struct share_echo all[ECHOES_MAX];
};

enum echo { ECHO_NONE, ECHO_HEARD, ECHO_QUIET };

/* A name of the folder, or (length 0) the folder itself, was changed in one of these ways. */
void echoes_expect(struct share_echoes *echoes, uint64_t folder, const char *name, size_t length, uint32_t mask,
                   bool quiet);
/* Whether this event of the folder's is an echo, which it is once. */
enum echo echoes_take(struct share_echoes *echoes, uint64_t folder, const char *name, size_t length, uint32_t mask);
/* All that was queued has been taken. */
void echoes_end(struct share_echoes *echoes);

#endif
