/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.c - a 32-bit program's sockets: by socketcall and by numbers of their own, with structures of its size. */
#include "bare.h"

ENTRY("main");

enum {
    NR_socketcall = 102,
    NR_recvmmsg = 337,
    NR_sendmmsg = 345,
    NR_socket = 359,
    NR_socketpair = 360,
    NR_bind = 361,
    NR_connect = 362,
    NR_listen = 363,
    NR_accept4 = 364,
    NR_getsockopt = 365,
    NR_setsockopt = 366,
    NR_getsockname = 367,
    NR_getpeername = 368,
    NR_sendto = 369,
    NR_sendmsg = 370,
    NR_recvfrom = 371,
    NR_recvmsg = 372,
    NR_shutdown = 373
};
enum {
    CALL_SOCKET = 1,
    CALL_SOCKETPAIR = 8,
    CALL_SEND = 9,
    CALL_RECV = 10,
    CALL_SENDTO = 11,
    CALL_ACCEPT = 5,
    CALL_SENDMSG = 16
};
enum {
    AF_UNIX = 1,
    SOCK_STREAM = 1,
    SOCK_DGRAM = 2,
    SOL_SOCKET = 1,
    SO_PASSCRED = 16,
    SO_PEERCRED = 17,
    SO_RCVTIMEO = 20
};
enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, MSG_DONTWAIT = 0x40 };

struct iovec {
    void *base;
    unsigned long size;
};
struct msghdr {
    void *name;
    unsigned long name_size;
    struct iovec *vector;
    unsigned long vector_count;
    void *control;
    unsigned long control_size, flags;
};
struct cmsghdr {
    unsigned long size;
    int level, type;
};
struct mmsghdr {
    struct msghdr header;
    unsigned long size;
};

static int pair[2];
static char text[64];
static long control[64];

static void show_text(const char *what, long size)
{
    show(what, size);
    if (size > 0) {
        text[size < 60 ? size : 60] = 0;
        print(text);
        print("\n");
    }
}

static void by_socketcall(void)
{
    long fds[2], args[6] = {AF_UNIX, SOCK_STREAM, 0, P(fds)};

    show("socketpair", CALL(NR_socketcall, CALL_SOCKETPAIR, P(args)));
    args[0] = fds[0], args[1] = P("hello"), args[2] = 5, args[3] = 0;
    show("send", CALL(NR_socketcall, CALL_SEND, P(args)));
    args[4] = args[5] = 0;
    show("sendto", CALL(NR_socketcall, CALL_SENDTO, P(args)));
    args[0] = fds[1], args[1] = P(text), args[2] = 20;
    show_text("recv", CALL(NR_socketcall, CALL_RECV, P(args)));
    show("accept", CALL(NR_socketcall, CALL_ACCEPT, P(args)));
    show("none", CALL(NR_socketcall, 0, P(args)));
    show("none", CALL(NR_socketcall, 21, P(args)));
    show("nowhere", CALL(NR_socketcall, CALL_SOCKET, 8));
    CALL(NR_close, fds[0]);
    CALL(NR_close, fds[1]);
}

static long give(int fd, int type, const long *data, unsigned long count)
{
    struct iovec vector = {"message", 7};
    struct msghdr message = {0, 0, &vector, 1, control, 12 + 4 * count, 0};
    struct cmsghdr *head = (struct cmsghdr *)control;

    *head = (struct cmsghdr){12 + 4 * count, SOL_SOCKET, type};
    for (unsigned long i = 0; i < count; i++)
        control[3 + i] = data[i];
    return CALL(NR_sendmsg, fd, P(&message), 0);
}

static void take(const char *what, unsigned long room)
{
    struct iovec vector[2] = {{text, 3}, {text + 3, 40}};
    struct msghdr message = {0, 0, vector, 2, control, room, 0};

    for (int i = 0; i < 64; i++)
        control[i] = -1;
    show_text(what, CALL(NR_recvmsg, pair[1], P(&message), MSG_DONTWAIT));
    show("  flags", (long)message.flags);
    show("  control", (long)message.control_size);
    if (message.control_size >= 12) {
        show("  size", control[0]);
        show("  type", control[2]);
    }
}

/* When a packet came: in words of its size, or of 64 bits by the newer names. */
static void times(void)
{
    static const int options[][2] = {{29, 37}, {35, 37}, {63, 65}, {64, 65}}; /* SO_TIMESTAMP..., SO_TIMESTAMPING... */
    long name[4] = {2, 0x0100007f, 0, 0}, size = sizeof(name), on = 1, stamps = 8 | 16, fd;

    fd = CALL(NR_socket, 2, SOCK_DGRAM, 0);
    show("bind", CALL(NR_bind, fd, P(name), sizeof(name)));
    CALL(NR_getsockname, fd, P(name), P(&size));
    show("connect", CALL(NR_connect, fd, P(name), sizeof(name)));
    pair[1] = (int)fd;
    for (unsigned i = 0; i < 4; i++) {
        unsigned next;

        CALL(NR_setsockopt, fd, SOL_SOCKET, options[i][1], P(&stamps), 4);
        CALL(NR_setsockopt, fd, SOL_SOCKET, options[i][0], P(&on), 4);
        CALL(NR_sendto, fd, P("time"), 4, 0, 0, 0);
        take("time", 128);
        next = (unsigned)control[0] / 4;
        show("  then size", next < 32 ? control[next] : 0);
        show("  type", next < 32 ? control[next + 2] : 0);
    }
    CALL(NR_close, fd);
}

static void messages(void)
{
    long on = 1, self = CALL(NR_getpid, 0);
    long files[2], cred[3] = {self, 0, 0};

    show("socketpair", CALL(NR_socketpair, AF_UNIX, SOCK_DGRAM, 0, P(pair)));
    files[0] = files[1] = pair[0];
    show("files", give(pair[0], SCM_RIGHTS, files, 2));
    take("take", 64);
    show_bool("  descriptors", control[3] > pair[1] && control[4] > control[3]);
    show("  one of them", CALL(NR_write, control[4], P("x"), 1));
    CALL(NR_close, control[3]);
    CALL(NR_close, control[4]);
    take("what it wrote", 64);
    give(pair[0], SCM_RIGHTS, files, 2);
    take("room for one", 16);
    CALL(NR_close, control[3]);
    show("setsockopt", CALL(NR_setsockopt, pair[1], SOL_SOCKET, SO_PASSCRED, P(&on), 4));
    show("credentials", give(pair[0], SCM_CREDENTIALS, cred, 3));
    take("take", 64);
    show_bool("  self", control[3] == self && control[4] == 0 && control[5] == 0);
    show("too short", give(pair[0], SCM_CREDENTIALS, cred, 2));
    CALL(NR_close, pair[0]);
    CALL(NR_close, pair[1]);
}

static void several(void)
{
    static char texts[3][4] = {"one", "two", "six"};
    struct iovec vectors[3];
    struct mmsghdr all[3];
    long no_time[2] = {0, 0}, time[2] = {0, 10000}, bad[2] = {0, 2000000};

    CALL(NR_socketpair, AF_UNIX, SOCK_DGRAM, 0, P(pair));
    for (int i = 0; i < 3; i++) {
        vectors[i] = (struct iovec){texts[i], 3};
        all[i] = (struct mmsghdr){{0, 0, &vectors[i], 1, 0, 0, 0}, 99};
    }
    show("sendmmsg", CALL(NR_sendmmsg, pair[0], P(all), 3, 0));
    show("  size", (long)all[2].size);
    show("recvmmsg", CALL(NR_recvmmsg, pair[1], P(all), 3, 0, P(no_time)));
    show("recvmmsg", CALL(NR_recvmmsg, pair[1], P(all), 3, MSG_DONTWAIT, 0));
    show("  size", (long)all[0].size);
    show("SO_RCVTIMEO", CALL(NR_setsockopt, pair[1], SOL_SOCKET, SO_RCVTIMEO, P(time), 8));
    show("recvfrom", CALL(NR_recvfrom, pair[1], P(text), 10, 0, 0, 0));
    show("too many", CALL(NR_setsockopt, pair[1], SOL_SOCKET, SO_RCVTIMEO, P(bad), 8));
    long size = 8;
    show("getsockopt", CALL(NR_getsockopt, pair[1], SOL_SOCKET, SO_RCVTIMEO, P(bad), P(&size)));
    show("  size", size);
    show_bool("  some time", bad[0] == 0 && bad[1] >= 10000 && bad[1] < 100000);
    CALL(NR_close, pair[0]);
    CALL(NR_close, pair[1]);
}

static void connections(void)
{
    long listener = CALL(NR_socket, AF_UNIX, SOCK_STREAM, 0), client = CALL(NR_socket, AF_UNIX, SOCK_STREAM, 0);
    char name[110];
    long size = sizeof(name), cred[3], accepted;
    short family = AF_UNIX;

    show("bind", CALL(NR_bind, listener, P(&family), 2));
    show("listen", CALL(NR_listen, listener, 2));
    show("getsockname", CALL(NR_getsockname, listener, P(name), P(&size)));
    show("  size", size);
    show("connect", CALL(NR_connect, client, P(name), size));
    accepted = CALL(NR_accept4, listener, 0, 0, 0x80000);
    show_bool("accept4", accepted > client);
    size = sizeof(name);
    show("getpeername", CALL(NR_getpeername, accepted, P(name), P(&size)));
    show("  size", size);
    size = sizeof(cred);
    show("SO_PEERCRED", CALL(NR_getsockopt, accepted, SOL_SOCKET, SO_PEERCRED, P(cred), P(&size)));
    show_bool("  self", cred[0] == CALL(NR_getpid, 0));
    show("sendto", CALL(NR_sendto, client, P("bytes"), 5, 0, 0, 0));
    show("shutdown", CALL(NR_shutdown, client, 1));
    show_text("read", CALL(NR_read, accepted, P(text), 20));
    show("end", CALL(NR_read, accepted, P(text), 20));
}

/* Of lo: nothing behind their structures is written to. */
static void interfaces(void)
{
    enum { AF_INET = 2, NR_ioctl = 54, SIOCGIFCONF = 0x8912, SIOCGIFADDR = 0x8915 };
    struct {
        char name[16];
        unsigned char address[16];
        long behind[4];
    } request = {.name = "lo", .behind = {1, 2, 3, 4}};
    struct {
        long size;
        void *buffer;
        long behind[2];
    } list = {.size = sizeof(request), .buffer = &request, .behind = {-1, -1}};
    long fd = CALL(NR_socket, AF_INET, SOCK_DGRAM, 0);

    show("SIOCGIFADDR", CALL(NR_ioctl, fd, SIOCGIFADDR, P(&request)));
    show("  127", request.address[4]);
    show_bool("  no more", request.behind[0] == 1 && request.behind[1] == 2);
    request.name[0] = 'x';
    show("SIOCGIFCONF", CALL(NR_ioctl, fd, SIOCGIFCONF, P(&list)));
    show_bool("  whole ones", list.size >= 32 && list.size % 32 == 0);
    show_bool("  lo", request.name[0] == 'l');
    show_bool("  no more", list.behind[0] == -1 && list.behind[1] == -1);
    list.size = 31;
    show("without room", CALL(NR_ioctl, fd, SIOCGIFCONF, P(&list)));
    show("  size", list.size);
}

void program(long *stack)
{
    (void)stack;
    by_socketcall();
    messages();
    times();
    several();
    connections();
    interfaces();
    leave(0);
}
