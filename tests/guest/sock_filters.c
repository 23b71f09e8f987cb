/* SPDX-License-Identifier: Apache-2.0 */
/* sock_filters.c - programs that say which packets a socket gets (SO_ATTACH_FILTER): what can be attached, read, locked
 * and taken away, and what becomes of packets of each family. */
#include <netinet/ip_icmp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "inet.h"
#include "meanwhile.h"

enum { ATTACH = 26, DETACH = 27, LOCK = 44 };
enum { RET = 0x06, RET_A = 0x16, IMM = 0x00, LEN = 0x80, WORD = 0x20, HALF = 0x28, BYTE = 0x30, JEQ = 0x15 };
enum { MSH = 0xb1, TXA = 0x87, MOD = 0x94, SUB = 0x14, STORE = 0x02, RECALL = 0x60 };
#define BESIDE 0xfffff000u
#define NETWORK 0xfff00000u
#define LINK 0xffe00000u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct instruction {
    uint16_t code;
    uint8_t if_true, if_false;
    uint32_t k;
};

struct program {
    uint16_t length;
    const struct instruction *code;
};

static int attach(int fd, const struct instruction *code, unsigned length)
{
    const struct program program = {(uint16_t)length, code};

    return setsockopt(fd, SOL_SOCKET, ATTACH, &program, sizeof(program));
}
#define CODE(...)                \
    (const struct instruction[]) \
    {                            \
        __VA_ARGS__              \
    }
#define ATTACH_CODE(fd, ...) attach(fd, CODE(__VA_ARGS__), COUNT((CODE(__VA_ARGS__))))
/* The program gives what it has found. */
#define GIVE(fd, ...) show("attach", ATTACH_CODE(fd, __VA_ARGS__, {RET_A, 0, 0, 0}))

static void show_good(const char *what, const struct instruction *code, unsigned length)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    show(what, attach(fd, code, length));
    close(fd);
}
#define TRY(what, ...) show_good(what, CODE(__VA_ARGS__), COUNT((CODE(__VA_ARGS__))))

/* ---- what can be attached ---- */

static void programs(void)
{
    static struct instruction many[4097];

    TRY("all", {RET, 0, 0, 1});
    TRY("no end", {IMM, 0, 0, 1});
    TRY("a word", {WORD, 0, 0, 3}, {RET_A, 0, 0, 0});
    TRY("a byte", {BYTE, 0, 0, 0x7fffffff}, {RET_A, 0, 0, 0});
    TRY("beside", {HALF, 0, 0, BESIDE + 60}, {RET_A, 0, 0, 0});
    TRY("nothing there", {HALF, 0, 0, BESIDE + 64}, {RET_A, 0, 0, 0});
    TRY("between", {HALF, 0, 0, BESIDE + 2}, {RET_A, 0, 0, 0});
    TRY("modulo", {MOD, 0, 0, 7}, {RET_A, 0, 0, 0});
    TRY("modulo 0", {MOD, 0, 0, 0}, {RET_A, 0, 0, 0});
    TRY("MSH", {MSH, 0, 0, 0}, {RET_A, 0, 0, 0});
    TRY("not stored", {RECALL, 0, 0, 0}, {RET_A, 0, 0, 0});
    TRY("stored", {STORE, 0, 0, 0}, {RECALL, 0, 0, 0}, {RET_A, 0, 0, 0});
    TRY("too far", {JEQ, 1, 0, 0}, {RET_A, 0, 0, 0});
    TRY("unknown", {0xffff, 0, 0, 0}, {RET_A, 0, 0, 0});
    for (unsigned i = 0; i < COUNT(many); i++)
        many[i] = (struct instruction){RET, 0, 0, 1};
    show_good("4096", many, 4096);
    show_good("4097", many, 4097);
    show_good("none", many, 0);
    show_good("at 0", NULL, 1);
    show_good("nowhere", (const struct instruction *)8, 1);
}

static void show_length(int fd, unsigned room)
{
    struct instruction code[8];
    socklen_t size = room;

    memset(code, 0x5a, sizeof(code));
    if (getsockopt(fd, SOL_SOCKET, ATTACH, code, &size) != 0)
        printf("room for %u: %s\n", room, error_name(errno));
    else
        printf("room for %u: %u, the first %x %x\n", room, (unsigned)size, code[0].code, code[0].k);
}

static void values(void)
{
    const struct instruction code[] = {{IMM, 0, 0, 7}, {RET_A, 0, 0, 0}};
    struct {
        struct program program;
        long more;
    } program = {.program = {COUNT(code), code}};
    static const int number = 1, off = 0;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    for (socklen_t size = 0; size <= 24; size += 4) {
        int result = setsockopt(fd, SOL_SOCKET, ATTACH, &program, size);

        printf("of %u: ", (unsigned)size);
        show("attach", result);
    }
    show("nowhere", (int)syscall(SYS_setsockopt, fd, SOL_SOCKET, ATTACH, 8, sizeof(struct program)));
    show_length(fd, 0);
    show_length(fd, 1);
    show_length(fd, 2);
    show_length(fd, 8);
    show("detach, short", setsockopt(fd, SOL_SOCKET, DETACH, &number, 3));
    show("detach", setsockopt(fd, SOL_SOCKET, DETACH, &number, sizeof(number)));
    show("once more", setsockopt(fd, SOL_SOCKET, DETACH, &number, sizeof(number)));
    show_length(fd, 8);
    show("attach", attach(fd, code, COUNT(code)));
    show("another", ATTACH_CODE(fd, {RET, 0, 0, 9}));
    show_length(fd, 8);
    show("lock", setsockopt(fd, SOL_SOCKET, LOCK, &number, sizeof(number)));
    show("unlock", setsockopt(fd, SOL_SOCKET, LOCK, &off, sizeof(off)));
    show("detach", setsockopt(fd, SOL_SOCKET, DETACH, &number, sizeof(number)));
    show("attach", attach(fd, code, COUNT(code)));
    show("attach a bad one", attach(fd, code, 1));
    show("attach nothing", attach(fd, NULL, 1));
    show_length(fd, 8);
    close(fd);
}

/* ---- packets ---- */

static void show_received(int fd)
{
    unsigned char bytes[200];
    long size = (long)recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);

    if (size < 0)
        printf("  %s\n", error_name(errno));
    else if (size == 0)
        printf("  empty\n");
    else
        printf("  %ld bytes, from %02x to %02x\n", size, bytes[0], bytes[size - 1]);
}

static void send_to(int from, int to)
{
    static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};

    show("sent", (int)send(from, bytes, sizeof(bytes), 0));
    show_received(to);
}

/* Two sockets of UDP, the first of which is connected to the other. */
static bool udp(int family, int fds[2])
{
    union inet_address address;

    fds[0] = socket(family, SOCK_DGRAM, 0);
    fds[1] = socket(family, SOCK_DGRAM, 0);
    if (inet_bind(fds[1], family, inet_lo(family), 0) != 0)
        return false;
    address = inet_make(family, inet_lo(family), inet_port(fds[1], 0));
    return connect(fds[0], &address.any, inet_size(family)) == 0;
}

static void datagrams(int family)
{
    unsigned headers = family == AF_INET ? 20 : 40;
    int fds[2];

    if (!udp(family, fds)) {
        printf("there is no %s\n", inet_lo(family));
        return;
    }
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {IMM, 0, 0, 0});
    send_to(fds[0], fds[1]);
    for (uint32_t kept = 1; kept < 0xffffffffu && kept != 0; kept = kept * 3 + 1) {
        if (kept > 130)
            kept = 0xffffffffu;
        printf("keep %u: ", kept);
        GIVE(fds[1], {IMM, 0, 0, kept});
        send_to(fds[0], fds[1]);
        if (kept == 0xffffffffu)
            break;
    }
    GIVE(fds[1], {LEN, 0, 0, 0});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {BYTE, 0, 0, 8 + 12}); /* the thirteenth: 13 bytes, of which 8 are the header */
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {HALF, 0, 0, 4}); /* the header's length */
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {BYTE, 0, 0, 27}); /* the last one */
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {BYTE, 0, 0, 28});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {HALF, 0, 0, 27});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {BYTE, 0, 0, NETWORK + (family == AF_INET ? 9 : 6)}); /* UDP */
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {BYTE, 0, 0, NETWORK + headers + 8 + 10});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {BYTE, 0, 0, NETWORK + headers + 8 + 20});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {MSH, 0, 0, NETWORK}, {TXA, 0, 0, 0}); /* IPv4: 20 */
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {HALF, 0, 0, BESIDE}, {JEQ, 0, 1, family == AF_INET ? 0x0800 : 0x86dd}, {IMM, 0, 0, 11});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {HALF, 0, 0, BESIDE + 8}, {JEQ, 0, 1, 1}, {IMM, 0, 0, 12}); /* lo */
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {HALF, 0, 0, BESIDE + 28}, {JEQ, 0, 1, 772}, {IMM, 0, 0, 13});
    send_to(fds[0], fds[1]);
    close(fds[0]);
    close(fds[1]);
}

static void local(int type)
{
    int fds[2];

    if (socketpair(AF_UNIX, type, 0, fds) != 0)
        return;
    GIVE(fds[1], {IMM, 0, 0, 0});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {IMM, 0, 0, 7});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {BYTE, 0, 0, 4});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {BYTE, 0, 0, 20});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {LEN, 0, 0, 0});
    send_to(fds[0], fds[1]);
    GIVE(fds[1], {WORD, 0, 0, BESIDE + 8});
    send_to(fds[0], fds[1]);
    close(fds[0]);
    show_received(fds[1]);
    close(fds[1]);
}

/* A long one, of many pages: from within, and cut there. */
static void long_ones(void)
{
    static unsigned char bytes[40000];
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0)
        return;
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i / 256);
    GIVE(fds[1], {HALF, 0, 0, 16383}); /* 0x3f40 */
    show("sent", (int)send(fds[0], bytes, sizeof(bytes), 0));
    printf("got %d\n", (int)recv(fds[1], bytes, sizeof(bytes), MSG_DONTWAIT));
    show("sent", (int)send(fds[0], bytes, sizeof(bytes), 0));
    printf("got %d\n", (int)recv(fds[1], bytes, 10, MSG_DONTWAIT | MSG_TRUNC));
    close(fds[0]);
    close(fds[1]);
}

/* One that is named: its name has that many bytes. */
static socklen_t bind_local(int fd, struct sockaddr_un *name)
{
    socklen_t size;

    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    size = offsetof(struct sockaddr_un, sun_path) + 1 + (socklen_t)snprintf(name->sun_path + 1, 30, "sf-%d", getpid());
    show("bind", bind(fd, (struct sockaddr *)name, size));
    return size;
}

/* And that its sender isn't connected to. */
static void named(void)
{
    int from = socket(AF_UNIX, SOCK_DGRAM, 0), to = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un name;
    socklen_t size = bind_local(to, &name);

    GIVE(to, {BYTE, 0, 0, 0});
    show("sent", (int)sendto(from, "\2abc", 4, 0, (struct sockaddr *)&name, size));
    show_received(to);
    show("sent", (int)sendto(from, "\0abc", 4, 0, (struct sockaddr *)&name, size));
    show_received(to);
    show("nothing", (int)sendto(from, "", 0, 0, (struct sockaddr *)&name, size));
    show_received(to);
    close(from);
    close(to);
}

/* A program that keeps all keeps what is empty, too. */
static void empty(int type)
{
    int fds[2];

    if (socketpair(AF_UNIX, type, 0, fds) != 0)
        return;
    GIVE(fds[1], {IMM, 0, 0, 0xffffffffu});
    show("empty", (int)send(fds[0], "", 0, 0));
    show_received(fds[1]);
    GIVE(fds[1], {LEN, 0, 0, 0});
    show("empty", (int)send(fds[0], "", 0, 0));
    show_received(fds[1]);
    close(fds[0]);
    close(fds[1]);
}

static void *receive_all(void *arg)
{
    const int *fd = arg;
    char bytes[20];
    long size, last = 0;

    until_asleep(getpid()); /* who sends, for want of room */
    while ((size = (long)recv(*fd, bytes, sizeof(bytes), 0)) > 0)
        last = size;
    printf("the last has %ld bytes\n", last);
    return NULL;
}

/* A message that has to wait for room is cut once. */
static void cut_later(void)
{
    int from = socket(AF_UNIX, SOCK_DGRAM, 0), to = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un name;
    socklen_t size = bind_local(to, &name);
    pthread_t reader;

    show("connect", connect(from, (struct sockaddr *)&name, size));
    while (send(from, "12345678", 8, MSG_DONTWAIT) == 8)
        ;
    show("attach", ATTACH_CODE(to, {LEN, 0, 0, 0}, {SUB, 0, 0, 1}, {RET_A, 0, 0, 0}));
    pthread_create(&reader, NULL, receive_all, &to);
    show("sent", (int)send(from, "12345678", 8, 0));
    show("the end", (int)send(from, "", 0, 0));
    pthread_join(reader, NULL);
    close(from);
    close(to);
}

/* The last column of the socket's line of /proc/net/udp. */
static void show_dropped(unsigned port)
{
    FILE *file = fopen("/proc/net/udp", "r");
    char line[256];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        unsigned at;

        line[strcspn(line, "\n")] = 0;
        while (line[0] != 0 && line[strlen(line) - 1] == ' ')
            line[strlen(line) - 1] = 0;
        if (sscanf(line, "%*d: %*x:%x", &at) == 1 && at == port)
            printf("dropped%s\n", strrchr(line, ' '));
    }
    if (file != NULL)
        fclose(file);
}

/* What a program drops is counted. */
static void dropped(void)
{
    int fds[2];

    if (!udp(AF_INET, fds))
        return;
    GIVE(fds[1], {IMM, 0, 0, 0});
    show("sent", (int)send(fds[0], "x", 1, 0));
    show("sent", (int)send(fds[0], "x", 1, 0));
    show_dropped(inet_port(fds[1], 0));
    close(fds[0]);
    close(fds[1]);
}

/* Raw sockets see IP's header first. */
static void raw(void)
{
    struct icmphdr echo = {.type = ICMP_ECHO, .checksum = 0, .un.echo = {htons(77), htons(1)}};
    union inet_address to = inet_make(AF_INET, "127.0.0.1", 0);
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    unsigned char bytes[100];
    long size;

    if (fd < 0) {
        printf("raw: %s\n", error_name(errno));
        return;
    }
    echo.checksum = (uint16_t)~(htons(ICMP_ECHO << 8) + htons(77) + htons(1));
    /* Answers alone, with the identifier. */
    show("attach", ATTACH_CODE(fd, {MSH, 0, 0, 0}, {0x50, 0, 0, 0}, {JEQ, 0, 3, 0}, {0x48, 0, 0, 4}, {JEQ, 0, 1, 77},
                               {RET, 0, 0, 24}, {RET, 0, 0, 0}));
    show("sent", (int)sendto(fd, &echo, sizeof(echo), 0, &to.any, sizeof(to.in)));
    size = (long)recv(fd, bytes, sizeof(bytes), 0);
    printf("%ld bytes, version %x, type %u\n", size, bytes[0], bytes[20]);
    show("more", (int)recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT));
    close(fd);
}

/* What asks the kernel is asked as ever. */
static void netlink(void)
{
    struct {
        uint32_t size;
        uint16_t type, flags;
        uint32_t sequence, port;
    } header = {sizeof(header), 0xffff, 5 /* a request that wants an answer */, 9, 0};
    int fd = socket(16, SOCK_RAW, 0);

    GIVE(fd, {IMM, 0, 0, 0});
    show("sent", (int)send(fd, &header, sizeof(header), 0));
    show_received(fd);
    GIVE(fd, {IMM, 0, 0, 20});
    show("sent", (int)send(fd, &header, sizeof(header), 0));
    show_received(fd);
    close(fd);
}

/* A stream has what is attached, and is told of it. */
static void streams(void)
{
    int fds[2];

    show("TCP", ATTACH_CODE(fds[0] = socket(AF_INET, SOCK_STREAM, 0), {RET, 0, 0, 0}));
    show_length(fds[0], 8);
    close(fds[0]);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return;
    GIVE(fds[1], {IMM, 0, 0, 0});
    send_to(fds[0], fds[1]);
    close(fds[0]);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    programs();
    values();
    datagrams(AF_INET);
    datagrams(AF_INET6);
    local(SOCK_DGRAM);
    local(SOCK_SEQPACKET);
    empty(SOCK_DGRAM);
    empty(SOCK_SEQPACKET);
    cut_later();
    dropped();
    long_ones();
    named();
    raw();
    netlink();
    streams();
    return 0;
}
