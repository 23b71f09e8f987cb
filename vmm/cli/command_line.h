/* SPDX-License-Identifier: Apache-2.0 */
/* command_line.h - reads the command line. */
#ifndef LVMM_COMMAND_LINE_H
#define LVMM_COMMAND_LINE_H

#include "vmm/cli/config.h"

/* Parses the command line. 0: go on with `out`. -1: end the process now with *status (0 after help and version,
 * EXIT_LVMM after a message). */
int config_parse(int argc, char **argv, struct config *out, int *status);

#endif
