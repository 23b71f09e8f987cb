/* SPDX-License-Identifier: Apache-2.0 */
/* pty_packets.c - packet mode (TIOCPKT), and pseudo-terminals watched by poll and epoll. */
#define _GNU_SOURCE
#include <sys/epoll.h>

#include "pty.h"

static int master, slave;

static void begin(const char *what)
{
    printf("-- %s\n", what);
    master = pty_master();
    slave = pty_slave(master, O_RDWR | O_NOCTTY);
}

static void end(void)
{
    close(slave);
    close(master);
}

static void packet_mode(int on)
{
    int is_on = -1;

    show("TIOCPKT", ioctl(master, TIOCPKT, &on));
    show("TIOCGPKT", ioctl(master, 0x80045438, &is_on));
    printf("on: %d\n", is_on);
}

static void packets(void)
{
    struct termios termios;

    begin("packets");
    packet_mode(1);
    show("write", write(slave, "text", 4));
    show_poll("poll", master, POLLIN | POLLPRI, -1);
    show_read("read", master, 100);
    show("write", write(slave, "more", 4));
    show_read("read a part", master, 3);
    show_read("read the rest", master, 100);
    show("tcflow", tcflow(slave, TCOOFF));
    show_poll("poll", master, POLLIN | POLLPRI, -1);
    show_read("read", master, 100);
    show("tcflow", tcflow(slave, TCOON));
    show_read("read", master, 100);
    show("tcflush", tcflush(slave, TCIFLUSH));
    show_read("read", master, 100);
    show("tcflush", tcflush(slave, TCOFLUSH));
    show_read("read", master, 100);
    tcgetattr(slave, &termios);
    termios.c_iflag &= ~(tcflag_t)IXON;
    tcsetattr(slave, TCSANOW, &termios);
    show_read("without IXON", master, 100);
    termios.c_iflag |= IXON;
    tcsetattr(slave, TCSANOW, &termios);
    show_read("with IXON", master, 100);
    termios.c_cc[VSTOP] = 1;
    tcsetattr(slave, TCSANOW, &termios);
    show_read("with another VSTOP", master, 100);
    show("write", write(slave, "behind", 6));
    show("tcflush", tcflush(slave, TCIFLUSH));
    show_read("the news first", master, 100);
    show_read("then what was written", master, 100);
    show("type", write(master, "\003", 1));
    show_poll("poll", master, POLLPRI, -1);
    show_read("a signal", master, 100);
    show_read("its echo", master, 100);
    packet_mode(0);
    show("write", write(slave, "plain", 5));
    show_read("read", master, 100);
    end();
}

static void show_events(const char *what, int set, int timeout_ms)
{
    struct epoll_event events[4];
    int n = epoll_wait(set, events, 4, timeout_ms);

    printf("%s: %d", what, n);
    for (int i = 0; i < n; i++)
        printf(" %s%s%s%s%s", events[i].data.fd == master ? "master" : "slave", events[i].events & EPOLLIN ? " in" : "",
               events[i].events & EPOLLOUT ? " out" : "", events[i].events & EPOLLERR ? " err" : "",
               events[i].events & EPOLLHUP ? " hup" : "");
    printf("\n");
}

static void watch(int set, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    show("EPOLL_CTL_ADD", epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

static void watched(void)
{
    int set;

    begin("watched");
    set = epoll_create1(0);
    watch(set, master, EPOLLIN);
    watch(set, slave, EPOLLIN);
    show_events("nothing", set, 0);
    show("write", write(slave, "x", 1));
    show_events("output", set, -1);
    show_read("read", master, 100);
    show_events("nothing", set, 0);
    show("type", write(master, "ab", 2));
    show_events("echo", set, -1);
    show_bytes("echo", master, 2);
    show_events("no line yet", set, 0);
    show("type", write(master, "\n", 1));
    wait_readable(slave);
    show_bytes("echo", master, 2);
    show_events("a line", set, -1);
    show_read("read", slave, 100);
    show_events("nothing", set, 0);
    close(slave);
    show_events("the slave is closed", set, -1);
    slave = pty_slave(master, O_RDWR | O_NOCTTY);
    show_events("and open again", set, 0);
    watch(set, slave, EPOLLIN | EPOLLOUT | EPOLLET);
    show_events("room", set, -1);
    show_events("told once", set, 0);
    close(master);
    show_events("the master is closed", set, -1);
    close(set);
    close(slave);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    packets();
    watched();
    return 0;
}
