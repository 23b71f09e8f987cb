/* SPDX-License-Identifier: Apache-2.0 */
/* pty_lines.c - what is typed on a pseudo-terminal and what is shown there: lines, echo, editing, settings, reading
 * without lines, waiting or not. */
#define _GNU_SOURCE
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

static void type(const char *keys)
{
    show("type", write(master, keys, strlen(keys)));
}

static void set(tcflag_t *flags, tcflag_t on, tcflag_t off, struct termios *termios)
{
    *flags = (*flags | on) & ~off;
    if (tcsetattr(slave, TCSANOW, termios) != 0)
        show("tcsetattr", -1);
}

static void initial_settings(void)
{
    struct termios termios;
    struct winsize size;

    begin("as it is at first");
    show("tcgetattr", tcgetattr(slave, &termios));
    printf("%o %o %o %o", termios.c_iflag, termios.c_oflag, termios.c_cflag, termios.c_lflag);
    for (int i = 0; i < 17; i++)
        printf(" %o", termios.c_cc[i]);
    printf("\nspeed %o\n", cfgetospeed(&termios)); /* of input libraries say different things */
    show("the same by the master", tcgetattr(master, &termios));
    show("TIOCGWINSZ", ioctl(slave, TIOCGWINSZ, &size));
    printf("%d rows, %d columns\n", size.ws_row, size.ws_col);
    end();
}

static void lines(void)
{
    begin("lines");
    show_poll("nothing", slave, POLLIN | POLLOUT, 0);
    type("some wo");
    show_bytes("echo", master, 7);
    show_poll("no line yet", slave, POLLIN, 0);
    type("rds\rand more\n");
    show_bytes("echo", master, 15);
    show_poll("lines", slave, POLLIN, -1);
    show_read("a part", slave, 4);
    show_read("the rest", slave, 100);
    show_read("the second", slave, 100);
    type("to the end\004\004x\n");
    show_bytes("echo", master, 13);
    show_read("up to the end", slave, 100);
    show_read("end of file", slave, 100);
    show_read("behind it", slave, 100);
    show("output", write(slave, "a\tb\n\r\001", 6));
    show_bytes("shown", master, 7);
    end();
}

static void editing(void)
{
    struct termios termios;

    begin("editing");
    type("wrong\177\177\177\177\177right\n");
    show_bytes("echo", master, 27);
    show_read("line", slave, 100);
    type("one two\027three\n");
    show_bytes("echo", master, 23);
    show_read("line", slave, 100);
    type("all of it\025new\n");
    show_bytes("echo", master, 41);
    show_read("line", slave, 100);
    type("\026\003x\026\004\n");
    show_bytes("echo", master, 11);
    show_read("line", slave, 100);
    type("ab\022c\n");
    show_bytes("echo", master, 11);
    show_read("line", slave, 100);
    type("\001\033\177\n");
    show_bytes("echo", master, 12);
    show_read("line", slave, 100);
    tcgetattr(slave, &termios);
    set(&termios.c_lflag, 0, ECHO, &termios);
    type("hid\177den\n");
    show_read("without echo", slave, 100);
    set(&termios.c_lflag, ECHONL, 0, &termios);
    type("x\n");
    show_bytes("ECHONL", master, 2);
    show_read("line", slave, 100);
    set(&termios.c_iflag, INLCR | IGNCR, ICRNL, &termios);
    set(&termios.c_lflag, ECHO, ICANON, &termios);
    type("a\rb\nc");
    show_bytes("echo", master, 4);
    show_bytes("INLCR, IGNCR", slave, 4);
    set(&termios.c_oflag, 0, OPOST, &termios);
    show("output", write(slave, "a\nb", 3));
    show_bytes("as it is", master, 3);
    end();
}

static void changes(void)
{
    struct termios termios;
    int count = -1;

    begin("from lines to bytes and back");
    tcgetattr(slave, &termios);
    set(&termios.c_lflag, 0, ECHO, &termios);
    type("half");
    show("flush", tcflush(master, TCIOFLUSH)); /* it may take that away, or not: it is typed anew */
    show("flush", tcflush(slave, TCIFLUSH));
    type("abc\n");
    wait_readable(slave);
    show("FIONREAD", ioctl(slave, FIONREAD, &count));
    printf("%d\n", count);
    set(&termios.c_lflag, 0, ICANON, &termios);
    show("FIONREAD", ioctl(slave, FIONREAD, &count));
    printf("%d\n", count);
    show_read("bytes", slave, 2);
    set(&termios.c_lflag, ICANON, 0, &termios);
    show_read("the rest", slave, 100);
    termios.c_lflag &= ~(tcflag_t)ICANON;
    type("gone\n");
    wait_readable(slave);
    show("TCSAFLUSH", tcsetattr(slave, TCSAFLUSH, &termios));
    show("FIONREAD", ioctl(slave, FIONREAD, &count));
    printf("%d\n", count);
    show("TIOCOUTQ", ioctl(slave, TIOCOUTQ, &count));
    printf("%d\n", count);
    show("tcdrain", tcdrain(slave));
    show("tcsendbreak", tcsendbreak(slave, 0));
    show("tcflush of neither", tcflush(slave, 3));
    show("tcflow of neither", tcflow(slave, 4));
    show("no such request", ioctl(slave, 0x5499, &count));
    show("TIOCMGET", ioctl(slave, TIOCMGET, &count));
    show("TIOCGETD", ioctl(slave, TIOCGETD, &count));
    printf("%d\n", count);
    show("FIONREAD, a bad address", ioctl(slave, FIONREAD, (void *)1));
    show("TCGETS, a bad address", ioctl(slave, TCGETS, (void *)1));
    end();
}

static void min_and_time(void)
{
    struct termios termios;

    begin("VMIN and VTIME");
    pty_raw(slave);
    tcgetattr(slave, &termios);
    termios.c_cc[VMIN] = 0;
    set(&termios.c_lflag, 0, 0, &termios);
    show_read("0, 0", slave, 100);
    termios.c_cc[VTIME] = 1;
    set(&termios.c_lflag, 0, 0, &termios);
    show_read("0, 1", slave, 100);
    termios.c_cc[VMIN] = 5;
    termios.c_cc[VTIME] = 0;
    set(&termios.c_lflag, 0, 0, &termios);
    type("abc");
    show_poll("3 of 5", slave, POLLIN, 0);
    type("de");
    show_poll("5 of 5", slave, POLLIN, -1);
    show_read("5, 0", slave, 100);
    type("abcdefg");
    show_read("no more than wanted", slave, 3);
    show_read("nor less", slave, 4);
    termios.c_cc[VTIME] = 1;
    set(&termios.c_lflag, 0, 0, &termios);
    type("ab");
    show_poll("2 of 5 with a time", slave, POLLIN, -1);
    show_read("5, 1", slave, 100);
    end();
}

static void without_waiting(void)
{
    static char many[1000];
    long total = 0, n, drained = 0;

    begin("O_NONBLOCK");
    pty_raw(slave);
    fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
    fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
    show_read("slave", slave, 10);
    show_read("master", master, 10);
    memset(many, 'x', sizeof(many));
    while ((n = write(slave, many, sizeof(many))) > 0)
        total += n;
    show("a full slave", n);
    printf("it took thousands: %d\n", total > 4000);
    show_poll("slave", slave, POLLIN, 0); /* for writing: what Linux says depends on how far it has come */
    show_poll("master", master, POLLIN | POLLOUT, 0);
    while ((n = read(master, many, sizeof(many))) > 0)
        drained += n;
    show("an empty master", n);
    show("not a byte is lost", total - drained);
    show_poll("slave", slave, POLLIN | POLLOUT, -1);
    for (total = 0; (n = write(master, many, sizeof(many))) > 0;)
        total += n;
    show("a full master", n);
    printf("it took thousands: %d\n", total > 4000);
    show_poll("master", master, POLLIN | POLLOUT, 0);
    fcntl(slave, F_SETFL, O_RDWR);
    for (drained = 0; drained < total && (n = read(slave, many, sizeof(many))) > 0;)
        drained += n;
    show("not a byte is lost", total - drained);
    show_poll("master", master, POLLOUT, -1);
    end();
}

/* A writer that has to wait, and its reader. */
static void much(void)
{
    enum { SIZE = 100000 };
    static char text[SIZE];
    uint32_t sum = 0, expected = 0;
    long total = 0, n;
    pid_t pid;

    begin("more than fits");
    pty_raw(slave);
    for (int i = 0; i < SIZE; i++) {
        text[i] = (char)(i % 251);
        expected = expected * 31 + (unsigned char)text[i];
    }
    pid = branch();
    if (pid == 0) {
        close(master);
        leave(write(slave, text, SIZE) != SIZE);
    }
    while (total < SIZE && (n = read(master, text, sizeof(text))) > 0) {
        for (long i = 0; i < n; i++)
            sum = sum * 31 + (unsigned char)text[i];
        total += n;
    }
    int status = 0;
    waitpid(pid, &status, 0);
    printf("all came: %d, in order: %d, its status %d\n", total == SIZE, sum == expected, status);
    pid = branch();
    if (pid == 0) {
        close(slave);
        for (int i = 0; i < SIZE; i++)
            text[i] = (char)(i % 251);
        leave(write(master, text, SIZE) != SIZE);
    }
    for (total = 0, sum = 0; total < SIZE && (n = read(slave, text, sizeof(text))) > 0; total += n)
        for (long i = 0; i < n; i++)
            sum = sum * 31 + (unsigned char)text[i];
    waitpid(pid, &status, 0);
    printf("all came: %d, in order: %d, its status %d\n", total == SIZE, sum == expected, status);
    end();
}

/* What doesn't fit into a line is dropped. */
static void long_line(void)
{
    static char text[6001];
    struct termios termios;
    int count = 0;

    begin("a long line");
    tcgetattr(slave, &termios);
    set(&termios.c_lflag, 0, ECHO, &termios);
    set(&termios.c_iflag, 0, IMAXBEL, &termios);
    memset(text, 'a', 6000);
    show("type", write(master, text, 6000));
    show("type", write(master, "\n", 1));
    wait_readable(slave);
    show("FIONREAD", ioctl(slave, FIONREAD, &count));
    printf("%d\n", count);
    show("read", read(slave, text, sizeof(text)));
    printf("its end: %d %d\n", text[count - 1], text[count - 2]);
    end();
}

/* Until it takes no more output, which Linux doesn't do at once either. */
static void wait_stopped(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int left;

    for (left = 10000; left > 0 && poll(&ready, 1, 0) == 1; left--)
        usleep(1000);
    if (left == 0)
        printf("it goes on\n");
}

static void flow(void)
{
    int fd;

    begin("^S and ^Q");
    fd = pty_slave(master, O_RDWR | O_NOCTTY | O_NONBLOCK);
    type("\023x");
    wait_stopped(slave);
    show_poll("stopped", slave, POLLOUT, 0);
    show_poll("no echo", master, POLLIN, 0);
    show("write", write(fd, "y", 1));
    type("\021");
    show_poll("goes on", slave, POLLOUT, -1);
    show("write", write(fd, "y", 1));
    show_bytes("shown", master, 2);
    show("tcflow", tcflow(slave, TCOOFF));
    show("write", write(fd, "z", 1));
    show("tcflow", tcflow(slave, TCOON));
    show("write", write(fd, "z", 1));
    show_bytes("shown", master, 1);
    show("tcflow", tcflow(slave, TCIOFF));
    show_bytes("shown", master, 1);
    show("tcflow", tcflow(slave, TCION));
    show_bytes("shown", master, 1);
    close(fd);
    end();
}

static void speeds(void)
{
    struct termios termios;

    begin("speeds and sizes of bytes");
    tcgetattr(slave, &termios);
    cfsetspeed(&termios, B9600);
    termios.c_cflag |= PARENB;
    termios.c_cflag = (termios.c_cflag & ~(tcflag_t)CSIZE) | CS7;
    show("tcsetattr", tcsetattr(slave, TCSANOW, &termios));
    tcgetattr(slave, &termios);
    printf("%d, %o\n", cfgetospeed(&termios) == B9600, termios.c_cflag & (CSIZE | PARENB | CREAD));
    end();
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    initial_settings();
    lines();
    editing();
    changes();
    min_and_time();
    without_waiting();
    much();
    long_line();
    flow();
    speeds();
    return 0;
}
