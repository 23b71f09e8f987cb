/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h - `lvmm doctor`. */
#ifndef LVMM_DOCTOR_H
#define LVMM_DOCTOR_H

#include <stdbool.h>

/* Prints to stdout what this host offers and what to install, for people or as JSON (lvmm(1)). The exit status: 0 if
 * guests of the host's ISA can run.
 */
int doctor_run(bool json);

#endif
