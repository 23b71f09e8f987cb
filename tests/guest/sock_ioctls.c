/* SPDX-License-Identifier: Apache-2.0 */
/* sock_ioctls.c - the owner of a socket, by ioctl(2) as by fcntl(2): who gets SIGIO of it. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "show.h"

/* asm-generic/sockios.h, which not all libraries have. */
enum { SET_OWNER = 0x8901, SET_GROUP = 0x8902, GET_OWNER = 0x8903, GET_GROUP = 0x8904 };

static volatile sig_atomic_t told;

static void handle(int signal)
{
    (void)signal;
    told++;
}

static void owners(const char *what, int fd)
{
    int by_one = 77, by_other = 77, one = ioctl(fd, GET_OWNER, &by_one), other = ioctl(fd, GET_GROUP, &by_other);

    printf("%s: %d %d, %s, the same by fcntl: %s\n", what, one, other,
           by_one == getpid()     ? "me"
           : by_one == -getpgrp() ? "my group"
           : by_one == 0          ? "nobody"
                                  : "another",
           by_one == by_other && fcntl(fd, F_GETOWN) == by_one ? "yes" : "no");
}

static void set(const char *what, int fd, int request, int owner)
{
    show(what, ioctl(fd, request, &owner));
    owners("  owner", fd);
}

static void of(int family, int type)
{
    int fd = socket(family, type, 0);

    owners("at first", fd);
    set("SIOCSPGRP", fd, SET_GROUP, getpid());
    set("nobody", fd, SET_OWNER, 0);
    set("FIOSETOWN, a group", fd, SET_OWNER, -getpgrp());
    set("there is none", fd, SET_OWNER, 4194303);
    set("no group", fd, SET_GROUP, -4194303);
    set("the least number", fd, SET_GROUP, (int)0x80000000u);
    show("nowhere", ioctl(fd, SET_OWNER, 8));
    show("nowhere", ioctl(fd, GET_OWNER, 8));
    close(fd);
}

int main(int argc, char **argv)
{
    int pair[2], owner;

    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    setpgid(0, 0);
    of(AF_UNIX, SOCK_DGRAM);
    of(AF_INET, SOCK_STREAM);
    of(AF_INET, SOCK_DGRAM);
    show("of a pipe", pipe(pair));
    show("SIOCSPGRP", ioctl(pair[0], SET_GROUP, &(int){1}));
    show("FIOGETOWN", ioctl(pair[0], GET_OWNER, &owner));
    show("of a file", ioctl(open(".", O_RDONLY), SET_OWNER, &(int){1}));
    show("of none", ioctl(999, GET_OWNER, &owner));
    signal(SIGIO, handle);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    owner = getpid();
    show("SIOCSPGRP", ioctl(pair[0], SET_GROUP, &owner));
    show("FIOASYNC", ioctl(pair[0], FIOASYNC, &(int){1}));
    show("send", send(pair[1], "x", 1, 0));
    show("told", told);
    return 0;
}
