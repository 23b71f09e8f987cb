/* SPDX-License-Identifier: Apache-2.0 */
/* poll.h - the events of poll(2) (asm-generic/poll.h). */
#ifndef GK_ABI_POLL_H
#define GK_ABI_POLL_H

#include <stdint.h>

#define POLLIN 0x0001u
#define POLLPRI 0x0002u
#define POLLOUT 0x0004u
#define POLLERR 0x0008u
#define POLLHUP 0x0010u
#define POLLNVAL 0x0020u
#define POLLRDNORM 0x0040u
#define POLLRDBAND 0x0080u
#define POLLWRNORM 0x0100u
#define POLLWRBAND 0x0200u
#define POLLRDHUP 0x2000u

struct pollfd_user {
    int32_t fd;
    uint16_t events, revents;
};

#endif
