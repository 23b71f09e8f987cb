/* SPDX-License-Identifier: Apache-2.0 */
/* gdb.c - see gdb.h. */
#include "vmm/cli/gdb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/log.h"

/* 0 or -errno. */
static int listen_at(int fd, const struct sockaddr *address, socklen_t size)
{
    return bind(fd, address, size) < 0 || listen(fd, 1) < 0 ? -errno : 0;
}

static int listen_tcp(const char *port, struct gdb_socket *out)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
    };
    socklen_t size = sizeof(address);

    out->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (out->fd < 0)
        return -errno;
    setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    int error = listen_at(out->fd, (struct sockaddr *)&address, sizeof(address));
    if (error == 0 && getsockname(out->fd, (struct sockaddr *)&address, &size) < 0)
        error = -errno;
    snprintf(out->address, sizeof(out->address), "127.0.0.1:%u", ntohs(address.sin_port));
    return error;
}

/* What an lvmm left that was killed: a socket that nobody has open. (An ordinary file refuses as well.) Asked by a
 * socket of another type, which is told whether it is so and never connected: QEMU would stop its guest for a caller.
 */
static bool is_left_over(const struct sockaddr_un *address)
{
    struct stat st;

    if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool refused =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 && errno == ECONNREFUSED;

    if (fd >= 0)
        close(fd);
    return refused;
}

/* For the removal, where names lead nowhere any more. */
static void open_folder(struct gdb_socket *socket)
{
    char folder[sizeof(socket->path)];

    memcpy(folder, socket->path, sizeof(folder));
    socket->folder_fd = open(dirname(folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int listen_unix(const char *path, struct gdb_socket *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (out->fd < 0)
        return -errno;
    int error = listen_at(out->fd, (struct sockaddr *)&address, sizeof(address));
    if (error == -EADDRINUSE && is_left_over(&address) && unlink(path) == 0)
        error = listen_at(out->fd, (struct sockaddr *)&address, sizeof(address));
    if (error == 0) {
        memcpy(out->path, address.sun_path, sizeof(out->path));
        open_folder(out);
    }
    snprintf(out->address, sizeof(out->address), "%s", path);
    return error;
}

int gdb_socket_open(const char *where, struct gdb_socket *out)
{
    bool is_unix = strncmp(where, "unix:", 5) == 0;

    *out = (struct gdb_socket){.fd = -1, .folder_fd = -1};
    int error = is_unix ? listen_unix(where + 5, out) : listen_tcp(where, out);
    if (error == 0)
        return 0;
    log_error("--gdb %s: %s%s", where, strerror(-error),
              error != -EADDRINUSE ? ""
              : is_unix            ? "; remove it, or give another"
                                   : "; give another port, or 0 for one that is free");
    if (out->fd >= 0)
        close(out->fd);
    out->fd = -1;
    return error;
}

void gdb_socket_remove(struct gdb_socket *socket)
{
    const char *slash = strrchr(socket->path, '/');

    if (socket->path[0] != '\0' && socket->folder_fd >= 0)
        unlinkat(socket->folder_fd, slash != NULL ? slash + 1 : socket->path, 0);
    socket->path[0] = '\0';
}
