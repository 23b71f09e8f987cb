/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminals.c - controlling terminals and job control: whose terminal it is, who may read, write and set it, who gets
 * its signals. On a terminal (tests/cli/shell.sh); without one it has nothing to show.
 *
 * Where pseudo-terminals can be made it is one of those, else the one that the program was started on.
 */
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <termios.h>

#include "family.h"

static struct shared *shared;
static int tty = -1;

/* What came of a call. */
static void tell(const char *what, long result)
{
    show(what, result);
    fflush(stdout);
}

static void open_tty(const char *what)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY);

    tell(what, fd >= 0 ? 0 : -1);
    if (fd >= 0)
        close(fd);
}

static void nothing(int signal)
{
    (void)signal;
    atomic_fetch_add(&shared->value[0], 1);
}

static void on(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigaction(signal, &action, NULL);
}

/* ---- what is tried, each by a process of its own ---- */

static long try_read(void)
{
    char byte;

    return read(tty, &byte, 1);
}

static long try_read_nothing(void)
{
    return read(tty, NULL, 0);
}

static long try_write(void)
{
    return write(tty, "", 0);
}

static long try_write_tostop(void)
{
    return write(tty, "\a", 1);
}

static long try_tcsetattr(void)
{
    struct termios termios;

    return tcgetattr(tty, &termios) != 0 ? -1 : tcsetattr(tty, TCSANOW, &termios);
}

static long try_flush(void)
{
    return tcflush(tty, TCIFLUSH);
}

static long try_flow(void)
{
    return tcflow(tty, TCOON);
}

static long try_drain(void)
{
    return tcdrain(tty);
}

static long try_front(void)
{
    return tcsetpgrp(tty, getpgrp());
}

static long try_size(void)
{
    struct winsize size;

    return ioctl(tty, TIOCGWINSZ, &size) != 0 ? -1 : ioctl(tty, TIOCSWINSZ, &size);
}

static long try_number(void)
{
    return tcgetpgrp(tty) == getppid();
}

static const struct {
    const char *name;
    long (*call)(void);
} tries[] = {{"read", try_read},           {"read of nothing", try_read_nothing},
             {"write", try_write},         {"tcflush", try_flush},
             {"tcsetattr", try_tcsetattr}, {"tcflow", try_flow},
             {"tcdrain", try_drain},       {"tcsetpgrp", try_front},
             {"TIOCSWINSZ", try_size},     {"tcgetpgrp", try_number}};

enum way { PLAIN, IGNORED, BLOCKED, CAUGHT };

static void prepare(enum way way)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTTIN);
    sigaddset(&set, SIGTTOU);
    on(SIGTTIN, way == IGNORED ? SIG_IGN : way == CAUGHT ? nothing : SIG_DFL);
    on(SIGTTOU, way == IGNORED ? SIG_IGN : way == CAUGHT ? nothing : SIG_DFL);
    if (way == BLOCKED)
        sigprocmask(SIG_BLOCK, &set, NULL);
}

/* In the background: shows what it gave, or that it has stopped, twice. */
static void in_background(const char *name, long (*call)(void), enum way way)
{
    pid_t pid = branch();
    int status;

    if (pid == 0) {
        setpgid(0, 0);
        prepare(way);
        atomic_store(&shared->value[0], 0);
        long result = call();
        show(name, result);
        if (way == CAUGHT)
            printf("  handled %d times\n", atomic_load(&shared->value[0]));
        leave(0);
    }
    for (int round = 0; waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status); round++) {
        show_status(name, status);
        kill(pid, round == 0 ? SIGCONT : SIGKILL);
    }
    tcsetpgrp(tty, getpgrp());
}

static void all_in_background(const char *how, enum way way)
{
    printf("-- in the background, %s\n", how);
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
        in_background(tries[i].name, tries[i].call, way);
}

static void with_tostop(void)
{
    struct termios termios;

    printf("-- with TOSTOP\n");
    tcgetattr(tty, &termios);
    termios.c_lflag |= TOSTOP;
    tcsetattr(tty, TCSADRAIN, &termios);
    in_background("write", try_write_tostop, PLAIN);
    in_background("write, ignored", try_write_tostop, IGNORED);
    in_background("write, blocked", try_write_tostop, BLOCKED);
    termios.c_lflag &= ~(tcflag_t)TOSTOP;
    tcsetattr(tty, TCSADRAIN, &termios);
}

/* Its parent ends at once, so that nobody looks after its group. */
static void orphans(void)
{
    printf("-- in an orphaned group\n");
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]) - 1; i++) {
        int end[2];
        char byte;
        pid_t pid = pipe(end) == 0 ? branch() : -1;

        if (pid == 0) {
            pid_t parent = getpid();
            pid = branch();
            if (pid != 0)
                leave(0);
            close(end[0]);
            setpgid(0, 0);
            prepare(PLAIN);
            while (getppid() == parent)
                sched_yield();
            show(tries[i].name, tries[i].call());
            leave(0);
        }
        close(end[1]);
        waitpid(pid, NULL, 0);
        (void)!read(end[0], &byte, 1);
        close(end[0]);
    }
}

static volatile sig_atomic_t seen[65];

static void count(int signal)
{
    seen[signal]++;
}

/* Signals go to the group in the foreground, and to no other. */
static void window(void)
{
    const struct winsize size = {.ws_row = 11, .ws_col = 12};
    int ready[2];
    char byte;
    pid_t pid;

    printf("-- a new size\n");
    on(SIGWINCH, count);
    pid = pipe(ready) == 0 ? branch() : -1;
    if (pid == 0) {
        setpgid(0, 0);
        if (write(ready[1], "", 1) != 1)
            leave(1);
        while (seen[SIGWINCH] == 0)
            sched_yield();
        leave(3);
    }
    (void)!read(ready[0], &byte, 1);
    close(ready[0]);
    close(ready[1]);
    tell("the child to the foreground", tcsetpgrp(tty, pid));
    show("TIOCSWINSZ", ioctl(tty, TIOCSWINSZ, &size));
    reap("who is in the foreground", pid);
    show("and the leader", seen[SIGWINCH]);
    tell("back", tcsetpgrp(tty, getpgrp()));
}

/* ---- whose it is ---- */

static void in_other_session(void)
{
    pid_t pid = branch();

    if (pid == 0) {
        show_bool("a session of its own", setsid() == getpid());
        open_tty("/dev/tty");
        show("TIOCSCTTY of another's", ioctl(tty, TIOCSCTTY, 0));
        show("tcgetpgrp", tcgetpgrp(tty));
        show("tcsetpgrp", tcsetpgrp(tty, getpgrp()));
        show("tcgetsid", tcgetsid(tty));
        show("TIOCNOTTY", ioctl(tty, TIOCNOTTY));
        show("tcsetattr", try_tcsetattr());
        leave(0);
    }
    reap("of another session", pid);
}

static void let_go(void)
{
    pid_t pid = branch();

    if (pid == 0) {
        show("TIOCNOTTY", ioctl(tty, TIOCNOTTY));
        open_tty("/dev/tty");
        show("TIOCSCTTY", ioctl(tty, TIOCSCTTY, 0));
        leave(0);
    }
    reap("who lets go of it", pid);
    open_tty("the leader's /dev/tty");
}

static void wrong_groups(pid_t outside)
{
    int bad = -1;
    pid_t pid = branch();

    if (pid == 0) {
        turn_wait(shared, 1);
        leave(0);
    }
    show("tcsetpgrp to a negative one", ioctl(tty, TIOCSPGRP, &bad));
    show("to nobody", tcsetpgrp(tty, 4000000));
    show("to 0", tcsetpgrp(tty, 0));
    show("to one of another session", tcsetpgrp(tty, outside));
    show("from a bad address", ioctl(tty, TIOCSPGRP, NULL));
    show("to a process that leads no group", tcsetpgrp(tty, pid));
    show_bool("which is it then", tcgetpgrp(tty) == pid);
    show("back", tcsetpgrp(tty, getpgrp()));
    turn_set(shared, 1);
    reap("it", pid);
}

/* The leader's end is told to who is in the foreground. */
static void foreground_left(void)
{
    int ready[2];
    char byte;
    pid_t pid = pipe(ready) == 0 ? branch() : -1;

    if (pid == 0) {
        setpgid(0, 0);
        on(SIGHUP, count);
        on(SIGCONT, count);
        (void)!write(ready[1], "", 1);
        while (seen[SIGHUP] == 0)
            sched_yield();
        turn_wait(shared, 2);
        printf("the foreground: %d of SIGHUP, %d of SIGCONT\n", seen[SIGHUP], seen[SIGCONT]);
        open_tty("its /dev/tty");
        show("tcgetpgrp", tcgetpgrp(tty));
        fflush(stdout);
        turn_set(shared, 3);
        leave(0);
    }
    (void)!read(ready[0], &byte, 1);
    tcsetpgrp(tty, pid);
    leave(5);
}

static void leader(pid_t outside)
{
    show("TIOCSCTTY of no leader", ioctl(tty, TIOCSCTTY, 0));
    show_bool("setsid", setsid() == getpid());
    on(SIGTTOU, SIG_IGN); /* to come back to the foreground by itself */
    open_tty("/dev/tty without one");
    show("tcgetpgrp", tcgetpgrp(tty));
    show("tcsetpgrp", tcsetpgrp(tty, getpgrp()));
    show("tcgetsid", tcgetsid(tty));
    show("TIOCNOTTY", ioctl(tty, TIOCNOTTY));
    show("TIOCSCTTY", ioctl(tty, TIOCSCTTY, 0));
    show("again", ioctl(tty, TIOCSCTTY, 0));
    open_tty("/dev/tty with one");
    show_bool("tcgetpgrp is its own", tcgetpgrp(tty) == getpgrp());
    show_bool("tcgetsid is its own", tcgetsid(tty) == getpid());
    in_other_session();
    let_go();
    wrong_groups(outside);
    all_in_background("nothing done about it", PLAIN);
    all_in_background("the signals ignored", IGNORED);
    all_in_background("the signals blocked", BLOCKED);
    all_in_background("the signals caught", CAUGHT);
    with_tostop();
    orphans();
    window();
    foreground_left();
}

/* One that is nobody's controlling terminal. False: there is none. */
static int terminal_get(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);

    if (master >= 0) {
        tty = grantpt(master) == 0 && unlockpt(master) == 0 ? open(ptsname(master), O_RDWR | O_NOCTTY) : -1;
        return tty >= 0;
    }
    if (!isatty(STDIN_FILENO))
        return 0;
    tty = STDIN_FILENO;
    on(SIGHUP, SIG_IGN);
    ioctl(tty, TIOCNOTTY);
    on(SIGHUP, SIG_DFL);
    return 1;
}

int main(void)
{
    pid_t pid;

    shared = shared_make();
    if (!isatty(STDIN_FILENO) || !terminal_get()) {
        printf("no terminal\n");
        return 0;
    }
    pid = branch();
    if (pid == 0)
        leader(getppid());
    reap("the leader", pid);
    turn_set(shared, 2);
    turn_wait(shared, 3);
    pid = branch();
    if (pid == 0) {
        setsid();
        show("TIOCSCTTY once it is free", ioctl(tty, TIOCSCTTY, 0));
        fflush(stdout);
        ioctl(tty, TIOCNOTTY); /* who is in the foreground gets SIGHUP */
        leave(0);
    }
    reap("the next", pid);
    printf("done\n");
    return 0;
}
