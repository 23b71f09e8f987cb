/* SPDX-License-Identifier: Apache-2.0 */
/* garbage.h - local sockets that nobody can reach, as they are in nothing but one another's queues (SCM_RIGHTS). */
#ifndef GK_NET_GARBAGE_H
#define GK_NET_GARBAGE_H

/* Ends them. It looks at all sockets that are on their way, if there are any; may wait. After each end of a local
 * socket, and of a process, whose descriptors may have been the last way to one. */
void unix_rights_collect(void);

#endif
