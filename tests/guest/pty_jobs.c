/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pty_jobs.c - a session on a pseudo-terminal: how it gets it and loses it, keys that are signals, the window's size,
 * who is in the foreground, hang-ups, and a little shell that is talked to.
 *
 * A process that leads a session is made for each part; who is in charge waits for it by turns.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "pty.h"

static struct shared *shared;
static int master, slave;

static void begin(const char *what)
{
    printf("-- %s\n", what);
    master = pty_master();
    slave = pty_slave(master, O_RDWR | O_NOCTTY);
    atomic_store(&shared->turn, 0);
}

static void end(void)
{
    if (slave >= 0)
        close(slave);
    if (master >= 0)
        close(master);
}

/* A child that leads a session, without a terminal yet. */
static pid_t leader(void)
{
    pid_t pid = branch();

    if (pid == 0) {
        close(master);
        setsid();
    }
    return pid;
}

static void ended(const char *what, pid_t pid)
{
    int status = 0;

    waitpid(pid, &status, 0);
    show_status(what, status);
}

static void on(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigaction(signal, &action, NULL);
}

static void count(int signal)
{
    atomic_fetch_add(&shared->value[signal == SIGHUP     ? 1
                                    : signal == SIGCONT  ? 2
                                    : signal == SIGINT   ? 3
                                    : signal == SIGQUIT  ? 4
                                    : signal == SIGTSTP  ? 5
                                    : signal == SIGWINCH ? 6
                                                         : 0],
                     1);
}

static void count_all(void)
{
    static const int signals[] = {SIGHUP, SIGCONT, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        on(signals[i], count);
    for (int i = 0; i < 8; i++)
        atomic_store(&shared->value[i], 0);
}

static void until_counted(int place, int number)
{
    while (atomic_load(&shared->value[place]) < number)
        sched_yield();
}

static void show_counts(const char *what)
{
    printf("%s: HUP %d CONT %d INT %d QUIT %d TSTP %d WINCH %d\n", what, atomic_load(&shared->value[1]),
           atomic_load(&shared->value[2]), atomic_load(&shared->value[3]), atomic_load(&shared->value[4]),
           atomic_load(&shared->value[5]), atomic_load(&shared->value[6]));
}

static void open_tty(const char *what)
{
    int fd = open("/dev/tty", O_RDWR);

    show_ok(what, fd);
    if (fd >= 0)
        close(fd);
}

/* ---- getting and losing it ---- */

static char name[32];

static void by_opening(void)
{
    pid_t pid;

    begin("a terminal by opening it");
    snprintf(name, sizeof(name), "/dev/pts/%d", pty_number(master));
    pid = leader();
    if (pid == 0) {
        int session = 0, fd;

        open_tty("before");
        fd = open(name, O_WRONLY);
        open_tty("for writing");
        close(fd);
        fd = open(name, O_RDWR | O_NOCTTY);
        open_tty("with O_NOCTTY");
        close(fd);
        fd = open(name, O_RDWR);
        open_tty("for reading");
        show("TIOCGSID", ioctl(fd, TIOCGSID, &session));
        printf("ours: %d, in the foreground: %d\n", session == getpid(), tcgetpgrp(fd) == getpgrp());
        close(fd);
        close(slave);
        open_tty("nobody has it open");
        leave(0);
    }
    ended("leader", pid);
    end();
}

static void by_request(void)
{
    int other = pty_master(), other_slave = pty_slave(other, O_RDWR | O_NOCTTY), number = -1;
    pid_t pid;

    begin("a terminal by request");
    show("TIOCGPGRP of the master", ioctl(master, TIOCGPGRP, &number));
    printf("%d\n", number);
    show("TIOCGSID of the master", ioctl(master, TIOCGSID, &number));
    pid = leader();
    if (pid == 0) {
        int writer = pty_slave(other, O_WRONLY | O_NOCTTY);

        on(SIGHUP, SIG_IGN);
        show("TIOCGPGRP", ioctl(slave, TIOCGPGRP, &number));
        show("TIOCGSID", ioctl(slave, TIOCGSID, &number));
        show("TIOCNOTTY", ioctl(slave, TIOCNOTTY, 0));
        show("TIOCSPGRP", tcsetpgrp(slave, getpgrp()));
        show("TIOCSCTTY of what can't be read", ioctl(writer, TIOCSCTTY, 0));
        show("TIOCNOTTY", ioctl(writer, TIOCNOTTY, 0));
        open_tty("the one that root may take all the same, given back");
        show("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
        show("once more", ioctl(slave, TIOCSCTTY, 0));
        show("a second one", ioctl(other_slave, TIOCSCTTY, 0));
        show("TIOCSPGRP of no group", tcsetpgrp(slave, 1 << 22));
        show("TIOCSPGRP of a negative one", tcsetpgrp(slave, -2));
        turn_set(shared, 1);
        turn_wait(shared, 2);
        leave(0);
    }
    turn_wait(shared, 1);
    show("TIOCGPGRP of the master", ioctl(master, TIOCGPGRP, &number));
    printf("the leader: %d\n", number == pid);
    show("TIOCGSID of the master", ioctl(master, TIOCGSID, &number));
    printf("the leader: %d\n", number == pid);
    show("TIOCSPGRP of the master", ioctl(master, TIOCSPGRP, &pid));
    show("TIOCNOTTY of the master", ioctl(master, TIOCNOTTY, 0));
    turn_set(shared, 2);
    ended("leader", pid);
    show("TIOCGSID of the master", ioctl(master, TIOCGSID, &number));
    close(other);
    close(other_slave);
    end();
}

static void taken(void)
{
    pid_t first, second;

    begin("a terminal taken from another session");
    first = leader();
    if (first == 0) {
        show("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
        turn_set(shared, 1);
        turn_wait(shared, 2);
        open_tty("the first one's");
        turn_set(shared, 3);
        leave(0);
    }
    turn_wait(shared, 1);
    second = leader();
    if (second == 0) {
        show("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
        show("by force", ioctl(slave, TIOCSCTTY, 1));
        open_tty("the second one's");
        turn_set(shared, 2);
        turn_wait(shared, 3);
        leave(0);
    }
    ended("first", first);
    ended("second", second);
    end();
}

static void given_up(void)
{
    pid_t pid;

    begin("TIOCNOTTY");
    count_all();
    pid = leader();
    if (pid == 0) {
        pid_t child;
        int way[2];

        ioctl(slave, TIOCSCTTY, 0);
        if (pipe(way) != 0)
            leave(1);
        child = branch();
        if (child == 0) {
            char byte;

            show("by one that doesn't lead", ioctl(slave, TIOCNOTTY, 0));
            open_tty("its /dev/tty");
            turn_set(shared, 1);
            while (read(way[0], &byte, 1) < 0)
                ;
            leave(0);
        }
        turn_wait(shared, 1);
        open_tty("the leader's /dev/tty");
        show("by the leader", ioctl(slave, TIOCNOTTY, 0));
        open_tty("the leader's /dev/tty");
        show("once more", ioctl(slave, TIOCNOTTY, 0));
        until_counted(1, 2);
        until_counted(2, 2);
        show_counts("the foreground, two processes");
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        leave(0);
    }
    ended("leader", pid);
    end();
}

/* ---- keys and signals ---- */

static void keys(void)
{
    struct termios termios;
    struct winsize size = {.ws_row = 30, .ws_col = 100};
    pid_t pid;

    begin("keys that are signals");
    count_all();
    pid = leader();
    if (pid == 0) {
        ioctl(slave, TIOCSCTTY, 0);
        turn_set(shared, 1);
        turn_wait(shared, 2);
        leave(0);
    }
    turn_wait(shared, 1);
    show("type", write(master, "lost", 4));
    show_bytes("echo", master, 4);
    show("type", write(master, "\003", 1));
    until_counted(3, 1);
    show_bytes("echo", master, 2);
    show("type", write(master, "\034", 1));
    until_counted(4, 1);
    show_bytes("echo", master, 2);
    show("type", write(master, "\032", 1));
    until_counted(5, 1);
    show_bytes("echo", master, 2);
    show("type", write(master, "kept\n", 5));
    show_read("what is left", slave, 100);
    show_bytes("echo", master, 6);
    tcgetattr(slave, &termios);
    termios.c_lflag &= ~(tcflag_t)ISIG;
    tcsetattr(slave, TCSANOW, &termios);
    show("type", write(master, "\003\n", 2));
    show_read("without ISIG", slave, 100);
    show("TIOCSIG", ioctl(master, TIOCSIG, SIGINT));
    until_counted(3, 2);
    show("TIOCSIG of another", ioctl(master, TIOCSIG, SIGTERM));
    show("TIOCSIG of the slave", ioctl(slave, TIOCSIG, SIGINT));
    show("TIOCSWINSZ", ioctl(master, TIOCSWINSZ, &size));
    until_counted(6, 1);
    show("the same", ioctl(master, TIOCSWINSZ, &size));
    size.ws_xpixel = 5;
    show("of the slave", ioctl(slave, TIOCSWINSZ, &size));
    until_counted(6, 2);
    memset(&size, 0, sizeof(size));
    show("TIOCGWINSZ", ioctl(master, TIOCGWINSZ, &size));
    printf("%d %d %d\n", size.ws_row, size.ws_col, size.ws_xpixel);
    show_counts("all");
    turn_set(shared, 2);
    ended("leader", pid);
    end();
}

static void foreground(void)
{
    pid_t pid;

    begin("foreground and background");
    count_all();
    show("type", write(master, "a line\n", 7));
    show_bytes("echo", master, 8);
    pid = leader();
    if (pid == 0) {
        struct termios termios;
        pid_t child;
        int status;

        ioctl(slave, TIOCSCTTY, 0);
        on(SIGTTOU, SIG_IGN);
        child = branch();
        if (child == 0) {
            on(SIGTSTP, SIG_DFL);
            on(SIGCONT, SIG_DFL);
            on(SIGTTOU, SIG_DFL);
            setpgid(0, 0);
            show_read("read", slave, 100);
            show("write", write(slave, "x", 1));
            turn_set(shared, 1);
            for (;;)
                pause();
        }
        waitpid(child, &status, WUNTRACED);
        show_status("who reads in the background", status);
        show("tcsetpgrp", tcsetpgrp(slave, child));
        printf("foreground: %d\n", tcgetpgrp(slave) == child);
        kill(child, SIGCONT);
        waitpid(child, &status, WUNTRACED);
        show_status("^Z", status);
        tcgetattr(slave, &termios);
        termios.c_lflag |= TOSTOP;
        show("tcsetattr, SIGTTOU ignored", tcsetattr(slave, TCSANOW, &termios));
        show("write with TOSTOP, SIGTTOU ignored", write(slave, "y", 1));
        show("tcsetpgrp", tcsetpgrp(slave, getpgrp()));
        kill(child, SIGKILL);
        kill(child, SIGCONT);
        waitpid(child, &status, 0);
        show_status("child", status);
        leave(0);
    }
    turn_wait(shared, 1);
    if (write(master, "\032", 1) != 1)
        printf("no key\n");
    ended("leader", pid);
    show_bytes("shown", master, 4);
    end();
}

/* ---- the end ---- */

static void hang_up(void)
{
    pid_t pid;

    begin("the master is closed");
    count_all();
    pid = leader();
    if (pid == 0) {
        pid_t child;
        int way[2];
        char byte;

        ioctl(slave, TIOCSCTTY, 0);
        if (pipe(way) != 0)
            leave(1);
        child = branch();
        if (child == 0) { /* another group, in the foreground: it hears when the leader ends */
            setpgid(0, 0);
            on(SIGTTOU, SIG_IGN);
            tcsetpgrp(slave, getpgrp());
            turn_set(shared, 1);
            turn_wait(shared, 3);
            until_counted(1, 2);
            until_counted(2, 2);
            show_counts("with the foreground's");
            open_tty("its /dev/tty");
            turn_set(shared, 4);
            leave(0);
        }
        turn_wait(shared, 1);
        turn_set(shared, 2);
        until_counted(1, 1);
        until_counted(2, 1);
        show_counts("the leader's");
        open_tty("its /dev/tty");
        show("read", read(slave, &byte, 1));
        show("write", write(slave, &byte, 1));
        turn_set(shared, 3);
        leave(0);
    }
    close(slave);
    slave = -1;
    turn_wait(shared, 2);
    close(master);
    master = -1;
    turn_wait(shared, 4);
    ended("leader", pid);
    end();
}

static void leader_ends(void)
{
    int number;
    pid_t pid;

    begin("the leader ends");
    count_all();
    pid = leader();
    if (pid == 0) {
        ioctl(slave, TIOCSCTTY, 0);
        if (branch() == 0) {
            turn_set(shared, 1);
            until_counted(1, 1);
            show_counts("the foreground");
            open_tty("/dev/tty");
            turn_set(shared, 2);
            leave(0);
        }
        turn_wait(shared, 1);
        leave(0);
    }
    turn_wait(shared, 2);
    ended("leader", pid);
    show("write", write(slave, "x", 1));
    show_bytes("shown", master, 1);
    show("TIOCGSID of the master", ioctl(master, TIOCGSID, &number));
    pid = leader();
    if (pid == 0) {
        show("the next session's", ioctl(slave, TIOCSCTTY, 0));
        leave(0);
    }
    ended("leader", pid);
    end();
}

static void vhangups(void)
{
    pid_t pid;

    begin("vhangup");
    count_all();
    snprintf(name, sizeof(name), "/dev/pts/%d", pty_number(master));
    pid = leader();
    if (pid == 0) {
        int second;

        show("without a terminal", vhangup());
        ioctl(slave, TIOCSCTTY, 0);
        show("with one", vhangup());
        until_counted(1, 1);
        until_counted(2, 1);
        show_counts("counted");
        show("write", write(slave, "x", 1));
        show_read("read", slave, 1);
        show_poll("poll", slave, POLLIN | POLLOUT, 0);
        open_tty("/dev/tty");
        second = open(name, O_RDWR);
        show_ok("it can be opened again", second);
        show("write", write(second, "x", 1));
        open_tty("/dev/tty");
        leave(0);
    }
    ended("leader", pid);
    show_bytes("shown", master, 1);
    end();
}

static void typed_by_request(void)
{
    char byte = 'q';

    begin("TIOCSTI and TIOCEXCL");
    show("TIOCSTI", ioctl(slave, TIOCSTI, &byte));
    show_bytes("echo", master, 1);
    show("TIOCSTI", ioctl(slave, TIOCSTI, "\n"));
    show_read("line", slave, 100);
    int exclusive = -1;
    show("TIOCEXCL", ioctl(slave, TIOCEXCL));
    show("TIOCGEXCL", ioctl(slave, 0x80045440, &exclusive));
    printf("%d\n", exclusive);
    show("TIOCNXCL", ioctl(slave, TIOCNXCL));
    end();
}

/* ---- a shell ---- */

static void shell(void)
{
    char line[128];
    struct winsize size;

    while (printf("$ ") > 0 && fflush(stdout) == 0 && fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (strcmp(line, "size") == 0 && ioctl(0, TIOCGWINSZ, &size) == 0)
            printf("%dx%d\n", size.ws_col, size.ws_row);
        else if (strcmp(line, "tty") == 0)
            printf("%d%d%d\n", isatty(0), isatty(1), isatty(2));
        else if (strcmp(line, "exit") == 0)
            exit(7);
        else
            printf("<%s>\n", line);
    }
    exit(8);
}

/* What the shell shows up to its next prompt. */
static void answer(void)
{
    char text[512];
    size_t have = 0;

    while (have < sizeof(text) - 1 && (have < 2 || memcmp(text + have - 2, "$ ", 2) != 0) &&
           read(master, text + have, 1) == 1)
        have++;
    put_visibly(text, (long)have);
    printf("\n");
}

static void talk(const char *last)
{
    static const char *const said[] = {"tty\n", "size\n", "word\177\177\177\177other words\n", "lost\025found\r"};
    struct winsize size = {.ws_row = 25, .ws_col = 90};
    pid_t pid;

    begin("a shell");
    ioctl(master, TIOCSWINSZ, &size);
    pid = leader();
    if (pid == 0) {
        ioctl(slave, TIOCSCTTY, 0);
        for (int fd = 0; fd < 3; fd++)
            dup2(slave, fd);
        close(slave);
        shell();
    }
    close(slave);
    slave = -1;
    answer();
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        show("said", write(master, said[i], strlen(said[i])));
        answer();
    }
    show("said", write(master, last, strlen(last)));
    answer();
    show_read("and then", master, 100);
    ended("shell", pid);
    end();
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    shared = shared_make();
    by_opening();
    by_request();
    taken();
    given_up();
    keys();
    foreground();
    hang_up();
    leader_ends();
    vhangups();
    typed_by_request();
    talk("exit\n");
    talk("\004");
    return 0;
}
