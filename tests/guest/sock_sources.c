/* SPDX-License-Identifier: Apache-2.0 */
/* sock_sources.c - groups of which only some sources are wanted, or some aren't (IP_ADD_SOURCE_MEMBERSHIP and its kin):
 * what can be asked for, and what comes then. */
#include <stdbool.h>
#include <stdint.h>

#include "inet.h"

enum { ADD = 35, DROP = 36, UNBLOCK = 37, BLOCK = 38, ADD_SOURCE = 39, DROP_SOURCE = 40, ALL = 49 };

static const char *name_of(int option)
{
    static const char *const names[] = {"join", "leave", "unblock", "block", "add", "drop"};

    return names[option - ADD];
}

static void change(int fd, int option, const char *group, const char *interface, const char *source)
{
    struct in_addr request[3];
    socklen_t size = option <= DROP ? 8 : 12;

    inet_pton(AF_INET, group, &request[0]);
    inet_pton(AF_INET, interface, &request[1]);
    inet_pton(AF_INET, source, &request[2]);
    printf("  %s %s %s at %s: ", name_of(option), group, source, interface);
    puts(setsockopt(fd, IPPROTO_IP, option, request, size) == 0 ? "ok" : error_name(errno));
}

static void sizes(int type)
{
    static const char value[16] = {(char)224, 1, 1, 1, 127, 0, 0, 1, 127, 0, 0, 2};
    int fd = socket(AF_INET, type, 0);

    for (int option = UNBLOCK; option <= DROP_SOURCE; option++)
        for (socklen_t size = 0; size <= 16; size += 4)
            if (type == SOCK_DGRAM || size != 12)
                printf("%s of %u: %s\n", name_of(option), (unsigned)size,
                       setsockopt(fd, IPPROTO_IP, option, value, size) == 0 ? "ok" : error_name(errno));
    close(fd);
}

static void wrong(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    char source[20];

    change(fd, ADD_SOURCE, "10.0.0.1", "127.0.0.1", "127.0.0.2");
    change(fd, BLOCK, "10.0.0.1", "127.0.0.1", "127.0.0.2");
    change(fd, ADD_SOURCE, "224.1.1.1", "192.0.2.77", "127.0.0.2");
    change(fd, BLOCK, "224.1.1.1", "127.0.0.1", "127.0.0.2");
    change(fd, DROP_SOURCE, "224.1.1.1", "127.0.0.1", "127.0.0.2");
    change(fd, ADD_SOURCE, "224.1.1.1", "127.0.0.1", "127.0.0.2");
    change(fd, ADD_SOURCE, "224.1.1.1", "127.0.0.1", "127.0.0.2");
    change(fd, ADD, "224.1.1.1", "127.0.0.1", "0.0.0.0");
    change(fd, BLOCK, "224.1.1.1", "127.0.0.1", "127.0.0.3");
    change(fd, DROP_SOURCE, "224.1.1.1", "127.0.0.1", "127.0.0.3");
    change(fd, DROP_SOURCE, "224.1.1.1", "127.0.0.1", "127.0.0.2");
    change(fd, DROP_SOURCE, "224.1.1.1", "127.0.0.1", "127.0.0.2");
    change(fd, DROP, "224.1.1.1", "127.0.0.1", "0.0.0.0");
    change(fd, ADD, "224.1.1.1", "127.0.0.1", "0.0.0.0");
    change(fd, UNBLOCK, "224.1.1.1", "127.0.0.1", "127.0.0.2");
    for (int i = 1; i <= 11; i++) {
        snprintf(source, sizeof(source), "127.0.1.%d", i);
        change(fd, BLOCK, "224.1.1.1", "127.0.0.1", source);
    }
    change(fd, BLOCK, "224.1.1.1", "127.0.0.1", "127.0.1.1");
    change(fd, ADD_SOURCE, "224.1.1.1", "127.0.0.1", "127.0.0.3");
    change(fd, UNBLOCK, "224.1.1.1", "127.0.0.1", "127.0.1.1");
    change(fd, BLOCK, "224.1.1.1", "127.0.0.1", "127.0.1.1");
    change(fd, DROP, "224.1.1.1", "127.0.0.1", "0.0.0.0");
    change(fd, ADD, "224.1.1.2", "127.0.0.1", "0.0.0.0");
    change(fd, ADD_SOURCE, "224.1.1.2", "127.0.0.1", "127.0.0.3"); /* nobody was blocked: it is the other list now */
    change(fd, BLOCK, "224.1.1.2", "127.0.0.1", "127.0.0.4");
    change(fd, ADD, "224.1.1.3", "127.0.0.1", "0.0.0.0");
    change(fd, BLOCK, "224.1.1.3", "127.0.0.1", "127.0.0.3");
    change(fd, UNBLOCK, "224.1.1.3", "127.0.0.1", "127.0.0.3");
    change(fd, ADD_SOURCE, "224.1.1.3", "127.0.0.1", "127.0.0.3"); /* the list is empty, and there */
    change(fd, DROP_SOURCE, "224.1.1.3", "127.0.0.1", "127.0.0.3");
    change(fd, BLOCK, "224.1.1.3", "127.0.0.1", "127.0.0.4");
    close(fd);
}

static bool comes(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 1;
}

/* Who gets what 127.0.0.2 and 127.0.0.3 send. */
static void send_both(const char *what, int a, int b, unsigned port)
{
    static const struct in_addr self = {.s_addr = 0x0100007f};
    union inet_address to = inet_make(AF_INET, "224.1.1.7", port);

    printf("%s:", what);
    for (int i = 2; i <= 3; i++) {
        int from = socket(AF_INET, SOCK_DGRAM, 0);

        inet_bind(from, AF_INET, i == 2 ? "127.0.0.2" : "127.0.0.3", 0);
        setsockopt(from, IPPROTO_IP, IP_MULTICAST_IF, &self, sizeof(self));
        if (sendto(from, "x", 1, 0, &to.any, sizeof(to.in)) != 1)
            printf(" %s", error_name(errno));
        printf(" of %d: %d %d", i, comes(a), comes(b));
        close(from);
    }
    printf("\n");
}

static void received(void)
{
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), on = 1, off = 0;
    unsigned port;

    setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(b, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    inet_bind(a, AF_INET, "0.0.0.0", 0);
    port = inet_port(a, 0);
    inet_bind(b, AF_INET, "0.0.0.0", port);
    send_both("no member", a, b, port);
    change(a, ADD_SOURCE, "224.1.1.7", "127.0.0.1", "127.0.0.2");
    send_both("the first of one", a, b, port);
    setsockopt(b, IPPROTO_IP, ALL, &off, sizeof(off));
    send_both("the other not of all", a, b, port);
    change(b, ADD, "224.1.1.7", "127.0.0.1", "0.0.0.0");
    send_both("the other of any", a, b, port);
    change(b, BLOCK, "224.1.1.7", "127.0.0.1", "127.0.0.2");
    send_both("but of that", a, b, port);
    change(a, ADD_SOURCE, "224.1.1.7", "127.0.0.1", "127.0.0.3");
    send_both("the first of both", a, b, port);
    change(a, DROP_SOURCE, "224.1.1.7", "127.0.0.1", "127.0.0.2");
    send_both("the first of the other", a, b, port);
    change(b, UNBLOCK, "224.1.1.7", "127.0.0.1", "127.0.0.2");
    send_both("the other of any", a, b, port);
    change(a, DROP_SOURCE, "224.1.1.7", "127.0.0.1", "127.0.0.3");
    send_both("the first of none", a, b, port);
    close(a);
    close(b);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    sizes(SOCK_DGRAM);
    sizes(SOCK_STREAM);
    wrong();
    received();
    return 0;
}
