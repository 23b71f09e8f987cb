/* SPDX-License-Identifier: Apache-2.0 */
/* splice_local.c - splice(2) from a local socket: what it waits for, and where it ends. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "show.h"

static int ends[2], pipes[2];

static void begin(int type, int pipe_flags)
{
    if (socketpair(AF_UNIX, type, 0, ends) != 0 || pipe2(pipes, pipe_flags) != 0)
        exit(1);
}

static void end(void)
{
    close(ends[0]);
    close(ends[1]);
    close(pipes[0]);
    close(pipes[1]);
}

static void move(const char *what, unsigned flags)
{
    char text[100];
    long moved = show(what, splice(ends[1], NULL, pipes[1], NULL, 60000, flags));

    if (moved > 0) {
        moved = read(pipes[0], text, sizeof(text) - 1);
        text[moved > 0 ? moved : 0] = 0;
        printf("  \"%s\"\n", text);
    }
}

static void send_with_file(const char *text)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec piece = {(void *)(uintptr_t)text, strlen(text)};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.room)};

    memcpy(CMSG_DATA(&control.head), &pipes[0], sizeof(int));
    show("sent with a file", sendmsg(ends[0], &message, 0));
}

static void send_of_another(const char *text)
{
    fflush(stdout);
    pid_t child = fork();

    if (child == 0)
        _exit(write(ends[0], text, strlen(text)) < 0);
    waitpid(child, NULL, 0);
}

/* What is in the pipe already counts for nothing: it is the socket that is empty. */
static void waiting(void)
{
    begin(SOCK_STREAM, 0);
    move("empty", SPLICE_F_NONBLOCK);
    write(ends[0], "one", 3);
    move("with something", SPLICE_F_NONBLOCK);
    move("empty again", SPLICE_F_NONBLOCK);
    shutdown(ends[0], SHUT_WR);
    move("at its end", SPLICE_F_NONBLOCK);
    end();
    begin(SOCK_STREAM, O_NONBLOCK);
    move("to a pipe that doesn't wait", 0);
    end();
    begin(SOCK_STREAM | SOCK_NONBLOCK, 0);
    move("from a socket that doesn't wait", 0);
    end();
}

static void with_files(void)
{
    begin(SOCK_STREAM, 0);
    write(ends[0], "one ", 4);
    send_with_file("two ");
    write(ends[0], "three ", 6);
    send_with_file("four ");
    send_with_file("five ");
    move("up to the first", 0);
    move("to the second", 0);
    move("to the third", 0);
    move("nothing more", SPLICE_F_NONBLOCK);
    send_with_file("six ");
    show("a part of it", splice(ends[1], NULL, pipes[1], NULL, 2, 0));
    write(ends[0], "seven ", 6);
    move("the rest", 0);
    end();
}

static void of_others(void)
{
    int on = 1;

    begin(SOCK_STREAM, 0);
    write(ends[0], "one ", 4);
    send_of_another("two ");
    move("of both", 0);
    setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    write(ends[0], "one ", 4);
    write(ends[0], "more ", 5);
    send_of_another("two ");
    move("of one", 0);
    move("of the other", 0);
    end();
}

int main(void)
{
    waiting();
    with_files();
    of_others();
    return 0;
}
