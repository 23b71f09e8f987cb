/* SPDX-License-Identifier: Apache-2.0 */
/* interface_list.c - which interfaces there are: see interface.h. */
#include "lib/string.h"
#include "net/interface.h"
#include "net/outside.h"

#define ARPHRD_ETHER 1
#define ARPHRD_LOOPBACK 772
#define V4 12u /* where the four bytes of IPv4 are in an address of 16 */

static const struct interface lo = {.name = "lo",
                                    .index = LO_INDEX,
                                    .mtu = LO_MTU,
                                    .type = ARPHRD_LOOPBACK,
                                    .flags = INTERFACE_UP | INTERFACE_LOOPBACK | INTERFACE_RUNNING,
                                    .prefix = 8,
                                    .prefix6 = 128,
                                    .address = {127, 0, 0, 1},
                                    .address6 = {[15] = 1}};

/* There are no packets, so nobody asks who has an address; the one of the hardware is made of that of IPv4. */
static void get_eth(const struct lvmm_net_config *config, struct interface *out)
{
    *out = (struct interface){.name = "eth0",
                              .index = ETH_INDEX,
                              .mtu = config->mtu,
                              .type = ARPHRD_ETHER,
                              .flags = INTERFACE_UP | INTERFACE_BROADCAST | INTERFACE_RUNNING | INTERFACE_NOARP,
                              .hardware = {0x02},
                              .prefix = config->prefix4,
                              .prefix6 = config->prefix6};
    memcpy(out->address, config->address4 + V4, sizeof(out->address));
    memcpy(out->hardware + 2, out->address, sizeof(out->address));
    memcpy(out->address6, config->address6, sizeof(out->address6));
    if (config->flags & LVMM_NET_OUT) {
        memcpy(out->gateway, config->gateway4 + V4, sizeof(out->gateway));
        memcpy(out->gateway6, config->gateway6, sizeof(out->gateway6));
    }
}

bool interface_get(uint32_t index, struct interface *out)
{
    if (index == LO_INDEX)
        *out = lo;
    else if (index == ETH_INDEX && outside_config != NULL)
        get_eth(outside_config, out);
    else
        return false;
    return true;
}

bool interface_find(const char *name, uint32_t size, struct interface *out)
{
    size_t length = strnlen(name, size);

    for (uint32_t index = LO_INDEX; interface_get(index, out); index++)
        if (strlen(out->name) == length && memcmp(out->name, name, length) == 0)
            return true;
    return false;
}

void interface_mask(unsigned bits, uint8_t mask[4])
{
    for (unsigned i = 0; i < 4; i++, bits -= bits > 8 ? 8 : bits)
        mask[i] = bits >= 8 ? 0xff : (uint8_t)(0xff00u >> bits);
}

void interface_net(const struct interface *interface, uint8_t net[4])
{
    interface_mask(interface->prefix, net);
    for (unsigned i = 0; i < 4; i++)
        net[i] &= interface->address[i];
}

void interface_broadcast(const struct interface *interface, uint8_t all[4])
{
    interface_mask(interface->prefix, all);
    for (unsigned i = 0; i < 4; i++)
        all[i] = (uint8_t)(interface->address[i] | ~all[i]);
}
