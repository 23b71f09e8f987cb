/* SPDX-License-Identifier: Apache-2.0 */
/* net_setup.c - what of the host a guest's network has, before it is locked in: see net_process.h. */
#include <endian.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/net/net_process.h"

#define DESCRIPTORS_APART 300u /* that aren't sockets of the guest's numbers */
#define SOCKETS_LEAST 64u
#define MTU 1500u

bool net_setup_is_wanted(const struct net_setup *setup)
{
    return setup->port_count > 0 || net_policy_is_open(&setup->policy);
}

static const char *why_not(int error)
{
    switch (error) {
    case -EADDRINUSE:
        return "another program has that port";
    case -EACCES:
        return "ports below net.ipv4.ip_unprivileged_port_start, mostly 1024, are root's; give one above";
    case -EADDRNOTAVAIL:
        return "this host hasn't got that address";
    default:
        return strerror(-error);
    }
}

static int open_port(struct net_publish *port)
{
    bool is_any = port->host.port == 0;
    char text[NET_TEXT];
    int error = net_publish_bind(port);

    if (error < 0)
        log_error("-p %s: %s", net_endpoint_text(&port->host, text), why_not(error));
    else if (is_any)
        log_text(true, "lvmm: -p: port %u%s of the guest is %s", port->guest_port, port->is_udp ? "/udp" : "",
                 net_endpoint_text(&port->host, text));
    return error;
}

static void tell_closed(const char *name, const struct net_address *address)
{
    char text[NET_TEXT];

    net_endpoint_text(&(struct net_endpoint){*address, 0}, text);
    log_text(
        true,
        "lvmm: --allow %s: its address %s isn't the Internet's, or is denied: only --allow with that address opens it",
        name, text);
}

int net_setup_open(struct net_setup *setup)
{
    const char *name = NULL;
    int error = 0;

    for (unsigned i = 0; i < setup->port_count && error == 0; i++)
        error = open_port(&setup->port[i]);
    if (error < 0 || !net_policy_is_open(&setup->policy))
        return error;
    net_resolver_config_read(&setup->resolver);
    error = net_resolver_look_up(&setup->resolver, &setup->policy, tell_closed, &name);
    if (error == -ENOENT)
        log_error("--allow or --deny %s: there is no host with that name", name);
    else if (error < 0)
        log_error("--allow or --deny %s: no name server answers: %s", name, strerror(-error));
    return error;
}

void net_setup_close(struct net_setup *setup)
{
    for (unsigned i = 0; i < setup->port_count; i++) {
        if (setup->port[i].fd >= 0)
            close(setup->port[i].fd);
        setup->port[i].fd = -1;
    }
}

/* As many as there may be descriptors. */
static uint32_t count_sockets(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max < DESCRIPTORS_APART + SOCKETS_LEAST)
        return SOCKETS_LEAST;
    if (limit.rlim_max - DESCRIPTORS_APART > LVMM_NET_SOCKETS_MAX)
        return LVMM_NET_SOCKETS_MAX;
    return (uint32_t)limit.rlim_max - DESCRIPTORS_APART;
}

static bool has_ipv6(void)
{
    const struct net_address somewhere = {{0x20, 0x01, 0x48, 0x60, [15] = 1}};

    return net_address_has_route(&somewhere);
}

static void put(uint8_t *out, const char *text)
{
    struct net_address address;

    if (net_address_parse(text, &address) == 0)
        memcpy(out, address.bytes, sizeof(address.bytes));
}

/* One for the guest and one for the helper. */
static bool has_cpus(void)
{
    cpu_set_t cpus;

    return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 1;
}

void net_setup_tell(const struct net_setup *setup, struct lvmm_net_config *out)
{
    memset(out, 0, sizeof(*out));
    out->sockets = htole32(count_sockets());
    out->flags = htole32((net_policy_is_open(&setup->policy) ? LVMM_NET_OUT : 0) | (has_cpus() ? LVMM_NET_LOOK : 0));
    out->mtu = htole32(MTU);
    put(out->address4, "10.0.2.15");
    put(out->gateway4, "10.0.2.2");
    put(out->dns4, "10.0.2.3");
    out->prefix4 = 24;
    if (has_ipv6()) {
        put(out->address6, "fd00:6c76:6d6d::15");
        put(out->gateway6, "fd00:6c76:6d6d::2");
        out->prefix6 = 64;
    }
    out->published_count = htole16((uint16_t)setup->port_count);
    for (unsigned i = 0; i < setup->port_count; i++) {
        out->published[i].port = htole16(setup->port[i].guest_port);
        out->published[i].protocol = setup->port[i].is_udp ? IPPROTO_UDP : IPPROTO_TCP;
    }
}
