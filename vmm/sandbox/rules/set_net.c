/* SPDX-License-Identifier: Apache-2.0 */
/* set_net.c - what the network helper does with sockets of the Internet: none of another family, type or protocol
 * can be made: neither packets nor MPTCP, SCTP, SMC, whose code in the kernel nobody needs here. */
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "vmm/sandbox/rules/rules.h"

#define SOCKET(family, type, protocol) \
    CALL_IF_THREE("socket", INT(0, family), INT(1, (type) | SOCK_NONBLOCK | SOCK_CLOEXEC), INT(2, protocol))

const struct rule set_net[] = {
    SOCKET(AF_INET, SOCK_STREAM, 0),
    SOCKET(AF_INET, SOCK_DGRAM, 0),
    SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
    SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_ICMP),
    SOCKET(AF_INET6, SOCK_STREAM, 0),
    SOCKET(AF_INET6, SOCK_DGRAM, 0),
    SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
    SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6),
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
