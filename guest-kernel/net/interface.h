/* SPDX-License-Identifier: Apache-2.0 */
/* interface.h - network interfaces (netdevice(7)): lo, and with a network eth0. They are up and stay as they are. */
#ifndef GK_NET_INTERFACE_H
#define GK_NET_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#define LO_INDEX 1u
#define LO_MTU 65536u
#define ETH_INDEX 2u

enum {
    INTERFACE_UP = 1,
    INTERFACE_BROADCAST = 2,
    INTERFACE_LOOPBACK = 8,
    INTERFACE_RUNNING = 0x40,
    INTERFACE_NOARP = 0x80
};
enum { INTERFACE_LOWER_UP = 0x10000 }; /* of netlink alone */

struct interface {
    char name[16];
    uint32_t index, mtu;
    uint16_t type;  /* ARPHRD_* */
    uint16_t flags; /* INTERFACE_* */
    uint8_t hardware[6];
    uint8_t prefix, prefix6;
    uint8_t address[4], gateway[4];     /* of IPv4; gateway zero: none */
    uint8_t address6[16], gateway6[16]; /* zero: none */
};

/* The interface of that index, from 1 on; false: there is none. */
bool interface_get(uint32_t index, struct interface *out);
/* The one with that name, of at most `size` bytes. */
bool interface_find(const char *name, uint32_t size, struct interface *out);
/* The mask of so many bits, and with it the address of its net, and of all in it. */
void interface_mask(unsigned bits, uint8_t mask[4]);
void interface_net(const struct interface *interface, uint8_t net[4]);
void interface_broadcast(const struct interface *interface, uint8_t all[4]);

/* ioctl(2) of a socket of any family: SIOCGIF* and their like. -ENOTTY: it is none of these. */
int64_t interface_ioctl(unsigned request, uint64_t arg);

#endif
