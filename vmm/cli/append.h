/* SPDX-License-Identifier: Apache-2.0 */
/* append.h - what --append may say to our own guest kernel. Other kernels have words of their own. */
#ifndef LVMM_APPEND_H
#define LVMM_APPEND_H

/* Warns of each word that neither lvmm nor its guest kernel knows. text: NULL: there is none. */
void append_warn(const char *text);

#endif
