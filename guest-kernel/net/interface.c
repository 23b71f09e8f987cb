/* SPDX-License-Identifier: Apache-2.0 */
/* interface.c - what ioctl(2) tells of network interfaces (netdevice(7)): those of net/interface_list.c, which are up
 * and stay as they are.
 */
#include "net/interface.h"

#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "core/thread.h"
#include "lib/string.h"
#include "mm/usercopy.h"

enum {
    SIOCADDRT = 0x890b,
    SIOCDELRT = 0x890c,
    SIOCGIFNAME = 0x8910,
    SIOCGIFCONF = 0x8912,
    SIOCGIFFLAGS = 0x8913,
    SIOCSIFFLAGS = 0x8914,
    SIOCGIFADDR = 0x8915,
    SIOCSIFADDR = 0x8916,
    SIOCGIFDSTADDR = 0x8917,
    SIOCGIFBRDADDR = 0x8919,
    SIOCGIFNETMASK = 0x891b,
    SIOCSIFNETMASK = 0x891c,
    SIOCGIFMETRIC = 0x891d,
    SIOCGIFMTU = 0x8921,
    SIOCSIFMTU = 0x8922,
    SIOCGIFHWADDR = 0x8927,
    SIOCGIFINDEX = 0x8933,
    SIOCGIFTXQLEN = 0x8942,
    SIOCGIFMAP = 0x8970,
};

#define NAME_SIZE 16u
#define TX_QUEUE 1000

struct interface_request { /* struct ifreq */
    char name[NAME_SIZE];
    union {
        uint8_t bytes[24];
        struct sockaddr_in_user address;
        uint16_t family;
        int16_t flags;
        int32_t number;
    };
};
#define REQUEST_SIZE_32 32u /* of a 32-bit program, whose union is shorter */
struct interface_list {     /* struct ifconf */
    int32_t size, padding;
    uint64_t buffer;
};
struct interface_list32 {
    int32_t size;
    uint32_t buffer;
};

static size_t request_size(void)
{
    return call_is_32bit() ? REQUEST_SIZE_32 : sizeof(struct interface_request);
}

static void set_address(struct interface_request *request, const uint8_t address[4])
{
    memset(request->bytes, 0, sizeof(request->bytes));
    request->address.family = AF_INET;
    memcpy(request->address.address, address, sizeof(request->address.address));
}

static int list_take(uint64_t arg, struct interface_list *out)
{
    struct interface_list32 half;

    if (!call_is_32bit())
        return copy_from_user(out, arg, sizeof(*out));
    if (copy_from_user(&half, arg, sizeof(half)) != 0)
        return -EFAULT;
    *out = (struct interface_list){.size = half.size, .buffer = half.buffer};
    return 0;
}

/* SIOCGIFCONF: those that have addresses of IPv4. Without a buffer: how long the list is, whatever list.size is; in one
 * of a negative size there is room for none. */
static int64_t list_interfaces(uint64_t arg)
{
    struct interface_list list;
    struct interface interface;
    int32_t each = (int32_t)request_size(), size = 0;

    if (list_take(arg, &list) != 0)
        return -EFAULT;
    for (uint32_t index = LO_INDEX; interface_get(index, &interface); index++) {
        struct interface_request request = {.name = ""};

        memcpy(request.name, interface.name, sizeof(request.name));
        set_address(&request, interface.address);
        if (list.buffer != 0 && list.size - size < each)
            break;
        if (list.buffer != 0 && copy_to_user(list.buffer + (uint64_t)size, &request, (size_t)each) != 0)
            return -EFAULT;
        size += each;
    }
    return copy_to_user(arg, &size, sizeof(size)); /* the list's first member */
}

static bool needs_admin(unsigned request)
{
    return request == SIOCSIFFLAGS || request == SIOCSIFADDR || request == SIOCSIFNETMASK || request == SIOCSIFMTU ||
           request == SIOCADDRT || request == SIOCDELRT;
}

static void tell_broadcast(struct interface_request *request, const struct interface *interface)
{
    uint8_t all[4] = {0};

    if (interface->flags & INTERFACE_BROADCAST)
        interface_broadcast(interface, all);
    set_address(request, all);
}

/* What is asked of one: 0, or -ENOTTY. */
static int tell(struct interface_request *request, unsigned what, const struct interface *interface)
{
    uint8_t mask[4];

    switch (what) {
    case SIOCGIFFLAGS:
        request->flags = (int16_t)interface->flags;
        return 0;
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
        set_address(request, interface->address);
        return 0;
    case SIOCGIFBRDADDR:
        tell_broadcast(request, interface);
        return 0;
    case SIOCGIFNETMASK:
        interface_mask(interface->prefix, mask);
        set_address(request, mask);
        return 0;
    case SIOCGIFMETRIC:
        request->number = 0;
        return 0;
    case SIOCGIFMTU:
        request->number = (int)interface->mtu;
        return 0;
    case SIOCGIFHWADDR:
        memset(request->bytes, 0, sizeof(request->bytes));
        request->family = interface->type;
        memcpy(request->bytes + sizeof(request->family), interface->hardware, sizeof(interface->hardware));
        return 0;
    case SIOCGIFINDEX:
        request->number = (int)interface->index;
        return 0;
    case SIOCGIFTXQLEN:
        request->number = TX_QUEUE;
        return 0;
    case SIOCGIFMAP:
        memset(request->bytes, 0, sizeof(request->bytes));
        return 0;
    default:
        return -ENOTTY;
    }
}

int64_t interface_ioctl(unsigned request, uint64_t arg)
{
    struct interface_request given;
    struct interface interface;

    if (request == SIOCGIFCONF)
        return list_interfaces(arg);
    if (needs_admin(request))
        return cred_has(&current_thread()->cred, CAP_NET_ADMIN) ? -EOPNOTSUPP : -EPERM;
    memset(&given, 0, sizeof(given));
    (void)interface_get(LO_INDEX, &interface);
    if (request != SIOCGIFNAME && tell(&given, request, &interface) != 0)
        return -ENOTTY;
    if (copy_from_user(&given, arg, request_size()) != 0)
        return -EFAULT;
    if (request == SIOCGIFNAME) {
        if (given.number <= 0 || !interface_get((uint32_t)given.number, &interface))
            return -ENODEV;
        memcpy(given.name, interface.name, sizeof(given.name));
    } else {
        if (!interface_find(given.name, NAME_SIZE, &interface))
            return -ENODEV;
        (void)tell(&given, request, &interface);
    }
    return copy_to_user(arg, &given, request_size());
}
