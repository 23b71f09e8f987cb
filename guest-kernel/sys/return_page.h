/* SPDX-License-Identifier: Apache-2.0 */
/* return_page.h - the page with the way back from handlers of signals, which 32-bit programs have in place of a vDSO.
 */
#ifndef GK_SYS_RETURN_PAGE_H
#define GK_SYS_RETURN_PAGE_H

#include "lib/types.h"

struct space;

/* Maps it at `place` and notes that as the space's vDSO. 0 or -ENOMEM; on an ISA without such programs it does nothing.
 */
int return_page_map(struct space *space, uaddr_t place);

#endif
