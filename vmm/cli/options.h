/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the lists of options; each ends with one that has no name. */
#ifndef LVMM_OPTIONS_H
#define LVMM_OPTIONS_H

#include "vmm/cli/option.h"

#define OPTIONS_MOST 64 /* a list has fewer */

extern const struct config_option options_run[];    /* of `lvmm run` */
extern const struct config_option options_doctor[]; /* of `lvmm doctor` */
extern const struct config_option options_plain[];  /* of everything */

#endif
