/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h - `lvmm doctor`. */
#ifndef LVMM_DOCTOR_H
#define LVMM_DOCTOR_H

/* Prints to stdout what this host offers and what to install. The exit status: 0 if guests of the host's ISA can run.
 */
int doctor_run(void);

#endif
