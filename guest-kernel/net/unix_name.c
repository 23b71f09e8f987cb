/* SPDX-License-Identifier: Apache-2.0 */
/* unix_name.c - the addresses of local sockets: files, abstract names, and none. */
#include "abi/errno.h"
#include "core/process.h"
#include "core/random.h"
#include "core/wait.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/unix.h"
#include "vfs/fs_context.h"
#include "vfs/path.h"
#include "vfs/permission.h"

#define FAMILY_SIZE 2u
#define TABLE_SIZE 256u
#define AUTO_DIGITS 5u
#define TRIES_AT_ONCE 64u /* to find a name that nobody has, until others have a turn */

/* Those that can be found: by their inode, or their abstract name and type. */
static struct unix_socket *by_inode[TABLE_SIZE], *by_name[TABLE_SIZE];

/* ---- names ---- */

int unix_address_check(const struct socket_address *address)
{
    if (address->size <= FAMILY_SIZE || address->size > UNIX_NAME_MAX || address->family != AF_UNIX)
        return -EINVAL;
    return 0;
}

static struct unix_name *name_create(const void *bytes, uint32_t size)
{
    struct unix_name *name = kmalloc(sizeof(*name));

    if (name == NULL)
        return NULL;
    name->refs = 1;
    name->size = size;
    memcpy(name->bytes, bytes, size);
    return name;
}

void unix_name_put(struct unix_name *name)
{
    if (name != NULL && --name->refs == 0)
        kfree(name);
}

void unix_name_copy(const struct unix_socket *from, struct socket_address *out)
{
    out->size = from->name != NULL ? from->name->size : 0;
    if (out->size != 0)
        memcpy(out->bytes, from->name->bytes, out->size);
}

int unix_name_tell(struct socket *socket, bool peer, struct socket_address *out)
{
    const struct unix_socket *of = peer ? unix_of(socket)->peer : unix_of(socket);

    if (of == NULL)
        return -ENOTCONN;
    unix_name_copy(of, out);
    if (out->size == 0) {
        out->family = AF_UNIX;
        out->size = FAMILY_SIZE;
    }
    return 0;
}

/* ---- the tables ---- */

static struct unix_socket **inode_place(const struct inode *inode)
{
    return &by_inode[((uintptr_t)inode >> 6) * 0x9e3779b97f4a7c15u >> 56];
}

static struct unix_socket **name_place(const void *bytes, uint32_t size)
{
    uint32_t hash = size;

    for (uint32_t i = 0; i < size; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 16777619u;
    return &by_name[(hash ^ hash >> 16) % TABLE_SIZE];
}

static struct unix_socket *find_inode(const struct inode *inode)
{
    struct unix_socket *at = *inode_place(inode);

    while (at != NULL && path_inode(&at->path) != inode)
        at = at->next_named;
    return at;
}

static struct unix_socket *find_name(const void *bytes, uint32_t size, unsigned type)
{
    struct unix_socket *at = *name_place(bytes, size);

    while (at != NULL &&
           (at->socket.type != type || at->name->size != size || memcmp(at->name->bytes, bytes, size) != 0))
        at = at->next_named;
    return at;
}

static void put_in(struct unix_socket **place, struct unix_socket *unix_socket)
{
    unix_socket->next_named = *place;
    *place = unix_socket;
}

void unix_name_forget(struct unix_socket *unix_socket)
{
    struct unix_socket **at;

    if (unix_socket->name == NULL)
        return;
    at = unix_socket->path.mount != NULL ? inode_place(path_inode(&unix_socket->path))
                                         : name_place(unix_socket->name->bytes, unix_socket->name->size);
    while (*at != NULL && *at != unix_socket)
        at = &(*at)->next_named;
    if (*at != NULL) /* one that was accepted has its listener's name, and can't be found */
        *at = unix_socket->next_named;
}

/* ---- bind ---- */

static int bind_abstract(struct unix_socket *unix_socket, const void *bytes, uint32_t size)
{
    struct unix_name *name = name_create(bytes, size);
    int error = 0;

    if (name == NULL)
        error = -ENOMEM;
    else if (unix_socket->name != NULL)
        error = -EINVAL;
    else if (find_name(bytes, size, unix_socket->socket.type) != NULL)
        error = -EADDRINUSE;
    if (error != 0) {
        unix_name_put(name);
        return error;
    }
    unix_socket->name = name;
    put_in(name_place(bytes, size), unix_socket);
    return 0;
}

int unix_autobind(struct unix_socket *unix_socket)
{
    char address[FAMILY_SIZE + 1 + AUTO_DIGITS + 1] = {0};
    const uint16_t family = AF_UNIX;
    uint32_t number, tries = 0;
    int error = -EADDRINUSE;

    if (unix_socket->name != NULL)
        return 0;
    memcpy(address, &family, sizeof(family));
    random_bytes(&number, sizeof(number));
    while (error == -EADDRINUSE && tries++ < 1u << (4 * AUTO_DIGITS)) {
        snprintf(address + FAMILY_SIZE + 1, AUTO_DIGITS + 1, "%05x", number++ & 0xfffff);
        error = bind_abstract(unix_socket, address, sizeof(address) - 1);
        if (tries % TRIES_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
    if (unix_socket->name != NULL)
        return 0;
    return error == -EADDRINUSE ? -ENOSPC : error;
}

/* The path that an address names: at most all of it, up to a NUL. */
static uint32_t path_of(const struct socket_address *address, char path[UNIX_PATH_MAX + 1])
{
    uint32_t size = address->size - FAMILY_SIZE;

    memcpy(path, address->bytes + FAMILY_SIZE, size);
    path[size] = '\0';
    return (uint32_t)strlen(path);
}

/* The file is there now: the socket gets it, unless it has an address by now. */
static int bind_file(struct unix_socket *unix_socket, const struct path *base, const char *path, struct unix_name *name)
{
    struct path found;
    int error = path_lookup(base, path, LOOKUP_NOFOLLOW, &found);

    if (error != 0)
        return error;
    if ((path_inode(&found)->mode & S_IFMT) != S_IFSOCK || find_inode(path_inode(&found)) != NULL)
        error = -EADDRINUSE;
    else if (unix_socket->name != NULL)
        error = -EINVAL;
    if (error != 0) {
        path_put(&found);
        return error;
    }
    unix_socket->name = name;
    unix_socket->path = found;
    put_in(inode_place(path_inode(&found)), unix_socket);
    return 0;
}

static int bind_path(struct unix_socket *unix_socket, const struct socket_address *address)
{
    const struct inode *inode = unix_socket->socket.file->inode;
    char path[UNIX_PATH_MAX + 1];
    uint32_t length = path_of(address, path);
    struct unix_name *name = name_create(address->bytes, FAMILY_SIZE);
    struct path base;
    int error;

    if (name == NULL)
        return -ENOMEM;
    memcpy(name->bytes + FAMILY_SIZE, path, length + 1);
    name->size = FAMILY_SIZE + length + 1;
    base = current_thread()->fs->cwd; /* which another thread may change, also while this one waited for memory */
    path_get(&base);
    error = vfs_mknod(&base, path, S_IFSOCK | (inode->mode & 07777), 0);
    if (error == 0) {
        error = bind_file(unix_socket, &base, path, name);
        if (error != 0)
            (void)vfs_unlink(&base, path, false);
    } else if (error == -EEXIST) {
        error = -EADDRINUSE;
    }
    path_put(&base);
    if (error != 0)
        unix_name_put(name);
    return error;
}

int unix_bind(struct socket *socket, const struct socket_address *address)
{
    struct unix_socket *unix_socket = unix_of(socket);
    int error;

    if (address->size == FAMILY_SIZE && address->family == AF_UNIX)
        return unix_autobind(unix_socket);
    error = unix_address_check(address);
    if (error != 0)
        return error;
    if (address->bytes[FAMILY_SIZE] != 0)
        return bind_path(unix_socket, address);
    return bind_abstract(unix_socket, address->bytes, address->size);
}

/* ---- who is there ---- */

static int find_path(const struct socket_address *address, unsigned type, struct unix_socket **out)
{
    char name[UNIX_PATH_MAX + 1];
    struct path path;
    int error;

    (void)path_of(address, name);
    error = path_lookup(&current_thread()->fs->cwd, name, 0, &path);
    if (error != 0)
        return error;
    error = permission(path_inode(&path), MAY_WRITE);
    if (error == 0) {
        *out = find_inode(path_inode(&path));
        if (*out == NULL)
            error = -ECONNREFUSED;
        else if ((*out)->socket.type != type)
            error = -EPROTOTYPE;
    }
    if (error == 0)
        unix_get(*out);
    path_put(&path);
    return error;
}

int unix_find(const struct socket_address *address, unsigned type, struct unix_socket **out)
{
    if (address->bytes[FAMILY_SIZE] != 0)
        return find_path(address, type, out);
    *out = find_name(address->bytes, address->size, type);
    if (*out == NULL)
        return -ECONNREFUSED;
    unix_get(*out);
    return 0;
}
