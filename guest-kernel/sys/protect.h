/* SPDX-License-Identifier: Apache-2.0 */
/* protect.h - memory of the current program that can be executed alone. */
#ifndef GK_SYS_PROTECT_H
#define GK_SYS_PROTECT_H

/* The thread has made such memory (mm/space.h): if it has a protection key, the thread is denied to read it. */
void protect_only_execute(void);

#endif
