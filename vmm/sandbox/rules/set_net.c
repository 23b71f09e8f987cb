/* SPDX-License-Identifier: Apache-2.0 */
/* set_net.c - what the network helper does with sockets of the Internet: none of another family or type can be
 * made. */
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "vmm/sandbox/rules/rules.h"

const struct rule set_net[] = {
    CALL_IF_BOTH("socket", INT(0, AF_INET), INT(1, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)),
    CALL_IF_BOTH("socket", INT(0, AF_INET), INT(1, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC)),
    CALL_IF_BOTH("socket", INT(0, AF_INET6), INT(1, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)),
    CALL_IF_BOTH("socket", INT(0, AF_INET6), INT(1, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC)),
    CALL_IF("socketpair", INT(0, AF_UNIX)), /* nobody else has an end of it */
    CALL("bind"),
    CALL("listen"),
    CALL("accept4"),
    CALL("connect"),
    CALL("getsockname"),
    CALL("getsockopt"),
    CALL("setsockopt"),
    CALL("sendto"),
    IOCTL(SIOCATMARK),
    IOCTL(SIOCOUTQ),
    END,
};
