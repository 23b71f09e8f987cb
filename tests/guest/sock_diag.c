/* SPDX-License-Identifier: Apache-2.0 */
/* sock_diag.c - what sock_diag(7) tells of a socket beside its names: its peer, what waits in it, how it is set. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "inet.h"
#include "show.h"

enum { SOCK_DIAG = 4, BY_FAMILY = 20, REQUEST = 1, DUMP = 0x300, DONE = 3, ERROR = 2 };
enum { UNIX_MESSAGE = 16, INET_MESSAGE = 72 }; /* bytes of the structures before the attributes */

struct header {
    uint32_t size;
    uint16_t type, flags;
    uint32_t sequence, port;
};
struct attribute {
    uint16_t size, type;
};

static uint32_t inode_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? (uint32_t)status.st_ino : 0;
}

static uint32_t word(const char *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

/* Asks for all, and calls `each` for the message of the socket with that inode, which stands at `inode_at`. */
static void ask(const void *body, size_t size, uint32_t inode, size_t inode_at,
                void (*each)(const char *message, size_t size))
{
    static char bytes[65536];
    int fd = socket(AF_NETLINK, SOCK_DGRAM, SOCK_DIAG), done = 0;
    struct header header = {(uint32_t)(sizeof(header) + size), BY_FAMILY, REQUEST | DUMP, 1, 0};

    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), body, size);
    if (send(fd, bytes, header.size, 0) < 0)
        done = 1;
    while (done == 0) {
        ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

        if (got <= 0)
            break;
        for (ssize_t at = 0; at + (ssize_t)sizeof(header) <= got; at += (ssize_t)((header.size + 3) & ~3u)) {
            memcpy(&header, bytes + at, sizeof(header));
            done |= header.type == DONE || header.type == ERROR;
            if (header.type == BY_FAMILY && word(bytes + at + sizeof(header) + inode_at) == inode)
                each(bytes + at + sizeof(header), header.size - sizeof(header));
        }
    }
    close(fd);
}

/* The attribute of that type, and its size; NULL: there is none. */
static const char *find(const char *message, size_t size, size_t fixed, int type, unsigned *length)
{
    struct attribute attribute;

    for (size_t at = fixed; at + sizeof(attribute) <= size; at += (attribute.size + 3u) & ~3u) {
        memcpy(&attribute, message + at, sizeof(attribute));
        *length = attribute.size - (unsigned)sizeof(attribute);
        if (attribute.type == type)
            return message + at + sizeof(attribute);
        if (attribute.size < sizeof(attribute))
            break;
    }
    return NULL;
}

static uint32_t the_peer;

static void show_unix(const char *message, size_t size)
{
    unsigned length;
    const char *peer = find(message, size, UNIX_MESSAGE, 2, &length),
               *queues = find(message, size, UNIX_MESSAGE, 4, &length),
               *shut = find(message, size, UNIX_MESSAGE, 6, &length);

    printf("type %d, state %d, peer %s, shut %d, ", message[1], message[2],
           peer == NULL             ? "none"
           : word(peer) == the_peer ? "the other"
                                    : "another",
           shut != NULL ? *shut : -1);
    if (queues != NULL)
        printf("unread %u, unsent %s\n", word(queues), word(queues + 4) != 0 ? "some" : "none");
}

static void of_unix(const char *what, int fd, int peer)
{
    const struct {
        uint8_t family, protocol;
        uint16_t padding;
        uint32_t states, inode, show, cookie[2];
    } request = {.family = AF_UNIX, .states = ~0u, .show = 0x17};

    printf("%s: ", what);
    the_peer = inode_of(peer);
    ask(&request, sizeof(request), inode_of(fd), 4, show_unix);
}

static void locals(void)
{
    int pair[2], listener = socket(AF_UNIX, SOCK_STREAM, 0);

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    of_unix("one of a pair", pair[0], pair[1]);
    send(pair[1], "bytes", 5, 0);
    of_unix("with something to read", pair[0], pair[1]);
    of_unix("who has sent it", pair[1], pair[0]);
    shutdown(pair[0], SHUT_WR);
    of_unix("shut", pair[0], pair[1]);
    bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
    listen(listener, 4);
    of_unix("who listens", listener, pair[0]);
    close(pair[0]), close(pair[1]), close(listener);
}

static void show_inet(const char *message, size_t size)
{
    unsigned length;
    const char *memory = find(message, size, INET_MESSAGE, 7, &length);

    printf("family %d, state %d, memory %s", message[0], message[1], memory != NULL ? "yes" : "no");
    printf(", TCP_INFO %s", find(message, size, INET_MESSAGE, 2, &length) != NULL && length > 100 ? "yes" : "no");
    printf(", congestion %s", find(message, size, INET_MESSAGE, 4, &length) != NULL ? "yes" : "no");
    printf(", v6only %s", find(message, size, INET_MESSAGE, 11, &length) != NULL ? "yes" : "no");
    printf(", shut %d\n", *find(message, size, INET_MESSAGE, 8, &length));
}

static void of_inet(int family, int fd, int wanted)
{
    uint8_t body[56] = {(uint8_t)family, IPPROTO_TCP, (uint8_t)wanted};

    memset(body + 4, 0xff, 4);
    ask(body, sizeof(body), inode_of(fd), 68, show_inet);
}

static void connections(int family)
{
    int listener = inet_listener(family, 7);

    of_inet(family, listener, 0);
    of_inet(family, listener, 0x4a); /* memory, TCP_INFO, congestion control */
    close(listener);
}

/* What the answer to a request of a protocol is, and the number in it. */
static void answer(const char *what, int family, int protocol, bool dump)
{
    struct {
        struct header header;
        uint8_t body[56];
    } request = {{sizeof(request), BY_FAMILY, (uint16_t)(REQUEST | (dump ? DUMP : 0)), 1, 0},
                 {(uint8_t)family, (uint8_t)protocol}};
    struct {
        struct header header;
        int32_t error;
        char rest[8192];
    } got;
    int fd = socket(AF_NETLINK, SOCK_DGRAM, SOCK_DIAG);

    if (send(fd, &request, sizeof(request), 0) < 0 || recv(fd, &got, sizeof(got), 0) < 20)
        printf("%s: no answer\n", what);
    else
        printf("%s: %s: %s\n", what,
               got.header.type == DONE    ? "done"
               : got.header.type == ERROR ? "error"
                                          : "a socket",
               got.error == 0 ? "0" : error_name(-got.error));
    close(fd);
}

/* No state is asked for, so no socket is told of. That a dump is of nothing that is known is said at its end. */
static void absent(int family)
{
    answer("ICMP", family, IPPROTO_ICMP, true);
    answer("IGMP", family, IPPROTO_IGMP, true);
    answer("UDP", family, IPPROTO_UDP, true);
    answer("UDP-Lite", family, 136, true);
    answer("a number", family, 253, true);
    answer("a number, one socket", family, 253, false);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    locals();
    inet_each(connections);
    inet_each(absent);
    answer("local ones", AF_UNIX, 0, true);
    answer("a local one without a number", AF_UNIX, 0, false);
    answer("no family", 0, 0, true);
    answer("a family beyond all", 200, 0, true);
    return 0;
}
