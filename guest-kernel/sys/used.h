/* SPDX-License-Identifier: Apache-2.0 */
/* used.h - tells lvmm what the programs have used, if it wants to know (boot/abi.h, LVMM_RECORD_USAGE). */
#ifndef GK_SYS_USED_H
#define GK_SYS_USED_H

/* It does: from now on a program that is killed for memory's sake is told of, too. */
void used_wanted(void);
/* Sends the record, if it is wanted. To be called once more at the end. */
void used_tell(void);

#endif
