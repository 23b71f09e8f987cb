/* SPDX-License-Identifier: Apache-2.0 */
/* publish.c - see publish.h. */
#include "vmm/net/publish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 80

/* A number of 1 to 5 digits. */
static int parse_port(const char *text, bool may_be_zero, uint16_t *out)
{
    size_t length = strlen(text);

    if (length == 0 || length > 5 || strspn(text, "0123456789") != length)
        return -EINVAL;
    long port = atol(text);
    if (port > UINT16_MAX || (port == 0 && !may_be_zero))
        return -EINVAL;
    *out = (uint16_t)port;
    return 0;
}

static int cut_protocol(char *text, bool *is_udp)
{
    char *slash = strchr(text, '/');

    *is_udp = false;
    if (slash == NULL)
        return 0;
    *slash = '\0';
    *is_udp = strcmp(slash + 1, "udp") == 0;
    return *is_udp || strcmp(slash + 1, "tcp") == 0 ? 0 : -EINVAL;
}

int net_publish_parse(const char *text, struct net_publish *out)
{
    char copy[TEXT_MAX];

    *out = (struct net_publish){.host.address = net_address_v4(INADDR_LOOPBACK), .fd = -1};
    if (strlen(text) >= sizeof(copy))
        return -EINVAL;
    strcpy(copy, text); /* NOLINT: it has room */
    if (cut_protocol(copy, &out->is_udp) < 0)
        return -EINVAL;
    char *guest = strrchr(copy, ':');
    if (guest == NULL)
        return -EINVAL;
    *guest++ = '\0';
    char *host = strrchr(copy, ':');
    if (host != NULL) {
        *host++ = '\0';
        /* An IPv6 address is in brackets, or its last part would be a port. */
        if ((strchr(copy, ':') != NULL && copy[0] != '[') || net_address_parse(copy, &out->host.address) < 0)
            return -EINVAL;
    } else {
        host = copy;
    }
    int error = parse_port(host, true, &out->host.port);
    return error < 0 ? error : parse_port(guest, false, &out->guest_port);
}

static void set(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof(value));
}

/* A socket with that address, or -errno. */
static int try_bind(const struct net_publish *publish, bool reuse)
{
    int family = net_address_is_v4(&publish->host.address) ? AF_INET : AF_INET6;
    int type = publish->is_udp ? SOCK_DGRAM : SOCK_STREAM;
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t size = net_endpoint_sockaddr(&publish->host, family, &name);
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (family == AF_INET6)
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1); /* as 0.0.0.0 is IPv4 alone */
    set(fd, SOL_SOCKET, SO_REUSEADDR, reuse);
    if (bind(fd, (struct sockaddr *)&name, size) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

/* A port that only connections of the past still have can be had, too, but only by who says so; who says so could also
 * take one that another of us has. So that is the second attempt, and nobody can say so of ours. */
int net_publish_bind(struct net_publish *publish)
{
    int fd = try_bind(publish, false);
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(name);

    if (fd == -EADDRINUSE && !publish->is_udp)
        fd = try_bind(publish, true);
    if (fd < 0)
        return fd;
    set(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    if (getsockname(fd, (struct sockaddr *)&name, &size) < 0 || !net_endpoint_take(&name, &publish->host)) {
        close(fd);
        return -EINVAL;
    }
    publish->fd = fd;
    return 0;
}

/* Beside the one that holds the port: to share it, both must say so, at that moment. */
int net_publish_listen(const struct net_publish *publish)
{
    set(publish->fd, SOL_SOCKET, SO_REUSEADDR, 1);
    int fd = try_bind(publish, true);
    if (fd >= 0 && listen(fd, SOMAXCONN) < 0) {
        int error = errno;

        close(fd);
        fd = -error;
    }
    set(publish->fd, SOL_SOCKET, SO_REUSEADDR, 0);
    return fd;
}
