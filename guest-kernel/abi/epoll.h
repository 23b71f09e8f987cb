/* SPDX-License-Identifier: Apache-2.0 */
/* epoll.h - what epoll_ctl(2) has beside poll(2)'s events (linux/eventpoll.h). */
#ifndef GK_ABI_EPOLL_H
#define GK_ABI_EPOLL_H

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)

#endif
