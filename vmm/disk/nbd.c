/* SPDX-License-Identifier: Apache-2.0 */
/* nbd.c - see nbd.h. The protocol: NetworkBlockDevice/nbd, doc/proto.md; all of its numbers are big-endian. */
#include "vmm/disk/nbd.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmm/disk/clear.h"

#define NBD_MAGIC UINT64_C(0x4e42444d41474943) /* "NBDMAGIC" */
#define NBD_OPTION_MAGIC UINT64_C(0x49484156454f5054)
#define NBD_OPTION_REPLY_MAGIC UINT64_C(0x0003e889045565a9)
#define NBD_REQUEST_MAGIC 0x25609513u
#define NBD_REPLY_MAGIC 0x67446698u

#define NBD_FLAG_FIXED_NEWSTYLE 1u
#define NBD_FLAG_NO_ZEROES 2u
enum { NBD_OPT_ABORT = 2, NBD_OPT_INFO = 6, NBD_OPT_GO = 7 };
enum { NBD_REP_ACK = 1, NBD_REP_INFO = 3 };
#define NBD_REP_ERR_UNSUP 0x80000001u
enum { NBD_INFO_EXPORT = 0, NBD_INFO_BLOCK_SIZE = 3 };
/* HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_TRIM, SEND_WRITE_ZEROES */
#define NBD_TRANSMISSION_FLAGS (1u | 4u | 8u | 32u | 64u)
enum {
    NBD_CMD_READ = 0,
    NBD_CMD_WRITE = 1,
    NBD_CMD_DISC = 2,
    NBD_CMD_FLUSH = 3,
    NBD_CMD_TRIM = 4,
    NBD_CMD_WRITE_ZEROES = 6,
};
#define NBD_CMD_FLAG_FUA 1u
#define NBD_CMD_FLAG_NO_HOLE 2u
/* Its error numbers are Linux's of these names. */
enum { NBD_EIO = 5, NBD_EINVAL = 22, NBD_ENOSPC = 28 };

#define NBD_SECTOR 512u
#define NBD_PREFERRED 4096u
#define NBD_OPTION_BYTES_MAX 4096u /* of the data of an option: a name may have as many */

struct nbd_option {
    uint64_t magic;
    uint32_t option, length;
} __attribute__((packed));

struct nbd_option_reply {
    uint64_t magic;
    uint32_t option, type, length;
} __attribute__((packed));

struct nbd_info_export {
    uint16_t type;
    uint64_t size;
    uint16_t flags;
} __attribute__((packed));

struct nbd_info_block_size {
    uint16_t type;
    uint32_t least, preferred, most;
} __attribute__((packed));

struct nbd_request {
    uint32_t magic;
    uint16_t flags, type;
    uint64_t cookie, offset;
    uint32_t length;
} __attribute__((packed));

struct nbd_reply {
    uint32_t magic, error;
    uint64_t cookie;
} __attribute__((packed));

struct nbd {
    int socket;
    struct disk_image *image;
    uint64_t size;
    uint8_t *buffer;
};

/* 1; 0: the other end is closed; -errno. */
static int receive(const struct nbd *nbd, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = recv(nbd->socket, (uint8_t *)bytes + done, size - done, 0);

        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno == ECONNRESET ? 0 : -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 1;
}

static int transmit(const struct nbd *nbd, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = send(nbd->socket, (const uint8_t *)bytes + done, size - done, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return errno == EPIPE || errno == ECONNRESET ? 0 : -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 1;
}

/* ---- the beginning ---- */

static int answer_option(const struct nbd *nbd, uint32_t option, uint32_t type, const void *data, uint32_t length)
{
    struct nbd_option_reply reply = {
        .magic = htobe64(NBD_OPTION_REPLY_MAGIC), .option = option, .type = htobe32(type), .length = htobe32(length)};
    int more = transmit(nbd, &reply, sizeof(reply));

    return more > 0 && length > 0 ? transmit(nbd, data, length) : more;
}

/* Whatever the name, and whatever it asks for. */
static int tell_about(const struct nbd *nbd, uint32_t option)
{
    struct nbd_info_export export = {
        .type = htobe16(NBD_INFO_EXPORT), .size = htobe64(nbd->size), .flags = htobe16(NBD_TRANSMISSION_FLAGS)};
    struct nbd_info_block_size block = {.type = htobe16(NBD_INFO_BLOCK_SIZE),
                                        .least = htobe32(NBD_SECTOR),
                                        .preferred = htobe32(NBD_PREFERRED),
                                        .most = htobe32(NBD_REQUEST_BYTES_MAX)};
    int more = answer_option(nbd, option, NBD_REP_INFO, &export, sizeof(export));

    if (more > 0)
        more = answer_option(nbd, option, NBD_REP_INFO, &block, sizeof(block));
    return more > 0 ? answer_option(nbd, option, NBD_REP_ACK, NULL, 0) : more;
}

/* 2: from now on there are requests; else as receive. */
static int serve_option(const struct nbd *nbd)
{
    struct nbd_option option;
    int more = receive(nbd, &option, sizeof(option));

    if (more <= 0)
        return more;
    uint32_t length = be32toh(option.length);
    if (be64toh(option.magic) != NBD_OPTION_MAGIC || length > NBD_OPTION_BYTES_MAX)
        return -EPROTO;
    more = length > 0 ? receive(nbd, nbd->buffer, length) : 1;
    if (more <= 0)
        return more;
    switch (be32toh(option.option)) {
    case NBD_OPT_GO:
        more = tell_about(nbd, option.option);
        return more > 0 ? 2 : more;
    case NBD_OPT_INFO:
        return tell_about(nbd, option.option);
    case NBD_OPT_ABORT:
        answer_option(nbd, option.option, NBD_REP_ACK, NULL, 0);
        return 0;
    default:
        return answer_option(nbd, option.option, NBD_REP_ERR_UNSUP, NULL, 0);
    }
}

static int greet(const struct nbd *nbd)
{
    struct {
        uint64_t magic, option_magic;
        uint16_t flags;
    } __attribute__((packed)) greeting = {htobe64(NBD_MAGIC), htobe64(NBD_OPTION_MAGIC),
                                          htobe16(NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES)};
    uint32_t flags;
    int more = transmit(nbd, &greeting, sizeof(greeting));

    if (more > 0)
        more = receive(nbd, &flags, sizeof(flags));
    if (more > 0 && (be32toh(flags) & NBD_FLAG_FIXED_NEWSTYLE) == 0)
        return -EPROTO;
    while (more == 1)
        more = serve_option(nbd);
    return more;
}

/* ---- requests ---- */

static int read_all(const struct nbd *nbd, uint64_t offset, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = disk_image_read(nbd->image, nbd->buffer + done, size - done, offset + done);

        if (n == 0 || (n < 0 && n != -EINTR))
            return n == 0 ? -EIO : (int)n;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int write_all(const struct nbd *nbd, uint64_t offset, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = disk_image_write(nbd->image, nbd->buffer + done, size - done, offset + done, 0);

        if (n == 0 || (n < 0 && n != -EINTR))
            return n == 0 ? -EIO : (int)n;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int clear_all(const struct nbd *nbd, enum disk_clear how, uint64_t offset, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = disk_image_clear(nbd->image, how, offset + done, size - done, 0);

        if (n == 0 || (n < 0 && n != -EINTR))
            return n == 0 ? -EIO : (int)n;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int answer(const struct nbd *nbd, const struct nbd_request *request, int error)
{
    uint32_t number = error == 0 ? 0 : error == -ENOSPC ? NBD_ENOSPC : error == -EINVAL ? NBD_EINVAL : NBD_EIO;
    struct nbd_reply reply = {.magic = htobe32(NBD_REPLY_MAGIC), .error = htobe32(number), .cookie = request->cookie};

    return transmit(nbd, &reply, sizeof(reply));
}

static bool is_in_disk(const struct nbd *nbd, uint64_t offset, uint32_t length)
{
    return length > 0 && length % NBD_SECTOR == 0 && offset % NBD_SECTOR == 0 && offset < nbd->size &&
           length <= nbd->size - offset;
}

static int serve_write(const struct nbd *nbd, const struct nbd_request *request, uint64_t offset, uint32_t length)
{
    int more = length > 0 ? receive(nbd, nbd->buffer, length) : 1, error = -EINVAL;

    if (more <= 0)
        return more;
    if (is_in_disk(nbd, offset, length))
        error = disk_image_count(nbd->image, true, length) ? write_all(nbd, offset, length) : -EIO;
    if (error == 0 && (be16toh(request->flags) & NBD_CMD_FLAG_FUA) != 0)
        error = disk_image_sync(nbd->image);
    return answer(nbd, request, error);
}

/* Requests without data have any length that the disk has. */
static int serve_clear(const struct nbd *nbd, const struct nbd_request *request, uint64_t offset, uint32_t length)
{
    uint16_t flags = be16toh(request->flags);
    enum disk_clear how = be16toh(request->type) == NBD_CMD_TRIM ? DISK_DISCARD
                          : (flags & NBD_CMD_FLAG_NO_HOLE) != 0  ? DISK_ZERO
                                                                 : DISK_UNMAP;
    int error = is_in_disk(nbd, offset, length) ? 0 : -EINVAL;

    if (error == 0 && how != DISK_DISCARD && !disk_image_count(nbd->image, true, length))
        error = -EIO;
    if (error == 0)
        error = clear_all(nbd, how, offset, length);
    if (error == 0 && (flags & NBD_CMD_FLAG_FUA) != 0)
        error = disk_image_sync(nbd->image);
    return answer(nbd, request, error);
}

static int serve_read(const struct nbd *nbd, const struct nbd_request *request, uint64_t offset, uint32_t length)
{
    int error = is_in_disk(nbd, offset, length) ? read_all(nbd, offset, length) : -EINVAL;

    if (error == 0)
        disk_image_count(nbd->image, false, length);
    int more = answer(nbd, request, error);

    return more > 0 && error == 0 ? transmit(nbd, nbd->buffer, length) : more;
}

static int serve_request(const struct nbd *nbd)
{
    struct nbd_request request;
    int more = receive(nbd, &request, sizeof(request));

    if (more <= 0)
        return more;
    uint64_t offset = be64toh(request.offset);
    uint32_t length = be32toh(request.length);
    if (be32toh(request.magic) != NBD_REQUEST_MAGIC)
        return -EPROTO;
    switch (be16toh(request.type)) {
    case NBD_CMD_READ:
        return length <= NBD_REQUEST_BYTES_MAX ? serve_read(nbd, &request, offset, length)
                                               : answer(nbd, &request, -EINVAL);
    case NBD_CMD_WRITE: /* the data of one that is too large would have to be read */
        return length <= NBD_REQUEST_BYTES_MAX ? serve_write(nbd, &request, offset, length) : -EPROTO;
    case NBD_CMD_FLUSH:
        return answer(nbd, &request, disk_image_sync(nbd->image));
    case NBD_CMD_TRIM:
    case NBD_CMD_WRITE_ZEROES:
        return serve_clear(nbd, &request, offset, length);
    case NBD_CMD_DISC:
        return 0;
    default:
        return answer(nbd, &request, -EINVAL);
    }
}

int nbd_serve(int socket, struct disk_image *image, uint64_t size_bytes, uint8_t *buffer)
{
    struct nbd nbd = {.socket = socket, .image = image, .size = size_bytes, .buffer = buffer};
    int more = greet(&nbd);

    while (more > 0)
        more = serve_request(&nbd);
    return more;
}
