/* SPDX-License-Identifier: Apache-2.0 */
/* fifos.c - fifo(7): names for pipes, and opens that wait for each other. */
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "meanwhile.h"
#include "show.h"

#define FIFO "fifo"

static void show_poll(const char *what, int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT};
    int count = poll(&entry, 1, 0);

    printf("%s: %d:%s%s%s%s\n", what, count, entry.revents & POLLIN ? " IN" : "", entry.revents & POLLOUT ? " OUT" : "",
           entry.revents & POLLERR ? " ERR" : "", entry.revents & POLLHUP ? " HUP" : "");
}

static void names(void)
{
    struct stat stat = {0};

    umask(022);
    show("mkfifo", mkfifo(FIFO, 0666));
    show("again", mkfifo(FIFO, 0666));
    show("with a slash", mkfifo(FIFO "x/", 0666));
    show("in no directory", mkfifo(FIFO "/x", 0666));
    show("stat", lstat(FIFO, &stat));
    printf("%o %ld %ld\n", stat.st_mode, (long)stat.st_size, (long)stat.st_nlink);
    show("rename", rename(FIFO, FIFO "2"));
    show("link", link(FIFO "2", FIFO));
    show("unlink", unlink(FIFO "2"));
    show("truncate", truncate(FIFO, 0));
    show("a directory?", open(FIFO, O_RDONLY | O_DIRECTORY));
    show("O_DIRECT", open(FIFO, O_RDWR | O_DIRECT));
    show("mknod", mknod(FIFO "2", S_IFIFO | 0600, 0));
    show("unlink", unlink(FIFO "2"));
    show("a type that is none", mknod(FIFO "2", 0110000, 0));
}

static void without_waiting(void)
{
    char text[10];
    int reader, writer, both;

    show("no reader", open(FIFO, O_WRONLY | O_NONBLOCK));
    reader = open(FIFO, O_RDONLY | O_NONBLOCK);
    show_bool("a reader", reader >= 0);
    show_poll("no writer yet", reader);
    show("the end", read(reader, text, 10));
    writer = open(FIFO, O_WRONLY | O_NONBLOCK);
    show_bool("a writer", writer >= 0);
    show_poll("a writer", reader);
    show("nothing", read(reader, text, 10));
    show("write", write(writer, "abc", 3));
    show("lseek", lseek(writer, 0, SEEK_SET));
    close(writer);
    show_poll("what it left", reader);
    show("read", read(reader, text, 10));
    show_poll("the writer has gone", reader);
    close(reader);
    both = open(FIFO, O_RDWR);
    show_bool("both", both >= 0);
    show("write", write(both, "abcdef", 6));
    show("read", read(both, text, 4));
    show_poll("both", both);
    struct iovec vector = {text, 1};
    show("RWF_NOWAIT", syscall(SYS_preadv2, both, &vector, 1, -1L, -1L, 8));
    close(both);
    reader = open(FIFO, O_RDONLY | O_NONBLOCK);
    show("what was in it is gone", read(reader, text, 10));
    close(reader);
}

static void two_processes(void)
{
    char text[100];
    int fd, status;

    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            fd = open(FIFO, O_WRONLY);
            write(fd, "from the child", 14);
            _exit(0);
        }
        fd = open(FIFO, O_RDONLY);
        show("read", read(fd, text, sizeof(text)));
        show("the end", read(fd, text, sizeof(text)));
        close(fd);
        wait(&status);
        if (fork() == 0) {
            fd = open(FIFO, O_RDONLY);
            _exit(read(fd, text, sizeof(text)) == 16 ? 0 : 1);
        }
        fd = open(FIFO, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        show("write", write(fd, "from the parent.", 16));
        close(fd);
        wait(&status);
        show("its status", status);
    }
}

static void nothing(int signal)
{
    (void)signal;
}

static void interrupted(void)
{
    struct sigaction action = {.sa_handler = nothing};
    int lowest = dup(0), fd;

    close(lowest);
    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    show("a reader that waits", open(FIFO, O_RDONLY));
    show("a writer that waits", open(FIFO, O_WRONLY));
    alarms_end();
    fd = open(FIFO, O_RDONLY | O_NONBLOCK);
    show("neither has left a descriptor", fd - lowest);
    show("its flags", fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND));
    close(fd);
}

int main(int argc, char **argv)
{
    char folder[40];

    enter(argc, argv);
    show("a name that is there", mkfifo(".", 0600));
    snprintf(folder, sizeof(folder), "/dev/shm/lvmm-fifos-%d", getpid());
    show("a folder", mkdir(folder, 0700));
    show("to work in", chdir(folder));
    names();
    without_waiting();
    two_processes();
    interrupted();
    show("unlink", unlink(FIFO));
    show("rmdir", rmdir(folder));
    return 0;
}
