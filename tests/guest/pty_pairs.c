/* SPDX-License-Identifier: Apache-2.0 */
/* pty_pairs.c - pseudo-terminals: how they are made, found, locked and numbered; many of them; what closing does. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "pty.h"

static void making(void)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), value = -1;
    struct stat named, opened;
    char name[32], link[64];

    printf("-- making\n");
    show("TIOCGPTLCK", ioctl(master, TIOCGPTLCK, &value));
    printf("locked: %d\n", value);
    show("the slave, locked", pty_slave(master, O_RDWR | O_NOCTTY));
    show("the other side, locked", ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
    value = 0;
    show("TIOCSPTLCK", ioctl(master, TIOCSPTLCK, &value));
    show("TIOCGPTLCK", ioctl(master, TIOCGPTLCK, &value));
    printf("locked: %d\n", value);
    show("grantpt", grantpt(master));
    show("unlockpt", unlockpt(master));
    snprintf(name, sizeof(name), "/dev/pts/%d", pty_number(master));
    show("ptsname is that", strcmp(ptsname(master), name));
    int slave = open(name, O_RDWR | O_NOCTTY);
    show("stat", stat(name, &named));
    show("fstat", fstat(slave, &opened));
    printf("a device %d, the number %d:%s, mode %o, links %d, ours %d, the same %d\n", S_ISCHR(named.st_mode),
           major(named.st_rdev), minor(named.st_rdev) == (unsigned)pty_number(master) ? "N" : "?",
           named.st_mode & 07777, (int)named.st_nlink, named.st_uid == geteuid(),
           named.st_ino == opened.st_ino && named.st_dev == opened.st_dev && named.st_rdev == opened.st_rdev);
    show("chmod", fchmod(slave, 0620));
    stat(name, &named);
    printf("mode %o\n", named.st_mode & 07777);
    fstat(master, &opened);
    printf("the master: %d:%d\n", major(opened.st_rdev), minor(opened.st_rdev));
    unsigned device = 0;
    show("TIOCGDEV", ioctl(master, TIOCGDEV, &device));
    printf("%u\n", device >> 8 & 0xfff);
    show("isatty, slave", isatty(slave));
    show("isatty, master", isatty(master));
    show("lseek", (long)lseek(slave, 0, SEEK_SET));
    show("lseek, master", (long)lseek(master, 0, SEEK_SET));
    show("TIOCGPTN of the slave", ioctl(slave, TIOCGPTN, &value));
    show("TIOCPKT of the slave", ioctl(slave, TIOCPKT, &value));
    show("TIOCGPTPEER of the slave", ioctl(slave, TIOCGPTPEER, O_RDWR));
    int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    show_ok("TIOCGPTPEER", peer);
    show("its flags", fcntl(peer, F_GETFD));
    fstat(peer, &opened);
    printf("the same: %d\n", named.st_ino == opened.st_ino && named.st_dev == opened.st_dev);
    show("O_NOCTTY is gone", fcntl(peer, F_GETFL) & O_NOCTTY);
    close(peer);
    close(slave);
    snprintf(link, sizeof(link), "%s", name);
    close(master);
    show("stat afterwards", stat(link, &named));
    show("open afterwards", open(link, O_RDWR | O_NOCTTY));
    show("no such name", open("/dev/pts/007", O_RDWR | O_NOCTTY));
    show("mkdir", mkdir("/dev/pts/x", 0755));
    stat("/dev/pts", &named);
    printf("/dev/pts: %o, links %d\n", named.st_mode, (int)named.st_nlink);
}

static void numbers(void)
{
    int a = pty_master(), b = pty_master(), c = pty_master();
    int number = pty_number(b);

    printf("-- numbers\n");
    printf("in a row: %d %d\n", pty_number(b) - pty_number(a), pty_number(c) - pty_number(b));
    close(b);
    b = pty_master();
    printf("the lowest is given again: %d\n", pty_number(b) == number);
    close(a);
    close(b);
    close(c);
}

enum { MANY = 200 };

static void many(void)
{
    int master[MANY], slave[MANY];
    int first;
    char byte = 0;
    long good = 0;

    printf("-- many\n");
    for (int i = 0; i < MANY; i++) {
        master[i] = pty_master();
        slave[i] = pty_slave(master[i], O_RDWR | O_NOCTTY);
        pty_raw(slave[i]);
    }
    first = pty_number(master[0]);
    for (int i = 0; i < MANY; i++) {
        char sent = (char)i;
        good += pty_number(master[i]) == first + i;
        if (write(slave[MANY - 1 - i], &sent, 1) == 1 && read(master[MANY - 1 - i], &byte, 1) == 1)
            good += byte == sent;
    }
    show("right", good);
    for (int i = 0; i < MANY; i++)
        close(i % 2 ? master[i] : slave[i]);
    for (int i = 0; i < MANY; i++)
        close(i % 2 ? slave[i] : master[i]);
}

static void slave_closes(void)
{
    int master = pty_master(), slave;

    printf("-- the slave is closed\n");
    show_poll("never opened", master, POLLIN | POLLOUT, 0);
    slave = pty_slave(master, O_RDWR | O_NOCTTY);
    int second = dup(slave), third = pty_slave(master, O_RDWR | O_NOCTTY);
    show("write", write(slave, "left", 4));
    close(slave);
    close(third);
    show_poll("one is open", master, POLLIN | POLLOUT, -1);
    close(second);
    show_poll("none", master, POLLIN | POLLOUT, 0);
    show_read("what was left", master, 100);
    show_read("then", master, 100);
    show_poll("then", master, POLLIN | POLLOUT, 0);
    show("write to it all the same", write(master, "x\n", 2));
    slave = pty_slave(master, O_RDWR | O_NOCTTY);
    show_bytes("its echo", master, 3);
    show_read("who opens it again gets that", slave, 100);
    show_poll("and the master", master, POLLIN | POLLOUT, 0);
    close(slave);
    close(master);
}

static void master_closes(void)
{
    int master = pty_master(), slave = pty_slave(master, O_RDWR | O_NOCTTY);
    struct termios termios;
    struct winsize size;
    int value = 0;

    printf("-- the master is closed\n");
    show("write", write(master, "unread\n", 7));
    wait_readable(slave);
    close(master);
    show_poll("poll", slave, POLLIN | POLLOUT, 0);
    show_read("read", slave, 100);
    show("write", write(slave, "x", 1));
    show("write of nothing", write(slave, "", 0));
    show("tcgetattr", tcgetattr(slave, &termios));
    show("TIOCGWINSZ", ioctl(slave, TIOCGWINSZ, &size));
    show("TIOCSPGRP", ioctl(slave, TIOCSPGRP, &value));
    show("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
    show("FIONREAD", ioctl(slave, FIONREAD, &value));
    show("FIONBIO", ioctl(slave, FIONBIO, &value));
    close(slave);
}

/* Somebody waits at the slave when the master goes. */
static void reader_is_left(void)
{
    int master = pty_master(), slave = pty_slave(master, O_RDWR | O_NOCTTY);
    pid_t pid = branch();

    printf("-- the master is closed under a reader\n");
    if (pid == 0) {
        close(master);
        show("ready", write(slave, "!", 1));
        char byte;
        show("a read that waits, or comes too late, gives nothing", read(slave, &byte, 1) <= 0);
        show_read("the next", slave, 100);
        leave(0);
    }
    show_bytes("it says", master, 1);
    close(master);
    waitpid(pid, NULL, 0);
    close(slave);
}

int main(void)
{
    making();
    numbers();
    many();
    slave_closes();
    master_closes();
    reader_is_left();
    return 0;
}
