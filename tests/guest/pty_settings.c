/* SPDX-License-Identifier: Apache-2.0 */
/* pty_settings.c - a terminal's settings in System V's form (TCGETA, TCSETA and its kin), and settings that are locked.
 */
#define _GNU_SOURCE
#include "pty.h"

#define GET_LOCKS 0x5456 /* TIOCGLCKTRMIOS */
#define SET_LOCKS 0x5457 /* TIOCSLCKTRMIOS */

struct kernel_termios {
    unsigned iflag, oflag, cflag, lflag;
    unsigned char line, cc[19];
};

struct termio_of_system_v {
    unsigned short iflag, oflag, cflag, lflag;
    unsigned char line, cc[8], unused;
};

static void tell(const char *what, int fd)
{
    struct kernel_termios all;
    struct termio_of_system_v half;

    memset(&all, 0xee, sizeof(all));
    memset(&half, 0xee, sizeof(half));
    printf("%s: %d %d\n", what, ioctl(fd, TCGETS, &all), ioctl(fd, TCGETA, &half));
    printf("  %x %x %x %x %d, %d %d %d %d\n", all.iflag, all.oflag, all.cflag, all.lflag, all.line, all.cc[0],
           all.cc[4], all.cc[7], all.cc[8]);
    printf("  %x %x %x %x %d, %d %d %d, %d\n", half.iflag, half.oflag, half.cflag, half.lflag, half.line, half.cc[0],
           half.cc[4], half.cc[7], half.unused);
}

static void system_v(int master, int slave)
{
    struct termio_of_system_v half;
    struct kernel_termios all;

    printf("-- termio\n");
    tell("at first", slave);
    tell("by the master", master);
    ioctl(slave, TCGETS, &all);
    all.iflag |= 0x10000; /* a bit that the smaller structure hasn't */
    all.cc[8] = 0x11;
    show("TCSETS", ioctl(slave, TCSETS, &all));
    ioctl(slave, TCGETA, &half);
    half.lflag &= (unsigned short)~ECHO;
    half.iflag &= (unsigned short)~ICRNL;
    half.cc[0] = 7;
    show("TCSETA", ioctl(slave, TCSETA, &half));
    tell("after it", slave);
    half.cc[4] = 5;
    show("TCSETAW", ioctl(slave, TCSETAW, &half));
    tell("after it", slave);
    if (write(master, "typed\n", 6) != 6)
        printf("write: %s\n", strerror(errno));
    half.oflag = 0;
    show("TCSETAF", ioctl(slave, TCSETAF, &half));
    int left = -1;
    ioctl(slave, FIONREAD, &left);
    printf("left to read: %d\n", left);
    tell("after it", slave);
    half.cflag = (unsigned short)((half.cflag & ~0x100f) | 0xd); /* 9600 baud */
    show("TCSETA by the master", ioctl(master, TCSETA, &half));
    tell("after it", slave);
    show("TCGETA to nowhere", ioctl(slave, TCGETA, NULL));
    show("TCSETA from nowhere", ioctl(slave, TCSETA, NULL));
    int other[2];
    if (pipe(other) == 0)
        show("TCGETA of a pipe", ioctl(other[0], TCGETA, &half));
}

static void locks(int master, int slave)
{
    struct kernel_termios locked, all;

    printf("-- locks\n");
    memset(&locked, 0xee, sizeof(locked));
    show("TIOCGLCKTRMIOS", ioctl(slave, GET_LOCKS, &locked));
    printf("%x %x %x %x %d, %d %d\n", locked.iflag, locked.oflag, locked.cflag, locked.lflag, locked.line, locked.cc[0],
           locked.cc[18]);
    show("TIOCGLCKTRMIOS to nowhere", ioctl(slave, GET_LOCKS, NULL));
    pid_t pid = branch();
    if (pid == 0) {
        show("setuid", setuid(65534));
        show("TIOCSLCKTRMIOS as nobody", ioctl(slave, SET_LOCKS, &locked));
        show("TIOCSLCKTRMIOS as nobody, from nowhere", ioctl(slave, SET_LOCKS, NULL));
        show("TIOCGLCKTRMIOS as nobody", ioctl(slave, GET_LOCKS, &locked));
        leave(0);
    }
    reap("nobody", pid);
    show("TIOCSLCKTRMIOS from nowhere", ioctl(slave, SET_LOCKS, NULL));
    memset(&locked, 0, sizeof(locked));
    locked.lflag = ECHO | ICANON;
    locked.cc[1] = 1;
    show("TIOCSLCKTRMIOS", ioctl(master, SET_LOCKS, &locked));
    memset(&locked, 0xee, sizeof(locked));
    show("TIOCGLCKTRMIOS", ioctl(slave, GET_LOCKS, &locked));
    printf("%x %d\n", locked.lflag, locked.cc[1]);
    ioctl(slave, TCGETS, &all);
    printf("before: %x %d %d\n", all.lflag, all.cc[1], all.cc[2]);
    all.lflag ^= ECHO | ICANON | ISIG;
    all.cc[1]++;
    all.cc[2]++;
    show("TCSETS", ioctl(slave, TCSETS, &all));
    ioctl(slave, TCGETS, &all);
    printf("after: %x %d %d\n", all.lflag, all.cc[1], all.cc[2]);
    memset(&locked, 0, sizeof(locked));
    show("TIOCSLCKTRMIOS", ioctl(slave, SET_LOCKS, &locked));
    all.lflag ^= ECHO;
    ioctl(slave, TCSETS, &all);
    ioctl(slave, TCGETS, &all);
    printf("unlocked: %x\n", all.lflag);
}

int main(void)
{
    int master = pty_master(), slave = pty_slave(master, O_RDWR | O_NOCTTY);

    system_v(master, slave);
    close(master);
    close(slave);
    master = pty_master();
    slave = pty_slave(master, O_RDWR | O_NOCTTY);
    locks(master, slave);
    return 0;
}
