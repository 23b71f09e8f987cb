/* SPDX-License-Identifier: Apache-2.0 */
/* ldisc_echo.h - what the line discipline shows on the terminal: output, and for ldisc.c echo and erasing. */
#ifndef GK_DRV_LDISC_ECHO_H
#define GK_DRV_LDISC_ECHO_H

#include "drv/ldisc_state.h"

void ldisc_echo_raw(struct ldisc *ldisc, uint8_t byte);  /* as it is, but for OPOST */
void ldisc_echo_char(struct ldisc *ldisc, uint8_t byte); /* control characters as ^X with ECHOCTL */
void ldisc_echo_literal_mark(struct ldisc *ldisc);       /* the ^ of VLNEXT, with the cursor on it */
void ldisc_reprint(struct ldisc *ldisc);                 /* VREPRINT: the line so far once more, on a new one */

/* Take from the line that is being edited: a character, a word, all of it. */
void ldisc_erase_char(struct ldisc *ldisc);
void ldisc_erase_word(struct ldisc *ldisc);
void ldisc_erase_line(struct ldisc *ldisc);

/* Output processing (OPOST): turns bytes of `src` into at most `room` bytes at `dst`; returns the bytes of `src` used
 * up and stores how many came of them. With room for 8 bytes it always gets on. */
size_t ldisc_output(struct ldisc *ldisc, const uint8_t *src, size_t size, uint8_t *dst, size_t room, size_t *made);

#endif
