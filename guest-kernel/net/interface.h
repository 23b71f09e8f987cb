/* SPDX-License-Identifier: Apache-2.0 */
/* interface.h - network interfaces (netdevice(7)): lo. */
#ifndef GK_NET_INTERFACE_H
#define GK_NET_INTERFACE_H

#include <stdint.h>

#define LO_INDEX 1u
#define LO_MTU 65536u

/* ioctl(2) of a socket of any family: SIOCGIF* and their like. -ENOTTY: it is none of these. */
int64_t interface_ioctl(unsigned request, uint64_t arg);

#endif
