/* SPDX-License-Identifier: Apache-2.0 */
/* ipc_user.h - what the calls of System V IPC have in common: owner and rights as programs see them. */
#ifndef GK_SYS_IPC_USER_H
#define GK_SYS_IPC_USER_H

#include "abi/ipc.h"
#include "ipc/ids.h"

/* For IPC_STAT, in both forms. */
struct ipc_perm_user ipc_perm_show(const struct ipc_perm *perm);
struct i386_ipc_perm ipc_perm_show_i386(const struct ipc_perm_user *perm);

/* What IPC_SET is given: the perm that `address`, a struct of any kind, begins with. 0 or -EFAULT. */
int ipc_change_get(struct ipc_change *change, uint64_t address);

/* What IPC_STAT and its like look at: 0, -EINVAL, -EACCES. by_place: it is named by its place. any: whoever looks. */
int ipc_stat_look(const struct ipc_ids *ids, int id, bool by_place, bool any, struct ipc_perm **out);

#endif
