/* SPDX-License-Identifier: Apache-2.0 */
/* proc_netlink.c - /proc/net/netlink: sockets of AF_NETLINK, the kernel's own among them. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "show.h"

struct address { /* linux/netlink.h's struct sockaddr_nl */
    unsigned short family, padding;
    unsigned port, groups;
};

static const char *whose(unsigned port)
{
    return port == 0 ? "the kernel's" : port == (unsigned)getpid() ? "by number" : "another";
}

/* The lines of the socket, or of the kernel's of rtnetlink and sock_diag. */
static void tell(const char *what, int fd)
{
    FILE *file = fopen("/proc/net/netlink", "r");
    char line[256];
    struct stat st = {0};
    int lines = 0;

    printf("%s\n", what);
    if (fd >= 0)
        fstat(fd, &st);
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        unsigned protocol, port, groups, unread, unsent, dump, locks, drops;
        unsigned long inode;

        if (lines++ == 0 && fd < 0)
            printf("%s", line);
        if (sscanf(line, "%*x %u %u %x %u %u %u %u %u %lu", &protocol, &port, &groups, &unread, &unsent, &dump, &locks,
                   &drops, &inode) != 9)
            continue;
        if (fd < 0 ? port == 0 && (protocol == 0 || protocol == 4) : inode == st.st_ino)
            printf("  protocol %u, %s, groups %x, unread %s, %u %u %u %u\n", protocol, whose(port), groups,
                   unread != 0 ? "some" : "none", unsent, dump, locks, drops);
    }
    if (file != NULL)
        fclose(file);
}

static int opened(int protocol, unsigned port)
{
    struct address address = {AF_NETLINK, 0, port, 0};
    int fd = socket(AF_NETLINK, SOCK_RAW, protocol);

    if (bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)) != 0)
        printf("bind: %s\n", error_name(errno));
    return fd;
}

/* How many interfaces a list of a family has: those that are ports of a bridge are another list. */
static void links(const char *what, int fd, unsigned char family)
{
    struct {
        unsigned size;
        unsigned short type, flags;
        unsigned sequence, port;
        unsigned char family, rest[15];
    } ask = {sizeof(ask), 18, 0x301, 1, 0, family, {0}};
    static char bytes[32768];
    int found = 0, ends = 0;

    send(fd, &ask, sizeof(ask), 0);
    while (!ends) {
        long got = recv(fd, bytes, sizeof(bytes), 0);

        if (got <= 0)
            break;
        for (long at = 0; at + 16 <= got;) {
            unsigned size;
            unsigned short type;

            memcpy(&size, bytes + at, sizeof(size));
            memcpy(&type, bytes + at + 4, sizeof(type));
            found += type == 16;
            ends |= type == 3 || type == 2;
            if (size < 16)
                break;
            at += (size + 3) & ~3u;
        }
    }
    printf("%s: %s\n", what, found != 0 ? "some" : "none");
}

int main(void)
{
    (void)unshare(CLONE_NEWNET); /* where there are no bridges */
    int closed = socket(AF_NETLINK, SOCK_RAW, 0), route = opened(0, 0), second = opened(0, 0), diag = opened(4, 12345);

    tell("the kernel's", -1);
    tell("one that isn't bound", closed);
    tell("rtnetlink", route);
    tell("another", second);
    tell("sock_diag", diag);
    links("interfaces", route, 0);
    links("of bridges", route, 7);
    close(diag);
    tell("closed", route);
    return 0;
}
