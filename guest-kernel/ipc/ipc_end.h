/* SPDX-License-Identifier: Apache-2.0 */
/* ipc_end.h - the end of what programs have left of System V IPC and of message queues. */
#ifndef GK_IPC_IPC_END_H
#define GK_IPC_IPC_END_H

/* The machine ends, nobody runs any more: what there is goes, so that a kernel with checks finds all memory given back.
 */
void ipc_end(void);

#endif
