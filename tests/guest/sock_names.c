/* SPDX-License-Identifier: Apache-2.0 */
/* sock_names.c - names of local sockets: files, abstract ones, none; bind, listen, connect, accept, and their errors.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tree.h"

static struct sockaddr_un address;
static socklen_t size;

static void file_name(const char *path)
{
    address = (struct sockaddr_un){.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

static void abstract_name(const char *name)
{
    address = (struct sockaddr_un){.sun_family = AF_UNIX};
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                       (size_t)snprintf(address.sun_path + 1, 100, "%s-%d", name, (int)getpid()));
}

static long do_bind(const char *what, int fd)
{
    return show(what, bind(fd, (struct sockaddr *)&address, size));
}

static long do_connect(const char *what, int fd)
{
    return show(what, connect(fd, (struct sockaddr *)&address, size));
}

static void show_name(const char *what, int fd, int peer)
{
    struct sockaddr_un name;
    socklen_t length = sizeof(name);

    memset(&name, '!', sizeof(name));
    if ((peer ? getpeername : getsockname)(fd, (struct sockaddr *)&name, &length) != 0) {
        printf("%s: %s\n", what, error_name(errno));
        return;
    }
    printf("%s: %d bytes, family %d", what, length > 10 && name.sun_path[0] == 0 ? 0 : (int)length, name.sun_family);
    if (length > offsetof(struct sockaddr_un, sun_path))
        printf(", %s", name.sun_path[0] == 0 ? "abstract" : name.sun_path);
    printf("\n");
}

static void show_mode(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        printf("%s: %s\n", path, error_name(errno));
    else
        printf("%s: mode %o, socket %d\n", path, status.st_mode & 07777, S_ISSOCK(status.st_mode) != 0);
}

static void files(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0), client, accepted;
    char byte = 0;

    umask(027);
    file_name("name");
    show_name("unbound", listener, 0);
    do_bind("bind", listener);
    show_mode("name");
    show_name("bound", listener, 0);
    do_bind("bind again", listener);
    file_name("name2");
    do_bind("another name", listener);
    show_mode("name2");
    file_name("name");
    do_bind("bind of another", other);
    do_connect("connect before listen", other);
    show("accept", accept(listener, NULL, NULL));
    show("listen unbound", listen(other, 1));
    show("listen", listen(listener, 2));
    show("listen again", listen(listener, 3));
    do_connect("connect", other);
    show_name("client", other, 0);
    show_name("its peer", other, 1);
    do_connect("connect again", other);
    accepted = accept(listener, NULL, NULL);
    show_ok("accept", accepted);
    show_name("accepted", accepted, 0);
    show_name("its peer", accepted, 1);
    show("write", write(other, "x", 1));
    show("read", read(accepted, &byte, 1));
    show("listen when connected", listen(accepted, 1));
    show("connect to itself", connect(listener, (struct sockaddr *)&address, size));
    show("read of who listens", read(listener, &byte, 1));
    show("write of who listens", write(listener, &byte, 1));
    client = socket(AF_UNIX, SOCK_DGRAM, 0);
    do_connect("by another type", client);
    close(client);
    client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    do_connect("by a third", client);
    close(client);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    show("unlink", unlink("name"));
    do_connect("unlinked", client);
    file_name("nowhere/name");
    do_bind("no directory", client);
    do_connect("no directory", client);
    close(open("plain", O_CREAT | O_RDWR, 0600));
    file_name("plain");
    do_connect("a plain file", client);
    do_bind("a plain file", client);
    unlink("plain");
    file_name("stale");
    do_bind("stale", client);
    close(client);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    do_connect("stale", client);
    do_bind("stale again", client);
    show("open", open("stale", O_RDWR));
    show_ok("O_PATH", close(open("stale", O_PATH)));
    show("link", link("stale", "linked"));
    unlink("stale");
    unlink("linked");
    close(client);
    close(other);
    close(accepted);
    close(listener);
    file_name("dir/");
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    do_bind("a slash", client);
    file_name("moved");
    do_bind("bind", client);
    show("listen", listen(client, 1));
    show("rename", rename("moved", "elsewhere"));
    show("link", link("elsewhere", "second"));
    file_name("second");
    other = socket(AF_UNIX, SOCK_STREAM, 0);
    do_connect("by another name", other);
    show_name("its name", other, 1);
    unlink("elsewhere");
    unlink("second");
    close(other);
    close(client);
}

static void sizes(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un name;
    socklen_t length;
    char guard[200];

    file_name("sizes");
    show("too short", bind(fd, (struct sockaddr *)&address, 1));
    show("too long", bind(fd, (struct sockaddr *)&address, sizeof(address) + 1));
    show("far too long", bind(fd, (struct sockaddr *)&address, 1000));
    show("negative", bind(fd, (struct sockaddr *)&address, (socklen_t)-1));
    show("from nowhere", bind(fd, (struct sockaddr *)8, 20));
    address.sun_family = AF_INET;
    do_bind("another family", fd);
    do_connect("another family", fd);
    address.sun_family = AF_UNIX;
    memset(address.sun_path, 'p', sizeof(address.sun_path));
    memcpy(address.sun_path, "./", 2);
    size = sizeof(address);
    do_bind("the longest", fd);
    memset(guard, 0, sizeof(guard));
    length = sizeof(guard);
    show("getsockname", getsockname(fd, (struct sockaddr *)guard, &length));
    show("size", length);
    show("length", (long)strlen(guard + 2));
    address.sun_path[107] = 0;
    memcpy(guard, address.sun_path, 107);
    guard[107] = 'p';
    guard[108] = 0;
    show("unlink", unlink(guard));
    length = 5;
    memset(&name, '!', sizeof(name));
    show("cut", getsockname(fd, (struct sockaddr *)&name, &length));
    printf("%d, %.4s\n", (int)length, name.sun_path);
    length = (socklen_t)-1;
    show("negative room", getsockname(fd, (struct sockaddr *)&name, &length));
    length = 5;
    show("to nowhere", getsockname(fd, (struct sockaddr *)8, &length));
    show("no length", getsockname(fd, (struct sockaddr *)&name, NULL));
    close(fd);
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    address.sun_family = AF_UNIX;
    show("autobind", bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)));
    length = sizeof(name);
    getsockname(fd, (struct sockaddr *)&name, &length);
    show("size", length);
    show_bool("abstract", name.sun_path[0] == 0);
    show_bool("digits", strspn(name.sun_path + 1, "0123456789abcdef") >= 5);
    show("autobind again", bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)));
    close(fd);
}

static void abstract(void)
{
    int one = socket(AF_UNIX, SOCK_STREAM, 0), two = socket(AF_UNIX, SOCK_STREAM, 0);
    int message = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);

    abstract_name("abstract");
    do_bind("bind", one);
    do_bind("the same", two);
    do_bind("of another type", message);
    show("listen", listen(one, 1));
    do_connect("connect", client);
    show_name("peer", client, 1);
    show_name("own", client, 0);
    size--;
    do_connect("a shorter one", two);
    size += 2;
    do_connect("a longer one", two);
    size--;
    close(one);
    do_connect("gone", two);
    do_bind("free again", two);
    close(two);
    close(message);
    close(client);
}

static void permissions(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), status = -1;

    umask(022);
    chmod(".", 0755);
    file_name("private");
    do_bind("bind", listener);
    show("listen", listen(listener, 5));
    show("chmod", chmod("private", 0600));
    pid_t child = fork();
    if (child == 0) {
        int client = socket(AF_UNIX, SOCK_STREAM, 0);

        if (setgid(12345) != 0 || setuid(12345) != 0)
            _exit(1);
        do_connect("by another user", client);
        file_name("mine");
        do_bind("bind in another's directory", client);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    show("status", status);
    unlink("private");
    close(listener);
}

static void backlog(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), clients[5], accepted, status = -1;

    abstract_name("backlog");
    do_bind("bind", listener);
    show("listen", listen(listener, 1));
    for (int i = 0; i < 4; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        do_connect("connect", clients[i]);
    }
    pid_t child = fork();
    if (child == 0) {
        int client = socket(AF_UNIX, SOCK_STREAM, 0);

        _exit(connect(client, (struct sockaddr *)&address, size) != 0);
    }
    for (int i = 0; i < 3; i++) {
        accepted = accept(listener, NULL, NULL);
        show_ok("accept", accepted);
        close(accepted);
    }
    waitpid(child, &status, 0);
    show("who waited", status);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    show("nobody calls", accept(listener, NULL, NULL));
    show("accept4", syscall(SYS_accept4, listener, NULL, NULL, 1));
    close(clients[2]);
    clients[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    do_connect("connect", clients[2]);
    write(clients[2], "early", 5);
    close(listener);
    char buf[10];
    show("not accepted", read(clients[2], buf, 10));
    show("then", read(clients[2], buf, 10));
    for (int i = 0; i < 4; i++)
        close(clients[i]);
}

static void wrong(void)
{
    int fds[2];

    show("family", socket(1000, SOCK_STREAM, 0));
    show("family 0", socket(AF_UNSPEC, SOCK_STREAM, 0));
    show("type", socket(AF_UNIX, 15, 0));
    show("another type", socket(AF_UNIX, SOCK_RDM, 0));
    show("protocol", socket(AF_UNIX, SOCK_STREAM, 5));
    show_ok("its own protocol", close(socket(AF_UNIX, SOCK_STREAM, AF_UNIX)));
    show("flags", socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
    int *volatile nowhere = (int *)8;
    show("pair nowhere", socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere));
    show("no descriptor", bind(999, (struct sockaddr *)&address, size));
    show("no socket", listen(1, 1));
    show("no socket", shutdown(1, 2));
    show("no socket", getsockopt(1, 1, 1, NULL, NULL));
    socketpair(AF_UNIX, SOCK_DGRAM, 0, fds);
    show("listen", listen(fds[0], 1));
    show("accept", accept(fds[0], NULL, NULL));
    show("shutdown", shutdown(socket(AF_UNIX, SOCK_STREAM, 0), SHUT_RDWR));
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    tree_enter("sock_names"); /* not every disk keeps sockets */
    setvbuf(stdout, NULL, _IOLBF, 0);
    files();
    sizes();
    abstract();
    permissions();
    backlog();
    wrong();
    tree_leave("sock_names");
    return 0;
}
