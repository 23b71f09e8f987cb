/* SPDX-License-Identifier: Apache-2.0 */
/* ldisc_echo.h - what the line discipline shows on the terminal, and the erasing that goes with it. For ldisc.c. */
#ifndef GK_DRV_LDISC_ECHO_H
#define GK_DRV_LDISC_ECHO_H

#include "drv/ldisc.h"

void ldisc_echo_raw(struct ldisc *ldisc, uint8_t byte);  /* as it is, but for OPOST */
void ldisc_echo_char(struct ldisc *ldisc, uint8_t byte); /* control characters as ^X with ECHOCTL */
void ldisc_echo_literal_mark(struct ldisc *ldisc);       /* the ^ of VLNEXT, with the cursor on it */
void ldisc_reprint(struct ldisc *ldisc);                 /* VREPRINT: the line so far once more, on a new one */

/* Take from the line that is being edited: a character, a word, all of it. */
void ldisc_erase_char(struct ldisc *ldisc);
void ldisc_erase_word(struct ldisc *ldisc);
void ldisc_erase_line(struct ldisc *ldisc);

#endif
