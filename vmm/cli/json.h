/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - strings as JSON has them (RFC 8259). */
#ifndef LVMM_CLI_JSON_H
#define LVMM_CLI_JSON_H

#include <stdio.h>

/* Prints the text with its quotation marks. Bytes that are no characters of ASCII are kept: a path may be of any. */
void json_string(FILE *out, const char *text);

#endif
