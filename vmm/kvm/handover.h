/* SPDX-License-Identifier: Apache-2.0 */
/* handover.h - a descriptor whose last close takes long, and a process that ends. */
#ifndef LVMM_HANDOVER_H
#define LVMM_HANDOVER_H

/*
 * The file behind `fd` is closed by the kernel, by itself, after this process's end: who waits for this process doesn't
 * wait for that. To be called once it is sure that the process ends with it, and before that is locked in. Best effort:
 * where it isn't possible nothing happens.
 */
void handover_file(int fd);

#endif
